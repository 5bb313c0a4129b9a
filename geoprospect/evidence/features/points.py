"""Points among the features of a file, and where they lie on a grid."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from rasterio.crs import CRS

from geoprospect.errors import SamplesError
from geoprospect.evidence.features.reading import placed
from geoprospect.evidence.features.relation import check_relation
from geoprospect.grid import Grid, same_crs, transformed
from geoprospect.typing import Floats


def as_points(
    points: gpd.GeoDataFrame, *, crs: Any = None, where: str | None = None
) -> gpd.GeoDataFrame:
    """Make sure that a table of geometries is one of points with a CRS.

    Parameters
    ----------
    points : geopandas.GeoDataFrame
        Points, multipoints of one point each, or missing geometries.
    crs : str or pyproj.CRS, optional
        The CRS, in place of that of `points`.
    where : str, optional
        A condition on the fields; see `geoprospect.evidence.features.selecting.select`.

    Returns
    -------
    geopandas.GeoDataFrame
        The same rows, or those chosen; those without coordinates have an empty point.

    Raises
    ------
    SamplesError
        If there is no row, no CRS, or any other geometry.

    Examples
    --------
    >>> pair = [shapely.MultiPoint([(1, 2)]), None]
    >>> as_points(gpd.GeoDataFrame(geometry=pair), crs="EPSG:3578").geometry.x.tolist()
    [1.0, nan]
    """
    name = str(points.attrs.get("path", "points"))
    points = placed(points, name, crs=crs, where=where)
    points = points.set_geometry(_single_points(points, name))
    points.attrs["path"] = name
    return points


def coordinates(points: gpd.GeoDataFrame, grid: Grid) -> tuple[Floats, Floats]:
    """Give the coordinates of points in the CRS of a grid.

    Parameters
    ----------
    points : geopandas.GeoDataFrame
        Points in any CRS.
    grid : Grid
        The grid.

    Returns
    -------
    easting, northing : ndarray of float64
        NaN where a point has no coordinates; infinite where its CRS does not reach. Longitudes
        count as those of the grid, from 0° or beyond 180°.

    Raises
    ------
    SamplesError
        If the CRS of the points has no relation to that of the grid.

    Examples
    --------
    >>> from affine import Affine
    >>> grid = Grid(CRS.from_epsg(3578), Affine(1200, 0, 159050, 0, -1200, 977582), (110, 118))
    >>> places = gpd.GeoSeries.from_xy([-132.5], [59.0], crs="EPSG:4269")
    >>> easting, northing = coordinates(gpd.GeoDataFrame(geometry=places), grid)
    >>> easting.round(3).tolist(), northing.round(3).tolist()
    ([500000.0], [500000.0])
    """
    easting, northing = (
        np.array(axis, dtype=np.float64) for axis in (points.geometry.x, points.geometry.y)
    )
    check_relation(points.crs, grid, str(points.attrs.get("path", "points")))
    crs = CRS.from_wkt(points.crs.to_wkt())
    if not same_crs(crs, grid.crs):
        easting, northing = transformed(easting, northing, points.crs, grid.crs)
    return grid.wrapped(easting, northing), northing


def _mend_of(kinds: list[str]) -> str:
    """Say how geometries of some kinds become points."""
    if kinds == ["MultiPoint"]:
        return "turn them into points (QGIS: Vector, Geometry Tools, Multipart to Singleparts)"
    return (
        "for outlines of deposits, give their middles (QGIS: Vector, Geometry Tools, Centroids); "
        "for rock classes, draw points inside them in proportion to their area (QGIS: Processing "
        "Toolbox, Random points in polygons, with `Include polygon attributes`)"
    )


def _single_points(points: gpd.GeoDataFrame, path: str) -> gpd.GeoSeries:
    """Turn multipoints of one into points and missing geometries into empty points."""
    shapes: npt.NDArray[np.object_] = points.geometry.to_numpy().copy()
    kinds = shapely.get_type_id(shapes)
    shapes[shapely.is_missing(shapes) | shapely.is_empty(shapes)] = shapely.Point()
    single = (kinds == shapely.GeometryType.MULTIPOINT) & (shapely.get_num_geometries(shapes) == 1)
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    other = np.flatnonzero(shapely.get_type_id(shapes) != shapely.GeometryType.POINT)
    if other.size:
        found = sorted({shapes[row].geom_type for row in other})
        raise SamplesError(
            "the geometries are not points",
            path=path,
            found=f"{', '.join(found)} in {other.size} rows, the first is row {other[0]}"
            " (rows counted from 0)",
            mend=_mend_of(found),
        )
    return gpd.GeoSeries(shapes, index=points.index, crs=points.crs)
