"""Layers thinned out to pictures: some of their cells, row by row, in little memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rasterio.windows import Window

from geoprospect.evidence.column import Column
from geoprospect.evidence.rasters.raster import little_cache
from geoprospect.evidence.stack import EvidenceStack
from geoprospect.typing import Ints, Values

LONGEST = 400  # cells a side


def thinned(
    stack: EvidenceStack, *, longest: int = LONGEST
) -> Iterator[tuple[Column, tuple[str, ...], Values]]:
    """Read each column of a stack at cells spread evenly over the grid, one column after another.

    Of a grid that is no longer a side, these are all cells. Nothing is averaged, so classes stay
    classes. Rows in between are not read, unless a column needs them.

    Parameters
    ----------
    stack : EvidenceStack
        The stack; what surroundings add is left aside.
    longest : int
        Most rows and columns of a picture.

    Yields
    ------
    column : Column
        The column.
    names : tuple of str
        The evidence that it gives, as far as the stack has it.
    values : ndarray of float32, shape (len(names), rows, columns)
        The cells, NaN where there is no value; in the order of the grid.

    Raises
    ------
    EvidenceError
        If a file cannot be read.
    """
    stack = stack.bare()
    for column in stack.columns:
        names = tuple(name for name in column.names if name in stack.names)
        if not names:  # it hides cells alone
            continue
        with little_cache():
            yield column, names, _thinned(stack.select(names), column.halo, longest)


def lattice(shape: tuple[int, int], longest: int) -> tuple[Ints, Ints]:
    """Give rows and columns spread evenly over a grid, so that a step is as long down as across.

    Examples
    --------
    >>> [axis.tolist() for axis in lattice((2, 9), 3)]
    [[1], [1, 4, 7]]
    >>> [axis.tolist() for axis in lattice((2, 3), 3)]
    [[0, 1], [0, 1, 2]]
    """
    step = max(1.0, max(shape) / longest)
    rows, columns = (
        ((np.arange(n) + 0.5) * size / n).astype(np.int64)
        for size, n in ((size, max(1, round(size / step))) for size in shape)
    )
    return rows, columns


def _thinned(stack: EvidenceStack, halo: int, longest: int) -> Values:
    """Read a stack at a lattice, by windows of whole blocks, so that none is decoded twice."""
    rows, columns = lattice(stack.grid.shape, longest)
    picture = np.empty((stack.n_layers, rows.size, columns.size), dtype=np.float32)
    # Where a row needs more rows about it than lie between two, all are read at once.
    apart = rows.size < 2 or int(np.diff(rows).min()) > 2 * halo + 1
    for window in stack.windows():
        down = _between(rows, window.row_off, window.height)
        across = _between(columns, window.col_off, window.width)
        if not down.size or not across.size:
            continue
        strips = np.split(down, down.size) if apart else [down]
        left, right = columns[across[[0, -1]]].tolist()
        for strip in strips:
            top, bottom = rows[strip[[0, -1]]].tolist()
            block = stack.read(Window(left, top, right - left + 1, bottom - top + 1)).values
            cells = block[:, (rows[strip] - top)[:, None], columns[across] - left]
            picture[:, strip[0] : strip[-1] + 1, across[0] : across[-1] + 1] = cells
    return picture


def _between(cells: Ints, start: int, length: int) -> Ints:
    """Give which of some cells, sorted, lie in a window along one axis."""
    first, last = cells.searchsorted([start, start + length])
    return np.arange(first, last)
