"""Levelled inputs: each on a scale on which few high values do not leave all others alike."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from geoprospect.network.dense import Dense
from geoprospect.network.network import Network
from geoprospect.typing import Floats

_SHARES = (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99)  # of the cells that lie below the knots
_NEAREST = 1e-3  # standard deviations from a knot to the next: steeper, float32 would not do


def levelling(X: npt.ArrayLike, *, rotated: bool = False) -> Network:
    """Build the two layers that level inputs, as learned from cells.

    Parameters
    ----------
    X : array_like, shape (n, n_inputs)
        Standardised cells, without labels.
    rotated : bool
        Whether the outputs are instead the principal components of the inputs, these cut at
        their outermost knots and otherwise as they are.

    Returns
    -------
    Network
        ReLUs at the knots of each input, and their sums: of mean 0 and, where not rotated,
        standard deviation 1 over the cells.

    Notes
    -----
    A levelled value is the mean of the standardised value and its normal score, the normal
    quantile of the share of cells below it (Deutsch & Journel 1998, GSLIB, section V.2); exact
    at seven knots, linear between them and constant beyond.

    Examples
    --------
    >>> grades = np.exp(np.linspace(-3, 3, 101))[:, None]
    >>> levelling(grades / grades.std()).predict([[0.0], [1000.0]])[:, 0].round(1)
    array([-1.4,  2.8], dtype=float32)
    """
    cells = np.asarray(X, np.float64)
    n_inputs = cells.shape[1]
    curves = [_curve(values) for values in cells.T]
    if rotated:
        curves = [(knots, knots) for knots, _ in curves]
    n_units = sum(len(knots) for knots, _ in curves)
    bends, sums = np.zeros((n_inputs, n_units)), np.zeros((n_units, n_inputs))
    ends, starts, unit = np.zeros(n_units), np.zeros(n_inputs), 0
    for number, (knots, levels) in enumerate(curves):
        units = slice(unit, unit + len(knots))
        unit += len(knots)
        bends[number, units], ends[units] = 1, -knots
        slopes = np.diff(levels) / np.diff(knots)
        sums[units, number] = np.diff(slopes, prepend=0, append=0)
        starts[number] = levels[0]
    if rotated:
        cut = [np.interp(x, *curve) for x, curve in zip(cells.T, curves, strict=True)]
        _, rotation = np.linalg.eigh(np.cov(np.array(cut)).reshape(n_inputs, -1))
        sums, starts = sums @ rotation, starts @ rotation
    bend = Dense(bends.astype(np.float32), ends.astype(np.float32), "relu")
    return Network((bend, Dense(sums.astype(np.float32), starts.astype(np.float32))))


def _curve(values: Floats) -> tuple[Floats, Floats]:
    """Give the knots of an input and its levels there."""
    ordered = np.sort(values)
    knots = np.unique(np.quantile(ordered, _SHARES))
    if len(knots) == 1:  # nearly all cells are alike
        knots = np.unique(ordered[[0, -1]])
    knots = knots[np.diff(knots, prepend=-np.inf) > _NEAREST * values.std()]
    below, upto = (ordered.searchsorted(knots, side) for side in ("left", "right"))
    shares = np.clip((below + upto) / 2 / len(ordered), _SHARES[0] / 2, 1 - _SHARES[0] / 2)
    scores = np.array([NormalDist().inv_cdf(share) for share in shares])
    levels = _standardised(knots, scores, values) + _standardised(knots, knots, values)
    return knots, _standardised(knots, levels, values)


def _standardised(knots: Floats, levels: Floats, values: Floats) -> Floats:
    """Give levels at knots such that those of the values have mean 0 and deviation 1."""
    of_values = np.interp(values, knots, levels)
    return np.asarray((levels - of_values.mean()) / (of_values.std() or 1.0))
