"""Reading of samples: labels found, points audited, and given the evidence of their cells."""

from __future__ import annotations

from os import PathLike, fspath
from typing import Any, Literal, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd

from geoprospect.errors import SamplesError
from geoprospect.evidence import EvidenceStack
from geoprospect.samples.audit import Audit
from geoprospect.samples.labelled import OCCURRENCE_CLASSES, Samples
from geoprospect.samples.points import ReadingOptions, as_points, coordinates, read_points
from geoprospect.typing import Bools, Ints
from geoprospect.wording import listed

LabelKind = Literal["occurrence", "class"]

_LABELS = ("occurrence", "dep", "label")
_BINARY = ({"0", "1"}, {"0.0", "1.0"}, {"False", "True"})


def read_samples(
    points: str | PathLike[str] | gpd.GeoDataFrame,
    stack: EvidenceStack,
    *,
    label: str | None = None,
    kind: LabelKind = "occurrence",
    **reading: Unpack[ReadingOptions],
) -> Samples:
    """Read labelled points and the evidence at them.

    Left out, and listed in the audit, are points without coordinates (also those at 0, 0 off
    the grid), outside the grid, in cells where a layer is invalid, and without a label.
    Points that share a cell are kept and listed.

    Parameters
    ----------
    points : path-like or geopandas.GeoDataFrame
        A file as `read_points` takes it, or points read already, in any CRS.
    stack : EvidenceStack
        The evidence.
    label : str, optional
        The field of labels. If not given, it is as `label_field` finds it; where there is none,
        all points are occurrences. Classes need it.
    kind : {"occurrence", "class"}
        Whether labels are 1 and 0 for occurrence and non-occurrence, or classes with any
        names or numbers; these are counted from 0, in the order of the names or numbers.
    crs, layer, x, y : optional
        How to read a file: see `read_points`.

    Returns
    -------
    Samples

    Raises
    ------
    SamplesError
        If the points cannot be read, there is no such field or which one holds the labels is not
        obvious, occurrences have labels other than 0 and 1, or no point (or no occurrence) is
        left.

    Examples
    --------
    >>> import tempfile, rasterio
    >>> from affine import Affine
    >>> table = pd.DataFrame({"DEP": [1, 0, 1]})
    >>> places = gpd.GeoSeries.from_xy([159100, 161000, 0], [977500, 977000, 0], crs="EPSG:3578")
    >>> profile = dict(driver="GTiff", height=1, width=2, count=1, dtype="float32",
    ...                crs="EPSG:3578", transform=Affine(1200, 0, 159050, 0, -1200, 977582))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with rasterio.open(f"{folder}/X1.tif", "w", **profile) as file:
    ...         file.write(np.array([[0.5, 2.5]], "float32"), 1)
    ...     with EvidenceStack.open(folder) as stack:
    ...         samples = read_samples(gpd.GeoDataFrame(table, geometry=places), stack)
    >>> samples.X.ravel().tolist(), samples.label.tolist(), samples.audit.no_coordinates
    ([0.5, 2.5], [1, 0], (2,))
    """
    if isinstance(points, gpd.GeoDataFrame):
        table = as_points(points, crs=reading.get("crs"))
    else:
        table = read_points(fspath(points), **reading)
    path = str(table.attrs["path"])
    if label is None and kind == "class":
        raise SamplesError(
            "the field of the classes is not named", path=path, mend='name it, as in label = "rock"'
        )
    label = label or label_field(table, path)
    fields = [str(field) for field in table.columns.drop(table.geometry.name)]
    if label is not None and label not in fields:
        raise SamplesError(
            f"there is no field {label}",
            path=path,
            found=f"fields {', '.join(fields) or 'none'}",
            mend="name the field of labels among those found",
        )
    source = _source(table)
    if label is None:
        codes, classes = np.ones(len(table), dtype=np.int64), OCCURRENCE_CLASSES
    else:
        codes, classes = _codes(table[label], source, kind, path)
    easting, northing = coordinates(table, stack.grid)
    rows, columns, inside = stack.grid.cells(easting, northing)
    X, valid = stack.sample(rows, columns)
    at_origin = (table.geometry.x == 0) & (table.geometry.y == 0)
    reasons: dict[str, Bools] = {
        "no_coordinates": np.isnan(easting) | (at_origin.to_numpy() & ~inside),
        "outside": ~inside,
        "invalid": ~valid,
        "no_label": codes < 0,
    }
    kept = np.ones(len(table), dtype=bool)
    left_out = {}
    for reason, holds in reasons.items():
        left_out[reason] = tuple(source[kept & holds].tolist())
        kept &= ~holds
    cell = rows * stack.grid.shape[1] + columns
    shared, conflicting = _shared(cell[kept], codes[kept], source[kept])
    audit = Audit(len(table), int(kept.sum()), **left_out, shared=shared, conflicting=conflicting)
    _check_enough(codes[kept], kind, audit, path)
    return Samples(
        path=path,
        rows=rows[kept],
        columns=columns[kept],
        easting=easting[kept],
        northing=northing[kept],
        X=X[kept],
        label=codes[kept],
        classes=classes,
        source=source[kept],
        grid=stack.grid,
        audit=audit,
    )


def label_field(points: gpd.GeoDataFrame, path: str | PathLike[str]) -> str | None:
    """Find the field that holds 1 for an occurrence and 0 for a non-occurrence.

    It is the one field named occurrence, DEP or label in any case.

    Parameters
    ----------
    points : geopandas.GeoDataFrame
        The points.
    path : path-like
        Their file, for the message.

    Returns
    -------
    str or None
        None where there is no such field, so that all points are occurrences.

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
    fields = [field for field in points.columns if field != points.geometry.name]
    named = [field for field in fields if str(field).strip().casefold() in _LABELS]
    binary = [field for field in fields if set(points[field].dropna().astype(str)) in _BINARY]
    if len(named) == 1 or not (named or binary):
        return named[0] if named else None
    raise SamplesError(
        "which field tells occurrences from non-occurrences is not obvious",
        path=path,
        found=", ".join(map(str, named or binary)),
        mend="name it with --label FIELD, or drop the field if all points are occurrences",
    )


def _source(table: gpd.GeoDataFrame) -> Ints:
    """Give the rows in the file: the index, so that a part of a file keeps its numbers."""
    if pd.api.types.is_integer_dtype(table.index.dtype) and table.index.is_unique:
        return np.asarray(table.index, dtype=np.int64)
    return np.arange(len(table), dtype=np.int64)


def _codes(
    labels: pd.Series[Any], source: Ints, kind: LabelKind, path: str
) -> tuple[Ints, tuple[str, ...]]:
    """Turn labels into numbers from 0, -1 where missing, and give the names of the numbers."""
    texts = [
        "" if missing else str(x).strip() for x, missing in zip(labels, labels.isna(), strict=True)
    ]
    numbers = [_number(text) for text in texts]
    if kind == "occurrence":
        wrong = [k for k, x in enumerate(numbers) if texts[k] and x not in (0.0, 1.0)]
        if wrong:
            kinds = listed(list(dict.fromkeys(texts[k] for k in wrong)), ", ")
            rows = listed([str(source[k]) for k in wrong], ", ")
            raise SamplesError(
                f"field {labels.name} holds labels other than 0 and 1",
                path=path,
                found=f"{kinds} in rows {rows} (rows counted from 0)",
                expected="1 for an occurrence, 0 for a non-occurrence",
                mend="correct the labels, or name another field",
            )
        codes = [-1 if x is None else int(x) for x in numbers]
        return np.array(codes, dtype=np.int64), OCCURRENCE_CLASSES
    if all(x is not None for x, text in zip(numbers, texts, strict=True) if text):
        values = sorted({x for x in numbers if x is not None})
        code = {x: k for k, x in enumerate(values)}
        codes = [-1 if x is None else code[x] for x in numbers]
        return np.array(codes, dtype=np.int64), tuple(f"{x:.12g}" for x in values)
    names = sorted(set(texts) - {""})
    position = {name: k for k, name in enumerate(names)}
    return np.array([position.get(text, -1) for text in texts], dtype=np.int64), tuple(names)


def _number(text: str) -> float | None:
    """Read a label as a number; truth values are 1 and 0."""
    try:
        number = {"true": 1.0, "false": 0.0}.get(text.casefold())
        number = float(text) if number is None else number
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _shared(
    cell: Ints, codes: Ints, source: Ints
) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
    """Give the rows of each cell with several points, and of those with several labels."""
    order = np.argsort(cell, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(cell[order])) + 1)
    several = sorted((group for group in groups if group.size > 1), key=lambda group: group[0])
    mixed = [group for group in several if np.unique(codes[group]).size > 1]
    shared, conflicting = (
        tuple(tuple(source[group].tolist()) for group in part) for part in (several, mixed)
    )
    return shared, conflicting


def _check_enough(codes: Ints, kind: LabelKind, audit: Audit, path: str) -> None:
    """Refuse points of which no occurrence, or none at all, is left."""
    if codes.size == 0 or (kind == "occurrence" and not codes.any()):
        what = "occurrence" if codes.size else "point"
        raise SamplesError(
            f"no {what} is left to use",
            path=path,
            found=" ".join(audit.lines()).rstrip("."),
            mend="check the CRS of the points, the extent of the evidence and the labels",
        )
