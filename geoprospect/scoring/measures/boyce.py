"""The continuous Boyce index: whether occurrences grow more frequent with the score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from geoprospect.scoring.counting.levels import N_STEPS, count_array, levels
from geoprospect.scoring.counting.ranks import Ranks, check_any
from geoprospect.typing import Floats

N_WINDOWS = 101
_WIDTH = N_STEPS // 10  # of a window, in levels
_STEP = (N_STEPS - _WIDTH) // (N_WINDOWS - 1)
_FEWEST = 3  # ratios: two of them always correlate fully


class Windows(NamedTuple):
    """Windows of scores: their centres, and occurrences found to expected, shape (n_windows,)."""

    score: Floats
    ratio: Floats


@dataclass(frozen=True)
class Boyce:
    """The continuous Boyce index of a map [1]_, which needs no non-occurrences.

    A window of one tenth of the range of scores moves over it in 100 steps. In each window the
    fraction of the occurrences is divided by the fraction of the area; the index is the
    rank correlation of this ratio with the score: 1 where occurrences grow more frequent all the
    way, 0 for chance, below 0 for a map that is upside down.

    Attributes
    ----------
    score : ndarray of float64, shape (n_windows,)
        Centres of the windows that hold cells, rising.
    ratio : ndarray of float64, shape (n_windows,)
        Occurrences found in each, per occurrence expected from its area.
    index : float or None
        From -1 to 1; None if there is none.
    reason : str or None
        Why there is no index.
    n_used : int
        Windows that entered the correlation.
    n_occurrences, n_cells : int
        Occurrences on valid cells, and valid cells.

    Notes
    -----
    The windows are those of the R package ecospat [2]_: the ends of each belong to it, windows
    without cells are left out, and of consecutive windows with equal ratios only the last enters
    the correlation, since scores that no occurrence has would otherwise outweigh all others.
    (ecospat moves the last window beyond the map by a trick, and loses it; here it counts.)
    Occurrences that share a cell count each.

    References
    ----------
    .. [1] Hirzel, A. H., Le Lay, G., Helfer, V., Randin, C. & Guisan, A. (2006). Evaluating the
       ability of habitat suitability models to predict species presences. Ecological Modelling
       199, 142-152.
    .. [2] Di Cola, V. et al. (2017). ecospat: an R package to support spatial analyses and
       modeling of species niches and distributions. Ecography 40, 774-787.

    Examples
    --------
    >>> cells = np.linspace(0, 1, 1001)
    >>> print(boyce_of(cells, at_points=np.repeat(cells, range(1001))).sentence())
    continuous Boyce index 1.00, where 1 is best and chance has 0
    >>> print(boyce_of(cells, at_points=[0.5]).sentence())
    no continuous Boyce index: there is only one occurrence
    """

    score: Floats
    ratio: Floats
    index: float | None
    reason: str | None
    n_used: int
    n_occurrences: int
    n_cells: int

    @classmethod
    def of(cls, ranks: Ranks, at_points: npt.NDArray[Any]) -> Boyce:
        """Compute the index from a map's counted cells.

        Parameters
        ----------
        ranks : Ranks
            As `count_levels` counts them, for these occurrences or
            more.
        at_points : ndarray, shape (n_occurrences,)
            The map's scores at the occurrences, one each.

        Raises
        ------
        ScoreError
            If there is no occurrence.
        """
        from scipy.stats import spearmanr  # noqa: PLC0415 - slow to import

        check_any(at_points)
        edges = levels(ranks.scores[0], ranks.scores[-1], ranks.scores.dtype)
        at = np.searchsorted(ranks.scores, edges)
        first = _STEP * np.arange(N_WINDOWS)
        last = first + _WIDTH
        area = ranks.reaching[at][first] - ranks.above[at][last]
        ordered = np.sort(at_points)
        n_found = ordered.searchsorted(edges[last], "right") - ordered.searchsorted(edges[first])
        # On a map of one score all windows are one.
        some = (area > 0) & (edges[last] > edges[first])
        area, n_found = area[some], n_found[some]
        # One division of whole numbers: equal ratios are equal to the last bit, and rank as ties.
        ratio = (n_found * ranks.area) / (area * ordered.size)
        used = np.flatnonzero(np.append(np.diff(ratio) != 0, True))
        reason = _reason(edges, ordered, used.size)
        return cls(
            ((edges[first] + edges[last].astype(np.float64)) / 2)[some],
            ratio,
            None if reason else float(spearmanr(used, ratio[used]).statistic),
            reason,
            0 if reason else used.size,
            at_points.size,
            ranks.n_cells,
        )

    @property
    def windows(self) -> Windows:
        """The windows that hold cells."""
        return Windows(self.score, self.ratio)

    def sentence(self) -> str:
        """Say the index, or why there is none, in one sentence."""
        if self.index is None:
            return f"no continuous Boyce index: {self.reason}"
        return f"continuous Boyce index {self.index:.2f}, where 1 is best and chance has 0"


def boyce_of(values: npt.ArrayLike, at_points: npt.ArrayLike) -> Boyce:
    """Compute the continuous Boyce index of scores that lie in memory.

    Parameters
    ----------
    values : array_like of float, any shape
        Score of each cell, greater is better. Masked and non-finite cells are not valid.
    at_points : array_like, shape (n_occurrences,)
        Score at each occurrence, compared in the dtype of `values`.

    Raises
    ------
    ScoreError
        If there is no valid cell, no occurrence, or one has a score beyond those of all cells.

    Examples
    --------
    >>> boyce_of([0.3, 0.3, 0.3], at_points=[0.3, 0.3]).reason
    'all cells of the map have one score'
    """
    ranks, points, _ = count_array(values, at_points)
    return Boyce.of(ranks, points)


def _reason(edges: npt.NDArray[Any], ordered: npt.NDArray[Any], n_ratios: int) -> str | None:
    """Say why there is no index, if so."""
    if edges[0] == edges[-1]:
        return "all cells of the map have one score"
    if ordered.size == 1:
        return "there is only one occurrence"
    if ordered[0] == ordered[-1]:
        return "all occurrences have one score"
    if n_ratios < _FEWEST:
        return "occurrences are as frequent, or nearly, at all scores"
    return None
