"""Points of a survey looked at: deposits, rocks, or stations where something was measured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from geoprospect.errors import SamplesError
from geoprospect.evidence.stations.limits import numbers_of
from geoprospect.project.drafting.lines import Line
from geoprospect.project.drafting.looking import named
from geoprospect.samples.labels import label_field
from geoprospect.samples.labelvalues import YES, distinct_texts, label_texts, plain_text

Place = Literal["training", "validation", "lithology", "evidence", "area", "exclude"]

ROCKS = ("lith", "rock", "geol", "bedrock", "unit", "pretext", "strat")
_MOST_CLASSES, _FEWEST_STATIONS = 60, 20
_SURE = 3  # that labels of 1 and 0 tell deposits
_DEPOSITS = (
    *("deposit", "occurrence", "minfile", r"mines?\b", "prospect", "showing", "train"),
    r"dep\b",
)
_HELD_OUT = ("valid", "held", "test")
_STATIONS = (
    *("geochem", "soil", "silt", "stream", "sediment", "assay", "station", "gravity"),
    "sample",
)
_CLASS_FIELD = re.compile(r"rock|lith|unit|class|geol|etiqueta|name|type|strat|code", re.IGNORECASE)
_MEASURED = re.compile(r"^[A-Z][a-z]?(_|$)|(?i:ppm|ppb|pct|mgal|bouguer|anomaly)")
_COORDINATES = ("E", "N", "X", "Y", "Z")
_FINAL = ("mine", "producer", "deposit", "prospect", "showing", "occurrence", "developed", "past")


@dataclass(frozen=True)
class DraftedFeatures:
    """Features of a survey, and where a project file names them.

    Attributes
    ----------
    line : Line
        The line that names them.
    place : str
        Its place: a role of points, evidence, or what the grid is cut to.
    likely : int
        How likely that is, to choose among several.
    """

    line: Line
    place: Place
    likely: int = 0


def draft_points(line: Line, called: Path, points: gpd.GeoDataFrame) -> DraftedFeatures:
    """Tell what points are: labelled, of rocks, or stations of a survey."""
    fields = [str(name) for name in points.columns if name != points.geometry.name]
    rock = next(iter(class_fields(points, fields)), None)
    labels, asked, likely = _labels(points, line.value["path"])
    if named(called, *ROCKS) and rock is not None and likely < _SURE:
        value = dict(line.value) | {"label": rock}
        return DraftedFeatures(replace(line, key="lithology", value=value), "lithology", 2)
    measured = _measured(points, fields)
    if (named(called, *_STATIONS) and measured) or (
        measured and not named(called, *_DEPOSITS) and likely < 2
    ):
        value = dict(line.value) | {
            "kind": "stations", "value": measured[0], "method": "inverse-distance",
            "distance": _reach(points),
        }  # fmt: skip
        others = f"; other fields: {', '.join(measured[1:6])}" if measured[1:] else ""
        asked = f"is {measured[0]} to be gridded, and how far from its stations{others}"
        asked = "; ".join(part for part in (line.asked, asked) if part)
        return DraftedFeatures(
            replace(line, key=f"{called.name} {measured[0]}", value=value, asked=asked), "evidence"
        )
    place: Place = "validation" if named(called, *_HELD_OUT) else "training"
    value = dict(line.value) | labels
    asked = "; ".join(part for part in (line.asked, asked) if part)
    likely += 2 * named(called, *_DEPOSITS)
    return DraftedFeatures(replace(line, key=place, value=value, asked=asked), place, likely)


def _labels(points: gpd.GeoDataFrame, path: str) -> tuple[dict[str, Any], str, int]:
    """Give the settings that tell occurrences, what is to be asked, and how likely it is."""
    try:
        field = label_field(points, path)
    except SamplesError:
        return _survey_labels(points, path)
    if field is None:
        return {"label": False}, "are all points occurrences?", 0
    texts = {plain_text(text) for text in distinct_texts(label_texts(points, field, path))}
    if texts <= {"0", "1"}:
        n = sum(plain_text(text) == "1" for text in label_texts(points, field, path))
        return {"label": field}, "" if len(texts) > 1 else f"{n} of them are labelled 1", _SURE
    return _survey_labels(points, path, field)


def _survey_labels(
    points: gpd.GeoDataFrame, path: str, field: str | None = None
) -> tuple[dict[str, Any], str, int]:
    """Choose the values of a field of a survey that seem to mean occurrences."""
    fields = [field] if field else [str(x) for x in points.columns if x != points.geometry.name]
    for name in fields:
        distinct = distinct_texts(label_texts(points, name, path))
        if not 1 < len(distinct) <= _MOST_CLASSES:
            continue
        chosen = [
            text
            for text in distinct
            if plain_text(text) in YES or any(word in text.casefold() for word in _FINAL)
            if not text.casefold().startswith(("non", "not ", "no "))
        ]
        if chosen and (len(chosen) < len(distinct) or field):
            others = [text for text in distinct if text not in chosen]
            asked = f"which values of {name} mean an occurrence? Others: {', '.join(others[:8])}"
            return {"label": name, "occurrence_values": chosen}, asked, 2
    return {"label": False}, "are all points occurrences?", 1


def _measured(table: gpd.GeoDataFrame, fields: Sequence[str]) -> list[str]:
    """Give the fields of measured quantities."""
    found = []
    for field in fields:
        try:
            values = numbers_of(table[field], "").values
        except SamplesError:  # of texts
            continue
        values = values[np.isfinite(values)]
        enough = values.size >= _FEWEST_STATIONS and np.unique(values).size > _FEWEST_STATIONS // 2
        if enough and _MEASURED.search(field) and field not in _COORDINATES:
            found.append(field)
    return found


def _reach(points: gpd.GeoDataFrame) -> float:
    """Give three times the median distance between stations, in metres, to two digits."""
    metres = points.to_crs(points.estimate_utm_crs())
    places = np.column_stack([metres.geometry.x, metres.geometry.y])
    from scipy.spatial import KDTree  # noqa: PLC0415 - slow to import

    apart, _ = KDTree(np.unique(places, axis=0)).query(places, k=2)
    return float(f"{3 * np.median(apart.max(axis=1)):.2g}")


def class_fields(table: gpd.GeoDataFrame, fields: Sequence[str]) -> Iterator[str]:
    """Give the fields that may name classes, those called so first."""
    likely = sorted(fields, key=lambda field: _CLASS_FIELD.search(field) is None)
    for field in likely:
        values = table[field].dropna()
        numeric = pd.api.types.is_numeric_dtype(values)
        coded = numeric and (values == values.round()).all() and _CLASS_FIELD.search(field)
        n = values.astype(str).nunique()
        if (coded or not numeric) and 2 <= n <= min(_MOST_CLASSES, max(2, len(values) // 2)):
            yield field
