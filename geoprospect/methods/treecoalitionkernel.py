"""The compiled loop of trees over all coalitions of layers, which numba turns into vector code."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np

from geoprospect.network.compiling import compiled

TILE = 64  # rows that go through all leaves together: what they hold stays in a core's cache
STEP = 4  # splits taken at a time: those of each word and group are a multiple of it
WORD = 64  # leaves whose bits go into one number
PLACES = 8  # of groups: a multiple of them, known when the loop is compiled, makes vector code
THREES = 7  # of the groups, told apart as present, absent or either; of the others see `sum_leaves`
ALL = np.uint64(2**64 - 1)
_NONE, _ONE = np.uint64(0), np.uint64(1)


@compiled
def count_leaves(children, begins, leaves):
    """Count the leaves under each node, and number them from left to right.

    Parameters
    ----------
    children : ndarray of int64, shape (n_nodes, 2)
        A node's children, which come after it; -1 for a leaf.
    begins : ndarray of int64, shape (n_nodes,)
        Holds the first leaf of each root. Receives the first leaf under each node.
    leaves : ndarray of int64, shape (n_nodes,)
        Receives how many there are.
    """
    n_nodes = len(children)
    for k in range(n_nodes):
        node = n_nodes - 1 - k
        left, right = children[node]
        leaves[node] = 1 if left < 0 else leaves[left] + leaves[right]
    for node in range(n_nodes):
        left, right = children[node]
        if left >= 0:
            begins[left], begins[right] = begins[node], begins[node] + leaves[left]


@compiled
def _cut(x, features, thresholds, lefts, rights, held):
    """Find, for each row, the leaves that some splits leave it."""
    for c in range(TILE):
        held[c] = ALL
    for k in range(0, len(features), STEP):
        p, q = x[features[k]], x[features[k + 1]]
        r, s = x[features[k + 2]], x[features[k + 3]]
        t0, t1, t2, t3 = thresholds[k], thresholds[k + 1], thresholds[k + 2], thresholds[k + 3]
        l0, l1, l2, l3 = lefts[k], lefts[k + 1], lefts[k + 2], lefts[k + 3]
        r0, r1, r2, r3 = rights[k], rights[k + 1], rights[k + 2], rights[k + 3]
        for c in range(TILE):
            left = (r0 if p[c] > t0 else l0) & (r1 if q[c] > t1 else l1)
            held[c] &= left & (r2 if r[c] > t2 else l2) & (r3 if s[c] > t3 else l3)


@compiled
def _add(alive, held, first, leaves, codes, table):
    """Add to a row's table what the leaves of a word hold, each where coalitions reach it."""
    present, highs, values = leaves
    lows, signs, places = codes
    threes = np.uint64(THREES)
    while alive != _NONE:
        lowest = alive & (~alive + _ONE)
        alive ^= lowest
        # A power of 2 as a float64, whose exponent is the bit's number.
        exponent = np.float64(np.int64(lowest)).view(np.int64) >> 52
        bit = np.uint64((exponent & 2047) - 1023)
        absent = _NONE  # the groups whose own values lead elsewhere
        for g in range(len(places)):
            absent |= ((~held[g] >> bit) & _ONE) << np.uint64(g)
        leaf = first + bit
        at = present[leaf] + lows[absent & np.uint64(2**THREES - 1)]
        high = absent >> threes
        part = high
        while part != _NONE:
            table[highs[leaf] | part, at] += signs[part] * values[leaf]
            part = (part - _ONE) & high
        table[highs[leaf], at] += values[leaf]


@compiled
def _merge(told, merged, inner):
    """Turn a group that is present, absent or either into one that is absent or present."""
    for block in range(len(told) // (3 * inner)):
        at = 3 * inner * block
        either, present = told[at : at + inner], told[at + inner : at + 2 * inner]
        absent = told[at + 2 * inner : at + 3 * inner]
        to = 2 * inner * block
        without, with_it = merged[to : to + inner], merged[to + inner : to + 2 * inner]
        for k in range(inner):
            without[k] = either[k] + absent[k]
            with_it[k] = either[k] + present[k]


@compiled
def _unfold(table, spare, n_threes, out):
    """Make the values of all coalitions of a row's table.

    Of each high group, a row of the table holds what is added where it is present.
    """
    n_highs, n_lows = len(table), 2**n_threes
    for high in range(n_highs):
        told, merged = table[high], spare
        size, inner = len(told), len(told) // 3
        for _ in range(n_threes):
            _merge(told[:size], merged, inner)
            told, merged = merged, told
            size, inner = size // 3 * 2, inner // 3
        for k in range(n_lows):
            out[high * n_lows + k] = told[k]
    half = n_lows
    while half < len(out):
        for start in range(0, len(out), 2 * half):
            for k in range(start, start + half):
                out[k + half] += out[k]
        half *= 2


@compiled
def sum_leaves(X, splits, words, kept, leaves, codes, out):
    """Sum the leaves that each row reaches, tree after tree, in every coalition of groups.

    In a coalition some groups of inputs have the row's values, and the others those of a
    background. A leaf is reached where each group that is split above it lets it through. So it
    counts in the coalitions that hold the groups of which the background would lead elsewhere,
    and none of those of which the row would.

    Parameters
    ----------
    X : ndarray of float32, shape (n_inputs, n)
        The rows, as columns; none of it NaN.
    splits : tuple of ndarray
        Input, int32; threshold, float32; and, uint64, the bits of the leaves that are left where
        the input is at most the threshold, and where it is greater.
    words : ndarray of int64, shape (n_words, n_groups + 1)
        Of each 64 leaves, where the splits of each group begin, and the last ends.
    kept : ndarray of uint64, shape (n_words, n_groups + 1)
        The leaves that the background's values of each group let through, and those there are.
    leaves : tuple of ndarray
        Of each leaf: the groups that must be present, of the first seven as a number in base 3
        and of the others as bits, uint64; and what it holds, float64.
    codes : tuple of ndarray
        Of each set of absent groups, the first seven in base 3, uint64; of the others' the sign,
        float64: where such a group may be absent, the leaf is added, and taken off again where
        it is present. Then as many numbers as there are groups, and up to a multiple of `PLACES`.
    out : ndarray of float64, shape (2 ** n_groups, n)
        Receives the sums: bit g of a row's number tells whether group g has its own values.
    """
    n_inputs, n = X.shape
    n_groups = kept.shape[1] - 1
    n_threes = min(n_groups, THREES)
    size = 3**n_threes
    tables = np.empty((TILE, 2 ** (n_groups - n_threes), size))
    spare, values = np.empty(size), np.empty(len(out))
    x = np.zeros((n_inputs, TILE), np.float32)
    passed, alive = np.empty(TILE, np.uint64), np.empty(TILE, np.uint64)
    held = np.full((TILE, len(codes[2])), ALL)
    for first in range(0, n, TILE):
        rows = min(TILE, n - first)
        for k in range(n_inputs):
            x[k, :rows] = X[k, first : first + rows]
        tables[:rows] = 0.0
        for word in range(len(words)):
            alive[:] = kept[word, n_groups]
            for g in range(n_groups):
                begin, end = words[word, g], words[word, g + 1]
                _cut(x, splits[0][begin:end], splits[1][begin:end], splits[2][begin:end],
                     splits[3][begin:end], passed)  # fmt: skip
                let = kept[word, g]
                for c in range(TILE):
                    alive[c] &= passed[c] | let
                for c in range(TILE):
                    held[c, g] = passed[c]
            number = np.uint64(WORD * word)
            for c in range(rows):
                _add(alive[c], held[c], number, leaves, codes, tables[c])
        for c in range(rows):
            _unfold(tables[c], spare, n_threes, values)
            for k in range(len(out)):
                out[k, first + c] = values[k]
