"""The compiled loop of the forward pass: scalar Python that numba turns into vector code."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np

from geoprospect.network.compiling import compiled
from geoprospect.network.series import SINE, TURN

# Cells that go through all layers together: what they become on the way stays in a core's cache.
# The number is fixed, so that a cell's score does not depend on which others it is scored with.
TILE = 256
STEP = 4  # inputs and outputs taken at a time: so many products stay in registers
LINEAR, LEAKY, COSINE, SIGMOID = range(4)


@compiled
def _dense(x, y, n_inputs, n_outputs, weights):
    """Fill the rows of y with `kernel.T @ x + bias`, four rows of each at a time."""
    for j in range(0, n_outputs, STEP):
        y0, y1, y2, y3 = y[j], y[j + 1], y[j + 2], y[j + 3]
        b0, b1, b2, b3 = weights[j], weights[j + 1], weights[j + 2], weights[j + 3]
        for i in range(0, n_inputs, STEP):
            k = n_outputs + i * n_outputs + j
            u0, u1, u2, u3 = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
            k += n_outputs
            v0, v1, v2, v3 = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
            k += n_outputs
            w0, w1, w2, w3 = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
            k += n_outputs
            z0, z1, z2, z3 = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
            p, q, r, s = x[i], x[i + 1], x[i + 2], x[i + 3]
            if i == 0:
                for c in range(TILE):
                    y0[c] = b0 + u0 * p[c] + v0 * q[c] + w0 * r[c] + z0 * s[c]
                    y1[c] = b1 + u1 * p[c] + v1 * q[c] + w1 * r[c] + z1 * s[c]
                    y2[c] = b2 + u2 * p[c] + v2 * q[c] + w2 * r[c] + z2 * s[c]
                    y3[c] = b3 + u3 * p[c] + v3 * q[c] + w3 * r[c] + z3 * s[c]
                continue
            for c in range(TILE):
                y0[c] += u0 * p[c] + v0 * q[c] + w0 * r[c] + z0 * s[c]
                y1[c] += u1 * p[c] + v1 * q[c] + w1 * r[c] + z1 * s[c]
                y2[c] += u2 * p[c] + v2 * q[c] + w2 * r[c] + z2 * s[c]
                y3[c] += u3 * p[c] + v3 * q[c] + w3 * r[c] + z3 * s[c]


@compiled
def _activate(y, n_outputs, activation, slope):
    """Apply an activation in place."""
    if activation == LEAKY:
        for j in range(n_outputs):
            row = y[j]
            for c in range(TILE):
                row[c] = row[c] if row[c] > 0 else slope * row[c]
    elif activation == COSINE:
        for j in range(n_outputs):
            row = y[j]
            for c in range(TILE):
                turns = row[c] * TURN
                # the cosine of an angle is the sine of what it lacks of a quarter turn
                q = np.float32(0.25) - abs(turns - np.rint(turns))
                u = q * q
                s = SINE[4] + u * SINE[5]
                s = SINE[2] + u * (SINE[3] + u * s)
                row[c] = q * (SINE[0] + u * (SINE[1] + u * s))
    elif activation == SIGMOID:
        row = y[0]  # the others only fill up the step
        for c in range(TILE):
            # exp only of numbers up to 88, which float32 holds
            row[c] = np.float32(1) / (np.float32(1) + np.exp(-max(row[c], np.float32(-88))))


@compiled
def _load(values, start, inputs, evidence, finite):
    """Fill a tile with centred evidence; tell which cells are valid, count those beyond range."""
    size = min(TILE, values.shape[1] - start)
    outside = np.zeros(TILE, np.bool_)
    finite[:] = 0
    for k in range(len(values)):
        centre, low, high = inputs[0, k], inputs[1, k], inputs[2, k]
        row, layer = evidence[k], values[k, start : start + size]
        for c in range(size):
            row[c] = layer[c] - centre
            finite[c] += layer[c] - layer[c]  # zero, but NaN for NaN and infinity
            outside[c] |= (layer[c] < low) | (layer[c] > high)
    beyond = 0
    for c in range(size):
        beyond += outside[c] & (finite[c] == 0)
    return beyond


@compiled
def _summarise(scores, finite, nodata, bands):
    """Write mean and standard deviation of the members, in float64, into the bands."""
    total = np.zeros(TILE, np.float64)
    for row in scores:
        for c in range(TILE):
            total[c] += row[c]
    total /= len(scores)
    for c in range(bands.shape[1]):
        bands[0, c] = np.float32(total[c]) if finite[c] == 0 else nodata
    if len(bands) > 1:
        squares = np.zeros(TILE, np.float64)
        for row in scores:
            for c in range(TILE):
                squares[c] += (row[c] - total[c]) ** 2
        for c in range(bands.shape[1]):
            spread = np.float32(np.sqrt(squares[c] / len(scores)))
            bands[1, c] = spread if finite[c] == 0 else nodata


@compiled
def score_cells(values, inputs, layers, bands, nodata):
    """Take tile after tile of cells through all members.

    Parameters
    ----------
    values : ndarray of float32, shape (n_layers, n)
        The evidence; a cell is valid where all of it is finite.
    inputs : ndarray of float32, shape (3, n_layers)
        What is taken off each layer, and the range it has at the training points.
    layers : tuple of ndarray
        Of all members' dense layers: padded numbers of inputs and outputs, activation, and
        whether the member ends, int64, shape (n, 4); bias and kernel of each, one after the
        other, float32; slopes of the leaky ReLUs, float32, shape (n,).
    bands : ndarray of float32, shape (1 or 2, n)
        Receives mean and standard deviation of the members' scores.
    nodata : float32
        What invalid cells receive.

    Returns
    -------
    int
        Valid cells where some layer leaves its range.
    """
    table, weights, slopes = layers
    width = max(table[:, 0].max(), table[:, 1].max())
    hidden = np.zeros((2, width, TILE), np.float32)
    evidence = np.zeros((table[0, 0], TILE), np.float32)
    scores = np.empty((table[:, 3].sum(), TILE), np.float32)
    finite = np.empty(TILE, np.float32)
    beyond = 0
    for start in range(0, values.shape[1], TILE):
        beyond += _load(values, start, inputs, evidence, finite)
        at = member = 0
        x = evidence
        for number in range(len(table)):
            n_inputs, n_outputs, activation, ends = table[number]
            stop = at + n_outputs + n_inputs * n_outputs
            y = hidden[number % 2]
            _dense(x, y, n_inputs, n_outputs, weights[at:stop])
            _activate(y, n_outputs, activation, slopes[number])
            at, x = stop, y
            if ends:
                scores[member] = y[0]
                member += 1
                x = evidence
        _summarise(scores, finite, nodata, bands[:, start : start + TILE])
    return beyond
