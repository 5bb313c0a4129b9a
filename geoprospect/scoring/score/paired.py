"""Two maps at the same occurrences: their difference, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from geoprospect.intervals import Bootstrap, Difference, Interval, student_interval
from geoprospect.scoring.counting.ranks import Ranks
from geoprospect.scoring.measures.ratecurve import RateCurve
from geoprospect.scoring.measures.uncertainty import AREAS, Uncertainty, auc_shares, held_in
from geoprospect.typing import Ints

_TENTH = AREAS.index(0.1)


class CaptureDifference(NamedTuple):
    """What the best part of one map holds more than that of another, and its 95% interval."""

    area: float
    value: float
    interval: Interval


@dataclass(frozen=True)
class PairedDifference:
    """A map less another one, at the occurrences that both of them score.

    Attributes
    ----------
    other_path : str
        The other map.
    curve, other_curve : RateCurve
        Of these occurrences, with bands; each map's area is its own valid cells.
    n_clusters : int
        Clusters of occurrences, each resampled as one.
    auc : Difference
        Of the areas under the curves, with Student's interval over the clusters.
    captures : tuple of Difference
        Of the occurrences held by the best 1, 2, 5, 10, 20 and 30% of each map's area, with
        intervals by `Bootstrap`.

    Notes
    -----
    Both maps are judged by the same occurrences, so what these have in common falls out, and a
    difference is surer than the two intervals taken apart would have it. Measured on the sample
    province, over six pairs of maps and 2500 sets of occurrences each: Student's interval holds
    the true difference of the areas in 93.5–95.3% of sets of 10, 93.8–95.4% of 20 and 94.1–95.8%
    of 40. Where clusters do not differ, it has no width, and the bootstrap stands in.

    Examples
    --------
    >>> from geoprospect.scoring.counting.levels import survey
    >>> cells = np.linspace(0, 1, 101)
    >>> ranks = survey(lambda: [cells], cells, 101)
    >>> better, worse = cells[[95, 90, 70, 99]], cells[[80, 90, 60, 20]]
    >>> print(PairedDifference.of("b.tif", (ranks, better), (ranks, worse), np.arange(4)).auc)
    +0.26 (-0.31 to +0.82)
    """

    other_path: str
    curve: RateCurve
    other_curve: RateCurve
    n_clusters: int
    auc: Difference
    captures: tuple[Difference, ...]

    @classmethod
    def of(
        cls,
        other_path: str,
        ours: tuple[Ranks, npt.NDArray[Any]],
        theirs: tuple[Ranks, npt.NDArray[Any]],
        groups: Ints,
    ) -> PairedDifference:
        """Compare two maps.

        Parameters
        ----------
        other_path : str
            The other map.
        ours, theirs : (Ranks, ndarray of shape (n,))
            The counted cells of each map, and its scores at the occurrences.
        groups : ndarray of int64, shape (n,)
            The cluster of each occurrence, from 0.

        Raises
        ------
        ScoreError
            If there is no occurrence.
        """
        curve, other_curve = (
            replace(RateCurve.of(ranks, scores), uncertainty=Uncertainty.of(ranks, scores, groups))
            for ranks, scores in (ours, theirs)
        )
        shares = auc_shares(*ours) - auc_shares(*theirs)
        captured = held_in(*ours, AREAS) - held_in(*theirs, AREAS)
        auc, *captures = Bootstrap(groups).differences(np.column_stack([shares, captured]))
        exact = student_interval(shares, groups)
        if exact is not None:
            auc = Difference(auc.value, exact.cut(-1.0, 1.0))
        return cls(other_path, curve, other_curve, int(groups.max()) + 1, auc, tuple(captures))

    @property
    def capture_differences(self) -> tuple[CaptureDifference, ...]:
        """The differences of the occurrences held, each with its area."""
        return tuple(
            CaptureDifference(area, difference.value, difference.interval)
            for area, difference in zip(AREAS, self.captures, strict=True)
        )

    @property
    def verdict(self) -> str:
        """Which map ranks the occurrences higher, where that is sure."""
        if self.auc.interval.low > 0 or self.auc.interval.high < 0:
            return f"this map ranks them {'higher' if self.auc.value > 0 else 'lower'}"
        return "no clear difference between the maps"

    def sentence(self) -> str:
        """Say the differences, and whether they are sure, in one sentence."""
        n = self.curve.n_occurrences
        where = f"the same {n} occurrences" if n > 1 else "the one occurrence"
        return (
            f"against {self.other_path}, at {where}: area under the curve {self.auc:+z.2f}, held "
            f"by the best 10% of the area {self.captures[_TENTH]:+z.0%}; {self.verdict}"
        )
