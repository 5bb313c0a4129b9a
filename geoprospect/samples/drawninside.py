"""Polygons of rock classes, as points drawn inside them in proportion to their area."""

from __future__ import annotations

import logging
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from geoprospect.errors import SamplesError
from geoprospect.evidence.features.points import as_points
from geoprospect.evidence.features.selecting import select
from geoprospect.evidence.features.tables import TABLE_SUFFIXES
from geoprospect.evidence.features.vectorfile import read_vector
from geoprospect.grid import Grid

_LOGGER = logging.getLogger(__name__)
_EQUAL_AREA = "EPSG:6933"
_POINTS = 4_000
_EDGE = 50  # pieces of each edge of the grid, which is bent in another CRS


def points_inside(
    path: str,
    grid: Grid,
    *,
    crs: str | None = None,
    layer: str | None = None,
    where: str | None = None,
    seed: int = 0,
) -> gpd.GeoDataFrame | None:
    """Draw points inside the polygons of a file, as far as they lie on a grid.

    Parameters
    ----------
    path : str
        The file.
    grid : Grid
        The grid.
    crs, layer, where : str, optional
        As for `geoprospect.samples.points.read_points`.
    seed : int
        Seed of the draw.

    Returns
    -------
    geopandas.GeoDataFrame or None
        4,000 points with the fields of their polygons, each place on the ground as likely as any
        other; None where the file does not hold polygons alone.

    Raises
    ------
    SamplesError
        If no polygon lies on the grid, or they have no CRS.
    """
    if Path(path).suffix.lower() in TABLE_SUFFIXES:
        return None
    try:
        table = read_vector(path, layer, what="points", layer_mend='layer = "{}"')
    except SamplesError:  # which is told where the file is read as points
        return None
    if table.empty or not table.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).all():
        return None
    if crs is not None:
        table = table.set_crs(crs, allow_override=True)
    if table.crs is None:
        return None
    if where is not None:
        table = select(table, where, path)
    rows, columns = grid.shape
    corners = [grid.transform * corner for corner in ((0, 0), (columns, 0), (columns, rows))]
    corners.append(grid.transform * (0, rows))
    outline = shapely.Polygon(corners)
    outline = outline.segmentize(outline.length / (4 * _EDGE))
    [ground] = gpd.GeoSeries([outline], crs=grid.crs.to_wkt()).to_crs(_EQUAL_AREA)
    parts = table.to_crs(_EQUAL_AREA)
    parts = parts.set_geometry(parts.geometry.make_valid().intersection(ground))
    area = parts.geometry.area.to_numpy()
    if not area.sum() > 0:
        raise SamplesError(
            "no polygon lies on the grid of the evidence",
            path=path,
            mend="check the CRS of the polygons, and the extent of the evidence",
        )
    numbers = np.random.default_rng(seed).multinomial(_POINTS, area / area.sum())
    parts, numbers = parts[numbers > 0], numbers[numbers > 0]
    drawn = parts.set_geometry(parts.geometry.sample_points(numbers, rng=seed))
    points = drawn.explode(ignore_index=True).to_crs(table.crs)
    points.attrs["path"] = path
    _LOGGER.info(f"{path}: {len(points)} points are drawn inside {len(parts)} polygons, by area")
    return as_points(points)
