"""Counting a map's cells against equally spaced scores, so that one count serves all measures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from geoprospect.errors import ScoreError
from geoprospect.scoring.counting.ranks import Part, Ranks, cells_of
from geoprospect.typing import Ints

# Gives the scores of the valid cells part by part, anew at every call.
Parts: TypeAlias = Callable[[], Iterable[Part]]
N_STEPS = 1000  # between the least and the greatest score of a map
_MOST_CELLS = 2**21  # in memory at once
_SAMPLED = 2**20  # cells in which plateaus are looked for
_MOST_PLATEAUS = 4096  # each holds that part of the map at least


def levels(low: float, high: float, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Give 1001 equally spaced scores, in the map's dtype.

    Parameters
    ----------
    low, high : float
        Least and greatest score of the map; both are among the levels.
    dtype : dtype
        Of the map's scores.

    Returns
    -------
    ndarray, shape (1001,)

    Examples
    --------
    >>> levels(0, 2, "float32")[[0, 1, -1]].tolist()
    [0.0, 0.0020000000949949026, 2.0]
    """
    spaced: npt.NDArray[Any] = np.linspace(float(low), float(high), N_STEPS + 1).astype(dtype)
    return spaced


def count_levels(parts: Parts, at_points: npt.NDArray[Any]) -> Ranks:
    """Count a map's cells against its levels and the points' scores, in two passes over the map.

    The first pass finds the least and the greatest score, the second counts. Memory does not
    grow with the map.

    Parameters
    ----------
    parts : callable
        Gives the scores of the valid cells, part by part, such as `ScoreMap.parts`.
    at_points : ndarray, shape (n_points,)
        The map's scores at the points.

    Returns
    -------
    Ranks
        For `RateCurve.of`, `PredictionArea.of` and `Boyce.of`.

    Raises
    ------
    ScoreError
        If the map has no valid cell, or a point's score is beyond those of all cells.

    Examples
    --------
    >>> ranks = count_levels(lambda: [np.array([0.0, 0.25]), np.array([1.0])], np.array([0.25]))
    >>> ranks.scores.size, [count.tolist() for count in ranks.vertices(np.array([0.25]))]
    (1001, [[0, 1, 2, 3], [0, 0, 1, 1]])
    """
    every = (cells_of(part).scores for part in parts())
    spaced = _levels_of([(part.min(), part.max()) for part in every if part.size], at_points)
    return Ranks.count(parts(), np.concatenate([spaced, at_points.astype(spaced.dtype)]))


def survey(parts: Parts, at_points: npt.NDArray[Any], n_cells: int) -> Ranks:
    """Count a map's cells against its levels, its plateaus and the points' scores.

    The first pass finds the least and the greatest score, and the plateaus: scores that more than
    one cell in 4096 has, looked for in a sample of about a million cells, or in all cells of a
    smaller map. The second pass counts, so that counts are exact whatever was sampled.

    Parameters
    ----------
    parts : callable
        Gives the scores of the valid cells part by part, anew at every call.
    at_points : ndarray, shape (n_points,)
        The map's scores at the points.
    n_cells : int
        Cells of the map, valid or not.

    Returns
    -------
    Ranks
        For `RateCurve.of`, `Uncertainty.of`, `PredictionArea.of` and `Boyce.of`.

    Raises
    ------
    ScoreError
        If there is no valid cell, or a point's score is beyond those of all cells.

    Examples
    --------
    >>> cells = np.array([0.0, 0.25, 0.25, 1.0])
    >>> ranks = survey(lambda: [cells], np.array([1.0]), n_cells=4)
    >>> at = ranks.scores.searchsorted(0.25)
    >>> int(ranks.above[at]), int(ranks.reaching[at])
    (1, 3)
    """
    random = np.random.default_rng(0)
    share = _SAMPLED / max(n_cells, 1)
    ends, sample = [], []
    for part, _ in map(cells_of, parts()):
        if part.size:
            ends.append((part.min(), part.max()))
            sample.append(part if share >= 1 else part[random.random(part.size) < share])
    spaced = _levels_of(ends, at_points)
    drawn = np.concatenate(sample)
    scores, counts = np.unique(drawn, return_counts=True)
    plateaus = scores[counts * _MOST_PLATEAUS >= drawn.size]
    return Ranks.count(parts(), np.concatenate([spaced, plateaus, at_points]).astype(spaced.dtype))


def find_rank(parts: Parts, ranks: Ranks, n: int) -> tuple[Ranks, int]:
    """Count further scores until the score at which the map's area reaches n is among them.

    Parameters
    ----------
    parts : callable
        The scores of the valid cells, as for `count_levels`.
    ranks : Ranks
        Counted against the least and the greatest score, at least.
    n : int
        Area of the best cells, in the units of `ranks`: from 1 to all area. Where all cells
        weigh the same, the score is the n-th greatest.

    Returns
    -------
    ranks : Ranks
        Those given, or new ones that hold only for scores near by.
    index : int
        Where the score stands among them.

    Notes
    -----
    The two counted scores on either side of the one sought enclose few cells, as a rule, and
    one pass over the map collects them. Where they are too many to hold, one pass narrows the
    gap 1000 times.

    Examples
    --------
    >>> def parts():
    ...     return [np.array([0.1, 0.7, 0.4]), np.array([0.7, 0.2])]
    >>> ranks, index = find_rank(parts, Ranks.count(parts(), np.array([0.1, 0.7])), 3)
    >>> ranks.scores[index], ranks.above[index], ranks.reaching[index]
    (np.float64(0.4), np.int64(2), np.int64(3))
    """
    while True:
        below = int(np.flatnonzero(ranks.reaching >= n)[-1])
        if ranks.above[below] < n:
            return ranks, below
        gap = slice(below, below + 2)
        low, high = ranks.scores[gap]
        enclosed = (ranks.above[below] - ranks.reaching[below + 1]) / ranks.area
        if enclosed * ranks.n_cells > _MOST_CELLS:
            ranks = Ranks.count(parts(), levels(low, high, ranks.scores.dtype))
            continue
        scores, counts = _enclosed(parts, low, high)
        reaching = ranks.reaching[below + 1] + counts[::-1].cumsum()[::-1]
        ranks = Ranks(
            np.concatenate([[low], scores, [high]]).astype(scores.dtype),
            np.insert(ranks.above[gap], 1, reaching - counts),
            np.insert(ranks.reaching[gap], 1, reaching),
            ranks.n_cells,
            ranks.area,
        )


def count_array(
    values: npt.ArrayLike, at_points: npt.ArrayLike
) -> tuple[Ranks, npt.NDArray[Any], Parts]:
    """Count scores that lie in memory against their levels and the points' scores.

    Parameters
    ----------
    values : array_like of float, any shape
        Score of each cell. Masked and non-finite cells are not valid.
    at_points : array_like, shape (n_points,)
        Score at each point, compared in the dtype of `values`.

    Returns
    -------
    ranks : Ranks
        As `count_levels` gives them.
    points : ndarray, shape (n_points,)
        The scores at the points in the dtype of `values`.
    parts : callable
        Gives the scores of the valid cells.

    Raises
    ------
    ScoreError
        As `count_levels`.

    Examples
    --------
    >>> ranks, points, parts = count_array([[0.5, float("nan")], [0.1, 0.9]], [0.5])
    >>> ranks.n_cells, points.tolist(), [part.tolist() for part in parts()]
    (3, [0.5], [[0.5, 0.1, 0.9]])
    """
    cells: npt.NDArray[Any] = np.ma.asanyarray(values)
    if cells.dtype.kind != "f":
        cells = cells.astype(np.float64)
    points = np.asarray(at_points, dtype=cells.dtype)
    data = np.ma.getdata(cells)
    valid = data[~np.ma.getmaskarray(cells) & np.isfinite(data)]
    return count_levels(lambda: [valid], points), points, lambda: [valid]


def _enclosed(parts: Parts, low: Any, high: Any) -> tuple[npt.NDArray[Any], Ints]:
    """Give the scores that cells have between two, and the area of the cells that have each."""
    scores, areas = [], []
    for values, units in map(cells_of, parts()):
        inside = (values > low) & (values < high)
        scores.append(values[inside])
        areas.append(np.ones(scores[-1].size, np.int64) if units is None else units[inside])
    each, which = np.unique(np.concatenate(scores), return_inverse=True)
    area = np.bincount(which, np.concatenate(areas), each.size).astype(np.int64)
    return each, area


def _levels_of(ends: Sequence[tuple[Any, Any]], at_points: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Give the levels of a map whose parts have these least and greatest scores.

    Raises
    ------
    ScoreError
        If there is no part, or a point's score is beyond those of all cells.
    """
    if not ends:
        raise ScoreError("the map has no valid cell", mend="give a map with scores")
    low, high = min(least for least, _ in ends), max(greatest for _, greatest in ends)
    if not ((at_points >= low) & (at_points <= high)).all():
        raise ScoreError(
            "points have scores that no cell has", expected=f"from {low:g} to {high:g}"
        )
    return levels(low, high, np.result_type(low))
