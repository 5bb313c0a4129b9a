"""Reading of samples: labels found, points audited, and given the evidence of their cells."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike, fspath
from typing import Unpack

import geopandas as gpd
import numpy as np
import pandas as pd

from geoprospect.errors import SamplesError
from geoprospect.evidence import EvidenceStack
from geoprospect.evidence.features.points import as_points, coordinates
from geoprospect.samples.audit import Audit
from geoprospect.samples.labelled import Samples
from geoprospect.samples.labels import LabelField, LabelKind, read_labels
from geoprospect.samples.points import ReadingOptions, read_points
from geoprospect.typing import Bools, Ints


def read_samples(
    points: str | PathLike[str] | gpd.GeoDataFrame,
    stack: EvidenceStack,
    *,
    label: LabelField = None,
    occurrence_values: Sequence[str] = (),
    kind: LabelKind = "occurrence",
    **reading: Unpack[ReadingOptions],
) -> Samples:
    """Read labelled points and the evidence at them.

    Left out, and listed in the audit, are points without coordinates (also those at 0, 0 off
    the grid), outside the grid or the study area, in cells where a layer is invalid, and without
    a label.
    Points that share a cell are kept and listed.

    Parameters
    ----------
    points : path-like or geopandas.GeoDataFrame
        A file as `read_points` takes it, or points read already, in any CRS.
    stack : EvidenceStack
        The evidence.
    label : str or False, optional
        The field of labels, or False where all points are occurrences. If not given, it is the
        one field named occurrence, DEP or label in any case; where no field could hold labels,
        all points are occurrences. Classes need it.
    occurrence_values : sequence of str
        The values of the field that mean an occurrence, all others being non-occurrences.
    kind : {"occurrence", "class"}
        Whether labels are 1 and 0 for occurrence and non-occurrence, or classes with any
        names or numbers; these are counted from 0, in the order of the names or numbers.
    crs, layer, x, y, where : optional
        How to read a file: see `read_points`; `where` chooses among points read already too.

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
        table = as_points(points, crs=reading.get("crs"), where=reading.get("where"))
    else:
        table = read_points(fspath(points), **reading)
    path = str(table.attrs["path"])
    source = _source(table)
    labels = read_labels(table, path, label=label, occurrence_values=occurrence_values, kind=kind)
    codes = labels.codes
    easting, northing = coordinates(table, stack.grid)
    rows, columns, inside = stack.grid.cells(easting, northing)
    X, valid = stack.sample(rows, columns)
    at_origin = (table.geometry.x == 0) & (table.geometry.y == 0)
    reasons: dict[str, Bools] = {
        "no_coordinates": np.isnan(easting) | (at_origin.to_numpy() & ~inside),
        "outside": ~inside,
        "excluded": stack.hidden(rows, columns),
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
    audit = Audit(
        len(table),
        int(kept.sum()),
        **left_out,
        shared=shared,
        conflicting=conflicting,
        not_chosen=int(table.attrs.get("not_chosen", 0)),
        labels=labels.sentence,
    )
    _check_enough(codes[kept], kind, audit, path)
    return Samples(
        path=path,
        rows=rows[kept],
        columns=columns[kept],
        easting=easting[kept],
        northing=northing[kept],
        X=X[kept],
        label=codes[kept],
        classes=labels.classes,
        source=source[kept],
        grid=stack.grid,
        audit=audit,
        names=stack.names,
    )


def _source(table: gpd.GeoDataFrame) -> Ints:
    """Give the rows in the file: the index, so that a part of a file keeps its numbers."""
    if pd.api.types.is_integer_dtype(table.index.dtype) and table.index.is_unique:
        return np.asarray(table.index, dtype=np.int64)
    return np.arange(len(table), dtype=np.int64)


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
