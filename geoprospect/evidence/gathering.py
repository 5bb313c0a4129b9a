"""Cells gathered by the windows they are read in."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rasterio.windows import Window

from geoprospect.typing import Ints


def near_windows(
    rows: Ints, columns: Ints, shape: tuple[int, int], size: tuple[int, int]
) -> Iterator[tuple[Window, Ints]]:
    """Give small windows that hold all of some cells, each with the cells it is read for.

    Parameters
    ----------
    rows, columns : ndarray of int64, shape (n,)
        Cells; those off the grid are in no window.
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
    (n_rows, n_columns), (height, width) = shape, size
    inside = (rows >= 0) & (rows < n_rows) & (columns >= 0) & (columns < n_columns)
    group = (rows // height) * -(-n_columns // width) + columns // width
    order = np.flatnonzero(inside)
    order = order[np.argsort(group[order], kind="stable")]
    for cells in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        if cells.size:
            top, left = int(rows[cells].min()), int(columns[cells].min())
            bottom, right = int(rows[cells].max()), int(columns[cells].max())
            yield Window(left, top, right - left + 1, bottom - top + 1), cells
