"""Occurrences that lie together, and so say less than as many that lie apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from rasterio.crs import CRS
from scipy.cluster.hierarchy import fcluster, linkage

from geoprospect.typing import Floats, Ints

_EARTH = 6_371_008.8  # mean radius in metres
_MOST_LINKED = 4000  # cells; the memory of the linkage grows with their square


def metres_per_unit(crs: CRS) -> float:
    """Give the length of a unit of a CRS in metres; for degrees, that of one of latitude.

    Parameters
    ----------
    crs : rasterio.crs.CRS
        Any; the unit of one that is neither projected nor geographic counts as a metre.

    Examples
    --------
    >>> round(metres_per_unit(CRS.from_epsg(3578))), round(metres_per_unit(CRS.from_epsg(4326)))
    (1, 111195)
    """
    if crs.is_geographic:
        return float(np.radians(_EARTH))
    return float(crs.linear_units_factor[1]) if crs.is_projected else 1.0


def places(easting: npt.ArrayLike, northing: npt.ArrayLike, crs: CRS) -> Floats:
    """Give points as coordinates in metres, between which straight distances can be taken.

    Parameters
    ----------
    easting, northing : array_like of float, shape (n,)
        Coordinates in the CRS.
    crs : rasterio.crs.CRS
        Points in degrees are put on a sphere; the straight line through it is less than a
        thousandth short of the arc up to 900 km.

    Returns
    -------
    ndarray of float64, shape (n, 2) or (n, 3)

    Examples
    --------
    >>> north, south = places([-133, -133], [60, 61], CRS.from_epsg(4326))
    >>> round(float(np.linalg.norm(north - south)) / 1000)
    111
    """
    x, y = np.asarray(easting, np.float64), np.asarray(northing, np.float64)
    if not crs.is_geographic:
        return np.column_stack([x, y]) * metres_per_unit(crs)
    longitude, latitude = np.radians(x), np.radians(y)
    across = np.cos(latitude)
    return _EARTH * np.column_stack(
        [across * np.cos(longitude), across * np.sin(longitude), np.sin(latitude)]
    )


def clusters(cells: Ints, where: Floats | None = None, near: float = 0.0) -> Ints:
    """Group occurrences that share a cell, or lie near one another.

    Parameters
    ----------
    cells : ndarray of int64, shape (n,)
        The cell of each occurrence, as one number.
    where : ndarray of float64, shape (n, 2) or (n, 3), optional
        The places of the occurrences, in metres; needed for a distance.
    near : float
        No cluster is wider than this, in metres; with 0 only those sharing a cell are grouped.

    Returns
    -------
    ndarray of int64, shape (n,)
        Number of the cluster of each occurrence, from 0.

    Notes
    -----
    Clusters are those of complete linkage: of any two clusters those are joined first whose
    farthest members lie closest. Chaining neighbours of neighbours instead would make one
    cluster of a whole district. Beyond 4000 cells, they are the squares whose diagonal is the
    distance.

    Examples
    --------
    >>> where = np.array([[0, 0], [0, 0], [900, 0], [1800, 0]])
    >>> clusters(np.array([5, 5, 6, 7])).tolist()
    [0, 0, 1, 2]
    >>> clusters(np.array([5, 5, 6, 7]), where, near=1000).tolist()
    [0, 0, 0, 1]
    """
    _, first, own = np.unique(cells, return_index=True, return_inverse=True)
    if not near or where is None or first.size == 1:
        return np.asarray(own, np.int64)
    spots = where[first]
    if first.size <= _MOST_LINKED:
        joined = fcluster(linkage(spots, "complete"), near, "distance")
    else:
        side = near / np.sqrt(spots.shape[1])
        _, joined = np.unique(np.floor(spots / side), axis=0, return_inverse=True)
    return np.asarray(np.unique(joined, return_inverse=True)[1].ravel()[own], np.int64)
