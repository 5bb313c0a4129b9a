"""The best cells of a raster that lie apart from one another."""

from __future__ import annotations

import math

import numpy as np

from geoprospect.evidence import EvidenceStack
from geoprospect.typing import Floats, Ints

_MOST = 2**22  # squares of which the best cell is looked at


def spread_out(layer: EvidenceStack, number: int, *, apart: float) -> tuple[Ints, Ints]:
    """Choose the cells of the greatest values, none nearer to another than a distance.

    Of every square whose edge is an eighth of the distance only the best cell is looked at; the
    best of these is chosen, those near it are passed over, and so on; among equals chance decides,
    the same at each call. Memory does not grow with the raster: were there more than four million
    squares, they are larger.

    Parameters
    ----------
    layer : EvidenceStack
        The one layer; cells of 0 or less are not chosen.
    number : int
        Cells to choose at most.
    apart : float
        The distance, in metres.

    Returns
    -------
    rows, columns : ndarray of int64, shape (n,)
        The cells, the best first.
    """
    grid = layer.grid
    edge = max(
        1,
        int(apart / 8 / _cell(layer)),
        math.ceil(math.sqrt(grid.n_cells / _MOST)),
    )
    across = -(-grid.shape[1] // edge)
    down = -(-grid.shape[0] // edge)
    value: Floats = np.zeros(across * down)
    cell = np.full(across * down, -1, np.int64)
    for window in layer.windows():
        block = layer.read(window)
        rows, columns = np.nonzero(block.valid & (block.values[0] > 0))
        found = block.values[0][rows, columns]
        rows, columns = rows + window.row_off, columns + window.col_off
        square = rows // edge * across + columns // edge
        order = np.argsort(found, kind="stable")  # of several in a square, the last stays
        best = np.zeros_like(value)
        place = np.full_like(cell, -1)
        best[square[order]] = found[order]
        place[square[order]] = (rows * grid.shape[1] + columns)[order]
        better = best > value
        value[better], cell[better] = best[better], place[better]
    squares = np.flatnonzero(cell >= 0)
    chance = np.random.default_rng(0).permutation(len(squares))
    squares = squares[np.lexsort((chance, -value[squares]))]
    rows, columns = np.divmod(cell[squares], grid.shape[1])
    places = grid.places(rows, columns)
    left = np.ones(len(squares), bool)
    chosen: list[int] = []
    while left.any() and len(chosen) < number:
        first = int(np.argmax(left))
        chosen.append(first)
        left[first] = False
        if apart > 0:
            left &= places.nearest(places[first : first + 1]) >= apart
    return rows[chosen], columns[chosen]


def _cell(layer: EvidenceStack) -> float:
    """Give the length of a cell's shorter edge, in metres, in the middle of the grid."""
    grid = layer.grid
    row, column = grid.shape[0] // 2, grid.shape[1] // 2
    around = grid.places([row, row + 1], [column + 1, column])
    return float(around.nearest(grid.places([row], [column])).min())
