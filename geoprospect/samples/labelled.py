"""Samples: labelled points, the cells they lie in, and the evidence there."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any, Literal, Unpack

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.errors import SamplesError
from geoprospect.evidence import EvidenceStack
from geoprospect.grid import Grid, Places
from geoprospect.samples.audit import Audit
from geoprospect.samples.points import ReadingOptions, as_points, coordinates, read_points
from geoprospect.typing import Bools, Floats, Ints
from geoprospect.wording import listed


@dataclass(frozen=True)
class Samples:
    """Labelled points with their cells and the evidence there, in the order of the file.

    Attributes
    ----------
    path : str
        The file the points were read from.
    rows, columns : ndarray of int64, shape (n,)
        The cells of the points.
    easting, northing : ndarray of float64, shape (n,)
        The points themselves, not the centres of their cells, in the CRS of the grid.
    X : ndarray of float32, shape (n, n_layers)
        The evidence, each layer in its own unit.
    label : ndarray of int64, shape (n,)
        1 for an occurrence and 0 for a non-occurrence, or the class, counted from 0.
    classes : tuple of str
        Names of the labels: ``classes[label]``.
    source : ndarray of int64, shape (n,)
        Row in the file, counted from 0.
    grid : Grid
        The grid of the evidence.
    audit : Audit
        Which points were left out and why.

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
    ...         points = gpd.GeoDataFrame(table, geometry=places)
    ...         samples = Samples.read(points, stack, label="DEP", kind="occurrence")
    >>> samples.X.ravel().tolist(), samples.label.tolist(), samples.audit.no_coordinates
    ([0.5, 2.5], [1, 0], (2,))
    """

    path: str
    rows: Ints
    columns: Ints
    easting: Floats
    northing: Floats
    X: npt.NDArray[np.float32]
    label: Ints
    classes: tuple[str, ...]
    source: Ints
    grid: Grid
    audit: Audit

    def __len__(self) -> int:
        return len(self.label)

    @property
    def cells(self) -> Ints:
        """Cells of the points as one number each, row by row from the upper left corner."""
        return self.rows * self.grid.shape[1] + self.columns

    @property
    def places(self) -> Places:
        """The points themselves as places, between which distances are in metres."""
        return Places(self.easting, self.northing, self.grid.crs)

    @classmethod
    def read(
        cls,
        points: str | PathLike[str] | gpd.GeoDataFrame,
        stack: EvidenceStack,
        *,
        label: str,
        kind: Literal["occurrence", "class"],
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
        label : str
            The field of labels.
        kind : {"occurrence", "class"}
            Whether labels are 1 and 0 for occurrence and non-occurrence, or classes with any
            names or numbers; these are counted from 0, in the order of the names or numbers.
        crs, layer, x, y : optional
            How to read a file: see `read_points`.

        Raises
        ------
        SamplesError
            If the points cannot be read, there is no such field, occurrences have labels other
            than 0 and 1, or no point (or no occurrence) is left.
        """
        if isinstance(points, gpd.GeoDataFrame):
            table = as_points(points, crs=reading.get("crs"))
        else:
            table = read_points(fspath(points), **reading)
        path = str(table.attrs["path"])
        fields = [str(field) for field in table.columns.drop(table.geometry.name)]
        if label not in fields:
            raise SamplesError(
                f"there is no field {label}",
                path=path,
                found=f"fields {', '.join(fields) or 'none'}",
                mend="name the field of labels among those found",
            )
        source = _source(table)
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
        audit = Audit(
            len(table), int(kept.sum()), **left_out, shared=shared, conflicting=conflicting
        )
        _check_enough(codes[kept], kind, audit, path)
        return cls(
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


def _source(table: gpd.GeoDataFrame) -> Ints:
    """Give the rows in the file: the index, so that a part of a file keeps its numbers."""
    if pd.api.types.is_integer_dtype(table.index.dtype) and table.index.is_unique:
        return np.asarray(table.index, dtype=np.int64)
    return np.arange(len(table), dtype=np.int64)


def _codes(
    labels: pd.Series[Any], source: Ints, kind: str, path: str
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
        return np.array(codes, dtype=np.int64), ("non-occurrence", "occurrence")
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


def _check_enough(codes: Ints, kind: str, audit: Audit, path: str) -> None:
    if codes.size == 0 or (kind == "occurrence" and not codes.any()):
        what = "occurrence" if codes.size else "point"
        raise SamplesError(
            f"no {what} is left to use",
            path=path,
            found=" ".join(audit.lines()).rstrip("."),
            mend="check the CRS of the points, the extent of the evidence and the labels",
        )
