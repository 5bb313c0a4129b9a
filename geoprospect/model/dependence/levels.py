"""The values that a column, or the classes of a layer, are put to in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoprospect.typing import Floats, Ints, Values

BINS = 20
"""Bins of a column, each with as many cells as the others."""


@dataclass(frozen=True)
class Levels:
    """Values in order, and the steps between neighbouring ones that cells take part in.

    Attributes
    ----------
    at : tuple of float, or of str
        The values of a column, or the names of classes.
    columns : tuple of int
        The inputs that are put to them.
    values : ndarray of float32, shape (n_levels, n_columns)
        What these inputs are at each.
    cell, step : ndarray of int64, shape (n_moves,)
        Which cells are moved from level `step` to the next one.
    near : ndarray of int64, shape (n, 2)
        The levels that a cell lies between; twice its own, of classes.
    """

    at: tuple[float, ...] | tuple[str, ...]
    columns: tuple[int, ...]
    values: Values
    cell: Ints
    step: Ints
    near: Ints

    @classmethod
    def of_column(cls, X: Values, column: int, *, bins: int = BINS) -> Levels:
        """Take quantiles of a column for levels: its least value, and the upper ends of bins.

        Parameters
        ----------
        X : ndarray of float32, shape (n, n_inputs)
            Cells.
        column : int
            The column.
        bins : int
            Bins at most; equal quantiles are one level.

        Examples
        --------
        >>> levels = Levels.of_column(np.array([[1], [2], [3], [4]], np.float32), 0, bins=2)
        >>> levels.at, levels.step.tolist()
        ((1.0, 2.0, 4.0), [0, 0, 1, 1])
        """
        values = X[:, column]
        shares = np.arange(bins + 1) / bins
        edges = np.unique(np.quantile(values, shares, method="inverted_cdf"))
        step = np.clip(edges.searchsorted(values) - 1, 0, max(len(edges) - 2, 0))
        cells = np.arange(len(X))
        if len(edges) < 2:  # the same everywhere: there is no step
            cells, step = cells[:0], step[:0]
        near = np.stack([step, step + 1], axis=1) if len(edges) > 1 else np.zeros((len(X), 2), int)
        return cls(tuple(edges.tolist()), (column,), edges[:, None], cells, step, near)

    @classmethod
    def of_classes(cls, X: Values, columns: Sequence[int], names: Sequence[str]) -> Levels:
        """Take the classes of a layer, in an order in which neighbours are alike in evidence.

        Parameters
        ----------
        X : ndarray of float32, shape (n, n_inputs)
            Cells.
        columns : sequence of int
            The columns that are 1 on a class.
        names : sequence of str
            The classes; those that no cell is of are left out.

        Notes
        -----
        The order is that of Apley & Zhu's package ALEPlot: along the first axis of a classical
        scaling of the distances between classes, which are sums over the other inputs of the
        largest gap between their distributions (Kolmogorov-Smirnov).
        """
        columns = tuple(columns)
        place = X[:, columns].argmax(axis=1)
        found = np.unique(place)
        others = np.setdiff1d(np.arange(X.shape[1]), columns)
        order = found[_alike([X[place == code][:, others] for code in found])]
        rank = np.empty(len(columns), np.int64)
        rank[order] = np.arange(len(order))
        mine, cells = rank[place], np.arange(len(X))
        up, down = mine < len(order) - 1, mine > 0
        return cls(
            tuple(names[code] for code in order),
            columns,
            np.eye(len(columns), dtype=np.float32)[order],
            np.concatenate([cells[up], cells[down]]),
            np.concatenate([mine[up], mine[down] - 1]),
            np.stack([mine, mine], axis=1),
        )

    def put(self, X: Values, level: Ints) -> Values:
        """Give rows with the inputs at some levels, one a row."""
        rows = X.copy()
        rows[:, self.columns] = self.values[level]
        return rows

    def shares(self, weights: Floats) -> Floats:
        """Give how much of the cells each level stands for, shape (draws, n_levels).

        Parameters
        ----------
        weights : ndarray of float64, shape (draws, n)
            Weights of the cells.
        """
        halves = np.zeros((len(self.near), len(self.at)))
        for side in self.near.T:
            np.add.at(halves, (np.arange(len(side)), side), 0.5)
        shares = weights @ halves
        return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float64)


def _alike(groups: Sequence[Values]) -> Ints:
    """Order groups of cells so that neighbours are alike, shape (n_groups,)."""
    n = len(groups)
    distances = np.zeros((n, n))
    for i in range(n):
        for j in range(i):
            gaps = [_gap(a, b) for a, b in zip(groups[i].T, groups[j].T, strict=True)]
            distances[i, j] = distances[j, i] = sum(gaps)
    centred = np.eye(n) - 1 / n
    axis = np.linalg.eigh(-centred @ distances**2 @ centred / 2)[1][:, -1]
    if axis[0] > axis[-1]:  # either way round is as good: take one
        axis = -axis
    return np.argsort(axis.round(9), kind="stable")


def _gap(ours: Values, theirs: Values) -> float:
    """Give the largest difference between two distributions."""
    at = np.concatenate([ours, theirs])
    mine, other = (np.sort(part).searchsorted(at, "right") / len(part) for part in (ours, theirs))
    return float(np.abs(mine - other).max())
