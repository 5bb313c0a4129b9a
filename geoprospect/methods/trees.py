"""Ensembles of decision trees as flat arrays, summed by one compiled loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from geoprospect.typing import Floats, Ints, Values

LOADING = 8_000_000  # rows times trees from which the loop saves more than it costs to load
_MOST_LEAVES = 256  # of a tree, on average: beyond, following each row to its leaf is quicker


@dataclass(frozen=True)
class Tree:
    """A binary tree; node 0 is its root.

    Attributes
    ----------
    left, right : ndarray of int64, shape (n_nodes,)
        A node's children; -1 for a leaf.
    feature : ndarray of int64, shape (n_nodes,)
        The input that a node looks at; of a leaf, anything.
    threshold : ndarray of float64, shape (n_nodes,)
        A row goes left where its input is this or less.
    value : ndarray of float64, shape (n_nodes,)
        What a leaf holds.
    """

    left: Ints
    right: Ints
    feature: Ints
    threshold: Floats
    value: Floats


class FlatTrees:
    """Trees whose leaves one compiled loop sums, without following rows from node to node.

    The leaves of a tree are numbered from left to right. Each split that a row passes on the right
    strikes out the leaves on its left; the first leaf left over is the row's (Lucchese et al. 2015,
    QuickScorer). All splits of a tree are looked at, and none has to wait for another.

    Parameters
    ----------
    trees : sequence of Tree
        The trees.

    Examples
    --------
    >>> node = {"left": [1, -1, -1], "right": [2, -1, -1], "feature": [0, 0, 0]}
    >>> stump = Tree(**{name: np.array(part) for name, part in node.items()},
    ...              threshold=np.array([0.5, 0, 0]), value=np.array([0.0, 2.0, 3.0]))
    >>> FlatTrees([stump, stump]).sums([[0.5], [0.75]]).tolist()
    [4.0, 6.0]
    """

    def __init__(self, trees: Sequence[Tree]) -> None:
        from geoprospect.methods import treekernel  # noqa: PLC0415 - loads numba

        table = np.zeros((len(trees) + 1, 4), np.int64)
        table[1:, 0] = np.cumsum([len(tree.left) for tree in trees])
        nodes = np.zeros((5, table[-1, 0]), np.int64)
        for row, name in enumerate(("left", "right", "feature")):
            nodes[row] = np.concatenate([getattr(tree, name) for tree in trees])
        leaves = np.empty(nodes.shape[1], np.int64)
        treekernel.order_leaves(table, nodes, leaves)
        _, n_leaves, n_words, n_splits = table.sum(axis=0)
        features, masks = np.zeros(n_splits, np.int32), np.full(n_splits, treekernel.ALL)
        thresholds, words = np.full(n_splits, np.inf, np.float32), np.empty((n_words, 4), np.int64)
        threshold = float32_below(np.concatenate([tree.threshold for tree in trees]))
        treekernel.lay_out(table, nodes, threshold, features, thresholds, masks, words)
        values = np.concatenate([tree.value for tree in trees]).astype(np.float64)
        self._splits = (features, thresholds, masks, words, values[leaves[:n_leaves]])

    def sums(self, X: npt.ArrayLike, *, start: float = 0.0) -> Floats:
        """Sum the leaves of rows in the order of the trees, in float64.

        Parameters
        ----------
        X : array_like of float32, shape (n, n_inputs)
            The rows; none of it NaN.
        start : float
            What is added to.
        """
        from geoprospect.methods.treekernel import sum_leaves  # noqa: PLC0415 - loads numba

        columns: Values = np.ascontiguousarray(np.asarray(X, np.float32).T)
        sums = np.full(columns.shape[1], start)
        sum_leaves(columns, *self._splits, sums)
        return sums


@dataclass(frozen=True)
class TreeScores:
    """What an estimator makes of its trees.

    Attributes
    ----------
    trees : tuple of Tree
        The trees.
    score : callable
        Makes scores, shape (n,), of what the leaves of rows sum to.
    start : float
        What the leaves are added to.
    is_mean : bool
        Whether the score is the mean over the trees.
    """

    trees: tuple[Tree, ...]
    score: Callable[[Floats], Floats]
    start: float = 0.0
    is_mean: bool = False
    rows_at_once: ClassVar[int] = 2**19  # the loop takes them tile by tile

    def worth_compiling(self, n_rows: int) -> bool:
        """Tell whether the compiled loop is the quicker way to score so many rows."""
        n_leaves = sum(int((tree.left == -1).sum()) for tree in self.trees)
        small = n_leaves <= _MOST_LEAVES * len(self.trees)
        return small and n_rows * len(self.trees) >= LOADING

    @cached_property
    def flat(self) -> FlatTrees:
        """The trees for the loop."""
        return FlatTrees(self.trees)

    def of(self, X: Values) -> Floats:
        """Score rows, shape (n, n_inputs), by the compiled loop."""
        return self.score(self.flat.sums(X, start=self.start))


def float32_below(thresholds: Floats) -> Values:
    """Give the greatest float32 numbers not above: a float32 is at most one where it is the other.

    Examples
    --------
    >>> bool(float32_below(np.array([0.1]))[0] <= 0.1)
    True
    """
    with np.errstate(over="ignore"):
        rounded = thresholds.astype(np.float32)
    below = np.nextafter(rounded, np.float32(-np.inf))
    return np.where(rounded.astype(np.float64) > thresholds, below, rounded)
