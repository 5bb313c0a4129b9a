"""The compiled loop of an ensemble of trees: scalar Python that numba turns into vector code."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np

from geoprospect.network.compiling import compiled

TILE = 256  # rows that go through all trees together: they stay in a core's cache
STEP = 4  # splits taken at a time: those of each word are a multiple of it
WORD = 32  # leaves whose bits go into one number
ALL = np.uint32(2**32 - 1)


@compiled
def _cut(x, features, thresholds, masks, alive):
    """Strike out, for each row, the leaves left of the splits that it passes on the right."""
    for c in range(TILE):
        alive[c] = ALL
    for k in range(0, len(features), STEP):
        p, q = x[features[k]], x[features[k + 1]]
        r, s = x[features[k + 2]], x[features[k + 3]]
        t0, t1, t2, t3 = thresholds[k], thresholds[k + 1], thresholds[k + 2], thresholds[k + 3]
        m0, m1, m2, m3 = masks[k], masks[k + 1], masks[k + 2], masks[k + 3]
        for c in range(TILE):
            left = (m0 if p[c] > t0 else ALL) & (m1 if q[c] > t1 else ALL)
            alive[c] &= left & (m2 if r[c] > t2 else ALL) & (m3 if s[c] > t3 else ALL)


@compiled
def _find(alive, first, leaf):
    """Set the leaf of each row to the first that is left in this word, if any is."""
    for c in range(TILE):
        # The lowest bit alone, as a float32, whose exponent is the bit's number.
        lowest = np.float32(np.int32(alive[c] & (~alive[c] + np.uint32(1)))).view(np.int32)
        number = ((lowest >> np.int32(23)) & np.int32(255)) - np.int32(127)
        leaf[c] = first + number if alive[c] != np.uint32(0) else leaf[c]


@compiled
def sum_leaves(X, features, thresholds, masks, words, values, sums):
    """Add up what each row's leaves hold, tree after tree.

    Parameters
    ----------
    X : ndarray of float32, shape (n_inputs, n)
        The rows, as columns; none of it NaN.
    features : ndarray of int32, shape (n_splits,)
        The input that a split looks at.
    thresholds : ndarray of float32, shape (n_splits,)
        A row goes right where its input is greater.
    masks : ndarray of uint32, shape (n_splits,)
        A bit for each of 32 leaves: 0 for those left of the split.
    words : ndarray of int64, shape (n_words, 4)
        Of each 32 leaves of a tree, the last first: where its splits begin and end, a multiple of
        `STEP`; the number of its first leaf; whether the tree ends.
    values : ndarray of float64, shape (n_leaves,)
        What the leaves hold.
    sums : ndarray of float64, shape (n,)
        Is added to.
    """
    n_inputs, n = X.shape
    x = np.zeros((n_inputs, TILE), np.float32)
    alive, leaf = np.empty(TILE, np.uint32), np.zeros(TILE, np.int32)
    for start in range(0, n, TILE):
        size = min(TILE, n - start)
        for k in range(n_inputs):
            x[k, :size] = X[k, start : start + size]
        total = sums[start : start + size]
        for number in range(len(words)):
            begin, end, first, ends = words[number]
            _cut(x, features[begin:end], thresholds[begin:end], masks[begin:end], alive)
            _find(alive, np.int32(first), leaf)
            if ends:
                for c in range(size):
                    total[c] += values[leaf[c]]


@compiled
def order_leaves(trees, nodes, leaves):
    """Order the leaves of trees from left to right, and tell which lie left of each split.

    Parameters
    ----------
    trees : ndarray of int64, shape (n_trees + 1, 4)
        Where the nodes of each tree begin, the last row where they end. Receives the leaves of
        each tree, its words, and the splits that these take.
    nodes : ndarray of int64, shape (5, n_nodes)
        A node's children, counted from the tree's root, -1 for a leaf; and the input that it looks
        at. Receives, of a split, the first leaf on its left and the first that is not.
    leaves : ndarray of int64, shape (n_nodes,)
        Receives the nodes that are leaves, tree by tree in their order.
    """
    left, right, begins, ends = nodes[0], nodes[1], nodes[3], nodes[4]
    waiting = np.empty(len(leaves) + 1, np.int64)
    total = 0
    for tree in range(len(trees) - 1):
        root, first = trees[tree, 0], total
        waiting[0], n_waiting = root, 1
        while n_waiting:
            n_waiting -= 1
            node = waiting[n_waiting]
            if node < 0:  # its left part is done
                node = -node - 1
                ends[node] = total - first
                waiting[n_waiting] = root + right[node]
                n_waiting += 1
            elif left[node] == -1:
                leaves[total] = node
                total += 1
            else:
                begins[node] = total - first
                waiting[n_waiting], waiting[n_waiting + 1] = -node - 1, root + left[node]
                n_waiting += 2
        trees[tree, 1] = total - first
        trees[tree, 2] = (total - first + WORD - 1) // WORD
        for word in range(trees[tree, 2]):
            held = 0
            for node in range(root, trees[tree + 1, 0]):
                inner = left[node] != -1
                held += inner and begins[node] < (word + 1) * WORD and ends[node] > word * WORD
            trees[tree, 3] += (held + STEP - 1) // STEP * STEP


@compiled
def lay_out(trees, nodes, threshold, features, thresholds, masks, words):
    """Write the splits of trees word by word, as `sum_leaves` takes them.

    Parameters
    ----------
    trees, nodes
        As `order_leaves` leaves them.
    threshold : ndarray of float32, shape (n_nodes,)
        Of each split.
    features, thresholds, masks, words
        Receive what `sum_leaves` calls so; idle splits are left as they are.
    """
    left, begins, ends = nodes[0], nodes[3], nodes[4]
    at, number, first = 0, 0, 0
    for tree in range(len(trees) - 1):
        for back in range(trees[tree, 2]):
            word = trees[tree, 2] - 1 - back
            begin = at
            for node in range(trees[tree, 0], trees[tree + 1, 0]):
                low = max(begins[node] - word * WORD, 0)
                high = min(ends[node] - word * WORD, WORD)
                if left[node] != -1 and low < high:
                    features[at], thresholds[at] = nodes[2, node], threshold[node]
                    struck = np.uint64(0)
                    for bit in range(low, high):
                        struck |= np.uint64(1) << np.uint64(bit)
                    masks[at] = ALL & ~np.uint32(struck)
                    at += 1
            at = (at + STEP - 1) // STEP * STEP
            words[number, 0], words[number, 1] = begin, at
            words[number, 2], words[number, 3] = first + word * WORD, word == 0
            number += 1
        first += trees[tree, 1]
