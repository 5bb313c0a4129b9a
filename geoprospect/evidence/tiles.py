"""Windows read from tiles that are fixed to a grid, so that no cell hangs on the window."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from rasterio.windows import Window, intersection

from geoprospect.typing import Values


def read_in_tiles(
    window: Window,
    out: Values,
    compute: Callable[[Window], Values],
    *,
    side: int,
    shape: tuple[int, int],
) -> None:
    """Read a window of a grid from the whole tiles that it touches.

    Parameters
    ----------
    window : rasterio.windows.Window
        The window.
    out : ndarray of float32, shape (rows, columns)
        Receives its values.
    compute : callable
        Gives the values of a tile; those at the edges of the grid may be smaller.
    side : int
        Cells along a tile.
    shape : tuple of int
        (rows, columns) of the grid.

    Examples
    --------
    >>> import numpy as np
    >>> out, tiles = np.zeros((1, 3), np.float32), []
    >>> def compute(tile):
    ...     tiles.append((tile.row_off, tile.col_off, tile.height, tile.width))
    ...     return np.arange(tile.col_off, tile.col_off + tile.width, dtype="f4")[None]
    >>> read_in_tiles(Window(3, 0, 3, 1), out, compute, side=4, shape=(1, 7))
    >>> out.tolist(), tiles
    ([[3.0, 4.0, 5.0]], [(0, 0, 1, 4), (0, 4, 1, 3)])
    """
    height, width = shape
    rows = range(window.row_off // side * side, window.row_off + window.height, side)
    columns = range(window.col_off // side * side, window.col_off + window.width, side)
    for row, column in product(rows, columns):
        tile = Window(column, row, min(side, width - column), min(side, height - row))
        both = intersection(window, tile)
        out[_part(both, window)] = compute(tile)[_part(both, tile)]


def _part(window: Window, whole: Window) -> tuple[slice, slice]:
    """Give the rows and columns that a window takes of one that holds it."""
    top, left = window.row_off - whole.row_off, window.col_off - whole.col_off
    return slice(top, top + window.height), slice(left, left + window.width)
