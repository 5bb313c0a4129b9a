"""Scores of points held out, and how well they tell occurrences from non-occurrences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoprospect.typing import Floats, Ints


@dataclass(frozen=True)
class HeldOutScores:
    """What a method says of each point when it was held out.

    Attributes
    ----------
    method : str
        The method.
    scores : ndarray of float64, shape (repeats, n)
        Mean of the members that did not learn from the point.
    auc, average_precision : ndarray of float64, shape (repeats,)
        Area under the ROC curve and average precision, of all points of a repeat together.
    spread : ndarray of float64, shape (repeats, n)
        Standard deviation over those members; 0 where there is one.
    shares : ndarray of float64, shape (repeats, n_occurrences), optional
        Share of the valid cells held out with each occurrence that the same model scores below
        it; where these cells were scored.
    ground : ndarray of float64, shape (repeats, n_cells), optional
        The scores of these cells.

    Examples
    --------
    >>> svm = HeldOutScores.of("svm", np.array([[0.9, 0.4, 0.6, 0.1]]), np.array([1, 1, 0, 0]))
    >>> svm.auc.tolist(), svm.error(np.array([1, 1, 0, 0])).tolist()
    ([0.75], [0.0, 0.5, 0.5, 0.0])
    """

    method: str
    scores: Floats
    auc: Floats
    average_precision: Floats
    spread: Floats
    shares: Floats | None = None
    ground: Floats | None = None

    @classmethod
    def of(
        cls,
        method: str,
        scores: Floats,
        label: Ints,
        *,
        spread: Floats | None = None,
        shares: Floats | None = None,
        ground: Floats | None = None,
    ) -> HeldOutScores:
        """Compute the figures from scores of shape (repeats, n)."""
        from sklearn.metrics import average_precision_score, roc_auc_score  # noqa: PLC0415 - slow to import

        auc = [roc_auc_score(label, row) for row in scores]
        precision = [average_precision_score(label, row) for row in scores]
        none = np.zeros_like(scores)
        spread = none if spread is None else spread
        return cls(method, scores, np.array(auc), np.array(precision), spread, shares, ground)

    @property
    def rate_area(self) -> Floats:
        """Area under the prediction-rate curve of the ground held out, shape (repeats,).

        NaN where its cells were not scored.
        """
        if self.shares is None:
            return np.full(len(self.scores), np.nan)
        return np.asarray(self.shares.mean(axis=1))

    def total_spread(self) -> Floats:
        """Give the standard deviation over all members of all repeats, shape (n,)."""
        between = self.scores.var(axis=0)
        return np.asarray(np.sqrt(np.square(self.spread).mean(axis=0) + between))

    def error(self, label: Ints) -> Floats:
        """Tell how wrongly each point is ranked, whatever the scale of the scores.

        Parameters
        ----------
        label : ndarray of int64, shape (n,)
            1 at occurrences, 0 at non-occurrences.

        Returns
        -------
        ndarray of float64, shape (n,)
            From 0 to 1: the share of the points of the other label on the wrong side of this one
            (a tie counts half), mean over the repeats. Its mean over the occurrences, or over
            the non-occurrences, is 1 less the area under the ROC curve.
        """
        wrong = np.zeros(len(label))
        for row in self.scores:
            for value, sign in ((1, -1.0), (0, 1.0)):
                others = np.sort(sign * row[label != value])
                mine = sign * row[label == value]
                below, upto = (others.searchsorted(mine, side) for side in ("left", "right"))
                wrong[label == value] += (below + upto) / 2 / len(others)
        return np.asarray(wrong / len(self.scores))
