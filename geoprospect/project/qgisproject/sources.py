"""Where QGIS finds a file: relative to the project, so that both may be moved together."""

from __future__ import annotations

import os
import re
from pathlib import Path

from rasterio.crs import CRS

from geoprospect.errors import without_secrets
from geoprospect.evidence.local import is_local
from geoprospect.grid import Grid
from geoprospect.grid.crs import pyproj_crs
from geoprospect.grid.places import ellipsoid_axes
from geoprospect.qgis.xml import Crs, Extent

_WGS84, _EARTH = (6_378_137.0, 6_356_752.3), "EPSG:7030"
_PARTS = r'(NETCDF|GPKG):"?([^"]+)"?:([^:]+)'  # of which QGIS finds relative paths, too
_SERVERS = {"s3": "vsis3", "gs": "vsigs", "az": "vsiaz", "oss": "vsioss"}


def source_of(path: str, folder: Path) -> str | None:
    """Give how QGIS opens a path from a project in a folder; None where it must not, or cannot.

    Parameters
    ----------
    path : str
        A file, or any path that rasterio reads. Addresses with a secret are not given away.
    folder : Path
        The folder of the project.

    Examples
    --------
    >>> source_of("/data/study/grids/X1.tif", Path("/data/study/out"))
    '../grids/X1.tif'
    >>> source_of("s3://survey/X1.tif", Path("out")), source_of("https://a.org/X1.tif", Path("out"))
    ('/vsis3/survey/X1.tif', '/vsicurl/https://a.org/X1.tif')
    >>> source_of("https://a.org/X1.tif?sig=6Fo", Path("out")) is None
    True
    >>> source_of('NETCDF:"/data/study/grids.nc":gravity', Path("/data/study/out"))
    'NETCDF:../grids.nc:gravity'
    """
    if without_secrets(path) != path:
        return None
    return _relative(path, folder) if is_local(path) else _virtual(path, folder)


def _relative(path: str, folder: Path) -> str:
    """Give a file as it is named from a folder."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # it lies on another drive
        return Path(os.path.abspath(path)).as_posix()


def _virtual(path: str, folder: Path) -> str | None:
    """Give what rasterio reads over a network, in an archive or in a part of a file, for GDAL."""
    scheme, separator, rest = path.partition("://")
    archive = re.fullmatch(r"(?:zip|tar)://([^!]+)!/?(.+)", path)
    part = re.fullmatch(_PARTS, path)
    if part is not None and is_local(part[2]):
        return f"{part[1]}:{_relative(part[2], folder)}:{part[3]}"
    if scheme in ("http", "https", "ftp"):
        return f"/vsicurl/{path}"
    if archive is not None:
        return f"/vsi{scheme}/{os.path.abspath(archive[1])}/{archive[2]}"
    if scheme in _SERVERS:
        return f"/{_SERVERS[scheme]}/{rest}"
    return None if separator else path


def told_crs(crs: CRS) -> Crs:
    """Give a CRS as QGIS wants it told, a custom one too."""
    authority, name = crs.to_authority(), str(pyproj_crs(crs).name)
    return Crs(
        wkt=crs.to_wkt(version="WKT2_2019"),
        code="" if authority is None else ":".join(authority),
        name="custom" if name == "unknown" else name,
        geographic=bool(crs.is_geographic),
        ellipsoid=_ellipsoid(crs),
    )


def _ellipsoid(crs: CRS) -> str:
    """Give the code of an ellipsoid; QGIS 3.22 measures nothing on one that is told by its axes.

    Examples
    --------
    >>> _ellipsoid(CRS.from_epsg(3578)), _ellipsoid(CRS.from_epsg(27700))
    ('EPSG:7030', 'EPSG:7001')
    >>> _ellipsoid(CRS.from_string("+proj=laea +lat_0=60 +R=1737400"))
    'NONE'
    """
    ours = ellipsoid_axes(crs)
    if max(abs(a - b) for a, b in zip(ours, _WGS84, strict=True)) < 1:
        return _EARTH
    authority = crs.to_authority()  # which tells more than its definition written out
    ellipsoid = pyproj_crs(crs if authority is None else ":".join(authority)).ellipsoid
    known = None if ellipsoid is None else ellipsoid.to_json_dict().get("id")
    if known is not None:
        return f"{known['authority']}:{known['code']}"
    return _EARTH if crs.is_geographic else "NONE"


def extent_of(grid: Grid) -> Extent:
    """Give the box about a grid, rotated or not.

    Examples
    --------
    >>> from affine import Affine
    >>> extent_of(Grid(CRS.from_epsg(3578), Affine(100, 0, 5000, 0, -100, 9000), (20, 10)))
    Extent(west=5000.0, south=7000.0, east=6000.0, north=9000.0)
    """
    rows, columns = grid.shape
    a, b, c, d, e, f = grid.transform[:6]
    corners = ((0, 0), (columns, 0), (0, rows), (columns, rows))
    x = [float(a * column + b * row + c) for column, row in corners]
    y = [float(d * column + e * row + f) for column, row in corners]
    return Extent(min(x), min(y), max(x), max(y))


def width_of(grid: Grid) -> float:
    """Give how far it is across the middle of a grid, in metres."""
    rows, columns = grid.shape
    middle = grid.places([rows // 2] * 2, [0, columns - 1])
    across = float(middle[:1].apart(middle[1:])[0])
    return across * columns / max(columns - 1, 1) or float(abs(grid.transform.a))
