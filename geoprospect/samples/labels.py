"""Labels: which field of a file tells occurrences from the rest, and what its values mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from geoprospect.errors import SamplesError
from geoprospect.samples.labelled import OCCURRENCE_CLASSES
from geoprospect.samples.labelvalues import (
    NO,
    YES,
    as_number,
    distinct_texts,
    first_few,
    label_texts,
    line_to_write,
    plain_text,
)
from geoprospect.typing import Ints
from geoprospect.wording import listed

LabelKind = Literal["occurrence", "class"]
LabelField = str | Literal[False] | None
"""A field; False where all points are occurrences; None where the file is to tell."""

_NAMES = ("occurrence", "dep", "label")
_HINTS = (
    *("occur", "deposit", "label", "class", "status", "target", "presence", "present", "barren"),
    *("mineralis", "mineraliz", "positive", "prospective"),
)
_MOST_CLASSES = 12  # a field of more values holds names or measurements, not classes


@dataclass(frozen=True)
class Labels:
    """What the points of a file are.

    Attributes
    ----------
    codes : ndarray of int64, shape (n,)
        1 for an occurrence and 0 for a non-occurrence, or the class, counted from 0; -1 where
        the label is missing.
    classes : tuple of str
        The names of the numbers.
    sentence : str
        Which field told it, and how its values were read.
    field : str or None
        The field; None where all points are occurrences.
    """

    codes: Ints
    classes: tuple[str, ...]
    sentence: str
    field: str | None


def read_labels(
    table: gpd.GeoDataFrame,
    path: str,
    *,
    label: LabelField = None,
    occurrence_values: Sequence[str] = (),
    kind: LabelKind = "occurrence",
) -> Labels:
    """Read the labels of points.

    Parameters
    ----------
    table : geopandas.GeoDataFrame
        The points with their fields.
    path : str
        Their file, for messages.
    label : str or False, optional
        The field of labels; False where all points are occurrences; by default as `label_field`
        finds it. Classes need a field.
    occurrence_values : sequence of str
        The values of the field that mean an occurrence; any other means a non-occurrence. If
        none is given, labels are 1 and 0.
    kind : {"occurrence", "class"}
        Whether labels tell occurrences, or are classes with any names or numbers.

    Raises
    ------
    SamplesError
        If there is no such field, which one holds the labels is not obvious, or a value is none
        that was expected.

    Examples
    --------
    >>> table = gpd.GeoDataFrame({"Status": ["Deposit", "Barren", None]},
    ...                          geometry=gpd.points_from_xy([0, 1, 2], [0, 1, 2]))
    >>> labels = read_labels(table, "p.shp", label="Status", occurrence_values=["Deposit"])
    >>> labels.codes.tolist(), labels.sentence
    ([1, 0, -1], 'Field Status tells: Deposit is an occurrence, Barren a non-occurrence.')
    """
    if kind == "class":
        return _classes(table, path, label, occurrence_values)
    if occurrence_values and not label:
        raise SamplesError(
            "occurrence_values are given without the field that holds them",
            path=path,
            mend='name it beside them: label = "…" (of `score`: --label)',
        )
    field = label_field(table, path) if label is None else label
    if not field:
        why = "no field tells otherwise" if label is None else "as label = false says"
        codes = np.ones(len(table), dtype=np.int64)
        sentence = f"All points count as occurrences: {why}."
        return Labels(codes, OCCURRENCE_CLASSES, sentence, None)
    values = label_texts(table, field, path)
    if occurrence_values:
        return _chosen(values, field, occurrence_values, path)
    numbers = [as_number(text) for text in values]
    wrong = [k for k, x in enumerate(numbers) if values.iloc[k] and x not in (0.0, 1.0)]
    if wrong:
        kinds = list(dict.fromkeys(values.iloc[k] for k in wrong))
        rows = listed([str(values.index[k]) for k in wrong])
        raise SamplesError(
            f"field {field} holds labels other than 0 and 1",
            path=path,
            found=f"{listed(kinds)} in rows {rows} (rows counted from 0)",
            expected="1 for an occurrence, 0 for a non-occurrence",
            mend=f"say which values are occurrences: {line_to_write(field, values)}, {_OR_ALL}",
        )
    codes = np.array([-1 if x is None else int(x) for x in numbers], dtype=np.int64)
    sentence = f"Field {field} tells: 1 is an occurrence, 0 a non-occurrence."
    return Labels(codes, OCCURRENCE_CLASSES, sentence, field)


_OR_ALL = (
    "or say that all points are occurrences: label = false (of `score`: --label FIELD "
    "--occurrence-value VALUE, or --all-occurrences)"
)


def label_field(points: gpd.GeoDataFrame, path: str) -> str | None:
    """Find the field that holds 1 for an occurrence and 0 for a non-occurrence.

    It is the one field named occurrence, DEP or label in any case. Where there is none, but a
    field whose values or name could be meant so, the person who knows has to say.

    Parameters
    ----------
    points : geopandas.GeoDataFrame
        The points.
    path : str
        Their file, for the message.

    Returns
    -------
    str or None
        None where no field could hold labels, so that all points are occurrences.

    Raises
    ------
    SamplesError
        If which one holds the labels is not obvious.

    Examples
    --------
    >>> places = gpd.points_from_xy([0], [0])
    >>> label_field(gpd.GeoDataFrame({"name": ["Minto"], "DEP": [1]}, geometry=places), "camps.csv")
    'DEP'
    """
    fields = [str(field) for field in points.columns if field != points.geometry.name]
    named = [field for field in fields if field.strip().casefold() in _NAMES]
    if len(named) == 1:
        return named[0]
    values = {field: label_texts(points, field, path) for field in named or fields}
    likely = named or [field for field in fields if _could_be_labels(field, values[field])]
    if not likely:
        return None
    found = [f"{field} ({first_few(distinct_texts(values[field]))})" for field in likely]
    first = values[likely[0]]
    binary = {as_number(text) for text in distinct_texts(first)} <= {0.0, 1.0}
    line = f'label = "{likely[0]}"' if binary else line_to_write(likely[0], first)
    raise SamplesError(
        "which field tells occurrences from non-occurrences is not obvious",
        path=path,
        found=listed(found, "; "),
        mend=f"name it beside the path: {line}, {_OR_ALL}",
    )


def _could_be_labels(field: str, values: pd.Series[str]) -> bool:
    """Tell whether a field holds what people write for labels, or is named as if it did."""
    distinct = {plain_text(text) for text in distinct_texts(values)}
    if not distinct or len(distinct) > _MOST_CLASSES:
        return False
    numbers = {text for text in distinct - {"true", "false"} if as_number(text) is not None}
    binary = {"0", "1"} <= distinct and len(distinct) <= 4
    words = (distinct - numbers) & {*YES, *NO}
    if binary or distinct in ({"1", "2"}, {"-1", "1"}) or distinct <= {*NO}:
        return True
    if len(words) >= 2 and words & {*NO}:
        return True
    several = 1 < len(distinct) < (values != "").sum()
    return several and any(hint in field.casefold() for hint in _HINTS)


def _chosen(
    values: pd.Series[str], field: str, occurrence_values: Sequence[str], path: str
) -> Labels:
    """Take some values of a field for occurrences and all others for non-occurrences."""
    wanted = {plain_text(str(value).strip()): str(value) for value in occurrence_values}
    plain = [plain_text(text) for text in values]
    lacking = [value for name, value in wanted.items() if name not in plain]
    if lacking:
        raise SamplesError(
            f"no point has {listed(lacking)} in field {field}",
            path=path,
            found=listed(distinct_texts(values)) or "no value at all",
            mend="take occurrence_values (of `score`: --occurrence-value) from those found",
        )
    codes = [-1 if not text else int(text in wanted) for text in plain]
    distinct = distinct_texts(values)
    yes = [text for text in distinct if plain_text(text) in wanted]
    no = [text for text in distinct if plain_text(text) not in wanted]
    sentence = f"Field {field} tells: {first_few(yes)} {'is an' if len(yes) == 1 else 'are'} "
    sentence += "occurrence" if len(yes) == 1 else "occurrences"
    if no:
        sentence += f", {first_few(no)} {'a non-occurrence' if len(no) == 1 else 'non-occurrences'}"
    return Labels(np.array(codes, dtype=np.int64), OCCURRENCE_CLASSES, f"{sentence}.", field)


def _classes(
    table: gpd.GeoDataFrame, path: str, label: LabelField, occurrence_values: Sequence[str]
) -> Labels:
    """Count classes from 0, in the order of their names or numbers."""
    if not label or occurrence_values:
        problem = "the field of the classes is not named"
        if occurrence_values:
            problem = "occurrence_values belong to training and validation points, not to classes"
        mend = 'name it, as in label = "rock"' if not label else "leave them out"
        raise SamplesError(problem, path=path, mend=mend)
    values = label_texts(table, label, path)
    numbers = [as_number(text) for text in values]
    if all(x is not None for x, text in zip(numbers, values, strict=True) if text):
        known = sorted({x for x in numbers if x is not None})
        code = {x: k for k, x in enumerate(known)}
        codes = [-1 if x is None else code[x] for x in numbers]
        names = tuple(f"{x:.12g}" for x in known)
    else:
        names = tuple(sorted(set(values) - {""}))
        position = {name: k for k, name in enumerate(names)}
        codes = [position.get(text, -1) for text in values]
    return Labels(np.array(codes, dtype=np.int64), names, f"Field {label} tells the class.", label)
