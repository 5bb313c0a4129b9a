"""Outlines in longitude and latitude, cut where 180° is crossed."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from geoprospect.grid import Grid, transformed
from geoprospect.targets.outlines import Shapes, on_ground, polygons_of
from geoprospect.typing import Floats

_LONGEST = 10.0  # cells of an edge, which bends on the way to another CRS


def in_lonlat(shapes: Shapes, grid: Grid) -> Shapes:
    """Put outlines in cells on the ground, in WGS 84, with longitudes from −180° to 180°.

    Parameters
    ----------
    shapes : ndarray of shapely.MultiPolygon, shape (n,)
        In cells, as `Outlines` gives them.
    grid : Grid
        The grid.

    Returns
    -------
    ndarray of shapely.MultiPolygon, shape (n,)
        What lies on both sides of 180° has a part on each, as RFC 7946 asks for.
    """
    return np.array([_one(shape, grid) for shape in shapes], dtype=object)


def _one(shape: shapely.MultiPolygon, grid: Grid) -> Any:
    """Put one outline there."""
    ground = on_ground(np.array([shapely.segmentize(shape, _LONGEST)], dtype=object), grid)[0]

    def turned(places: Floats) -> Floats:
        longitude, latitude = transformed(places[:, 0], places[:, 1], grid.crs, "EPSG:4326")
        # Near where it begins, or as the grid has it, so that no outline leaps round the Earth.
        near = longitude[:1]
        if grid.crs.is_geographic:
            near = np.degrees(places[:, 0] * float(grid.crs.units_factor[1]))
        longitude = longitude - 360 * np.rint((longitude - near) / 360)
        return np.column_stack([longitude, np.clip(latitude, -90, 90)])

    there = shapely.transform(ground, turned)
    west, _, east, _ = there.bounds
    parts: list[Any] = []
    for turn in range(int(np.floor((west + 180) / 360)), int(np.ceil((east + 180) / 360))):
        left, right = 360.0 * turn - 180, 360.0 * turn + 180
        inside = there
        if west < left or east > right:
            inside = shapely.intersection(there, shapely.box(left, -90, right, 90))
        parts += polygons_of(_moved(inside, -360.0 * turn))
    return shapely.multipolygons(parts)


def _moved(shape: Any, east: float) -> Any:
    """Move a geometry in longitude."""
    return shapely.transform(shape, lambda places: places + np.array([east, 0.0]))
