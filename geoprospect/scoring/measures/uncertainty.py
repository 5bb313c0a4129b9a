"""How sure a rate curve is: its band, intervals, captures, and its chance at random places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from geoprospect.intervals import Bootstrap, Interval
from geoprospect.scoring.counting.levels import survey
from geoprospect.scoring.counting.ranks import Ranks
from geoprospect.typing import Floats, Ints

AREAS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3)  # of the capture table, fractions of the area
N_PLACEMENTS = 9999
_BAND = np.linspace(0, 1, 101)
_MOST_PLACED = 2**21  # occurrences in memory at once


@dataclass(frozen=True)
class Capture:
    """What the best part of a map holds.

    Attributes
    ----------
    area : float
        Fraction of the area, best first.
    captured : float
        Fraction of the occurrences in it.
    interval : Interval
        95% interval of that fraction.

    Examples
    --------
    >>> Capture(0.1, 0.68, Interval(0.48, 0.84)).efficiency
    6.8
    """

    area: float
    captured: float
    interval: Interval

    @property
    def efficiency(self) -> float:
        """Occurrences captured per area taken; 1 for chance."""
        return round(self.captured / self.area, 12)  # 0.3 / 0.1 is 3


class Band(NamedTuple):
    """The 95% band of a rate curve: both ends of the occurrences held, for each area by itself."""

    area: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Uncertainty:
    """What other occurrences from the same ground, or chance alone, would have made of a curve.

    Attributes
    ----------
    auc : Interval
        95% interval of the area under the curve, by `Bootstrap`.
    captures : tuple of Capture
        What the best 1, 2, 5, 10, 20 and 30% of the area hold, with intervals by the same draws.
    band : Band of ndarray of float64, shape (101,)
        Area, and the low and the high end of the 95% interval of the occurrences it holds, for
        each area by itself. No area holds none of them, all of it all, so both ends meet there.
    p_value : float
        How often occurrences placed at random on valid ground, those of a cluster in one cell,
        reach the area under the curve: (1 + times) / (1 + 9999), the permutation test of [1]_.
    n_clusters : int
        Clusters of occurrences, each resampled and placed as one.

    References
    ----------
    .. [1] Phipson, B. & Smyth, G. K. (2010). Permutation p-values should never be zero.
       Statistical Applications in Genetics and Molecular Biology 9, 39.

    Examples
    --------
    >>> cells = np.linspace(1, 0, 1000)
    >>> sure = uncertainty_of(cells, at_points=cells[:20])
    >>> print(f"{sure.auc:.2f}, {sure.captures[3].interval:.0%}, p = {sure.p_value}")
    0.89–0.99, 90–100%, p = 0.0001
    """

    auc: Interval
    captures: tuple[Capture, ...]
    band: Band
    p_value: float
    n_clusters: int

    @classmethod
    def of(
        cls, ranks: Ranks, at_points: npt.NDArray[Any], groups: Ints | None = None
    ) -> Uncertainty:
        """Measure the uncertainty of the curve of some occurrences.

        Parameters
        ----------
        ranks : Ranks
            As `survey` counts them, for these occurrences or more.
        at_points : ndarray, shape (n,)
            The map's scores at the occurrences, one each.
        groups : ndarray of int64, shape (n,), optional
            The cluster of each occurrence, from 0; each is its own if not given.
        """
        clusters = np.arange(at_points.size) if groups is None else groups
        areas = np.concatenate([AREAS, _BAND])
        captured = held_in(ranks, at_points, areas)
        low, high = Bootstrap(clusters).intervals(
            np.column_stack([auc_shares(ranks, at_points), captured])
        )
        n = 1 + len(AREAS)
        # No area holds none, and all of it all, whatever the occurrences.
        low[n], high[n], low[-1], high[-1] = 0, 0, 1, 1
        return cls(
            Interval(float(low[0]), float(high[0])),
            tuple(
                Capture(area, float(share), Interval(float(start), float(end)))
                for area, share, start, end in zip(
                    AREAS, captured.mean(axis=0), low[1:n], high[1:n], strict=False
                )
            ),
            Band(_BAND, low[n:], high[n:]),
            placement_p_value(ranks, at_points, clusters),
            int(clusters.max()) + 1,
        )


def uncertainty_of(
    values: npt.ArrayLike, at_points: npt.ArrayLike, groups: Ints | None = None
) -> Uncertainty:
    """Measure the uncertainty of the rate curve of scores that lie in memory.

    Parameters
    ----------
    values : array_like of float, any shape
        Score of each cell, greater is better. Masked and non-finite cells are not valid.
    at_points : array_like, shape (n,)
        Score at each occurrence, compared in the dtype of `values`.
    groups : ndarray of int64, shape (n,), optional
        The cluster of each occurrence, from 0; each is its own if not given.

    Raises
    ------
    ScoreError
        If there is no valid cell, or an occurrence has a score that no cell has.

    Examples
    --------
    One occurrence says next to nothing, but something:

    >>> sure = uncertainty_of([0.9, 0.5, 0.4, 0.2, 0.1], at_points=[0.9])
    >>> print(f"{sure.auc:.1f}, p = {sure.p_value:.1f}")
    0.2–1.0, p = 0.2
    """
    cells: npt.NDArray[Any] = np.ma.asanyarray(values)
    data = np.ma.getdata(cells)
    valid = data[~np.ma.getmaskarray(cells) & np.isfinite(data)]
    points = np.asarray(at_points, dtype=cells.dtype)
    return Uncertainty.of(survey(lambda: [valid], points, valid.size), points, groups)


def auc_shares(ranks: Ranks, at_points: npt.NDArray[Any]) -> Floats:
    """Give the fraction of the area that each occurrence outscores, ties counted half.

    Their mean is the area under the rate curve.

    Parameters
    ----------
    ranks : Ranks
        Counted against these scores, or more.
    at_points : ndarray, shape (n,)
        Scores of the occurrences.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    at = np.searchsorted(ranks.scores, at_points)
    return 1 - (ranks.above[at] + ranks.reaching[at]) / (2 * ranks.area)


def held_in(ranks: Ranks, at_points: npt.NDArray[Any], areas: npt.ArrayLike) -> Floats:
    """Tell how much of each occurrence the best fractions of the area hold.

    Parameters
    ----------
    ranks : Ranks
        Counted against these scores, or more.
    at_points : ndarray, shape (n,)
        Scores of the occurrences; cells have them.
    areas : array_like of float, shape (n_areas,)
        Fractions of the area.

    Returns
    -------
    ndarray of float64, shape (n, n_areas)
        1 or 0; between them where only a part of the cells with the occurrence's score is taken.
    """
    at = np.searchsorted(ranks.scores, at_points)
    above, reaching = ranks.above[at][:, None], ranks.reaching[at][:, None]
    taken = np.asarray(areas, np.float64) * ranks.area
    return np.asarray(((taken - above) / (reaching - above)).clip(0, 1))


def placement_p_value(ranks: Ranks, at_points: npt.NDArray[Any], groups: Ints) -> float:
    """Give the chance that clusters placed at random reach the area under the curve.

    Parameters
    ----------
    ranks : Ranks
        Counted against these scores and the map's plateaus. Between two scores counted, cells
        are taken to differ in score.
    at_points : ndarray, shape (n,)
        Scores of the occurrences.
    groups : ndarray of int64, shape (n,)
        The cluster of each occurrence, from 0.

    Returns
    -------
    float
        At least 1 / 10000.
    """
    # A cell's rank, twice: the area above it and the area that reaches it; their sum over the
    # occurrences is a whole number, so ties between placements are exact.
    at = np.searchsorted(ranks.scores, at_points)
    rank_sum = int((ranks.above[at] + ranks.reaching[at]).sum())
    sizes = np.bincount(groups)
    # Plateaus, the best first, after an empty one. A cell with a score of its own needs none.
    plateau = np.flatnonzero(ranks.reaching - ranks.above > 1)[::-1]
    above = np.concatenate([[0], ranks.above[plateau]])
    reaching = np.concatenate([[0], ranks.reaching[plateau]])
    random = np.random.default_rng(0)
    step = max(1, _MOST_PLACED // sizes.size)
    reached = 0
    for start in range(0, N_PLACEMENTS, step):
        n = min(step, N_PLACEMENTS - start)
        order = random.integers(ranks.area, size=(n, sizes.size))
        counted = np.searchsorted(above, order, side="right") - 1
        level = reaching[counted] > order
        ranked = np.where(level, above[counted] + reaching[counted], 2 * order + 1)
        reached += int((ranked @ sizes <= rank_sum).sum())
    return (1 + reached) / (1 + N_PLACEMENTS)
