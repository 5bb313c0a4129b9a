"""The curve from scores at points held out to the chance of an occurrence there."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from geoprospect.errors import ScoreError
from geoprospect.typing import Floats

Method = Literal["logistic", "isotonic"]
Knots = tuple[tuple[float, float], ...]

_EDGE = 1e-3  # scores nearer to 0 or 1 than some hundred points can tell apart


@dataclass(frozen=True)
class Calibration:
    """A monotone curve from the log-odds of a score to the log-odds of an occurrence.

    Attributes
    ----------
    method : {"logistic", "isotonic"}
        How it was fitted.
    knots : tuple of (float, float)
        Log-odds of the score, and of an occurrence among the points of the fit. The curve is
        straight between knots and level beyond them.
    offset : float
        Added to the log-odds of an occurrence: the prior correction. 0 before `write_probability`.

    Notes
    -----
    "logistic" is Platt's (1999) straight line, fitted with his targets, so that points told apart
    without fault do not make it infinitely steep. "isotonic" is the staircase of Zadrozny & Elkan
    (2002); the odds of a stair are (occurrences + ½) / (non-occurrences + ½), so that none is
    certain (Anscombe 1956), and stairs that this puts out of order are joined. Scores below 0.001
    count as 0.001, above 0.999 as 0.999.

    Examples
    --------
    >>> calibration = Calibration.fit(np.repeat([0.1, 0.9], 6), np.repeat([0, 1], 6))
    >>> calibration.probability([0.1, 0.5, 0.9]).round(3).tolist()
    [0.125, 0.5, 0.875]
    """

    method: Method
    knots: Knots
    offset: float = 0.0

    @classmethod
    def fit(
        cls, scores: npt.ArrayLike, label: npt.ArrayLike, *, method: Method = "logistic"
    ) -> Calibration:
        """Fit the curve on scores of points that the method did not learn from.

        Parameters
        ----------
        scores : array_like, shape (n,) or (repeats, n)
            Scores in [0, 1] of points held out; repeats count as one.
        label : array_like of int, shape (n,)
            1 at occurrences, 0 at non-occurrences.
        method : {"logistic", "isotonic"}
            The kind of curve.

        Raises
        ------
        ScoreError
            If a label is missing, or the scores do not tell occurrences from non-occurrences.
        """
        table = np.atleast_2d(np.asarray(scores, dtype=np.float64))
        labels = np.asarray(label).astype(np.int64)
        if len(np.unique(labels)) < 2:
            raise ScoreError(
                "calibration needs occurrences and non-occurrences",
                found=f"{labels.sum()} occurrences, {(labels == 0).sum()} non-occurrences",
            )
        x, y = _log_odds(table).ravel(), np.tile(labels, len(table))
        weight = np.full(len(x), 1 / len(table))
        knots = (_line if method == "logistic" else _staircase)(x, y, weight)
        from sklearn.metrics import roc_auc_score  # noqa: PLC0415 - slow to import

        area = float(np.mean([roc_auc_score(labels, row) for row in table]))
        if area <= 0.5 or knots[-1][1] <= knots[0][1]:
            raise ScoreError(
                "the scores at points held out carry no skill, so no probability follows from them",
                found=f"area under the ROC curve {area:.3f}",
                expected="above 0.5",
                mend="leave out [calibration], or give better evidence or more points",
            )
        return cls(method, knots)

    def log_odds(self, scores: npt.ArrayLike) -> Floats:
        """Give the log-odds of an occurrence at scores in [0, 1] of any shape."""
        x, y = np.array(self.knots).T
        return np.asarray(np.interp(_log_odds(scores), x, y) + self.offset)

    def probability(self, scores: npt.ArrayLike) -> Floats:
        """Give the probability of an occurrence at scores in [0, 1] of any shape."""
        from scipy.special import expit  # noqa: PLC0415 - slow to import

        return np.asarray(expit(self.log_odds(scores)))

    def to_dict(self) -> dict[str, Any]:
        """Give the curve as plain values, for JSON."""
        return asdict(self)


def _log_odds(scores: npt.ArrayLike) -> Floats:
    from scipy.special import logit  # noqa: PLC0415 - slow to import

    return np.asarray(logit(np.clip(np.asarray(scores, np.float64), _EDGE, 1 - _EDGE)))


def _line(x: Floats, y: npt.NDArray[np.int64], weight: Floats) -> Knots:
    """Fit Platt's straight line: each point counts for both labels, in the share of its target."""
    n = [float(weight[y == label].sum()) for label in (0, 1)]
    share = np.where(y == 1, (n[1] + 1) / (n[1] + 2), 1 / (n[0] + 2))
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - slow to import

    model = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000)
    model.fit(
        np.tile(x, 2)[:, None],
        np.repeat([1, 0], len(x)),
        sample_weight=np.concatenate([weight * share, weight * (1 - share)]),
    )
    ends = _log_odds([0.0, 1.0])
    return tuple(zip(ends.tolist(), model.decision_function(ends[:, None]).tolist(), strict=True))


def _staircase(x: Floats, y: npt.NDArray[np.int64], weight: Floats) -> Knots:
    """Fit stairs, give each the odds of its points, and join those that are then out of order."""
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415 - slow to import

    fitted = IsotonicRegression().fit(x, y, sample_weight=weight).predict(x)
    _, stair = np.unique(fitted, return_inverse=True)
    ones, zeros = (np.bincount(stair, weights=weight * (y == label)) for label in (1, 0))
    level = np.log((ones + 0.5) / (zeros + 0.5))
    level = IsotonicRegression().fit_transform(
        np.arange(len(level)), level, sample_weight=ones + zeros
    )
    first, last = np.full(len(level), np.inf), np.full(len(level), -np.inf)
    np.minimum.at(first, stair, x)
    np.maximum.at(last, stair, x)
    ends = {
        float(place): float(height)
        for k, height in enumerate(level)
        for place in (first[k], last[k])
    }
    return tuple(ends.items())
