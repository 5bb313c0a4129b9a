"""Evidence at cells: read by the windows that they lie in, and kept for those who ask again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rasterio.windows import Window

from geoprospect.typing import Bools, Ints, Values


def numbered(rows: Ints, columns: Ints, shape: tuple[int, int]) -> tuple[Bools, Ints]:
    """Give which cells lie on a grid, shape (n,), and these as one number each, row by row.

    Examples
    --------
    >>> inside, numbers = numbered(np.array([0, 1, 2]), np.array([-1, 3, 0]), (2, 5))
    >>> inside.tolist(), numbers.tolist()
    ([False, True, False], [8])
    """
    inside = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    return inside, (rows * shape[1] + columns)[inside]


def in_order(cells: Ints) -> Ints:
    """Give numbers sorted, each once; of many different ones `numpy.unique` takes far longer.

    Examples
    --------
    >>> in_order(np.array([7, 2, 7])).tolist()
    [2, 7]
    """
    ordered = np.sort(cells)
    first: Bools = np.diff(ordered, prepend=ordered[:1] - 1) != 0
    return np.asarray(ordered[first], np.int64)


def near_windows(
    rows: Ints, columns: Ints, shape: tuple[int, int], size: tuple[int, int]
) -> Iterator[tuple[Window, Ints]]:
    """Give small windows that hold all of some cells, each with the cells it is read for.

    Parameters
    ----------
    rows, columns : ndarray of int64, shape (n,)
        Cells of the grid.
    shape : tuple of int
        (rows, columns) of the grid.
    size : tuple of int
        (rows, columns) of neighbourhoods; a window never reaches from one into another.

    Examples
    --------
    >>> near = near_windows(np.array([1, 9, 2]), np.array([1, 0, 3]), (10, 10), (5, 5))
    >>> for window, cells in near:
    ...     print(window.toslices(), cells.tolist())
    (slice(1, 3, None), slice(1, 4, None)) [0, 2]
    (slice(9, 10, None), slice(0, 1, None)) [1]
    """
    height, width = size
    group = (rows // height) * -(-shape[1] // width) + columns // width
    order = np.argsort(group, kind="stable")
    for cells in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        if cells.size:
            top, left = int(rows[cells].min()), int(columns[cells].min())
            bottom, right = int(rows[cells].max()), int(columns[cells].max())
            yield Window(left, top, right - left + 1, bottom - top + 1), cells


@dataclass(frozen=True)
class GatheredCells:
    """The evidence at some cells, kept in memory.

    Attributes
    ----------
    cells : ndarray of int64, shape (n,)
        The cells as one number each, sorted.
    names : tuple of str
        The evidence.
    X : ndarray of float32, shape (n, len(names))
        Its values.

    Examples
    --------
    >>> values = np.array([[1, 2], [3, 4]], "f4")
    >>> gathered = GatheredCells(np.array([3, 8]), ("X1", "X2"), values)
    >>> known, X = gathered.look_up(np.array([8, 5]), ("X2",))
    >>> known.tolist(), X.tolist()
    ([True, False], [[4.0]])
    """

    cells: Ints
    names: tuple[str, ...]
    X: Values

    def look_up(self, cells: Ints, names: Sequence[str]) -> tuple[Bools, Values]:
        """Give which of some cells are known, shape (m,), and the evidence at these."""
        if not self.cells.size or not set(names) <= set(self.names):
            return np.zeros(cells.size, dtype=bool), np.empty((0, len(names)), np.float32)
        place = np.minimum(self.cells.searchsorted(cells), self.cells.size - 1)
        known = self.cells[place] == cells
        chosen = [self.names.index(name) for name in names]
        return known, self.X[place[known]][:, chosen]


def read_cells(
    cells: Ints, shape: tuple[int, int], size: tuple[int, int], read: Callable[[Window], Values]
) -> Iterator[tuple[Ints, Values]]:
    """Read the evidence at cells, going only to the windows they lie in.

    Parameters
    ----------
    cells : ndarray of int64, shape (n,)
        Cells as one number each.
    shape, size
        As for `near_windows`.
    read : callable
        Gives the evidence in a window, shape (n_layers, rows, columns).

    Yields
    ------
    places : ndarray of int64, shape (m,)
        Which of the cells.
    X : ndarray of float32, shape (m, n_layers)
        The evidence there.
    """
    rows, columns = np.divmod(cells, shape[1])
    for window, places in near_windows(rows, columns, shape, size):
        down, across = rows[places] - window.row_off, columns[places] - window.col_off
        yield places, read(window)[:, down, across].T
