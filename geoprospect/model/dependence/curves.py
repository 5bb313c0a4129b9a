"""How scores change with one column, or with the classes of one layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from geoprospect.model.dependence.levels import Levels
from geoprospect.model.dependence.scales import SCALES, Scale, Scores, on_scales
from geoprospect.typing import Floats, Values

_ENDS = (0.025, 0.975)
_N_DRAWS = 200


@dataclass(frozen=True)
class Curve:
    """A curve with its bands.

    Attributes
    ----------
    value : ndarray of float64, shape (n_levels,)
        The curve of the mean score.
    members : ndarray of float64, shape (2, n_levels)
        Between which 95% of the curves of single members lie, widened to hold the curve.
    cells : ndarray of float64, shape (2, n_levels)
        Its 95% interval over other draws of cells from the same ground (Bayesian bootstrap).
    """

    value: Floats
    members: Floats
    cells: Floats


@dataclass(frozen=True)
class Effect:
    """How scores change with one column of evidence, or with the classes of a layer.

    Attributes
    ----------
    layer : str
        The layer's name under [evidence].
    name : str
        The column; of classes the layer again.
    at : tuple of float, or of str
        Values of the column in its own unit, or classes, those alike beside each other.
    shares : ndarray of float64, shape (n_levels,)
        How much of the ground each stands for; they sum to 1.
    dependence : dict of str to Curve
        The partial dependence on each scale: the mean over cells whose column is put to the value.
    accumulated : dict of str to Curve
        Accumulated local effects on each scale, of mean 0 over the ground: what small steps of
        the column add up to, each taken by the cells that lie there. Where layers go together,
        they ask the model for no cell that there is not.

    Notes
    -----
    Partial dependence: Friedman (2001), Greedy function approximation, Annals of Statistics 29:
    1189-1232. Accumulated local effects: Apley & Zhu (2020), Visualizing the effects of predictor
    variables in black box supervised learning models, Journal of the Royal Statistical Society B
    82: 1059-1086, with the bins, the order of classes and the centre of their package ALEPlot.
    """

    layer: str
    name: str
    at: tuple[float, ...] | tuple[str, ...]
    shares: Floats
    dependence: Mapping[Scale, Curve]
    accumulated: Mapping[Scale, Curve]

    @property
    def of_classes(self) -> bool:
        """Whether it is of classes, and no column."""
        return isinstance(self.at[0], str)

    @property
    def reach(self) -> float:
        """Difference between the greatest and the least accumulated effect, in log-odds."""
        return float(np.ptp(self.accumulated["log-odds"].value))


def effect(
    scores: Scores, X: Values, levels: Levels, *, layer: str, name: str, seed: int = 0
) -> Effect:
    """Compute partial dependence and accumulated local effects.

    Parameters
    ----------
    scores : callable
        Gives the scores by each member, shape (members, n), of rows of shape (n, n_inputs).
    X : ndarray of float32, shape (n, n_inputs)
        Cells.
    levels : Levels
        What is put to which values.
    layer, name : str
        What it is called.
    seed : int
        Seed of the bootstrap of cells.

    Examples
    --------
    Of an additive function both are the function itself, up to a constant:

    >>> X = np.random.default_rng(0).random((300, 2)).astype(np.float32)
    >>> levels = Levels.of_column(X, 0, bins=3)
    >>> of_first = effect(lambda X: (X[:, 0] + X[:, 1] ** 2)[None] / 2, X, levels,
    ...                   layer="X1", name="X1")
    >>> for curves in (of_first.dependence, of_first.accumulated):
    ...     rise = np.diff(curves["score"].value)
    ...     print(np.allclose(rise, np.diff(of_first.at) / 2, atol=1e-6))
    True
    True
    """
    random = np.random.default_rng([seed, *name.encode()])
    weights = random.exponential(size=(_N_DRAWS, len(X)))
    shares = levels.shares(np.ones((1, len(X))))[0]
    return Effect(
        layer,
        name,
        levels.at,
        shares,
        _dependence(scores, X, levels, weights),
        _accumulated(scores, X, levels, weights),
    )


def _dependence(scores: Scores, X: Values, levels: Levels, weights: Floats) -> dict[Scale, Curve]:
    """Put all cells to each level, and take means."""
    n, n_levels = len(X), len(levels.at)
    rows = levels.put(np.tile(X, (n_levels, 1)), np.repeat(np.arange(n_levels), n))
    told = on_scales(scores(rows))
    weights = weights / weights.sum(axis=1, keepdims=True)

    def curves(values: Floats) -> tuple[Floats, Floats]:
        by_level = values.reshape(len(values), n_levels, n)
        return by_level.mean(axis=2), weights @ by_level[0].T

    return _with_bands(told, curves)


def _accumulated(scores: Scores, X: Values, levels: Levels, weights: Floats) -> dict[Scale, Curve]:
    """Move cells from level to level, take means of what that adds, and sum them up."""
    moved, n_steps = X[levels.cell], len(levels.at) - 1
    before, after = (on_scales(scores(levels.put(moved, levels.step + k))) for k in (0, 1))
    told = {scale: after[scale] - before[scale] for scale in SCALES}
    at_step = (levels.step[:, None] == np.arange(n_steps)).astype(np.float64)

    def accumulated(added: Floats, weights: Floats) -> Floats:
        moving = weights[:, levels.cell]
        means = (added * moving) @ at_step / (moving @ at_step)
        summed = np.hstack([np.zeros((len(means), 1)), means.cumsum(axis=1)])
        middle = (summed * levels.shares(weights)).sum(axis=1, keepdims=True)
        return np.asarray(summed - middle, np.float64)

    def curves(added: Floats) -> tuple[Floats, Floats]:
        return accumulated(added, np.ones((1, len(X)))), accumulated(added[:1], weights)

    return _with_bands(told, curves)


def _with_bands(
    told: Mapping[Scale, Floats], curves: Callable[[Floats], tuple[Floats, Floats]]
) -> dict[Scale, Curve]:
    """Gather the curve of the mean score, and the bands of members and draws of cells."""
    found = {}
    for scale, values in told.items():
        each, drawn = curves(values)
        found[scale] = Curve(each[0], _band(each[1:], each[0]), _band(drawn, each[0]))
    return found


def _band(curves: Floats, middle: Floats) -> Floats:
    """Give the ends between which 95% of curves lie, widened to hold the one in the middle."""
    low, high = np.quantile(curves, _ENDS, axis=0)
    return np.stack([np.minimum(low, middle), np.maximum(high, middle)])
