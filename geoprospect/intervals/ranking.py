"""Intervals of how points are ranked, and of its differences between methods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geoprospect.intervals.bootstrap import Bootstrap, typical_size
from geoprospect.intervals.difference import Difference
from geoprospect.intervals.interval import Interval, enclosing, student_reach
from geoprospect.typing import Bools, Floats, Ints

_N_DRAWS = 2000  # each ranks the points anew, repeat by repeat
_HALF = 0.5  # of an occurrence, at either end


@dataclass(frozen=True)
class Resampled:
    """The figures of a method over draws of the points.

    Attributes
    ----------
    value : ndarray of float64, shape (2,)
        Area under the ROC curve and average precision, mean over the repeats.
    draws : ndarray of float64, shape (n_draws, 2)
        The same of each draw.
    """

    value: Floats
    draws: Floats


@dataclass(frozen=True)
class RankingBootstrap:
    """Clusters of labelled points resampled as one, the same draws for every method.

    The draws are those of `Bootstrap`: as they weight clusters and leave none out, no draw lacks
    a class. The figures are computed for each repeat of the folds with these weights, and
    averaged over the repeats: repeats are not new points, and do not narrow an interval.

    Attributes
    ----------
    groups : ndarray of int64, shape (n,)
        The cluster of each point, counted from 0.
    label : ndarray of int64, shape (n,)
        1 at occurrences, 0 at non-occurrences.
    seed : int
        Seed of the draws.

    Notes
    -----
    Why not a t test over folds, corrected for their common training points (Nadeau & Bengio 2003,
    Machine Learning 52, 239-281): a fold in space may hold no occurrence, and has no area then;
    and points a kilometre apart are not independent, which a test over folds cannot know. What is
    not in the interval is how the figure moves with other points to learn from.

    Measured on simulated points whose clusters share an effect, 400 sets each, of two methods:
    intervals of the area hold the truth in 95–98% of sets of 8 to 60 clusters, those of the
    average precision in 93–98%; intervals of a difference in 92–98%, and in 89% where fewer than
    20 clusters are ranked almost perfectly.

    Examples
    --------
    >>> label = np.repeat([1, 0], 20)
    >>> bootstrap = RankingBootstrap(np.arange(40), label)
    >>> resampled = bootstrap.resample(np.linspace(1, 0, 40)[None])
    >>> resampled.value.tolist()
    [1.0, 1.0]
    >>> print(f"{bootstrap.interval(resampled, 0):.1f}")
    0.9–1.0
    """

    groups: Ints
    label: Ints
    seed: int = 0

    def resample(self, scores: Floats) -> Resampled:
        """Compute the figures of a method, as they are and over the draws.

        Parameters
        ----------
        scores : ndarray of float64, shape (repeats, n)
            Scores of the points held out.
        """
        ones = np.ones((1, len(self.label)))
        draws = [
            np.mean([_figures(weights, row, self.label) for row in scores], axis=0)
            for weights in self._weights()
        ]
        value = np.mean([_figures(ones, row, self.label)[0] for row in scores], axis=0)
        return Resampled(value, np.concatenate(draws))

    def interval(self, resampled: Resampled, figure: int) -> Interval:
        """Give the 95% interval of a figure: 0 the area, 1 the average precision.

        Half an occurrence is taken to lie at either end: as for proportions (Brown, Cai &
        DasGupta 2001, Statistical Science 16, 101-133), this keeps few or perfectly ranked
        occurrences from an interval that is too narrow or of no width.
        """
        total, best, worst = self._beyond
        means = (resampled.draws[:, figure] * total + best) / (total + best + worst)
        low, high = enclosing(means, resampled.value[figure])
        return Interval(float(low), float(high))

    def difference(self, ours: Resampled, theirs: Resampled, figure: int) -> Difference:
        """Give the difference of a figure between two methods, with its 95% interval.

        It is the value and so many standard deviations of the draws as Student's t has with one
        degree of freedom less than there are clusters with occurrences, or without, whichever
        are fewer; where methods never differ, or there is one such cluster, the difference is
        bounded like that of two proportions.
        """
        value = float(ours.value[figure] - theirs.value[figure])
        gaps = ours.draws[:, figure] - theirs.draws[:, figure]
        n_clusters = min(
            len(np.unique(self.groups[self.label == 1])),
            len(np.unique(self.groups[self.label == 0])),
        )
        spread = float(gaps.std())
        if n_clusters < 2 or spread < 1e-12:
            total, best, worst = self._beyond
            means = (gaps * total + best - worst) / (total + best + worst)
            low, high = enclosing(means, value)
            return Difference(value, Interval(float(low), float(high)))
        reach = student_reach(spread * np.sqrt(n_clusters / (n_clusters - 1)), n_clusters)
        return Difference(value, Interval(value - reach, value + reach).cut(-1.0, 1.0))

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return self.bootstrap.n_clusters

    @property
    def bootstrap(self) -> Bootstrap:
        """The draws."""
        return Bootstrap(self.groups, self.seed, _N_DRAWS, _HALF)

    def _weights(self) -> Iterator[Floats]:
        """Draw the weights of the points, shape (draws, n), part by part."""
        random = np.random.default_rng(self.seed)
        for weights in self.bootstrap.weights(random, len(self.groups)):
            yield weights[:, self.groups]

    @cached_property
    def _beyond(self) -> tuple[Floats, Floats, Floats]:
        """Weight of the occurrences of each draw, and what is taken to lie at either end."""
        occurrences: Bools = self.label == 1
        typical = typical_size(self.groups[occurrences])
        total = np.concatenate([drawn[:, occurrences].sum(axis=1) for drawn in self._weights()])
        random = np.random.default_rng([self.seed, 1])
        best, worst = typical * random.gamma(self.bootstrap.at_ends, size=(2, len(total)))
        return total, best, worst


def _figures(weights: Floats, scores: Floats, label: Ints) -> Floats:
    """Compute area under the ROC curve and average precision of weighted points.

    Parameters
    ----------
    weights : ndarray of float64, shape (draws, n)
    scores, label : ndarray, shape (n,)

    Returns
    -------
    ndarray of float64, shape (draws, 2)
    """
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)  # of equal scores
    ordered = weights[:, order]
    occurrences = np.cumsum(ordered * label[order], axis=1)[:, last]
    others = np.cumsum(ordered * (1 - label[order]), axis=1)[:, last]
    at_score = np.diff(occurrences, axis=1, prepend=0)
    passed = others - np.diff(others, axis=1, prepend=0) / 2
    precision = occurrences / (occurrences + others)
    total = occurrences[:, -1]
    auc = 1 - (at_score * passed).sum(axis=1) / (total * others[:, -1])
    return np.column_stack([auc, (at_score * precision).sum(axis=1) / total])
