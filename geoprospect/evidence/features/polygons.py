"""Polygons: reading vector files of ground that has a class or a name."""

from __future__ import annotations

import geopandas as gpd
import numpy.typing as npt

from geoprospect.errors import SamplesError
from geoprospect.evidence.features.relation import check_relation
from geoprospect.evidence.features.vectorfile import read_vector
from geoprospect.grid import Grid, transformed
from geoprospect.typing import Floats
from geoprospect.wording import listed

_POLYGONS = ("Polygon", "MultiPolygon")


def read_polygons(
    path: str, layer: str | None = None, field: str | None = None
) -> gpd.GeoDataFrame:
    """Read a vector file whose place on the ground is known.

    Its geometries may be of any kind, see `check_polygons`.

    Parameters
    ----------
    path : str
        Shapefile, GeoPackage or anything else that GDAL reads, in any CRS.
    layer : str, optional
        The layer of a file with several.
    field : str, optional
        A field that it must have.

    Returns
    -------
    geopandas.GeoDataFrame
        In the order of the file, rows numbered from 0.

    Raises
    ------
    SamplesError
        If the file cannot be read, lacks a CRS, the layer or the field, or holds several layers
        of which none is named.

    Examples
    --------
    >>> import tempfile, shapely
    >>> rocks = gpd.GeoDataFrame(
    ...     {"rock": ["shale"]}, geometry=[shapely.box(0, 0, 9, 9)], crs="EPSG:3578")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rocks.to_file(f"{folder}/rocks.gpkg")
    ...     read_polygons(f"{folder}/rocks.gpkg", field="rock")["rock"].tolist()
    ['shale']
    """
    table = read_vector(
        path,
        layer,
        what="polygons",
        layer_mend='name one: layer = "{0}" in the project file, or --region-layer "{0}"',
    )
    if table.crs is None:
        raise SamplesError(
            "the polygons have no CRS, so their place on the ground is unknown",
            path=path,
            mend="save them with one (QGIS: Export, Save Features As)",
        )
    fields = [str(name) for name in table.columns.drop(table.geometry.name)]
    if field is not None and field not in fields:
        raise SamplesError(
            f"there is no field {field}",
            path=path,
            found=f"fields {listed(fields) or 'none'}",
            mend="name one of those found",
        )
    return table


def check_polygons(table: gpd.GeoDataFrame, path: str) -> None:
    """Refuse a table that holds anything but polygons, or nothing.

    Raises
    ------
    SamplesError
        If a geometry is missing or of another kind, or there is none.
    """
    kinds = table.geometry.geom_type
    if table.empty or not kinds.isin(_POLYGONS).all():
        raise SamplesError(
            "the geometries are not polygons",
            path=path,
            found=listed(sorted(set(kinds.fillna("none")))) or "nothing",
            mend="give a file of polygons, such as those of a geological map",
        )


def on_polygons(
    places: tuple[npt.ArrayLike, npt.ArrayLike],
    grid: Grid,
    polygons: gpd.GeoDataFrame,
    *,
    path: str,
) -> list[tuple[Floats, Floats]]:
    """Give the coordinates of places in the CRS of polygons.

    Parameters
    ----------
    places : tuple of array_like of float
        Easting and northing in the CRS of the grid.
    grid : Grid
        The grid.
    polygons : geopandas.GeoDataFrame
        The polygons.
    path : str
        Their file, for the message.

    Returns
    -------
    list of tuple of ndarray of float64
        One pair, or three where the CRS counts longitudes: these count modulo a circle, and the
        polygons may lie on any turn of it.

    Raises
    ------
    SamplesError
        If the CRS has no relation to that of the grid.
    """
    check_relation(polygons.crs, grid, path)
    x, y = transformed(*places, grid.crs, polygons.crs)
    return [(x + turn, y) for turn in ((0, -360, 360) if polygons.crs.is_geographic else (0,))]
