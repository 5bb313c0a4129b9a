"""Sums of one term a group, in all coalitions of groups, and their scores: compiled loops.

All is in float64: what each group adds is computed once, and a coalition costs an addition.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import math

import numpy as np

from geoprospect.network.compiling import compiled

_LOG2_E = math.log2(math.e)
_MOST = 1000.0  # the power of 2 beyond which a score is 0 or 1 to any digit
_MIDDLE = 1.5 * 2.0**52  # added and taken off, it rounds to a whole number
# Of 2 to the power f, by f: the first terms of its series, beyond which less than 1e-14 is left.
_SERIES = np.array([math.log(2.0) ** k / math.factorial(k) for k in range(12)])


@compiled
def add_up(X, groups, background, weights, table):
    """Fill a table with weighted sums of rows' inputs in all coalitions of groups.

    Parameters
    ----------
    X : ndarray of float32, shape (n_inputs, n)
        The rows, as columns, the inputs of a group together.
    groups : ndarray of int64, shape (n_groups + 1,)
        Where the inputs of each group begin, and the last end.
    background, weights : ndarray of float64, shape (n_inputs,)
        What a group that is no part of a coalition has, and the weights.
    table : ndarray of float64, shape (2 ** n_groups, n)
        Holds in its first row the sums at the background. Receives those of all coalitions.
    """
    part = np.empty(X.shape[1])
    for g in range(len(groups) - 1):
        part[:] = 0.0
        for i in range(groups[g], groups[g + 1]):
            weight, at, row = weights[i], background[i], X[i]
            for c in range(len(part)):
                part[c] += weight * (np.float64(row[c]) - at)
        for k in range(2**g):
            before, after = table[k], table[2**g + k]
            for c in range(len(part)):
                after[c] = before[c] + part[c]


@compiled
def add_logistic(table, scores):
    """Add to scores 1 / (1 + exp(-sum)) of sums; both float64, of one shape."""
    s0, s1, s2, s3, s4, s5 = _SERIES[:6]
    s6, s7, s8, s9, s10, s11 = _SERIES[6:]
    for k in range(len(table)):
        sums, row = table[k], scores[k]
        for c in range(len(sums)):
            power = min(max(sums[c] * -_LOG2_E, -_MOST), _MOST)
            moved = power + _MIDDLE
            f = power - (moved - _MIDDLE)
            series = s6 + f * (s7 + f * (s8 + f * (s9 + f * (s10 + f * s11))))
            series = s0 + f * (s1 + f * (s2 + f * (s3 + f * (s4 + f * (s5 + f * series)))))
            # The last bits of what was moved are the whole number: it becomes the exponent.
            exponent = (np.float64(moved).view(np.int64) + np.int64(1023)) << np.int64(52)
            row[c] += 1.0 / (1.0 + series * np.int64(exponent).view(np.float64))
