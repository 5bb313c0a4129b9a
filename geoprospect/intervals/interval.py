"""Intervals: between which ends a figure lies, as far as draws or Student's t can say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoprospect.typing import Floats

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A 95% interval.

    Attributes
    ----------
    low, high : float
        Its ends.

    Examples
    --------
    >>> print(f"{Interval(0.481, 0.839):.0%}, {Interval(-0.02, 0.11):+.2f}")
    48–84%, -0.02 to +0.11
    """

    low: float
    high: float

    def __format__(self, spec: str) -> str:
        low, high = format(self.low, spec), format(self.high, spec)
        if spec.startswith("+"):
            return f"{low} to {high}"
        return f"{low.removesuffix('%')}–{high}"

    def cut(self, low: float, high: float) -> Interval:
        """Give the part of the interval that lies between two bounds."""
        return Interval(max(self.low, low), min(self.high, high))


def enclosing(draws: Floats, values: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Give the ends between which 95% of draws lie, widened to hold the values themselves.

    Parameters
    ----------
    draws : ndarray of float64, shape (n_draws,) or (n_draws, n)
        A figure, or several, over draws.
    values : array_like of float, shape () or (n,)
        The figures as they are.

    Returns
    -------
    low, high : ndarray of float64, shape () or (n,)
    """
    low, high = np.quantile(draws, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
    return np.minimum(low, values), np.maximum(high, values)


def student_reach(spread: float, n_clusters: int) -> float:
    """Give how far a 95% interval reaches to either side of a mean over clusters.

    Parameters
    ----------
    spread : float
        Standard error of the mean.
    n_clusters : int
        Clusters, two or more; Student's t has one degree of freedom less.
    """
    from scipy.stats import t  # noqa: PLC0415 - slow to import

    return float(t.ppf((1 + CONFIDENCE) / 2, n_clusters - 1) * spread)
