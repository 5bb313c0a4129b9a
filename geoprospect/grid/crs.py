"""Coordinate reference systems: whether two are one, their names, units, and the way between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from rasterio.crs import CRS

from geoprospect.typing import Floats

if TYPE_CHECKING:  # slow to import, and a map needs it seldom
    import pyproj


def same_crs(first: CRS | None, second: CRS | None) -> bool:
    """Whether two CRS define the same coordinates, whatever their names, codes or axis order.

    Parameters
    ----------
    first, second : rasterio.crs.CRS or None
        The CRS; none is the same as another only if both are missing.

    Examples
    --------
    >>> same_crs(CRS.from_epsg(3578), CRS.from_wkt(CRS.from_epsg(3578).to_wkt(version="WKT1_ESRI")))
    True
    >>> same_crs(CRS.from_epsg(3578), CRS.from_epsg(32608))
    False
    """
    if not first or not second:
        return not first and not second
    if first == second:
        return True
    ours, theirs = pyproj_crs(first), pyproj_crs(second)
    if ours.equals(theirs, ignore_axis_order=True):
        return True
    code = ours.to_epsg()
    return code is not None and code == theirs.to_epsg()


def describe_crs(crs: CRS | None) -> str:
    """Name a CRS in few words: its code, or its name where it has none.

    Examples
    --------
    >>> describe_crs(CRS.from_epsg(3578)), describe_crs(None)
    ('EPSG:3578', 'none')
    """
    if not crs:
        return "none"
    authority = crs.to_authority()
    return f'"{pyproj_crs(crs).name}"' if authority is None else ":".join(authority)


def metres_per_unit(crs: CRS) -> float:
    """Give the length of a unit of a CRS that is not geographic, in metres.

    The unit of one that is not projected either counts as a metre.

    Examples
    --------
    >>> metres_per_unit(CRS.from_epsg(3578)), round(metres_per_unit(CRS.from_epsg(2263)), 4)
    (1.0, 0.3048)
    """
    return float(crs.linear_units_factor[1]) if crs.is_projected else 1.0


def pyproj_crs(crs: Any) -> pyproj.CRS:
    """Give a CRS as one of pyproj.

    Parameters
    ----------
    crs : rasterio.crs.CRS, pyproj.CRS or str
        The CRS; a string is a code such as EPSG:3578, or WKT.

    Raises
    ------
    pyproj.exceptions.CRSError
        If there is no such CRS; it is a `RuntimeError`.

    Examples
    --------
    >>> pyproj_crs(CRS.from_epsg(3578)).to_epsg()
    3578
    """
    import pyproj  # noqa: PLC0415 - slow to import, and CRS mostly agree

    if isinstance(crs, CRS):
        return pyproj.CRS.from_wkt(crs.to_wkt(version="WKT2_2019"))
    return pyproj.CRS.from_user_input(crs)


def transformed(
    easting: npt.ArrayLike, northing: npt.ArrayLike, source: Any, target: Any
) -> tuple[Floats, Floats]:
    """Turn coordinates of one CRS into those of another.

    Parameters
    ----------
    easting, northing : array_like of float, shape (n,)
        The coordinates; longitude and latitude, in this order, where the CRS is geographic.
    source, target : rasterio.crs.CRS, pyproj.CRS or str
        The CRS they are in, and the one wanted.

    Returns
    -------
    easting, northing : ndarray of float64, shape (n,)
        As they were where they are not finite; infinite where the CRS wanted does not reach.

    Examples
    --------
    >>> easting, northing = transformed([-132.5], [59.0], "EPSG:4269", CRS.from_epsg(3578))
    >>> easting.round(3).tolist(), northing.round(3).tolist()
    ([500000.0], [500000.0])
    """
    from pyproj import Transformer  # noqa: PLC0415 - slow to import, and CRS mostly agree

    x, y = np.array(easting, dtype=np.float64), np.array(northing, dtype=np.float64)
    known = np.isfinite(x) & np.isfinite(y)
    transformer = Transformer.from_crs(pyproj_crs(source), pyproj_crs(target), always_xy=True)
    x[known], y[known] = transformer.transform(x[known], y[known])
    return x, y
