"""Points and targets of a run, as the map of its report draws them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geoprospect.project.report.material import Material
from geoprospect.project.report.picture import Picture

_MOST_POINTS = 20_000
MOST_TARGETS = 200
_RINGS = 400  # vertices of all outlines of a target
_POLYGON = 3  # of shapely's types
_POINTS: dict[tuple[str, bool], tuple[str, str, dict[str, Any]]] = {
    ("training", True): ("training occurrences", "training occurrence",
                         {"shape": "circle", "fill": "#ffffff", "edge": "#000000"}),
    ("validation", True): ("validation occurrences", "validation occurrence",
                           {"shape": "triangle", "fill": "#ff4f2e", "edge": "#ffffff"}),
    ("training", False): ("other training points", "training point without an occurrence",
                          {"shape": "cross", "fill": "#333333", "edge": "#333333", "small": True}),
    ("validation", False): ("other validation points", "validation point without an occurrence",
                            {"shape": "cross", "fill": "#8a1c00", "edge": "#8a1c00",
                             "small": True}),
}  # fmt: skip


def point_marks(material: Material, picture: Picture) -> Iterator[dict[str, Any]]:
    """Give the points of the run, those that are drawn first below the others."""
    for (role, label), (title, one, look) in reversed(_POINTS.items()):
        these = material.points.get(role)
        if these is None:
            continue
        chosen = these.occurrence == label
        easting, northing = these.easting[chosen], these.northing[chosen]
        inside = picture.grid.cells(easting, northing)[2]
        n = int(inside.sum())
        if n == 0:
            continue
        x, y = picture.places(easting[inside][:_MOST_POINTS], northing[inside][:_MOST_POINTS])
        yield {
            "key": f"{role}-{'occurrences' if label else 'others'}",
            "title": title, "one": one, "n": n, "on": label,
            "x": np.clip(x, 0, picture.shape[1] - 1e-3).round(3).tolist(),
            "y": np.clip(y, 0, picture.shape[0] - 1e-3).round(3).tolist(), **look,
        }  # fmt: skip


def target_marks(targets: gpd.GeoDataFrame | None, picture: Picture) -> Iterator[dict[str, Any]]:
    """Give the places and outlines of targets, in the order of their table."""
    if targets is None:
        return
    tolerance = 0.25 * math.sqrt(abs(picture.transform.determinant))
    for number, shape in enumerate(targets.geometry.iloc[:MOST_TARGETS], start=1):
        label = str(targets["rank"].iloc[number - 1]) if "rank" in targets else str(number)
        middle = shape.representative_point()
        at = np.array([middle.x]), np.array([middle.y])
        if {"easting", "northing"} <= set(targets.columns):
            row = targets.iloc[number - 1]
            at = np.array([row["easting"]], float), np.array([row["northing"]], float)
        x, y = picture.places(*at)
        rings = list(_rings(shape, picture, tolerance))
        yield {"x": float(x[0]), "y": float(y[0]), "label": label, "rings": rings}


def _rings(shape: Any, picture: Picture, tolerance: float) -> Iterator[list[list[float]]]:
    """Give columns and rows of the outlines of polygons; there may be thousands."""
    parts = shapely.get_parts(shape)
    outlines = shapely.get_exterior_ring(parts[shapely.get_type_id(parts) == _POLYGON])
    many = shapely.get_num_coordinates(outlines) > _RINGS
    outlines[many] = shapely.simplify(outlines[many], tolerance)
    corners, whose = shapely.get_coordinates(outlines, return_index=True)
    corners = np.column_stack(picture.places(*corners.T)).round(2)
    starts = np.searchsorted(whose, np.arange(len(outlines) + 1))
    for start, end in pairwise(starts.tolist()):
        yield corners[start:end].tolist()
