"""The compiled search for training cells near to the cells of a window, a patch at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from geoprospect.evidence.features.compiling import compiled

EDGE = 8  # cells along a patch: neighbours are alike, so that what is far from one is far from all


@compiled
def search(
    values: Any, centre: Any, matrix: Any, points: Any, limit: Any, squared: Any, near: Any
) -> None:
    """Find the squared distance from cells to the nearest point, and count the points near.

    The cells of a patch lie in a box. A point farther from the box than what still matters, the
    radius or the worst of the nearest so far, is passed over; the others are held against all
    cells of the patch at once. What is found does not depend on how cells lie in patches.

    Parameters
    ----------
    values : ndarray, shape (n_names, rows, columns)
        Cells in the units of their layers, of float32 or float64 like all arrays here.
    centre : ndarray, shape (n_names,)
        What is taken off them.
    matrix : ndarray, shape (n_names, n_axes)
        What turns them into the space then; the number of axes is a multiple of four.
    points : ndarray, shape (n_points, n_axes)
        The points, in the space.
    limit : float
        Points count as near up to this squared distance.
    squared, near : ndarray, shape (rows, columns)
        Receive what is found; NaN and 0 for cells with a value that is not finite.
    """
    n_names, n_axes = matrix.shape
    rows, columns = squared.shape
    size, kind = EDGE * EDGE, values.dtype
    taken, placed = np.empty((n_names, size), kind), np.empty((n_axes, size), kind)
    found, best, count = np.empty(size, kind), np.empty(size, kind), np.empty(size, kind)
    low, high = np.empty(n_axes, kind), np.empty(n_axes, kind)
    bounds, sound = np.empty(points.shape[0], kind), np.empty(size, np.bool_)
    for top in range(0, rows, EDGE):
        for left in range(0, columns, EDGE):
            some = _take(values, centre, top, left, taken, sound)
            if some >= 0:
                _place(taken, matrix, placed)
                for c in range(size):
                    if not sound[c]:  # a cell without a value stands where another does
                        for k in range(n_axes):
                            placed[k, c] = placed[k, some]
                _bound(placed, points, low, high, bounds)
                _gather(placed, points, bounds, limit, found, best, count)
            for row in range(top, min(top + EDGE, rows)):
                for column in range(left, min(left + EDGE, columns)):
                    c = (row - top) * EDGE + column - left
                    squared[row, column] = best[c] if sound[c] else np.nan
                    near[row, column] = count[c] if sound[c] else 0


@compiled
def _take(values: Any, centre: Any, top: int, left: int, taken: Any, sound: Any) -> int:
    """Centre the cells of a patch and tell which are finite; give one that is, or -1.

    A patch over the edge of the window repeats the cells there.
    """
    rows, columns = values.shape[1:]
    for c in range(EDGE * EDGE):
        sound[c] = True
    for j in range(centre.size):
        for r in range(EDGE):
            row = min(top + r, rows - 1)
            for k in range(EDGE):
                value = values[j, row, min(left + k, columns - 1)] - centre[j]
                taken[j, r * EDGE + k] = value
                sound[r * EDGE + k] &= np.isfinite(value)
    for c in range(EDGE * EDGE):
        if sound[c]:
            return c
    return -1


@compiled
def _place(taken: Any, matrix: Any, placed: Any) -> None:
    """Turn centred cells into the space, summing over the names in their order."""
    for k in range(matrix.shape[1]):
        for c in range(EDGE * EDGE):
            placed[k, c] = 0
        for j in range(matrix.shape[0]):
            weight = matrix[j, k]
            if weight != 0:
                for c in range(EDGE * EDGE):
                    placed[k, c] += taken[j, c] * weight


@compiled
def _bound(placed: Any, points: Any, low: Any, high: Any, bounds: Any) -> None:
    """Give the squared distance from each point to the box about the cells of a patch."""
    for k in range(placed.shape[0]):
        low[k] = high[k] = placed[k, 0]
        for c in range(1, EDGE * EDGE):
            low[k] = min(low[k], placed[k, c])
            high[k] = max(high[k], placed[k, c])
    for p in range(points.shape[0]):
        bounds[p] = 0
        for k in range(placed.shape[0]):
            at = points[p, k]
            gap = at - high[k] if at > high[k] else low[k] - at if at < low[k] else at * 0
            bounds[p] += gap * gap


@compiled
def _gather(
    placed: Any, points: Any, bounds: Any, limit: Any, found: Any, best: Any, count: Any
) -> None:
    """Hold the cells of a patch against the points that may matter, the likeliest first."""
    for c in range(EDGE * EDGE):
        best[c], count[c] = np.inf, 0
    first, one = bounds.argmin(), limit * 0 + 1
    slack = one + one / 100_000  # of squared distances: more than rounding makes of one
    reach = one * np.inf
    for turn in range(-1, points.shape[0]):
        p = first if turn < 0 else turn
        if turn == first or bounds[p] > reach:
            continue
        for c in range(EDGE * EDGE):
            found[c] = 0
        for k in range(0, placed.shape[0], 4):
            at0, at1, at2, at3 = points[p, k], points[p, k + 1], points[p, k + 2], points[p, k + 3]
            for c in range(EDGE * EDGE):
                d0, d1 = placed[k, c] - at0, placed[k + 1, c] - at1
                d2, d3 = placed[k + 2, c] - at2, placed[k + 3, c] - at3
                found[c] += (d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3)
        for c in range(EDGE * EDGE):
            best[c] = min(best[c], found[c])
            count[c] += found[c] <= limit
        if reach > limit * slack:
            worst = best[0]
            for c in range(1, EDGE * EDGE):
                worst = max(worst, best[c])
            reach = max(worst, limit) * slack
