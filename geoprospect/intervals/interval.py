"""Intervals: how far a figure would move with other occurrences from the same ground."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoprospect.typing import Floats, Ints

CONFIDENCE = 0.95
N_DRAWS = 4000
_BEYOND = 1 / 3  # of an occurrence, at either end
_HELD = 2**21  # weights in memory at once


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

    def to_list(self) -> list[float]:
        """Give both ends, for JSON."""
        return [self.low, self.high]


@dataclass(frozen=True)
class Bootstrap:
    """Clusters of occurrences resampled as one, by the Bayesian bootstrap [1]_.

    Every draw weights each cluster by an exponential variate. Besides, a third of an occurrence
    is held to lie at the worst and a third at the best end. It keeps few, or equal, occurrences
    from giving intervals that are too narrow, or of no width; for proportions it is Kerman's
    neutral prior [2]_, which leaves the middle of the interval at what was found. A third weighs
    so much of a typical cluster, the mean size of the clusters over occurrences.

    Attributes
    ----------
    groups : ndarray of int64, shape (n,)
        The cluster of each occurrence, from 0, as `geoprospect.intervals.clusters` gives them.
    seed : int
        Seed of the draws.

    Notes
    -----
    Measured on the sample province, whose intensity is known, with 3000 to 6000 sets of
    occurrences for each map: the interval of the area under the rate curve holds the truth in
    94.6–96.8% of sets of 20, and 94.8–96.8% of 40, for fifteen maps of distinct scores (the
    intensity, the layers, the layers upside down), and in 95.5–99.6% of 20 for five maps of two
    to five scores. Of intervals that were tried besides, percentiles of the plain bootstrap hold
    it in 90–93% of sets of 20, and
    Student's interval of the logit in 93.0–95.9%, but in 26% for a map of two scores, where all
    occurrences may have one. Sets of 1, 2, 3 and 5 are covered in 95.9–100%. Intervals of
    captures hold the truth in 95.1% of sets of 20 in the mean over five maps and six areas.
    Where occurrences were drawn in clusters, of three in the mean and scattered by 2.4 km, 81–91%
    of intervals hold the truth if each occurrence counts by itself, and 92–96% if clusters of
    5 km count as one.

    References
    ----------
    .. [1] Rubin, D. B. (1981). The Bayesian bootstrap. Annals of Statistics 9, 130-134.
    .. [2] Kerman, J. (2011). Neutral noninformative and informative conjugate beta and gamma
       prior distributions. Electronic Journal of Statistics 5, 1450-1470.

    Examples
    --------
    Twenty occurrences of one cluster tell no more than one:

    >>> found = np.repeat([1.0, 0.0], [14, 6])
    >>> low, high = Bootstrap(np.arange(20)).intervals(found[:, None])
    >>> print(f"{Interval(low[0], high[0]):.1f}")
    0.5–0.9
    >>> low, high = Bootstrap(np.zeros(20, int)).intervals(found[:, None])
    >>> print(f"{Interval(low[0], high[0]):.1f}")
    0.1–0.9
    """

    groups: Ints
    seed: int = 0

    def intervals(
        self, values: npt.ArrayLike, ends: tuple[float, float] = (0.0, 1.0)
    ) -> tuple[Floats, Floats]:
        """Give 95% intervals of means over the occurrences.

        Parameters
        ----------
        values : array_like of float, shape (n, n_means)
            What each occurrence adds to each mean.
        ends : (float, float)
            Least and greatest value possible.

        Returns
        -------
        low, high : ndarray of float64, shape (n_means,)
            They enclose the means themselves.
        """
        added = np.asarray(values, np.float64)
        draws = np.concatenate(list(self._means(added, ends)))
        low, high = np.quantile(draws, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
        mean = added.mean(axis=0)
        return np.minimum(low, mean), np.maximum(high, mean)

    def _means(self, values: Floats, ends: tuple[float, float]) -> Iterator[Floats]:
        """Draw means, shape (n_draws, n_means), part by part."""
        sizes = np.bincount(self.groups)
        sums = np.zeros((sizes.size, values.shape[1]))
        np.add.at(sums, self.groups, values)
        typical = np.square(sizes).sum() / sizes.sum()
        random = np.random.default_rng(self.seed)
        step = max(1, _HELD // sizes.size)
        for start in range(0, N_DRAWS, step):
            n = min(step, N_DRAWS - start)
            weights = random.exponential(size=(n, sizes.size))
            beyond = typical * random.gamma(_BEYOND, size=(n, 2))
            total = weights @ sizes + beyond.sum(axis=1)
            yield (weights @ sums + (beyond @ ends)[:, None]) / total[:, None]


def student_interval(values: npt.ArrayLike, groups: Ints) -> Interval | None:
    """Give Student's interval of a mean over occurrences, from the sums of their clusters.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        What each occurrence adds to the mean.
    groups : ndarray of int64, shape (n,)
        The cluster of each.

    Returns
    -------
    Interval or None
        None where there is one cluster, or where clusters do not differ, so that it would have
        no width.

    Examples
    --------
    >>> print(f"{student_interval([0.1, 0.2, 0.3], np.arange(3)):.2f}")
    -0.05–0.45
    """
    from scipy.stats import t  # noqa: PLC0415 - slow to import

    added = np.asarray(values, np.float64)
    n_groups = int(groups.max()) + 1
    mean = float(added.mean())
    deviations = np.bincount(groups, added - mean)
    if n_groups == 1 or np.allclose(deviations, 0, atol=1e-12):
        return None
    spread = np.sqrt(n_groups / (n_groups - 1) * np.square(deviations).sum()) / added.size
    reach = float(t.ppf((1 + CONFIDENCE) / 2, n_groups - 1) * spread)
    return Interval(mean - reach, mean + reach)
