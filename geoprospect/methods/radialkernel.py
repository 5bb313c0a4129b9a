"""The compiled loop of a support vector machine, which numba turns into vector code."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np

from geoprospect.network.compiling import compiled
from geoprospect.network.exponential import LOG2_E, power_of_two

TILE = 256  # rows that go through all vectors together: they stay in a core's cache
_GROUP = 16  # vectors whose parts are added in float32 before they join a float64 sum


@compiled
def _add(x, vector, weight, gamma, distance, part):
    """Add to each row a vector's weight times exp(-gamma · squared distance)."""
    for c in range(TILE):
        distance[c] = np.float32(0)
    for k in range(len(vector)):
        row, place = x[k], vector[k]
        for c in range(TILE):
            apart = row[c] - place
            distance[c] += apart * apart
    for c in range(TILE):
        part[c] += weight * power_of_two(distance[c] * (-gamma * LOG2_E))


@compiled
def sum_radial(X, vectors, weights, gamma, sums):
    """Add up, for each row, weighted radial basis functions about vectors.

    A row's sum hangs on no other row, nor on its place among them.

    Parameters
    ----------
    X : ndarray of float32, shape (n_inputs, n)
        The rows, as columns.
    vectors : ndarray of float32, shape (n_vectors, n_inputs)
        The vectors.
    weights : ndarray of float32, shape (n_vectors,)
        Their weights.
    gamma : float32
        A vector counts exp(-gamma · squared distance).
    sums : ndarray of float64, shape (n,)
        What is added to.
    """
    n_inputs, n = X.shape
    x = np.zeros((n_inputs, TILE), np.float32)
    distance, part = np.empty(TILE, np.float32), np.empty(TILE, np.float32)
    total = np.empty(TILE)
    for start in range(0, n, TILE):
        size = min(TILE, n - start)
        for k in range(n_inputs):
            x[k, :size] = X[k, start : start + size]
        total[:] = 0.0
        for first in range(0, len(vectors), _GROUP):
            part[:] = np.float32(0)
            for number in range(first, min(first + _GROUP, len(vectors))):
                _add(x, vectors[number], weights[number], gamma, distance, part)
            for c in range(TILE):
                total[c] += part[c]
        for c in range(size):
            sums[start + c] += total[c]
