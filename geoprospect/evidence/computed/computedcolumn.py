"""Columns computed from other columns, cell by cell or from the cells about."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from rasterio.windows import Window

from geoprospect.evidence.column import Column, DerivedColumn, OpenColumn, path_of
from geoprospect.evidence.computed.seen import Seen
from geoprospect.evidence.opening import open_columns
from geoprospect.grid import Grid
from geoprospect.typing import Values


@runtime_checkable
class ComputedColumn(Column, Protocol):
    """A column computed from others, which it stands for: they are no evidence by themselves.

    What it must know of its sources before it can be read (quantiles, classes) it learns once, see
    `geoprospect.evidence.computed.learning`. Implementations open as `OpenComputed`.
    """

    @property
    def name(self) -> str:
        """The name by which the project file knows it."""
        ...

    @property
    def sources(self) -> tuple[Column, ...]:
        """The columns that it is computed from."""
        ...

    @property
    def learnt(self) -> Mapping[str, Any] | None:
        """What it learned, in plain values; None before, empty where nothing is to learn."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """What else its values hang on, besides sources and what it learned, in plain values."""
        ...

    def over(self, sources: tuple[Column, ...]) -> Self:
        """Give the same column over other sources."""
        ...

    def learn(self, seen: Sequence[Seen]) -> Self:
        """Give the column with what it learns of the planes of its sources.

        Raises
        ------
        EvidenceError
            If they hold no values that it can be computed from.
        """
        ...

    def told(self, learnt: Mapping[str, Any]) -> Self:
        """Give the column with what was learned before, as `learnt` tells it.

        Raises
        ------
        EvidenceError
            If that is of another column.
        """
        ...

    def compute(self, values: Values, inner: tuple[slice, slice], out: Values) -> None:
        """Compute a window.

        Parameters
        ----------
        values : ndarray of float32, shape (planes of the sources, rows, columns)
            The window grown by `halo`, as far as the grid reaches; NaN where invalid. It may be
            changed.
        inner : tuple of slice
            The window in it.
        out : ndarray of float32, shape (len(names), rows of inner, columns of inner)
            Receives the values.
        """
        ...


class LearnsNothing:
    """What computed columns have in common that need not look at their sources beforehand."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Nothing besides the sources."""
        return {}

    @property
    def learnt(self) -> Mapping[str, Any] | None:
        """Nothing is to be learned."""
        return {}

    def learn(self, seen: Sequence[Seen]) -> Self:
        """Learn nothing."""
        return self

    def told(self, learnt: Mapping[str, Any]) -> Self:
        """Learn nothing."""
        return self


@dataclass(frozen=True)
class OpenComputed:
    """A computed column with its sources, open.

    Attributes
    ----------
    column : ComputedColumn
        What is computed.
    sources : tuple of OpenColumn
        What it is computed from.
    grid : Grid
        Their grid.
    reach : int
        Cells about a window that are read of the sources with it.
    """

    column: ComputedColumn
    sources: tuple[OpenColumn, ...]
    grid: Grid
    reach: int = 0

    @classmethod
    def open(cls, column: ComputedColumn, grid: Grid | None, *, reach: int = 0) -> Self:
        """Open the sources of a column; see `geoprospect.evidence.opening.open_columns`."""
        return cls(column, *open_columns(column.sources, grid), reach)

    @property
    def block_shape(self) -> tuple[int, int]:
        """Rows and columns of the largest block of the sources."""
        return max((source.block_shape for source in self.sources), key=prod)

    def read(self, window: Window, out: Values) -> None:
        """Read the sources in a window and about it, and compute."""
        around, inner = self.grid.around(window, self.reach)
        counts = [len(source.names) for source in self.column.sources]
        values = np.empty((sum(counts), around.height, around.width), dtype=np.float32)
        planes = np.split(values, np.cumsum(counts)[:-1])
        for source, part in zip(self.sources, planes, strict=True):
            source.read(around, part)
        self.column.compute(values, inner, out)

    def fingerprint(self) -> str:
        """Give the SHA-256 of the sources' fingerprints, of settings and of what was learned."""
        return self._digest([source.fingerprint() for source in self.sources])

    def checksum(self) -> str:
        """Give the SHA-256 of the sources' checksums, of the settings and of what was learned."""
        return self._digest([source.checksum() for source in self.sources])

    def _digest(self, parts: list[str]) -> str:
        column = self.column
        content = [*parts, type(column).__name__, dict(column.settings), dict(column.learnt or {})]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def close(self) -> None:
        """Close the sources."""
        for source in self.sources:
            source.close()


def beneath(column: Column) -> tuple[Column, ...]:
    """Give the columns that one is computed from; none where it is read as it is.

    Examples
    --------
    >>> from geoprospect.evidence import RasterBand
    >>> beneath(RasterBand("X1", "X1.tif"))
    ()
    """
    if isinstance(column, ComputedColumn):
        return column.sources
    return column.columns if isinstance(column, DerivedColumn) else ()


def read_from(column: Column) -> list[tuple[str, str]]:
    """List what a column is read from, and those that it is computed from: what it is, and a path.

    Examples
    --------
    >>> from geoprospect.evidence import RasterBand, Surroundings
    >>> read_from(Surroundings((RasterBand("X1", "X1.tif"), RasterBand("X2", "X2.tif")), (2,)))
    [('layer X1', 'X1.tif'), ('layer X2', 'X2.tif')]
    """
    sources = beneath(column)
    if sources:
        return list(dict.fromkeys(x for source in sources for x in read_from(source)))
    what = f"layer {', '.join(column.names)}" if column.names else "the study area"
    paths = getattr(column, "paths", None) or (path_of(column),)
    return [(what, str(path)) for path in paths if path is not None]


def over(column: Column, sources: tuple[Column, ...]) -> Column:
    """Give a column computed from other columns than it was.

    Parameters
    ----------
    column : Column
        A column.
    sources : tuple of Column
        As many as `beneath` gives; none where it is read as it is.
    """
    if isinstance(column, ComputedColumn):
        return column.over(sources)
    return replace(column, columns=sources) if sources else column  # type: ignore[type-var]  # derived columns are dataclasses


@runtime_checkable
class ResampledColumn(Column, Protocol):
    """A column that can be read on other grids than its own, and is left on its own by default."""

    def resampled(self) -> Column:
        """Give the column that is read on the grid of the stack, resampled by its kind."""
        ...


def on_any_grid(column: Column) -> Column:
    """Give a column whose rasters are read on the grid of the stack, whatever their own.

    Examples
    --------
    >>> from geoprospect.evidence import RasterBand
    >>> on_any_grid(RasterBand("X1", "X1.tif")).resampling
    'continuous'
    """
    if isinstance(column, ResampledColumn):
        return column.resampled()
    return over(column, tuple(on_any_grid(source) for source in beneath(column)))
