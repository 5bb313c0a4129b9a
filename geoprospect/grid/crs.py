"""Coordinate reference systems: whether two are one, their names, units, and the way between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from rasterio.crs import CRS

from geoprospect.typing import Floats

if TYPE_CHECKING:  # slow to import, and a map needs it seldom
    import pyproj

_SAME = 1e-3  # metres: coordinates closer than this are the same


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


def same_coordinates(
    first: CRS | None, second: CRS | None, easting: Floats, northing: Floats
) -> bool:
    """Whether two CRS give places the same coordinates, to a millimetre on one ellipsoid.

    Datums that are one for all purposes have several names, such as ETRS89 and EUREF-FIN.

    Parameters
    ----------
    first, second : rasterio.crs.CRS or None
        The CRS.
    easting, northing : ndarray of float64, shape (n,)
        The places, in the first CRS.

    Examples
    --------
    >>> finland = CRS.from_epsg(3067), CRS.from_epsg(25835)
    >>> places = np.array([4e5, 5e5]), np.array([67e5, 68e5])
    >>> same_coordinates(*finland, *places), same_crs(*finland)
    (True, False)
    """
    if same_crs(first, second):
        return True
    if not first or not second or first.is_geographic != second.is_geographic:
        return False
    import pyproj  # noqa: PLC0415 - slow to import, and CRS mostly agree

    ours, theirs = pyproj_crs(first), pyproj_crs(second)
    if ours.ellipsoid is None or theirs.ellipsoid is None:
        return False
    # Where PROJ knows no way between two datums, it takes them for one: on one ellipsoid alone
    # may they be.
    longer = ours.ellipsoid.semi_major_metre - theirs.ellipsoid.semi_major_metre
    higher = ours.ellipsoid.semi_minor_metre - theirs.ellipsoid.semi_minor_metre
    if max(abs(longer), abs(higher)) > _SAME:
        return False
    try:
        x, y = transformed(easting, northing, ours, theirs)
    except pyproj.exceptions.ProjError:
        return False
    apart = np.hypot(x - easting, y - northing)
    unit = metres_per_unit(first)
    if first.is_geographic:
        unit = ours.ellipsoid.semi_major_metre * float(first.units_factor[1])
    return bool((apart * unit <= _SAME).all())


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


def vector_crs(crs: CRS) -> str:
    """Give the CRS to write points in, as WKT: vector files hold no rotated poles.

    Examples
    --------
    >>> vector_crs(CRS.from_epsg(3578)) == CRS.from_epsg(3578).to_wkt()
    True
    """
    import pyproj  # noqa: PLC0415 - slow to import, and a map writes no points

    ours = pyproj_crs(crs)
    try:
        ours.to_wkt("WKT1_GDAL")
    except pyproj.exceptions.CRSError:
        base = ours.source_crs
        if base is not None:
            return str(base.to_wkt())
    return str(crs.to_wkt())


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
