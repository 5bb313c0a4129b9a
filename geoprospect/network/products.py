"""Sums of products of one factor a group, in all coalitions of groups: a compiled loop.

What each group gives alone is computed once. Coalitions of the first half of the groups, and of
the second, are products of these; those of all groups are then sums of products of two.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np

from geoprospect.network.compiling import compiled, compiled_sums
from geoprospect.network.exponential import LOG2_E, power_of_two
from geoprospect.network.series import SINE, TURN

STEP = 4  # coalitions of the first half taken at a time: so many sums stay in registers
_QUARTER = np.float32(0.25)


@compiled_sums
def _multiply(left, right, table, sign):
    """Add to a table `sign * right @ left.T`, of shape (len(right), len(left))."""
    for i in range(len(right)):
        for k in range(0, len(left), STEP):
            a = b = c = d = np.float32(0)
            for j in range(right.shape[1]):
                r = right[i, j]
                a += r * left[k, j]
                b += r * left[k + 1, j]
                c += r * left[k + 2, j]
                d += r * left[k + 3, j]
            table[i, k] += sign * a
            table[i, k + 1] += sign * b
            table[i, k + 2] += sign * c
            table[i, k + 3] += sign * d


@compiled
def _cosine(turns):
    """Give the cosine of an angle in turns, as the forward pass does."""
    # the cosine of an angle is the sine of what it lacks of a quarter turn
    q = _QUARTER - abs(turns - np.rint(turns))
    u = q * q
    s = SINE[4] + u * SINE[5]
    s = SINE[2] + u * (SINE[3] + u * s)
    return q * (SINE[0] + u * (SINE[1] + u * s))


@compiled
def _fill(turns, late, cosines):
    """Fill a row with the cosines of angles, of which a part of a turn is taken off first."""
    for j in range(len(turns)):
        cosines[j] = _cosine(turns[j] - late)


@compiled
def _combine(x, y, p, q, sign, rows):
    """Fill rows with `x p + sign · y q`."""
    for k in range(len(rows)):
        for j in range(len(p)):
            rows[k, j] = x[k, j] * p[j] + sign * (y[k, j] * q[j])


@compiled
def _weigh(weights, value, turns):
    """Add to the angles of units what an input of this value turns them by."""
    for j in range(len(turns)):
        turns[j] += weights[j] * value


@compiled
def _rotate(rows, size, turns, spare):
    """Add the coalitions that a group joins: those before, turned by its angles."""
    cosines, sines = spare[0], spare[1]
    _fill(turns, np.float32(0), cosines)
    _fill(turns, _QUARTER, sines)
    x, y = rows[0, :size], rows[1, :size]
    _combine(x, y, cosines, sines, np.float32(-1), rows[0, size : 2 * size])
    _combine(x, y, sines, cosines, np.float32(1), rows[1, size : 2 * size])


@compiled
def score_cosines(D, groups, kernel, first, bias, out):
    """Add to the scores of cells in all coalitions those of a layer of cosines and a sigmoid.

    Parameters
    ----------
    D : ndarray of float32, shape (n_inputs, n)
        The cells' inputs less those of the background, those of a group together.
    groups : ndarray of int64, shape (n_groups + 1,)
        Where the inputs of each group begin, and the last end.
    kernel : ndarray of float32, shape (n_inputs, n_units)
        The cosines' weights.
    first : ndarray of float32, shape (2, n_units)
        The head's weight times cosine and sine of each unit's angle at the background.
    bias : float32
        The head's.
    out : ndarray of float64, shape (2 ** n_groups, n)
        Is added to.
    """
    n_groups, n_units = len(groups) - 1, kernel.shape[1]
    half = (n_groups + 1) // 2
    left = np.zeros((2, max(STEP, 2**half), n_units), np.float32)  # real and imaginary parts
    right = np.zeros((2, 2 ** (n_groups - half), n_units), np.float32)
    table = np.empty((right.shape[1], left.shape[1]), np.float32)
    turns, spare = np.empty(n_units, np.float32), np.empty((2, n_units), np.float32)
    n_scores = 2**half
    scores = np.empty(n_scores, np.float32)
    left[0, 0], left[1, 0], right[0, 0] = first[0], first[1], np.float32(1)
    for c in range(D.shape[1]):
        for g in range(n_groups):
            turns[:] = np.float32(0)
            for i in range(groups[g], groups[g + 1]):
                _weigh(kernel[i], D[i, c] * TURN, turns)
            if g < half:
                _rotate(left, 2**g, turns, spare)
            else:
                _rotate(right, 2 ** (g - half), turns, spare)
        table[:] = bias
        _multiply(left[0], right[0], table, np.float32(1))
        _multiply(left[1], right[1], table, np.float32(-1))
        for i in range(len(table)):
            for k in range(n_scores):
                odds = power_of_two(table[i, k] * -LOG2_E)
                scores[k] = np.float32(1) / (np.float32(1) + odds)
            for k in range(n_scores):
                out[i * n_scores + k, c] += scores[k]


@compiled
def _near(places, x, distance):
    """Add to distances, squared, those along one input."""
    for j in range(len(distance)):
        apart = x - places[j]
        distance[j] += apart * apart


@compiled
def _decay(distance, rate, present):
    """Fill a row with what is left at distances."""
    for j in range(len(present)):
        present[j] = power_of_two(distance[j] * rate)


@compiled
def _join(before, factors, rows):
    """Fill rows with those before, times one factor a column."""
    for k in range(len(rows)):
        for j in range(len(factors)):
            rows[k, j] = before[k, j] * factors[j]


@compiled
def sum_radial_products(X, groups, background, vectors, weights, gamma, out):
    """Add to the sums of cells in all coalitions weighted radial basis functions about vectors.

    Parameters
    ----------
    X : ndarray of float32, shape (n_inputs, n)
        The cells' inputs, those of a group together.
    groups : ndarray of int64, shape (n_groups + 1,)
        As for `score_cosines`.
    background : ndarray of float32, shape (n_groups, n_vectors)
        What each group's distance from each vector comes to at the background.
    vectors : ndarray of float32, shape (n_inputs, n_vectors)
        The vectors.
    weights : ndarray of float32, shape (n_vectors,)
        Their weights.
    gamma : float32
        A vector counts exp(-gamma · squared distance).
    out : ndarray of float64, shape (2 ** n_groups, n)
        Is added to.
    """
    n_groups, n_vectors = len(groups) - 1, len(weights)
    half = (n_groups + 1) // 2
    left = np.zeros((max(STEP, 2**half), n_vectors), np.float32)
    right = np.zeros((2 ** (n_groups - half), n_vectors), np.float32)
    table = np.empty((len(right), len(left)), np.float32)
    distance, present = np.empty(n_vectors, np.float32), np.empty(n_vectors, np.float32)
    for c in range(X.shape[1]):
        left[0], right[0] = weights, np.float32(1)
        for g in range(n_groups):
            distance[:] = np.float32(0)
            for i in range(groups[g], groups[g + 1]):
                _near(vectors[i], X[i, c], distance)
            _decay(distance, -gamma * LOG2_E, present)
            rows, size = (left, 2**g) if g < half else (right, 2 ** (g - half))
            before = rows[:size]
            _join(before, present, rows[size : 2 * size])
            _join(before, background[g], before)
        table[:] = np.float32(0)
        _multiply(left, right, table, np.float32(1))
        for i in range(len(right)):
            for k in range(2**half):
                out[i * 2**half + k, c] += table[i, k]


@compiled
def fill_radial_products(x, groups, background, points, gamma, out):
    """Fill in the radial basis functions of a cell in all coalitions about points.

    Parameters
    ----------
    x : ndarray of float32, shape (n_inputs,)
        The cell's inputs, those of a group together.
    groups, background, gamma
        As for `sum_radial_products`.
    points : ndarray of float32, shape (n_inputs, n_points)
        The points.
    out : ndarray of float32, shape (2 ** n_groups, n_points)
        Receives the functions.
    """
    n_points = points.shape[1]
    distance, present = np.empty(n_points, np.float32), np.empty(n_points, np.float32)
    out[0] = np.float32(1)
    for g in range(len(groups) - 1):
        distance[:] = np.float32(0)
        for i in range(groups[g], groups[g + 1]):
            _near(points[i], x[i], distance)
        _decay(distance, -gamma * LOG2_E, present)
        before = out[: 2**g]
        _join(before, present, out[2**g : 2 ** (g + 1)])
        _join(before, background[g], before)
