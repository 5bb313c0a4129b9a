"""Points: reading vector files and tables of coordinates."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from rasterio.crs import CRS

from geoprospect.errors import SamplesError, without_secrets
from geoprospect.evidence.local import is_local, missing
from geoprospect.grid import Grid, same_crs, transformed
from geoprospect.grid.crs import pyproj_crs
from geoprospect.samples.labelraster import read_label_raster
from geoprospect.samples.relation import check_relation
from geoprospect.samples.selecting import select
from geoprospect.samples.tables import TABLE_SUFFIXES, read_table
from geoprospect.samples.vectorfile import read_vector
from geoprospect.typing import Floats

if TYPE_CHECKING:
    import pyproj


class ReadingOptions(TypedDict, total=False):
    """How to read a file of points: the keyword arguments of `read_points`."""

    crs: Any
    layer: str | None
    x: str | None
    y: str | None
    where: str | None


def read_points(
    path: str | os.PathLike[str],
    *,
    crs: Any = None,
    layer: str | None = None,
    x: str | None = None,
    y: str | None = None,
    where: str | None = None,
) -> gpd.GeoDataFrame:
    r"""Read points from a vector file, or from a table of coordinates.

    Parameters
    ----------
    path : path-like
        Shapefile, GeoPackage, GeoJSON or any other vector file that GDAL reads; a label raster,
        whose cells become points with a field ``label``; or a table (``.csv``,
        ``.tsv``, ``.txt``) separated by commas, semicolons or tabs, with a header.
    crs : str or pyproj.CRS, optional
        The CRS of the coordinates, as ``EPSG:3578``. A table needs it; given for a vector file,
        it stands in place of the file's own.
    layer : str, optional
        The layer of a file with several.
    x, y : str, optional
        The columns of a table that hold easting and northing, or longitude and latitude. By
        default they are recognised by name (``easting``, ``ESTE``, ``E``, ``x``, ``lon``, …).
    where : str, optional
        A condition on the fields that chooses among the points, as ``commodity = 'Cu'``; see
        `geoprospect.samples.selecting.select`.

    Returns
    -------
    geopandas.GeoDataFrame
        Points with their fields, in the order of the file, rows numbered from 0. A row without
        coordinates is kept, with an empty point.

    Raises
    ------
    SamplesError
        If the file is missing or unreadable, holds no point or other geometries, or lacks a CRS
        or the columns named.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = Path(folder) / "points.csv"
    ...     _ = table.write_text("ESTE;NORTE;DEP\n256779.5;912654;1\n;;0\n")
    ...     points = read_points(table, crs="EPSG:3578")
    >>> points.geometry.x.tolist(), points["DEP"].tolist()
    ([256779.5, nan], [1, 0])
    """
    name = os.fspath(path)
    if (problem := missing(name)) is not None:
        raise SamplesError(problem, path=path, mend="correct the path, or restore the file")
    if Path(without_secrets(name).removesuffix("?…")).suffix.lower() in TABLE_SUFFIXES:
        if not is_local(name):
            raise SamplesError(
                "a table of coordinates is read from a plain file only",
                path=name,
                mend="download or unpack it, and name the file; or give a GeoPackage there",
            )
        points = read_table(name, None if crs is None else _parse_crs(crs, name), x=x, y=y)
    else:
        try:
            points = read_vector(
                name, layer, what="points", layer_mend='name one, as in layer = "{}"'
            )
        except SamplesError:
            labels = None if layer is not None else read_label_raster(name)
            if labels is None:
                raise
            points = labels
    points.attrs["path"] = name
    return as_points(points, crs=crs, where=where)


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
        A condition on the fields; see `geoprospect.samples.selecting.select`.

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
    if crs is not None:
        points = points.set_crs(_parse_crs(crs, name), allow_override=True)
    if points.crs is None:
        raise SamplesError(
            "the points have no CRS, so their place on the ground is unknown",
            path=name,
            mend='give it beside their path, as in crs = "EPSG:3578" in the project file',
        )
    if points.empty:
        raise SamplesError("the file holds no point", path=name, mend="give a file with points")
    if where is not None:
        total, points = len(points), select(points, where, name)
        points.attrs["not_chosen"] = total - len(points)
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


def _parse_crs(crs: Any, path: str) -> pyproj.CRS:
    """Take a CRS that a person wrote, or say that there is none such."""
    try:
        return pyproj_crs(crs)
    except RuntimeError as error:
        raise SamplesError(
            "the CRS given for the points is not known",
            path=path,
            found=crs,
            expected="a code such as EPSG:3578, or WKT",
            mend="look the code up in QGIS (layer properties) or on epsg.io",
        ) from error


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
