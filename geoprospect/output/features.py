"""Layers of features as files of vectors, whole or not at all, the same bytes each time."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from geoprospect.output.files import is_full
from geoprospect.private import CPLE_BaseError

if TYPE_CHECKING:
    import geopandas as gpd

_HOUR = "OGR_CURRENT_DATE"
_OPTIONS = {
    "GPKG": {"VERSION": "1.2"},  # QGIS 3.22 warns of later ones
    "ESRI Shapefile": {"DBF_DATE_LAST_UPDATE": "2000-01-01"},
}


def write_points(points: gpd.GeoDataFrame, path: Path, *, layer: str | None = None) -> None:
    """Write points as a layer of a GeoPackage; see `write_features`."""
    write_features(points, path, layer=layer)


def write_features(
    features: gpd.GeoDataFrame,
    path: Path,
    *,
    layer: str | None = None,
    driver: str = "GPKG",
    **options: str,
) -> None:
    """Write features as a layer of a file, to the path that `replacing` gives.

    Raises
    ------
    OSError
        If they cannot be written whole.
    """
    from pyogrio import read_info  # noqa: PLC0415 - slow, and a map needs no points
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError  # noqa: PLC0415

    told = _OPTIONS.get(driver, {}) | options
    try:
        with _undated():
            features.to_file(path, layer=layer, driver=driver, **told)
        whole = read_info(path, layer=layer)["features"] == len(features)
    except (DataLayerError, DataSourceError, FeatureError, CPLE_BaseError) as error:
        raise _cut_short(path) from error
    if not whole:
        raise _cut_short(path)


@contextmanager
def _undated() -> Iterator[None]:
    """Let GDAL write the same hour each time, so that the same points give the same bytes."""
    from pyogrio import get_gdal_config_option, set_gdal_config_options  # noqa: PLC0415 - as above

    before = get_gdal_config_option(_HOUR)
    set_gdal_config_options({_HOUR: before or "2000-01-01T00:00:00.000Z"})
    try:
        yield
    finally:
        set_gdal_config_options({_HOUR: before})


def _cut_short(path: Path) -> OSError:
    """Give the error of a file of which GDAL says only that it could not be written."""
    number = errno.ENOSPC if is_full(path.parent) else errno.EIO
    return OSError(number, "the file was cut short")
