"""Sums of the leaves of trees in every coalition of groups of inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoprospect.methods.trees import Tree, float32_below
from geoprospect.typing import Floats, Ints, Values


class TreeCoalitions:
    """Trees over all coalitions of groups of inputs, against one background.

    Parameters
    ----------
    trees : sequence of Tree
        The trees.
    score : callable
        Makes scores of what the leaves of rows sum to.
    background : ndarray of float32, shape (n_inputs,)
        The inputs of a group that is no part of a coalition.
    group_of : ndarray of int64, shape (n_inputs,)
        The group of each input, counted from 0.
    start : float
        What the leaves are added to.

    Notes
    -----
    Each leaf counts in the coalitions that reach it, which are told by groups that must be there
    and groups that must not: the interventional values of Lundberg et al. (2020), Nature Machine
    Intelligence 2: 56-67, for a function of the sum of the leaves rather than the sum itself.

    Examples
    --------
    >>> node = {"left": [1, -1, -1], "right": [2, -1, -1], "feature": [1, 0, 0]}
    >>> stump = Tree(**{name: np.array(part) for name, part in node.items()},
    ...              threshold=np.array([0.5, 0, 0]), value=np.array([0.0, 2.0, 3.0]))
    >>> background, group_of = np.zeros(2, np.float32), np.array([0, 1])
    >>> coalitions = TreeCoalitions([stump], np.asarray, background, group_of)
    >>> coalitions.of(np.array([[9.0, 1.0]], np.float32)).T.tolist()
    [[2.0, 2.0, 3.0, 3.0]]
    """

    def __init__(
        self,
        trees: Sequence[Tree],
        score: Callable[[Floats], Floats],
        background: Values,
        group_of: Ints,
        *,
        start: float = 0.0,
    ) -> None:
        from geoprospect.methods import treecoalitionkernel as kernel  # noqa: PLC0415 - loads numba

        self._score, self._start, self._n_groups = score, start, int(group_of.max()) + 1
        leaves = _Leaves.of(trees)
        split = leaves.splits_by_word(kernel.WORD)
        n_words = -(-len(leaves.values) // kernel.WORD)
        keys = split.word * self._n_groups + group_of[split.feature]
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        counts = np.bincount(keys, minlength=n_words * self._n_groups)
        ends = np.concatenate([[0], np.cumsum(-(-counts // kernel.STEP) * kernel.STEP)])
        at = ends[keys] + np.arange(len(keys)) - (np.cumsum(counts) - counts)[keys]
        # Idle splits that fill up a step: no input is greater, and all leaves are left.
        features, thresholds = np.zeros(ends[-1], np.int32), np.full(ends[-1], np.inf, np.float32)
        lefts, rights = np.full((2, ends[-1]), kernel.ALL)
        features[at], thresholds[at] = split.feature[order], split.threshold[order]
        lefts[at], rights[at] = split.if_left[order], split.if_right[order]
        through = np.full(n_words * self._n_groups, kernel.ALL)
        greater = background[features[at]] > thresholds[at]
        np.bitwise_and.at(through, keys, np.where(greater, rights[at], lefts[at]))
        kept = through.reshape(n_words, self._n_groups)
        begins = kernel.WORD * np.arange(n_words)
        there = _bits(np.zeros_like(begins), len(leaves.values) - begins)
        starts = np.arange(n_words)[:, None] * self._n_groups + np.arange(self._n_groups + 1)
        needed = (~kept[:, :, None] >> np.arange(kernel.WORD, dtype=np.uint64)) & np.uint64(1)
        needed = needed.transpose(0, 2, 1).reshape(-1, self._n_groups)[: len(leaves.values)]
        threes = min(self._n_groups, kernel.THREES)
        powers = np.uint64(3) ** np.arange(threes, dtype=np.uint64)
        twos = np.uint64(2) ** np.arange(self._n_groups - threes, dtype=np.uint64)
        self._tables = (
            (features, thresholds, lefts, rights),
            ends[starts],
            np.column_stack([kept, there]),
            # What is present counts once in base 3, what is absent twice.
            (needed[:, :threes] @ powers, needed[:, threes:] @ twos, leaves.values),
            (
                _sets(threes) @ (2 * powers),
                1.0 - 2.0 * (_sets(len(twos)).sum(axis=1) % 2),
                (0,) * (-(-self._n_groups // kernel.PLACES) * kernel.PLACES),
            ),
        )

    def of(self, X: Values) -> Floats:
        """Score rows, shape (n, n_inputs), in all coalitions: shape (2 ** n_groups, n)."""
        from geoprospect.methods.treecoalitionkernel import sum_leaves  # noqa: PLC0415 - loads numba

        columns = np.ascontiguousarray(X.T, np.float32)
        sums = np.empty((2**self._n_groups, len(X)))
        sum_leaves(columns, *self._tables, sums)
        return self._score(sums + self._start)


@dataclass(frozen=True)
class _Splits:
    """Splits, one for each word that holds leaves under it.

    Attributes
    ----------
    word, feature : ndarray of int64, shape (n,)
        The word, and the input that the split looks at.
    threshold : ndarray of float32, shape (n,)
        A row goes right where its input is greater.
    if_left, if_right : ndarray of uint64, shape (n,)
        The leaves of the word that are left to rows that go there.
    """

    word: Ints
    feature: Ints
    threshold: Values
    if_left: npt.NDArray[np.uint64]
    if_right: npt.NDArray[np.uint64]


@dataclass(frozen=True)
class _Leaves:
    """The nodes of all trees together, their leaves numbered from left to right.

    Attributes
    ----------
    children : ndarray of int64, shape (n_nodes, 2)
        A node's children; -1 for a leaf.
    feature, threshold : ndarray, shape (n_nodes,)
        As those of `Tree`.
    begins, ends : ndarray of int64, shape (n_nodes,)
        The first leaf under a node, and the first that is not.
    values : ndarray of float64, shape (n_leaves,)
        What the leaves hold.
    """

    children: Ints
    feature: Ints
    threshold: Floats
    begins: Ints
    ends: Ints
    values: Floats

    @classmethod
    def of(cls, trees: Sequence[Tree]) -> _Leaves:
        """Count the leaves of trees through."""
        from geoprospect.methods.treecoalitionkernel import count_leaves  # noqa: PLC0415 - loads numba

        sizes = np.array([len(tree.left) for tree in trees])
        roots = np.cumsum(sizes) - sizes
        left, right, feature, threshold, value = (
            np.concatenate([getattr(tree, name) for tree in trees])
            for name in ("left", "right", "feature", "threshold", "value")
        )
        is_leaf = left == -1
        children = np.stack([left, right], axis=1).astype(np.int64)
        children += np.repeat(roots, sizes)[:, None]
        children[is_leaf] = -1
        begins, counts = np.zeros(len(left), np.int64), np.zeros(len(left), np.int64)
        each = np.add.reduceat(is_leaf.astype(np.int64), roots)
        begins[roots] = np.cumsum(each) - each
        count_leaves(children, begins, counts)
        values = np.empty(is_leaf.sum())
        values[begins[is_leaf]] = value[is_leaf]
        return cls(children, feature.astype(np.int64), threshold, begins, begins + counts, values)

    def splits_by_word(self, size: int) -> _Splits:
        """Give the splits with the leaves that they leave, in words of so many."""
        nodes = np.flatnonzero(self.children[:, 0] != -1)
        first, last = self.begins[nodes] // size, (self.ends[nodes] - 1) // size
        n_words = last - first + 1
        nodes = np.repeat(nodes, n_words)
        within = np.arange(len(nodes)) - np.repeat(np.cumsum(n_words) - n_words, n_words)
        word = np.repeat(first, n_words) + within
        begins, middle = self.begins[nodes], self.begins[self.children[nodes, 1]]
        return _Splits(
            word,
            self.feature[nodes],
            float32_below(self.threshold[nodes]),
            ~_bits(middle - word * size, self.ends[nodes] - word * size),
            ~_bits(begins - word * size, middle - word * size),
        )


def _bits(begins: Ints, ends: Ints) -> npt.NDArray[np.uint64]:
    """Give words with the bits from one number on up to another, as far as they have them.

    Examples
    --------
    >>> _bits(np.array([-5, 1, 63]), np.array([2, 3, 99])).tolist()
    [3, 6, 9223372036854775808]
    """
    one, all_of_them = np.uint64(1), np.uint64(2**64 - 1)
    first, last = (np.clip(part, 0, 64) for part in (begins, ends))
    below: list[npt.NDArray[np.uint64]] = [
        np.where(part == 64, all_of_them, (one << np.minimum(part, 63).astype(np.uint64)) - one)
        for part in (first, last)
    ]
    return np.bitwise_and(below[1], ~below[0])


def _sets(n: int) -> npt.NDArray[np.uint64]:
    """Give all sets of n things, shape (2 ** n, n): 1 for what is in.

    Examples
    --------
    >>> _sets(2).tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    numbers = np.arange(2**n, dtype=np.uint64)[:, None]
    return (numbers >> np.arange(n, dtype=np.uint64)) & np.uint64(1)
