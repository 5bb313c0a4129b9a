"""Layers that go together: groups by the correlation of their evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from geoprospect.typing import Floats, Values


def correlations(X: Values, layers: Mapping[str, Sequence[int]]) -> Floats:
    """Give how strongly layers correlate: the strongest of their columns' rank correlations.

    Parameters
    ----------
    X : ndarray of float32, shape (n, n_columns)
        Evidence at cells.
    layers : mapping of str to sequence of int
        The columns of each layer.

    Returns
    -------
    ndarray of float64, shape (n_layers, n_layers)
        From 0 to 1, whatever the sign (Spearman); 0 for a column that is the same in all cells.

    Examples
    --------
    >>> X = np.array([[1, 1, 0], [2, 8, 1], [3, 27, 0]], np.float32)
    >>> correlations(X, {"X1": [0], "X2": [1], "X3": [2]}).round(3).tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    from scipy.stats import rankdata  # noqa: PLC0415 - slow to import

    ranks = rankdata(X, axis=0)
    ranks -= ranks.mean(axis=0)
    length = np.sqrt(np.square(ranks).sum(axis=0))
    ranks = ranks / np.where(length > 0, length, 1)
    strength = np.abs(ranks.T @ ranks)
    columns = list(layers.values())
    found = np.eye(len(columns))
    for i, ours in enumerate(columns):
        for j, theirs in enumerate(columns[:i]):
            found[i, j] = found[j, i] = min(1.0, strength[np.ix_(ours, theirs)].max())
    return found


def groups_of(
    layers: Sequence[str], strength: Floats, threshold: float
) -> tuple[tuple[str, ...], ...]:
    """Group layers, of which each correlates with each as strongly as a threshold, or more.

    Parameters
    ----------
    layers : sequence of str
        The layers.
    strength : ndarray of float64, shape (n_layers, n_layers)
        As `correlations` gives it.
    threshold : float
        From 0 to 1.

    Returns
    -------
    tuple of tuple of str
        Groups of two layers or more, by complete linkage: chains of neighbours are no group.

    Examples
    --------
    >>> strength = np.array([[1, 0.9, 0.1], [0.9, 1, 0.75], [0.1, 0.75, 1]])
    >>> groups_of(("X1", "X2", "X3"), strength, 0.7)
    (('X1', 'X2'),)
    """
    if len(layers) < 2:
        return ()
    from scipy.cluster.hierarchy import fcluster, linkage  # noqa: PLC0415 - slow to import
    from scipy.spatial.distance import squareform  # noqa: PLC0415

    apart = squareform(1 - strength, checks=False)
    joined = fcluster(linkage(apart, "complete"), 1 - threshold + 1e-9, "distance")
    groups = (
        tuple(layer for layer, one in zip(layers, joined, strict=True) if one == number)
        for number in dict.fromkeys(joined)
    )
    return tuple(group for group in groups if len(group) > 1)
