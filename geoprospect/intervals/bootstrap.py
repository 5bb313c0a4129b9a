"""The bootstrap: how far a figure would move with other points from the same ground."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoprospect.intervals.difference import Difference
from geoprospect.intervals.interval import Interval, enclosing, student_reach
from geoprospect.typing import Floats, Ints

_MOST_WEIGHTS = 2**21  # in memory at once


@dataclass(frozen=True)
class Bootstrap:
    """Clusters of points resampled as one, by the Bayesian bootstrap [1]_.

    Every draw weights each cluster by an exponential variate. Besides, a part of an occurrence
    is taken to lie at the worst and the same part at the best end. It keeps few, or equal,
    occurrences from giving intervals that are too narrow, or of no width. An occurrence weighs
    as much as a typical cluster, the mean size of the clusters over occurrences.

    Attributes
    ----------
    groups : ndarray of int64, shape (n,)
        The cluster of each point, from 0, as `geoprospect.intervals.clusters` gives them.
    seed : int
        Seed of the draws.
    n_draws : int
        Number of draws.
    at_ends : float
        Part of an occurrence at either end. For means it is a third: for proportions that is
        Kerman's neutral prior [2]_, which leaves the middle of the interval at what was found.
        `RankingBootstrap`, whose figures are no means, takes a half.

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

    >>> values = np.repeat([1.0, 0.0], [14, 6])
    >>> low, high = Bootstrap(np.arange(20)).intervals(values[:, None])
    >>> print(f"{Interval(low[0], high[0]):.1f}")
    0.5–0.9
    >>> low, high = Bootstrap(np.zeros(20, int)).intervals(values[:, None])
    >>> print(f"{Interval(low[0], high[0]):.1f}")
    0.1–0.9
    """

    groups: Ints
    seed: int = 0
    n_draws: int = 4000
    at_ends: float = 1 / 3

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return int(self.groups.max()) + 1

    def weights(self, random: np.random.Generator, n_columns: int) -> Iterator[Floats]:
        """Draw the weights of the clusters part by part.

        Parameters
        ----------
        random : numpy.random.Generator
            Where the draws come from.
        n_columns : int
            Weights that the caller makes of a draw; parts are so small that about two million
            lie in memory at once.

        Yields
        ------
        ndarray of float64, shape (draws, n_clusters)
        """
        step = max(1, _MOST_WEIGHTS // n_columns)
        for start in range(0, self.n_draws, step):
            n = min(step, self.n_draws - start)
            yield random.exponential(size=(n, self.n_clusters))

    def intervals(
        self, values: npt.ArrayLike, ends: tuple[float, float] = (0.0, 1.0)
    ) -> tuple[Floats, Floats]:
        """Give 95% intervals of means over the points.

        Parameters
        ----------
        values : array_like of float, shape (n, n_means)
            What each point adds to each mean.
        ends : (float, float)
            Least and greatest value possible.

        Returns
        -------
        low, high : ndarray of float64, shape (n_means,)
            They enclose the means themselves.
        """
        added = np.asarray(values, np.float64)
        return enclosing(np.concatenate(list(self._means(added, ends))), added.mean(axis=0))

    def differences(self, values: npt.ArrayLike) -> tuple[Difference, ...]:
        """Give the means of paired differences over the points, with their 95% intervals.

        Parameters
        ----------
        values : array_like of float, shape (n, n_means)
            What each point adds to each mean more on one side than on the other; -1 to 1.
        """
        added = np.asarray(values, np.float64)
        low, high = self.intervals(added, (-1.0, 1.0))
        return tuple(
            Difference(float(mean), Interval(float(start), float(end)))
            for mean, start, end in zip(added.mean(axis=0), low, high, strict=True)
        )

    def _means(self, values: Floats, ends: tuple[float, float]) -> Iterator[Floats]:
        """Draw means, shape (draws, n_means), part by part."""
        sizes = np.bincount(self.groups)
        sums = np.zeros((sizes.size, values.shape[1]))
        np.add.at(sums, self.groups, values)
        typical = typical_size(self.groups)
        random = np.random.default_rng(self.seed)
        for weights in self.weights(random, sizes.size):
            beyond = typical * random.gamma(self.at_ends, size=(len(weights), 2))
            total = weights @ sizes + beyond.sum(axis=1)
            yield (weights @ sums + (beyond @ ends)[:, None]) / total[:, None]


def typical_size(groups: Ints) -> float:
    """Give the mean size of the clusters over points, each point asked for that of its own.

    Examples
    --------
    >>> typical_size(np.array([0, 0, 0, 1]))
    2.5
    """
    sizes = np.bincount(groups)
    return float(np.square(sizes).sum() / sizes.sum())


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
    added = np.asarray(values, np.float64)
    n_groups = int(groups.max()) + 1
    mean = float(added.mean())
    deviations = np.bincount(groups, added - mean)
    if n_groups == 1 or np.allclose(deviations, 0, atol=1e-12):
        return None
    spread = np.sqrt(n_groups / (n_groups - 1) * np.square(deviations).sum()) / added.size
    reach = student_reach(float(spread), n_groups)
    return Interval(mean - reach, mean + reach)
