"""What is seen of a layer in one pass over all its cells, for columns that learn from it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from rasterio.windows import Window

from geoprospect.evidence.survey import LayerSurvey
from geoprospect.typing import Bools, Values

_KEPT = 2**20  # values of a layer, some of more cells
_CLASSES = 4096  # distinct values that are counted
_LOOK = 1024  # values of a window that mostly tell whether there are more
_SPREAD = 0x9E3779B97F4A7C15  # multiples of it, modulo 2**64, are spread evenly


@dataclass(frozen=True)
class Seen:
    """What one pass over a layer tells.

    Attributes
    ----------
    n_cells : int
        Cells of its grid that the study area holds.
    survey : LayerSurvey
        Its valid cells, range and fill values; all cells count.
    values : ndarray of float32, shape (n,)
        Valid values, sorted: all of them, or some of a large grid, spread evenly; least and
        greatest among them.
    counts : dict of float to int, or None
        Cells of each value; None where there are more than 4,096 values.
    """

    n_cells: int
    survey: LayerSurvey
    values: Values
    counts: dict[float, int] | None


@dataclass
class Look:
    """A layer as it is looked at, window by window.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns of the grid.
    """

    shape: tuple[int, int]
    survey: LayerSurvey = field(default_factory=LayerSurvey)
    _n_hidden: int = 0
    _kept: list[Values] = field(default_factory=list)
    _counts: dict[float, int] | None = field(default_factory=dict)

    def add(self, window: Window, values: Values, hidden: Bools) -> None:
        """Add a window, shape (rows, columns), NaN where there is no value; some are hidden."""
        self._n_hidden += int(hidden.sum())
        values = np.where(hidden, np.float32(np.nan), values)
        self.survey = self.survey.with_cells(values)
        valid = np.isfinite(values)
        self._count(values[valid])
        n_cells = self.shape[0] * self.shape[1]
        if n_cells > _KEPT:
            rows = np.arange(window.row_off, window.row_off + window.height, dtype=np.uint64)
            columns = np.arange(window.col_off, window.col_off + window.width, dtype=np.uint64)
            cells = rows[:, None] * np.uint64(self.shape[1]) + columns
            valid &= cells * np.uint64(_SPREAD) < np.uint64(2**64 // n_cells * _KEPT)
        self._kept.append(values[valid])

    def _count(self, values: Values) -> None:
        """Count distinct values, or give up where they are too many."""
        for part in (values[:_LOOK], values):
            if self._counts is None:
                return
            distinct, n = np.unique(part, return_counts=True)
            if len(self._counts.keys() | distinct.tolist()) > _CLASSES:
                self._counts = None
        if self._counts is not None:
            for value, cells in zip(distinct.tolist(), n.tolist(), strict=True):
                self._counts[value] = self._counts.get(value, 0) + cells

    def seen(self) -> Seen:
        """Give what was seen, when all windows are added."""
        values = np.concatenate([*self._kept, np.empty(0, np.float32)])
        if self.survey.n_valid:
            ends = np.array([self.survey.minimum, self.survey.maximum], np.float32)
            values = np.concatenate([values, ends[~np.isin(ends, values)]])
        values.sort()
        n_cells = self.shape[0] * self.shape[1] - self._n_hidden
        return Seen(n_cells, self.survey, values, self._counts)
