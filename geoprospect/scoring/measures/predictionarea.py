"""Prediction-area plots: occurrences held and area taken against the score, and their crossing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from geoprospect.errors import ScoreError
from geoprospect.scoring.counting.levels import N_STEPS, Parts, count_array, find_rank, levels
from geoprospect.scoring.counting.ranks import Ranks
from geoprospect.typing import Floats, Ints

_OUTLINE_STEPS = 100  # between thresholds


@dataclass(frozen=True)
class Share:
    """A part of the area, best cells first, and the occurrences it holds.

    Attributes
    ----------
    area, captured : float
        Fraction of the area of the valid cells, and of the occurrences, from 0 to 1.
    """

    area: float
    captured: float


@dataclass(frozen=True)
class Crossing:
    """Where the fraction of the occurrences held equals the fraction of the area left over.

    Attributes
    ----------
    at : Share
        The crossing itself; its two fractions add up to 1.
    threshold : float
        The score at which the curves cross.
    from_threshold, beyond_threshold : Share
        Of the cells that reach the threshold, and of those with a greater score: the ends of the
        step in which the curves cross. No threshold comes nearer to the crossing.
    coincide_above : float or None
        Where the curves run along each other they do so for every threshold greater than this,
        up to `threshold`; None where they cross in a step.

    Examples
    --------
    >>> crossing = Crossing(Share(0.2, 0.8), 0.5, Share(0.2, 0.8), Share(0.1, 0.8))
    >>> crossing.normalised_density, round(crossing.weight, 3)
    (4.0, 1.386)
    """

    at: Share
    threshold: float
    from_threshold: Share
    beyond_threshold: Share
    coincide_above: float | None = None

    @property
    def normalised_density(self) -> float:
        """Fraction of the occurrences per fraction of the area; 1 for chance, always above 0."""
        return self.at.captured / self.at.area

    @property
    def weight(self) -> float:
        """Natural logarithm of the normalised density; 0 for chance."""
        return math.log(self.normalised_density)


class Outline(NamedTuple):
    """Thresholds, and the fractions of cells and occurrences that reach each, shape (n,)."""

    threshold: npt.NDArray[Any]
    area: Floats
    captured: Floats


@dataclass(frozen=True)
class PredictionArea:
    """The prediction-area plot of a map [1]_.

    Attributes
    ----------
    threshold : ndarray, shape (n_vertices,)
        Equally spaced scores, and those of the occurrences, in rising order and the map's dtype;
        those that cells have stand twice.
    area, captured : ndarray of float64, shape (n_vertices,)
        Fraction of the area and of the occurrences that reach the threshold; where it
        stands twice, the second excludes the cells with that very score. Exact at every vertex.
    crossing : Crossing
        The only one.
    n_occurrences, n_cells : int
        Occurrences on valid cells, and valid cells.

    Notes
    -----
    As the threshold rises, the occurrences held never grow and the area left over never shrinks:
    one begins at 1 and the other at 0, and they end the other way round. So they cross exactly
    once, whatever the map: at a vertex, for a range of thresholds between two scores, or in the
    step at a score that cells share. In a step, area and occurrences are taken in proportion, as
    on the straight segments of the rate curve, and as by drawing straight lines between classes
    of scores. A map of one score crosses at one half of both, with a density of 1.

    References
    ----------
    .. [1] Yousefi, M. & Carranza, E. J. M. (2015). Prediction-area (P-A) plot and C-A fractal
       analysis to classify and evaluate evidential maps for mineral prospectivity modeling.
       Computers & Geosciences 79, 69-81.

    Examples
    --------
    >>> plot = prediction_area_of([0.9, 0.8, 0.6, 0.4, 0.1], at_points=[0.9, 0.9, 0.9, 0.8, 0.1])
    >>> print(plot.sentence())
    prediction and area curves cross where 30% of the area holds 70% of the occurrences, at a
    score of 0.8: normalised density 2.33, weight 0.85 (from that score on, 40% of the area
    holds 80%)
    """

    threshold: npt.NDArray[Any]
    area: Floats
    captured: Floats
    crossing: Crossing
    n_occurrences: int
    n_cells: int

    @classmethod
    def of(cls, ranks: Ranks, at_points: npt.NDArray[Any], parts: Parts) -> PredictionArea:
        """Draw the plot from a map's counted cells.

        Parameters
        ----------
        ranks : Ranks
            As `count_levels` counts them, for these occurrences or
            more.
        at_points : ndarray, shape (n_occurrences,)
            The map's scores at the occurrences, one each.
        parts : callable
            Gives the scores of the valid cells part by part. They are gone through once or twice
            more, to find the threshold to the bit.

        Raises
        ------
        ScoreError
            If there is no occurrence, or one has a score that no cell has.
        """
        vertices = ranks.vertices(at_points)
        there = np.searchsorted(ranks.scores, np.unique(at_points))
        if (ranks.reaching[there] == ranks.above[there]).any():
            raise ScoreError("an occurrence has a score that no cell has")
        scores = np.repeat(ranks.scores, 2)
        cells = np.column_stack([ranks.reaching, ranks.above]).ravel()
        captured = np.column_stack(_captured(at_points, ranks.scores)).ravel()
        keep = np.ones(scores.size, np.bool_)
        keep[1::2] = cells[1::2] != cells[::2]
        return cls(
            scores[keep],
            cells[keep] / ranks.area,
            captured[keep] / at_points.size,
            _find_crossing(ranks, vertices, at_points, parts),
            at_points.size,
            ranks.n_cells,
        )

    @property
    def outline(self) -> Outline:
        """The plot at 101 equally spaced thresholds, or fewer."""
        spaced = levels(self.threshold[0], self.threshold[-1], self.threshold.dtype)
        at = np.unique(np.searchsorted(self.threshold, spaced[:: N_STEPS // _OUTLINE_STEPS]))
        return Outline(self.threshold[at], self.area[at], self.captured[at])

    def sentence(self) -> str:
        """Say in one sentence where the curves cross."""
        crossing = self.crossing
        text = (
            f"prediction and area curves cross where {crossing.at.area:.0%} of the area holds "
            f"{crossing.at.captured:.0%} of the occurrences, at a score of "
            f"{crossing.threshold:.4g}: normalised density {crossing.normalised_density:.2f}, "
            f"weight {crossing.weight:.2f}"
        )
        if crossing.normalised_density <= 1:
            text += ", no better than chance"
        crossed, reached = (
            f"{share.area:.0%} of the area holds {share.captured:.0%}"
            for share in (crossing.at, crossing.from_threshold)
        )
        return text if crossed == reached else f"{text} (from that score on, {reached})"


def prediction_area_of(values: npt.ArrayLike, at_points: npt.ArrayLike) -> PredictionArea:
    """Draw the prediction-area plot of scores that lie in memory.

    Parameters
    ----------
    values : array_like of float, any shape
        Score of each cell, greater is better. Masked and non-finite cells are not valid.
    at_points : array_like, shape (n_occurrences,)
        Score at each occurrence, compared in the dtype of `values`.

    Raises
    ------
    ScoreError
        If there is no valid cell, no occurrence, or one has a score that no cell has.

    Examples
    --------
    >>> prediction_area_of([0.3, 0.3, 0.3], at_points=[0.3]).crossing.normalised_density
    1.0
    """
    ranks, points, parts = count_array(values, at_points)
    return PredictionArea.of(ranks, points, parts)


def _find_crossing(
    ranks: Ranks, vertices: tuple[Ints, Ints], at_points: npt.NDArray[Any], parts: Parts
) -> Crossing:
    """Find where the curves cross, in whole numbers up to the last step."""
    whole, n_occurrences = ranks.area, at_points.size
    taken, captured = vertices
    # Sum of both fractions, less 1, in whole numbers: it grows with every vertex, below 0 first.
    excess = taken * n_occurrences + captured * whole - whole * n_occurrences
    after = int(np.searchsorted(excess, 0))
    start, low, high = (int(x) for x in (taken[after - 1], excess[after - 1], excess[after]))
    length = int(taken[after]) - start
    area = (start - low * length / (high - low)) / whole
    n = start - low * length // (high - low)  # area up to the crossing, rounded up
    near, at = find_rank(parts, ranks, n)
    score, above, reaching = near.scores[at], int(near.above[at]), int(near.reaching[at])
    n_from, n_beyond = (int(k) for k in _captured(at_points, score))
    coincide_above = None
    if reaching * n_occurrences + n_from * whole == whole * n_occurrences:
        near, below = find_rank(parts, ranks, reaching + 1)
        coincide_above = float(near.scores[below])
    return Crossing(
        at=Share(area, 1 - area),
        threshold=float(score),
        from_threshold=Share(reaching / whole, n_from / n_occurrences),
        beyond_threshold=Share(above / whole, n_beyond / n_occurrences),
        coincide_above=coincide_above,
    )


def _captured(at_points: npt.NDArray[Any], scores: npt.NDArray[Any]) -> tuple[Ints, Ints]:
    """Count the occurrences that reach each score, and those with a greater one."""
    ordered = np.sort(at_points)
    n = ordered.size
    return n - np.searchsorted(ordered, scores), n - np.searchsorted(ordered, scores, "right")
