"""Polygons: reading vector files of ground that has a class or a name."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pyogrio

from geoprospect.errors import SamplesError
from geoprospect.evidence.raster import is_local
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
    with _reading(path):
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        if layer not in layers and (layer is not None or len(layers) != 1):
            raise SamplesError(
                f"the file has no layer {layer}" if layer else "the file holds several layers",
                path=path,
                found=listed(layers),
                mend=f'name one: layer = "{layers[0]}" in the project file, or --region-layer',
            )
        table = gpd.read_file(path, layer=layer, engine="pyogrio")
    if not isinstance(table, gpd.GeoDataFrame) or table.crs is None:
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


@contextmanager
def _reading(path: str) -> Iterator[None]:
    """Read quietly, or say why the file cannot be read."""
    if is_local(path) and not Path(path).exists():
        raise SamplesError("no such file", path=path, mend="correct the path, or restore the file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of GDAL, on measures, curves or field types
            yield
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise SamplesError(
            f"cannot be read as polygons: {reason.rstrip('.')}",
            path=path,
            mend="check the file, it may be damaged or of another format; export it anew",
        ) from error
