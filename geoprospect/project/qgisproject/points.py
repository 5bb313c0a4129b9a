"""The points of a run as one GeoPackage, styled, with what the map says at each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from geoprospect.errors import GeoprospectError
from geoprospect.grid import vector_crs
from geoprospect.output import replacing, write_points
from geoprospect.project import results
from geoprospect.project.products.product import MadeRun
from geoprospect.qgis.features import FeatureStyle
from geoprospect.qgis.geopackage import add_styles
from geoprospect.qgis.points import BARREN, occurrence_style, rock_style
from geoprospect.qgis.symbols import Marker
from geoprospect.samples import Samples
from geoprospect.scoring.counting.scoremap import ScoreMap

_ALIASES = {
    "row": "row in the file of points, counted from 0",
    "occurrence": "1 at an occurrence, 0 at a non-occurrence",
    "score": "score of the map at the point, from 0 to 1",
    "rock": "rock class",
}
ROCKS = "rock classes"
"""The layer of points of known rock, in `points.gpkg`."""

TITLES = {
    "training": "Training points",
    "validation": "Validation points",
    ROCKS: "Points of known rock",
    "cells": "Points held out",
    "repeats": "Points held out, each repeat",
}
"""What layers of points are called, by their names in a file."""

_MEANING = {
    "training": "The points that the model learned from; those left out are not among them.",
    "validation": "Points that the model never learned from, which the map is scored at.",
    ROCKS: "Points of known rock, which the pretext task learned from.",
}


def write_points_of(made: MadeRun) -> None:
    """Write `points.gpkg`: the points of each role, in the CRS of the map."""
    target = results.POINTS.path(made.folder)
    with (
        ScoreMap.open(results.MAP.path(made.folder)) as scores,
        replacing(target, overwrite=True) as temporary,
    ):
        styles = {}
        for role, samples in _samples(made):
            write_points(_table(samples, scores), temporary, layer=role)
            styles[role] = (_style(role, samples).qml(), _MEANING[role])
        add_styles(temporary, styles)


def _samples(made: MadeRun) -> Iterator[tuple[str, Samples]]:
    """Give the points of each role that the project has; what cannot be read is told elsewhere."""
    inputs, points = made.inputs, made.project.points
    yield "training", inputs.training
    validation: Samples | None = None
    with suppress(GeoprospectError):  # the score tells of them
        validation = inputs.validation
    if validation is not None and len(validation):
        yield "validation", validation
    if made.method.pretext == "lithology" and points.lithology is not None:
        yield ROCKS, inputs.rocks


def _table(samples: Samples, scores: ScoreMap) -> gpd.GeoDataFrame:
    """Give points with their classes and what the map says of them."""
    crs = samples.grid.crs
    fields: dict[str, Any] = {"row": samples.source}
    if samples.classes == ("non-occurrence", "occurrence"):
        fields["occurrence"] = samples.label
    else:
        fields["rock"] = np.array(samples.classes, object)[samples.label]
    fields["score"] = scores.at(samples.rows, samples.columns).astype(np.float64)
    places = gpd.points_from_xy(samples.easting, samples.northing)
    table = gpd.GeoDataFrame(fields, geometry=places, crs=crs.to_wkt())
    return table.to_crs(vector_crs(crs))


def _style(role: str, samples: Samples) -> FeatureStyle:
    """Give how the points of a role are shown: occurrences, or classes of rock."""
    if role == ROCKS:
        return rock_style(samples.classes, _ALIASES)
    return occurrence_style(role, _ALIASES)


def style_drawn(path: Path) -> None:
    """Add the style of the cells drawn as non-occurrences to their GeoPackage."""
    aliases = {
        "draw": "draw that the cell is of, counted from 1",
        "occurrence": "0: taken for a non-occurrence",
        "out_of_bag": "score by the members that did not learn from it; high ones: look again",
    }
    style = FeatureStyle(BARREN, aliases=aliases)
    add_styles(path, {path.stem: (style.qml(), results.NON_OCCURRENCES.meaning)})


def style_next(path: Path) -> None:
    """Add the style of the cells to measure next to their GeoPackage, with their rank beside."""
    aliases = {
        "rank": "rank: the most open first",
        "bits": "how open it is whether the cell is in the best 10%, from 0 to 1 bit",
        "score": _ALIASES["score"],
        "std": "standard deviation of the score over the refits",
        "best": "share of the refits that have it in the best 10% of the area",
        "words": "why a sample there tells much",
    }
    style = FeatureStyle(Marker("star", "#d55e00", "#ffffff", 3.4), aliases=aliases, label="rank")
    add_styles(path, {path.stem: (style.qml(), results.NEXT_CELLS.meaning)})
