"""What layers are worth: how far a figure drops where a layer tells nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geoprospect.crossval.figures import FIGURES, Figure
from geoprospect.crossval.folds import FoldScheme
from geoprospect.intervals import Difference, Interval
from geoprospect.typing import Floats
from geoprospect.wording import listed


@dataclass(frozen=True)
class Drop:
    """What a layer, or a group of them, is worth.

    Attributes
    ----------
    layers : tuple of str
        The layer, or those of the group.
    worth : Difference
        How far the figure drops when their values have changed places, with its 95% interval.
    permutation_error : float
        The part of the standard error that is due to the permutations drawn; the interval
        holds it.
    """

    layers: tuple[str, ...]
    worth: Difference
    permutation_error: float

    @property
    def sure(self) -> bool:
        """Whether the interval lies above 0."""
        return self.worth.interval.low > 0

    def __str__(self) -> str:
        return f"{' + '.join(self.layers)} ({self.worth.value:.3f})"


@dataclass(frozen=True)
class Importance:
    """What each layer is worth to a method, at points held out in space.

    Attributes
    ----------
    method : str
        The method.
    scheme : FoldScheme
        How points were held out.
    figure : {"auc", "rate_area"}
        The figure: the area under the ROC curve; or, where non-occurrences were drawn, that
        under the prediction-rate curve, as `geoprospect crossval` chooses it.
    value : float
        The figure with all layers as they are, mean over the repeats.
    single : tuple of Drop
        Each layer, that of the greatest worth first.
    groups : tuple of Drop
        Each group of layers that go together, likewise.
    layers : tuple of str
        The layers, in the order of `correlation`.
    correlation : ndarray of float64, shape (n_layers, n_layers)
        How strongly they correlate, from 0 to 1.
    threshold : float
        What correlation makes a group.
    permutations : int
        Permutations of each fold of each repeat.
    n_clusters : int
        Clusters of points that intervals rest on.
    near : float
        Width of a cluster at most, in metres.
    notes : tuple of str
        What else must be known of the points.
    """

    method: str
    scheme: FoldScheme
    figure: Figure
    value: float
    single: tuple[Drop, ...]
    groups: tuple[Drop, ...]
    layers: tuple[str, ...]
    correlation: Floats
    threshold: float
    permutations: int
    n_clusters: int
    near: float
    notes: tuple[str, ...] = ()

    @property
    def figure_name(self) -> str:
        """The figure in words."""
        return FIGURES[self.figure]

    def sentences(self) -> Iterator[str]:
        """Say what the map rests on, what it surely does not need, and what goes together."""
        sure = [drop for drop in self.single if drop.sure]
        unsure = [
            drop.layers[0]
            for drop in self.single
            if drop.worth.interval.low <= 0 <= drop.worth.interval.high
        ]
        if sure:
            yield f"The map rests on {listed([drop.layers[0] for drop in sure])}."
            told = [f"{drop.worth.value:.3f} for {drop.layers[0]}" for drop in sure]
            yield (
                f"The {self.figure_name} at points held out in space, {self.value:.3f}, drops when "
                f"the values of a layer are shuffled among them: by {listed(told)}."
            )
        else:
            yield "Of no single layer it is sure that the map rests on it."
            yield (
                f"The {self.figure_name} at points held out in space is {self.value:.3f}, and "
                "whichever layer is shuffled among them, no drop is surely above 0."
            )
        if unsure and sure:
            yield f"Not surely of use by themselves: {listed(unsure)}."
        harmful = [str(drop) for drop in self.single if drop.worth.interval.high < 0]
        if harmful:
            yield f"Shuffled, the figure surely rises: {listed(harmful)}. The map may do without."
        for drop in self.groups:
            whether = "which is sure" if drop.sure else "which is not sure"
            yield (
                f"{listed(drop.layers)} go together, so that one stands in for another: shuffled "
                f"together they are worth {drop.worth.value:.3f}, {whether}."
            )


def widened(drop: Difference, drops: Floats) -> tuple[Difference, float]:
    """Widen the interval of a drop by what is due to the permutations drawn.

    Parameters
    ----------
    drop : Difference
        The drop, with an interval over clusters of points.
    drops : ndarray of float64, shape (permutations, repeats)
        The drop of each permutation by itself.

    Returns
    -------
    drop : Difference
        Both reaches added as squares, to either side.
    error : float
        The standard error of the mean over permutations, from how these differ in a repeat.

    Examples
    --------
    >>> gap = Difference(0.2, Interval(0.1, 0.2))
    >>> wider, error = widened(gap, np.array([[0.19], [0.21]]))
    >>> print(f"{wider:.3f}, {error:.3f}")
    0.200 (0.038–0.327), 0.010
    """
    from scipy.stats import t  # noqa: PLC0415 - slow to import

    error = float(np.sqrt(drops.var(axis=0, ddof=1).mean() / drops.size))
    reach = float(t.ppf(0.975, drops.size - drops.shape[1])) * error
    low = drop.value - np.hypot(drop.value - drop.interval.low, reach)
    high = drop.value + np.hypot(drop.interval.high - drop.value, reach)
    return Difference(drop.value, Interval(float(low), float(high)).cut(-1.0, 1.0)), error
