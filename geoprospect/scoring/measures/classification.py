"""How a map tells occurrences from non-occurrences: ROC, precision-recall, Brier, reliability."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from geoprospect.errors import ScoreError
from geoprospect.typing import Floats, Ints

CLIP = 1e-7  # the log loss takes scores no nearer to 0 and 1 than this
CONFIDENCE = 0.95
_MOST_BINS = 10
_POINTS_A_BIN = 10


@dataclass(frozen=True)
class Reliability:
    """Scores against the fraction of occurrences among the points that have them.

    Points are binned by rank, so that no bin is near-empty: up to ten bins of equal numbers, and
    of ten points at least. Points of one score stay together.

    Attributes
    ----------
    score : ndarray of float64, shape (n_bins,)
        Mean score of each bin, rising.
    frequency : ndarray of float64, shape (n_bins,)
        Fraction of its points that are occurrences.
    low, high : ndarray of float64, shape (n_bins,)
        95% interval of the frequency [1]_, the points taken as independent.
    n_points : ndarray of int64, shape (n_bins,)
        Points in each bin.

    References
    ----------
    .. [1] Wilson, E. B. (1927). Probable inference, the law of succession, and statistical
       inference. Journal of the American Statistical Association 22, 209-212.

    Examples
    --------
    >>> curve = Reliability.of(np.repeat([0.2, 0.6], 10), np.tile([0, 0, 0, 1, 1], 4))
    >>> curve.n_points.tolist(), curve.score.round(6).tolist(), curve.frequency.tolist()
    ([10, 10], [0.2, 0.6], [0.4, 0.4])
    """

    score: Floats
    frequency: Floats
    low: Floats
    high: Floats
    n_points: Ints

    @classmethod
    def of(cls, scores: npt.NDArray[Any], label: Ints) -> Reliability:
        """Bin the points.

        Parameters
        ----------
        scores : ndarray, shape (n_points,)
            From 0 to 1.
        label : ndarray of int64, shape (n_points,)
            1 for an occurrence, 0 for a non-occurrence.
        """
        from scipy.stats import binomtest, rankdata  # noqa: PLC0415 - slow to import

        n_bins = min(max(label.size // _POINTS_A_BIN, 1), _MOST_BINS)
        middle = (rankdata(scores) - 0.5) / label.size  # one for all points of one score
        _, bins = np.unique(np.floor(middle * n_bins), return_inverse=True)
        n_points = np.bincount(bins)
        n_occurrences = np.bincount(bins, label).astype(np.int64)
        intervals = [
            binomtest(int(k), int(n)).proportion_ci(CONFIDENCE, method="wilson")
            for k, n in zip(n_occurrences, n_points, strict=True)
        ]
        low, high = np.array([(interval.low, interval.high) for interval in intervals]).T
        return cls(
            np.bincount(bins, scores) / n_points, n_occurrences / n_points, low, high, n_points
        )


class Roc(NamedTuple):
    """The ROC curve: fractions of non-occurrences and occurrences above each score, float64."""

    non_occurrences: Floats
    occurrences: Floats


class PrecisionRecall(NamedTuple):
    """The precision-recall curve, recall rising, float64."""

    recall: Floats
    precision: Floats


@dataclass(frozen=True)
class Classification:
    """The figures of a map's scores at occurrences and non-occurrences.

    Attributes
    ----------
    n_occurrences, n_non_occurrences : int
        Points on valid cells.
    roc : Roc
        The ROC curve: fraction of the non-occurrences, and of the occurrences, above each score.
    precision_recall : PrecisionRecall
        Recall, rising, and precision. Up to a recall the precision is the one that stands with it.
    roc_auc : float
        Area under the ROC curve; 0.5 for chance.
    average_precision : float
        Mean precision over the steps of recall; `prevalence` for chance.
    brier : float or None
        Mean squared difference of score and label: 0 at best, 0.25 for a score of 0.5 everywhere.
    log_loss : float or None
        Mean negative logarithm of the score given to what is there; scores are kept 1e-7 from 0
        and 1, so that one sure mistake costs 16.1 rather than all.
    reliability : Reliability or None
        Scores against frequencies.
    reason : str or None
        Why the last three are None: they need scores from 0 to 1.

    Notes
    -----
    Points hold far more occurrences than the ground does (often half of them). A map trained on
    such points says at best how frequent occurrences are among points drawn alike, and Brier
    score, log loss and reliability here judge it as that. Prospectivity is no probability on the
    ground, however well it does here, unless it is corrected for the frequency of deposits there.

    Examples
    --------
    >>> figures = Classification.of(np.array([0.9, 0.6, 0.8, 0.1]), np.array([1, 1, 0, 0]))
    >>> figures.roc_auc, round(figures.average_precision, 4), round(figures.brier, 4)
    (0.75, 0.8333, 0.205)
    """

    n_occurrences: int
    n_non_occurrences: int
    roc: Roc
    precision_recall: PrecisionRecall
    roc_auc: float
    average_precision: float
    brier: float | None
    log_loss: float | None
    reliability: Reliability | None
    reason: str | None

    @classmethod
    def of(cls, scores: npt.NDArray[Any], label: Ints) -> Classification:
        """Compute the figures.

        Parameters
        ----------
        scores : ndarray, shape (n,)
            The map's scores at the points, greater is better; finite.
        label : ndarray of int64, shape (n,)
            1 for an occurrence, 0 for a non-occurrence.

        Raises
        ------
        ScoreError
            If there is no occurrence or no non-occurrence, or a point has no finite score.
        """
        from sklearn.metrics import (  # noqa: PLC0415 - slow to import
            average_precision_score,
            brier_score_loss,
            log_loss,
            precision_recall_curve,
            roc_auc_score,
            roc_curve,
        )

        scores = scores.astype(np.float64)
        if not np.isfinite(scores).all():
            raise ScoreError("a point has no finite score", mend="leave it out and say so")
        n_occurrences = int((label == 1).sum())
        n_others = label.size - n_occurrences
        if not (n_occurrences and n_others):
            raise ScoreError(
                "the points are of one kind",
                found=f"{n_occurrences} occurrences, {n_others} non-occurrences",
                expected="some of both",
            )
        false, true, _ = roc_curve(label, scores)
        precision, recall, _ = precision_recall_curve(label, scores)
        beyond = int(((scores < 0) | (scores > 1)).sum())
        return cls(
            n_occurrences,
            n_others,
            Roc(false, true),
            PrecisionRecall(recall[::-1], precision[::-1]),
            float(roc_auc_score(label, scores)),
            float(average_precision_score(label, scores)),
            None if beyond else float(brier_score_loss(label, scores)),
            None if beyond else float(log_loss(label, scores.clip(CLIP, 1 - CLIP))),
            None if beyond else Reliability.of(scores, label),
            f"{beyond} of {scores.size} scores leave the range 0 to 1" if beyond else None,
        )

    @property
    def prevalence(self) -> float:
        """Fraction of the points that are occurrences: of these points, not of the ground."""
        return self.n_occurrences / (self.n_occurrences + self.n_non_occurrences)

    def sentence(self) -> str:
        """Say the figures in one sentence."""
        text = (
            f"area under the ROC curve {self.roc_auc:.2f}; average precision "
            f"{self.average_precision:.2f}, where chance has {self.prevalence:.2f}"
        )
        if self.reason:
            return f"{text}; no Brier score and no log loss: {self.reason}"
        return f"{text}; Brier score {self.brier:.3f}, log loss {self.log_loss:.3f}"
