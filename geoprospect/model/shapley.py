"""Shapley values: what each group of inputs adds to a function, shared out fairly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from geoprospect.typing import Bools, Floats, Values

MOST_EXACT = 12
"""Groups up to which all coalitions are evaluated; beyond, orders of joining are drawn."""

_PAIRS = 32  # orders drawn, each with its reverse
_ROWS = 2**15  # rows evaluated at a time: enough for any method, and little memory
_VALUES = 2**17  # values of coalitions at a time


@dataclass(frozen=True)
class Round:
    """Coalitions to evaluate, and how their values combine into the contributions.

    Attributes
    ----------
    coalitions : ndarray of bool, shape (n_coalitions, n_groups)
        Which groups have the cell's own values; the others have those of the background.
    weights : ndarray of float64, shape (n_coalitions, n_groups)
        Contributions are the values of the coalitions times these, summed.
    """

    coalitions: Bools
    weights: Floats


def rounds_of(n_groups: int, *, pairs: int = _PAIRS, seed: int = 0) -> tuple[Round, ...]:
    """Choose the coalitions: all of them or, of many groups, those along drawn orders.

    Parameters
    ----------
    n_groups : int
        How many groups share the value.
    pairs : int
        Orders drawn, each with its reverse, where there are more than `MOST_EXACT` groups.
    seed : int
        Seed of the draw.

    Returns
    -------
    tuple of Round
        One, which is exact; or one a pair of orders, each an estimate without bias.

    Notes
    -----
    The value that a group adds when it joins, averaged over all orders of joining (Shapley 1953);
    drawn orders are those of Štrumbelj & Kononenko (2014), Knowledge and Information Systems 41:
    647-665, each with its reverse, which takes most of the variance off (Mitchell et al. 2022).

    Examples
    --------
    >>> [exact] = rounds_of(2)
    >>> exact.coalitions.astype(int).tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    >>> exact.weights.tolist()
    [[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]]
    """
    if n_groups <= MOST_EXACT:
        numbers = np.arange(2**n_groups)
        coalitions = (numbers[:, None] >> np.arange(n_groups)) % 2 == 1
        sizes = coalitions.sum(axis=1)
        joined = np.array([0.0] + [1 / (k * comb(n_groups, k)) for k in range(1, n_groups + 1)])
        absent = np.array([1 / ((n_groups - k) * comb(n_groups, k)) for k in range(n_groups)] + [0])
        weights = np.where(coalitions, joined[sizes][:, None], -absent[sizes][:, None])
        return (Round(coalitions, weights),)
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(pairs):
        order = random.permutation(n_groups)
        ways = [_along(order), _along(order[::-1])]
        coalitions = np.concatenate([way.coalitions for way in ways])
        drawn.append(Round(coalitions, np.concatenate([way.weights for way in ways]) / 2))
    return tuple(drawn)


def _along(order: np.ndarray) -> Round:
    """Give the coalitions that arise when groups join in an order."""
    n_groups = len(order)
    place = np.argsort(order)
    joined = np.arange(n_groups + 1)[:, None]
    coalitions = place < joined
    weights = (place == joined - 1).astype(np.float64) - (place == joined)
    return Round(coalitions, weights)


@dataclass(frozen=True)
class Shares:
    """A function's value less that of the background, shared out among groups of its inputs.

    Attributes
    ----------
    values : ndarray of float64, shape (n_groups, n)
        The contributions; they sum to the difference.
    errors : ndarray of float64, shape (n_groups, n), or None
        Their standard errors, where orders were drawn; None where they are exact.
    """

    values: Floats
    errors: Floats | None


def shared_out(
    function: Callable[[Values], Floats],
    X: Values,
    background: Values,
    groups: Sequence[Sequence[int]],
) -> Shares:
    """Share out a function's values among groups of inputs.

    Parameters
    ----------
    function : callable
        Gives the values, shape (n,), of inputs of shape (n_inputs, n); those of a column must not
        depend on the others.
    X : ndarray of float32, shape (n_inputs, n)
        The inputs, a column each.
    background : ndarray of float32, shape (n_inputs,)
        What a group has before it joins.
    groups : sequence of sequence of int
        The inputs of each group; together all of them, once.

    Examples
    --------
    A product of two inputs, of which each earns half of what both give together:

    >>> X = np.array([[2], [3]], np.float32)
    >>> shared_out(lambda X: X[0] * X[1], X, np.zeros(2, np.float32), [[0], [1]]).values.tolist()
    [[3.0], [3.0]]
    """
    group_of = np.empty(len(X), np.int64)
    for number, group in enumerate(groups):
        group_of[list(group)] = number
    rounds = rounds_of(len(groups))
    n = X.shape[1]
    values = np.zeros((len(groups), n))
    squares = np.zeros((len(groups), n)) if len(rounds) > 1 else None
    for start in range(0, n, _ROWS):
        part = slice(start, start + _ROWS)
        for chosen in rounds:
            estimate = _evaluated(function, X[:, part], background, chosen, group_of)
            values[:, part] += estimate
            if squares is not None:
                squares[:, part] += estimate**2
    values /= len(rounds)
    if squares is None:
        return Shares(values, None)
    variance = np.maximum(squares / len(rounds) - values**2, 0) / (len(rounds) - 1)
    return Shares(values, np.sqrt(variance))


def shared_exactly(values: Callable[[Values], Floats], X: Values, n_groups: int) -> Shares:
    """Share out a function's values, of which those of all coalitions are had together.

    Parameters
    ----------
    values : callable
        Gives the values, shape (2 ** n_groups, n), of inputs of shape (n_inputs, n) in all
        coalitions, in the order of `rounds_of`; they are overwritten.
    X : ndarray of float32, shape (n_inputs, n)
        The inputs, a column each.
    n_groups : int
        Groups of inputs, at most `MOST_EXACT`.

    Examples
    --------
    >>> X = np.array([[2], [3]], np.float32)
    >>> product = lambda X: np.array([0.0, 0.0, 0.0, 1.0])[:, None] * X[0] * X[1]
    >>> shared_exactly(product, X, 2).values.tolist()
    [[3.0], [3.0]]
    """
    from geoprospect.model.sharing import share_out  # noqa: PLC0415 - loads numba

    [exact] = rounds_of(n_groups)
    joined = np.maximum(exact.weights.max(axis=1), 0)
    absent = np.maximum(-exact.weights.min(axis=1), 0)
    shares = np.empty((n_groups, X.shape[1]))
    step = max(1, _VALUES // len(exact.coalitions))
    for start in range(0, X.shape[1], step):
        part = slice(start, start + step)
        of_all = values(X[:, part])
        earned = np.empty((n_groups, of_all.shape[1]))
        share_out(of_all, joined, absent, earned)
        shares[:, part] = earned
    return Shares(shares, None)


def _evaluated(
    function: Callable[[Values], Floats],
    X: Values,
    background: Values,
    chosen: Round,
    group_of: np.ndarray,
) -> Floats:
    """Evaluate the coalitions of a round, some at a time, and combine them."""
    n_inputs, n = X.shape
    shares = np.zeros((chosen.weights.shape[1], n))
    step = max(1, _ROWS // max(n, 1))
    for start in range(0, len(chosen.coalitions), step):
        part = slice(start, start + step)
        present = chosen.coalitions[part][:, group_of].T[:, :, None]
        inputs = np.where(present, X[:, None, :], background[:, None, None])
        values = function(inputs.reshape(n_inputs, -1)).reshape(-1, n)
        _add_up(values, chosen.weights[part], shares)
    return shares


def _add_up(values: Floats, weights: Floats, shares: Floats) -> None:
    """Add values of coalitions, shape (n_coalitions, n), to shares, times their weights."""
    # Sums in one order, whatever the number of cells: a product of matrices has several.
    for value, weight in zip(values, weights, strict=True):
        shares += weight[:, None] * value
