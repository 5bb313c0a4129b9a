"""How far layers tell the same: rank correlations, twins and variance inflation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from geoprospect.typing import Bools, Floats, Values

_TWINS = 0.98  # rank correlation, beyond which two layers tell the same
_FEWEST = 30  # cells, of which a correlation is told
_RIDGE = 1e-9
_ENDLESS = 1e6  # variance inflation that rounding cannot tell from none at all


class Twins(NamedTuple):
    """Two columns that tell the same; `identical` where they hold the same values."""

    first: int
    second: int
    correlation: float
    identical: bool


def rank_correlations(X: Values) -> Floats:
    """Give Spearman's rank correlation of each pair of columns.

    Parameters
    ----------
    X : ndarray of float32, shape (n, p)
        Values of p layers at n cells.

    Returns
    -------
    ndarray of float64, shape (p, p)
        NaN for a column of one value, and on the diagonal; NaN alone of fewer than 30 cells.

    Examples
    --------
    >>> x = np.arange(40.0)
    >>> rank_correlations(np.column_stack([x, np.exp(x / 9), -x]).astype("f4"))[0].tolist()
    [nan, 1.0, -1.0]
    """
    n, p = X.shape
    if n < _FEWEST:
        return np.full((p, p), np.nan)
    scores = _standardised(np.column_stack([_ranks(values) for values in X.T]))
    correlations = np.clip((scores.T @ scores).round(12), -1, 1)
    constant = ~scores.any(axis=0)
    correlations[constant] = correlations[:, constant] = np.nan
    np.fill_diagonal(correlations, np.nan)
    return np.asarray(correlations)


def _ranks(values: Values) -> Floats:
    """Rank values; equal ones share the mean of their ranks."""
    ordered = np.sort(values)
    below, upto = (ordered.searchsorted(values, side) for side in ("left", "right"))
    return np.asarray((below + upto) / 2)


def _standardised(X: Floats) -> Floats:
    """Centre columns and give them a length of 1; those of one value become 0."""
    centred = X - X.mean(axis=0)
    length = np.sqrt(np.square(centred).sum(axis=0))
    one_value = X.min(axis=0) == X.max(axis=0)
    return np.where(one_value, 0.0, centred / np.where(one_value, 1.0, length))


def twins(X: Values, correlations: Floats, apart: Bools) -> Iterator[Twins]:
    """Give each column that tells the same as one before it, with the most alike of these.

    Parameters
    ----------
    X : ndarray of float32, shape (n, p)
        Values of p layers at n cells.
    correlations : ndarray of float64, shape (p, p)
        As `rank_correlations` gives them.
    apart : ndarray of bool, shape (p, p)
        Pairs that are not looked at: of one group, whose columns hang together by what they are.

    Examples
    --------
    >>> x = np.arange(40.0).astype("f4")
    >>> X = np.column_stack([x, x, 80 - x])
    >>> for pair in twins(X, rank_correlations(X), np.zeros((3, 3), bool)):
    ...     print(*pair)
    0 1 1.0 True
    0 2 -1.0 False
    """
    strength = np.where(apart | np.isnan(correlations), 0, np.abs(correlations))
    for second in range(1, X.shape[1]):
        first = int(strength[second, :second].argmax())
        if strength[second, first] > _TWINS:
            identical = bool(np.array_equal(X[:, first], X[:, second]))
            yield Twins(first, second, float(correlations[second, first]), identical)


def variance_inflation(X: Values, groups: Sequence[Iterable[int]]) -> list[float]:
    """Give the variance inflation of groups of columns: how far the others foretell each.

    Of a single column it is 1 / (1 - R²), R² being the share of its variance that a linear
    regression on all columns outside its group explains. Of a group it is the generalised one of
    Fox & Monette (1992), to the power of one over its dimensions, which are fewer than its columns
    where these sum to one, as those of classes do; so no class need be left out.

    Parameters
    ----------
    X : ndarray of float32, shape (n, p)
        Values of p layers at n cells.
    groups : sequence of iterable of int
        The columns, each in one group.

    Returns
    -------
    list of float
        Of each group; infinite where the others tell it, or a dimension of it, wholly; NaN where
        it does not vary, or there are no more cells than columns.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(1000, 3))
    >>> X[:, 2] = X[:, 0] + X[:, 1]
    >>> [round(x, 1) for x in variance_inflation(X[:, :2].astype("f4"), [[0], [1]])]
    [1.0, 1.0]
    >>> variance_inflation(X.astype("f4"), [[0], [1], [2]])
    [inf, inf, inf]
    """
    if len(X) <= max(X.shape[1] + 1, _FEWEST):
        return [float("nan")] * len(groups)
    scores = _standardised(X.astype(np.float64))
    bases = [_basis(scores[:, list(group)]) for group in groups]
    ends = np.cumsum([0, *(basis.shape[1] for basis in bases)])
    whole = np.hstack(bases)
    # A little on the diagonal makes what is told wholly by others large instead of unsolvable.
    values, vectors = np.linalg.eigh(whole.T @ whole)
    inverse = (vectors / (np.maximum(values, 0) + _RIDGE)) @ vectors.T
    inflation = []
    for start, stop in pairwise(ends.tolist()):
        if start == stop:
            inflation.append(float("nan"))
            continue
        parts = np.linalg.eigvalsh(inverse[start:stop, start:stop])
        told = bool(parts[-1] > _ENDLESS)
        inflation.append(float("inf") if told else max(float(np.exp(np.log(parts).mean())), 1.0))
    return inflation


def _basis(columns: Floats) -> Floats:
    """Give as many orthogonal columns of length 1 as some columns have dimensions."""
    if columns.shape[1] == 1:
        return columns if columns.any() else columns[:, :0]
    left, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    return np.asarray(left[:, sizes > 1e-6 * max(sizes[0], 1e-300)])
