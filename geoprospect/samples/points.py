"""Points: read from vector files, tables of coordinates and label rasters."""

from __future__ import annotations

import os
from typing import Any

import geopandas as gpd

from geoprospect.errors import SamplesError
from geoprospect.evidence.features.points import as_points
from geoprospect.evidence.features.reading import FileOptions, is_table, read_features
from geoprospect.evidence.local import missing
from geoprospect.samples.labelraster import read_label_raster


class ReadingOptions(FileOptions, total=False):
    """How to read a file of points: the keyword arguments of `read_points`."""

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
        `geoprospect.evidence.features.selecting.select`.

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
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = Path(folder) / "points.csv"
    ...     _ = table.write_text("ESTE;NORTE;DEP\n256779.5;912654;1\n;;0\n")
    ...     points = read_points(table, crs="EPSG:3578")
    >>> points.geometry.x.tolist(), points["DEP"].tolist()
    ([256779.5, nan], [1, 0])
    """
    try:
        points = read_features(path, crs=crs, layer=layer, x=x, y=y)
    except SamplesError:
        name = os.fspath(path)
        other = layer is not None or is_table(name) or missing(name) is not None
        labels = None if other else read_label_raster(name)
        if labels is None:
            raise
        points = labels
        points.attrs["path"] = name
    return as_points(points, crs=crs, where=where)
