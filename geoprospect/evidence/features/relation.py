"""The relation of a vector file's CRS to that of the grid."""

from __future__ import annotations

from typing import Any

from rasterio.crs import CRS

from geoprospect.errors import SamplesError
from geoprospect.grid import Grid, same_crs, transformed
from geoprospect.grid.crs import pyproj_crs


def check_relation(crs: Any, grid: Grid, path: str) -> None:
    """Refuse a CRS from which no way leads to that of a grid.

    There is none from a local one (a mine grid, or none defined), from one of heights or times
    alone, and from another body's; geocentric coordinates are no easting and northing.

    Parameters
    ----------
    crs : pyproj.CRS
        The CRS of points or polygons.
    grid : Grid
        The grid.
    path : str
        The file with that CRS, for the message.

    Raises
    ------
    SamplesError
        If there is no way.

    Examples
    --------
    >>> from affine import Affine
    >>> grid = Grid(CRS.from_epsg(3578), Affine(1200, 0, 159050, 0, -1200, 977582), (110, 118))
    >>> check_relation("EPSG:4326", grid, "camps.gpkg")
    >>> check_relation("EPSG:5773", grid, "camps.gpkg")
    Traceback (most recent call last):
    ...
    geoprospect.errors.SamplesError: camps.gpkg: its CRS has no relation to that of the grid ...
    """
    ours, theirs = pyproj_crs(crs), pyproj_crs(grid.crs)
    if _is_same(ours, grid):
        return
    reason = None
    if _is_horizontal(ours) and _is_horizontal(theirs):
        try:
            transformed([0.0], [0.0], ours, theirs)
        except RuntimeError as error:  # of PROJ
            reason = str(error).strip().rstrip(".") or type(error).__name__
        if reason is None:
            return
    wrong_grid = not _is_horizontal(theirs)
    raise SamplesError(
        "its CRS has no relation to that of the grid" + (f": {reason}" if reason else ""),
        path=path,
        found=f'"{ours.name}", {ours.type_name}; the grid has "{theirs.name}", {theirs.type_name}',
        expected="a projected or geographic CRS of the same body for both",
        mend='give each raster of the evidence its true CRS, as in gdal_edit.py -a_srs "EPSG:3578" '
        "X1.tif"
        if wrong_grid
        else "find out in which CRS the coordinates are; for points give it beside their path, as "
        'in crs = "EPSG:3578"; a file of polygons save anew with it (QGIS: Layer, Set Layer CRS, '
        "then Export)",
    )


def _is_same(crs: Any, grid: Grid) -> bool:
    """Whether the coordinates are those of the grid, even if nobody knows where it lies."""
    try:
        return same_crs(CRS.from_wkt(crs.to_wkt()), grid.crs)
    except (RuntimeError, ValueError):  # CRSError of pyproj, and of rasterio
        return False


def _is_horizontal(crs: Any) -> bool:
    """Whether a CRS gives places by easting and northing or longitude and latitude."""
    return bool(crs.is_geographic or crs.is_projected)
