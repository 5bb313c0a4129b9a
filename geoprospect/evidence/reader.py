"""The reading of a selection: by windows, at cells, and once for all that is kept."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeVar

import numpy as np
from rasterio.windows import Window

from geoprospect.errors import EvidenceError
from geoprospect.evidence.block import Block
from geoprospect.evidence.column import path_of
from geoprospect.evidence.doubts.fills import warn_of_fills
from geoprospect.evidence.gathering import GatheredCells, in_order, read_cells
from geoprospect.evidence.rasters.raster import little_cache, whole_blocks
from geoprospect.evidence.selection import Selection
from geoprospect.evidence.survey import Survey
from geoprospect.grid import Grid
from geoprospect.typing import Bools, Ints, Values

_WINDOW_CELLS = 2**20  # cells of a window, and
_WINDOW_VALUES = 2**23  # values of all its layers, 32 MiB
_SAMPLE_CELLS = 2**18  # cells surveyed, or whose neighbourhoods are read, together
_REMEMBERED_CELLS = 2**20  # of a stack whose values stay in memory, and
_REMEMBERED_BYTES = 2**26  # bytes of them

_DRAWN = "cells drawn"  # what is kept under this name

CellsDone: TypeAlias = Callable[[int, int], object]
"""Called with the cells done, and all cells."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Reader:
    """What reads a selection, and keeps what is known of it for all selections of a stack.

    Attributes
    ----------
    selection : Selection
        The evidence.
    grid : Grid
        Its grid.
    kept : dict
        What is known, shared by all selections of a stack.
    """

    selection: Selection
    grid: Grid
    kept: dict[Hashable, Any] = field(default_factory=dict)

    def of(self, selection: Selection) -> Reader:
        """Give what reads another selection of the same columns."""
        return replace(self, selection=selection)

    def window_size(self, cells: int = _WINDOW_CELLS) -> tuple[int, int]:
        """Size windows to so many cells, in whole blocks, or to fewer of many layers."""
        cells = min(cells, _WINDOW_VALUES // len(self.selection.names))
        return whole_blocks(self.grid.shape, self.selection.block_shapes, cells)

    def read(self, window: Window | None = None) -> Block:
        """Read a window, or the whole grid; refuse one that does not lie inside the grid."""
        rows, columns = self.grid.shape
        window = window or Window(0, 0, columns, rows)
        top, left = int(window.row_off), int(window.col_off)
        height, width = int(window.height), int(window.width)
        if min(top, left, height, width) < 0 or top + height > rows or left + width > columns:
            raise ValueError(f"{window} does not lie inside a grid of {rows} x {columns} cells")
        return Block(window, self.selection.read(window))

    def at(self, cells: Ints) -> Values:
        """Give the evidence at cells by number, shape (n, n_layers), kept or else read."""
        X = np.empty((cells.size, len(self.selection.names)), dtype=np.float32)
        missing = np.arange(cells.size)
        if "cells" in self.kept:
            known, X_known = self.kept["cells"].look_up(cells, self.selection.names)
            X[known], missing = X_known, np.flatnonzero(~known)
        size, cells_left = self.window_size(_SAMPLE_CELLS), cells[missing]
        with little_cache():
            pieces = read_cells(cells_left, self.grid.shape, size, self.selection.read)
            for places, values in pieces:
                X[missing[places]] = values
        return X

    def gather(self, cells: Ints) -> None:
        """Read the evidence at cells by number and keep it, unless all of it is in memory.

        Where there are none, what was kept of cells drawn is forgotten too.
        """
        if not cells.size:
            self.kept.pop(_DRAWN, None)
        if not self.selection.is_remembered:
            cells = in_order(cells)
            self.kept["cells"] = GatheredCells(cells, self.selection.names, self.at(cells))

    def once(self, key: Hashable, compute: Callable[[], _T]) -> _T:
        """Give what is known under a key, computed when it is first asked for."""
        if key not in self.kept:
            self.kept[key] = compute()
        value: _T = self.kept[key]
        return value

    def survey(self, progress: CellsDone | None = None) -> Survey:
        """Give the survey of the layers that tell which cells are valid; see `Survey.check`."""
        hiding = self.of(self.selection.hiding())
        key = ("survey", frozenset(hiding.selection.names))
        survey = self.once(key, lambda: hiding._surveyed(progress))
        paths = hiding.selection.paths()
        fills = {name: survey.layers[name].fills.found() for name in paths}
        counts = {(name, value): n for name, f in fills.items() for value, n in f.items()}
        warn_of_fills(counts, paths, self.once)
        if not survey.n_valid:
            self._check_area()
        survey.check(paths)
        return survey

    def _check_area(self) -> None:
        """Refuse what hides all cells."""
        for part in self.selection.hiders:
            raise EvidenceError(
                "no cell with a value lies in the study area",
                path=path_of(part.column),
                mend="check its CRS, and `area` and `exclude` under [grid]; left out, these leave "
                "all cells in which every layer is valid",
            )

    def hidden(self, cells: Ints) -> Bools:
        """Tell which cells, by number, are hidden."""
        hidden = np.zeros(cells.size, dtype=bool)
        if self.selection.hiders:
            size = self.window_size(_SAMPLE_CELLS)
            pieces = read_cells(cells, self.grid.shape, size, self._hidden_plane)
            for places, values in pieces:
                hidden[places] = values[:, 0] != 0
        return hidden

    def _hidden_plane(self, window: Window) -> Values:
        """Give 1 for cells that are hidden and 0 for others, shape (1, rows, columns)."""
        return self.selection.hidden(window).astype(np.float32)[None]

    def _surveyed(self, progress: CellsDone | None) -> Survey:
        """Survey the selection in one pass."""
        size = self.window_size(_SAMPLE_CELLS)
        with little_cache():
            if self.grid.n_cells <= _REMEMBERED_CELLS:
                self.selection.remember(_REMEMBERED_BYTES)
            blocks = self._told(self.grid.windows(size), progress)
            survey = Survey.take(blocks, self.selection.names, self.grid, size)
            if not self.selection.hiders:
                return survey
            hidden = (self.selection.hidden(window) for window in self.grid.windows(size))
            return replace(survey, n_hidden=sum(int(x.sum()) for x in hidden))

    def _told(self, windows: Iterable[Window], progress: CellsDone | None) -> Iterator[Block]:
        """Read windows, and tell how many cells are done."""
        done = 0
        for window in windows:
            yield Block(window, self.selection.read(window))
            done += window.width * window.height
            if progress is not None:
                progress(done, self.grid.n_cells)

    def draw(self, n: int, *, seed: int) -> tuple[Ints, Ints]:
        """Draw valid cells; give their rows and columns, found once."""
        survey, hiding = self.survey(), self.selection.hiding()
        drawn: dict[Hashable, tuple[Ints, Ints]] = self.once(_DRAWN, dict)
        key = (frozenset(hiding.names), n, seed)
        if key in drawn:
            rows, columns = drawn[key]
            return rows.copy(), columns.copy()

        def valid(window: Window) -> Bools:
            return Block(window, hiding.read(window)).valid

        with little_cache():
            rows, columns = drawn[key] = survey.cells(survey.draw(n, seed=seed), valid)
        return rows.copy(), columns.copy()
