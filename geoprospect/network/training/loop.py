"""The compiled loop of the training: scalar Python that numba turns into vector code.

A tile of rows goes forward through all layers and back. Its values lie as (units, rows), so that
every product runs along the rows. A layer's bias is the last row of its matrix, met by a unit
that is always 1, so that one product gives the gradient of both.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np

from geoprospect.network.compiling import compiled, compiled_sums
from geoprospect.network.series import SINE, TURN

TILE = 256  # rows that go through all layers together: their values stay in a core's cache
LANES = 16  # rows are filled up to a multiple of it, with rows that weigh nothing
LEAKY, COSINE, SIGMOID = range(3)
SQUARED_ERROR, BINARY, CATEGORICAL = range(3)

# Adam as Keras has it: Kingma & Ba (2015), in the form that ends their section 2.
BETA_1, BETA_2 = 0.9, 0.999
_NEW_MEAN, _NEW_SQUARE = np.float32(1 - BETA_1), np.float32(1 - BETA_2)
_EPSILON = np.float32(1e-7)
_ZERO, _ONE, _QUARTER = np.float32(0), np.float32(1), np.float32(0.25)


@compiled
def _add(y, weight, x, n):
    """Add a weighted row."""
    for c in range(n):
        y[c] += weight * x[c]


@compiled
def _mix(x, W, y, n):
    """Fill the rows of y with `W.T @ x`, four rows of each at a time."""
    n_inputs, n_outputs = W.shape
    for j in range(0, n_outputs - 3, 4):
        y0, y1, y2, y3 = y[j], y[j + 1], y[j + 2], y[j + 3]
        y[j : j + 4, :n] = _ZERO
        for i in range(0, n_inputs - 3, 4):
            p, q, r, s = x[i], x[i + 1], x[i + 2], x[i + 3]
            u0, u1, u2, u3 = W[i, j], W[i, j + 1], W[i, j + 2], W[i, j + 3]
            v0, v1, v2, v3 = W[i + 1, j], W[i + 1, j + 1], W[i + 1, j + 2], W[i + 1, j + 3]
            w0, w1, w2, w3 = W[i + 2, j], W[i + 2, j + 1], W[i + 2, j + 2], W[i + 2, j + 3]
            z0, z1, z2, z3 = W[i + 3, j], W[i + 3, j + 1], W[i + 3, j + 2], W[i + 3, j + 3]
            for c in range(n):
                y0[c] += u0 * p[c] + v0 * q[c] + w0 * r[c] + z0 * s[c]
                y1[c] += u1 * p[c] + v1 * q[c] + w1 * r[c] + z1 * s[c]
                y2[c] += u2 * p[c] + v2 * q[c] + w2 * r[c] + z2 * s[c]
                y3[c] += u3 * p[c] + v3 * q[c] + w3 * r[c] + z3 * s[c]
        for k in range(j, j + 4):
            for i in range(n_inputs - n_inputs % 4, n_inputs):
                _add(y[k], W[i, k], x[i], n)
    for j in range(n_outputs - n_outputs % 4, n_outputs):
        y[j, :n] = _ZERO
        for i in range(n_inputs):
            _add(y[j], W[i, j], x[i], n)


@compiled_sums
def _dot(x, y, n):
    """Sum the products of two rows."""
    total = _ZERO
    for c in range(n):
        total += x[c] * y[c]
    return total


@compiled_sums
def _add_cross(x, delta, G, n):
    """Add `x @ delta.T` to G, four rows of x and two of delta at a time."""
    n_inputs, n_outputs = G.shape
    for i in range(0, n_inputs - 3, 4):
        p, q, r, s = x[i], x[i + 1], x[i + 2], x[i + 3]
        for j in range(0, n_outputs - 1, 2):
            d, e = delta[j], delta[j + 1]
            p0 = q0 = r0 = s0 = p1 = q1 = r1 = s1 = _ZERO
            for c in range(n):
                p0 += p[c] * d[c]
                q0 += q[c] * d[c]
                r0 += r[c] * d[c]
                s0 += s[c] * d[c]
                p1 += p[c] * e[c]
                q1 += q[c] * e[c]
                r1 += r[c] * e[c]
                s1 += s[c] * e[c]
            for k, of_d, of_e in ((i, p0, p1), (i + 1, q0, q1), (i + 2, r0, r1), (i + 3, s0, s1)):
                G[k, j] += of_d
                G[k, j + 1] += of_e
    for i in range(n_inputs):
        for j in range(n_outputs):
            if i >= n_inputs - n_inputs % 4 or j >= n_outputs - n_outputs % 2:
                G[i, j] += _dot(x[i], delta[j], n)


@compiled
def _sine(turns):
    """Give the sine of up to a quarter turn."""
    u = turns * turns
    s = SINE[2] + u * (SINE[3] + u * (SINE[4] + u * SINE[5]))
    return turns * (SINE[0] + u * (SINE[1] + u * s))


@compiled
def _activate(a, slopes, n_units, n, activation, slope):
    """Apply an activation in place, and give its slopes."""
    for j in range(n_units):
        row, slopes_of = a[j], slopes[j]
        if activation == LEAKY:
            for c in range(n):
                slopes_of[c] = _ONE if row[c] > _ZERO else slope
                row[c] *= slopes_of[c]
        elif activation == COSINE:
            for c in range(n):
                turns = row[c] * TURN
                part = turns - np.rint(turns)
                # The cosine of an angle is the sine of what it lacks of a quarter turn.
                q = _QUARTER - abs(part)
                row[c] = _sine(q)
                sine = _sine(_QUARTER - abs(q))
                slopes_of[c] = sine if part < _ZERO else -sine
        elif activation == SIGMOID:
            for c in range(n):
                row[c] = _ONE / (_ONE + np.exp(-max(row[c], np.float32(-88))))
                slopes_of[c] = row[c] * (_ONE - row[c])


@compiled
def _forward(network, weights, values, slopes, n):
    """Take a tile through all layers, up to what enters the last activation."""
    table, leaks = network
    for k in range(len(table)):
        n_inputs, n_outputs, activation, at, entered, left = table[k]
        W = weights[at : at + (n_inputs + 1) * n_outputs].reshape(n_inputs + 1, n_outputs)
        _mix(values[entered:], W, values[left:], n)
        if k < len(table) - 1:
            _activate(values[left:], slopes[left:], n_outputs, n, activation, leaks[k])
            values[left + n_outputs, :n] = _ONE


@compiled
def _judge(network, values, slopes, tile, loss):
    """Take the loss of a tile, and leave in place of the last layer's sums their gradient."""
    table, leaks = network
    y, w, n = tile
    _, n_units, activation, _, _, first = table[-1]
    z, last, total, share = values[first:], slopes[first:], 0.0, _ONE / np.float32(n_units)
    if loss == SQUARED_ERROR:
        _activate(z, last, n_units, n, activation, leaks[-1])
        for j in range(n_units):
            for c in range(n):
                error = z[j, c] - y[j, c]
                total += w[c] * share * error * error
                z[j, c] = w[c] * (share + share) * error * last[j, c]
    elif loss == BINARY:
        for j in range(n_units):
            for c in range(n):
                small = np.exp(-abs(z[j, c]))
                entropy = max(z[j, c], _ZERO) - z[j, c] * y[j, c] + np.log1p(small)
                total += w[c] * share * entropy
                score = (_ONE if z[j, c] >= _ZERO else small) / (_ONE + small)
                z[j, c] = w[c] * share * (score - y[j, c])
    else:
        for c in range(n):
            most, whole = z[0, c], _ZERO
            for j in range(1, n_units):
                most = max(most, z[j, c])
            for j in range(n_units):
                last[j, c] = np.exp(z[j, c] - most)
                whole += last[j, c]
            most += np.log(whole)
            for j in range(n_units):
                total += w[c] * y[j, c] * (most - z[j, c])
                z[j, c] = w[c] * (last[j, c] / whole - y[j, c])
    return total


@compiled
def _backward(network, n_frozen, weights, values, slopes, gradient, n):
    """Add the gradient of a tile; what the layers gave gives way to what is taken back."""
    table, _ = network
    for k in range(len(table) - 1, n_frozen - 1, -1):
        n_inputs, n_outputs, _, at, entered, left = table[k]
        stop, x, delta = at + (n_inputs + 1) * n_outputs, values[entered:], values[left:]
        G = gradient[at:stop].reshape(n_inputs + 1, n_outputs)
        _add_cross(x, delta, G, n)
        if k > n_frozen:
            W = weights[at:stop].reshape(n_inputs + 1, n_outputs)
            _mix(delta, np.ascontiguousarray(W[:n_inputs].T), x, n)
            for i in range(n_inputs):
                for c in range(n):
                    x[i, c] *= slopes[entered + i, c]


@compiled
def _load(samples, rows, values, y, w, share):
    """Fill a tile with rows of samples; gives their number, filled up to whole lanes."""
    X, target, weight = samples
    n = -(-len(rows) // LANES) * LANES
    for c in range(n):
        w[c] = weight[rows[c]] * share if c < len(rows) else _ZERO
    for source, into in ((X, values), (target, y)):
        for i in range(len(source)):
            for c in range(len(rows)):
                into[i, c] = source[i, rows[c]]
            into[i, len(rows) : n] = _ZERO
    values[len(X), :n] = _ONE
    return n


@compiled
def _penalty(network, weights, task):
    """Give the penalty on the last kernel."""
    n_inputs, n_outputs, _, at, _, _ = network[0][-1]
    l1, l2, total = task[3], task[4], 0.0
    for W in weights[at : at + n_inputs * n_outputs]:
        total += l1 * abs(W) + l2 * W * W
    return total


@compiled
def _step(network, task, state, gradient, rate):
    """Take a step of Adam."""
    weights, means, squares = state
    n_frozen, _, _, l1, l2 = task
    n_inputs, n_outputs, _, at, _, _ = network[0][-1]
    for k in range(at, at + n_inputs * n_outputs):
        gradient[k] += l1 * np.sign(weights[k]) + np.float32(2) * l2 * weights[k]
    for k in range(network[0][n_frozen, 3], len(weights)):
        g = gradient[k]
        means[k] += (g - means[k]) * _NEW_MEAN
        squares[k] += (g * g - squares[k]) * _NEW_SQUARE
        weights[k] -= means[k] * rate / (np.sqrt(squares[k]) + _EPSILON)


@compiled
def _loss_of_rows(network, task, weights, samples, rows, n_rows, scratch):
    """Give the loss of rows with the penalty; where there is room for it, add the gradient."""
    values, slopes, y, w, gradient = scratch
    share, total = _ONE / np.float32(n_rows), _penalty(network, weights, task)
    for start in range(0, n_rows, TILE):
        n = _load(samples, rows[start : min(start + TILE, n_rows)], values, y, w, share)
        _forward(network, weights, values, slopes, n)
        total += _judge(network, values, slopes, (y, w, n), task[1])
        if len(gradient):
            _backward(network, task[0], weights, values, slopes, gradient, n)
    return total


@compiled
def run_epochs(network, task, samples, batches, state, curves):
    """Train a member for some epochs, until it stops.

    Parameters
    ----------
    network : tuple of ndarray
        Of each layer: inputs, outputs, activation, where its weights begin, first rows of what
        enters and of what leaves it, int64, shape (n, 6); slopes of leaky ReLUs, float32.
    task : tuple
        Layers that stay as they are, loss, patience or 0, penalties on the last kernel.
    samples : tuple of ndarray of float32
        Inputs, outputs and weights, shapes (n_inputs, rows), (n_outputs, rows) and (rows,).
    batches : tuple of ndarray
        Rows of the batches, int32, shape (epochs, batches, rows), and how many they are, int64;
        Adam's steps, float32, shape (epochs, batches); rows held back, int32.
    state : tuple of ndarray
        Weights, Adam's means and squares, the best weights, float32; the best held-back loss,
        float64; epochs until the member stops, int64. All go on from here.
    curves : ndarray of float64, shape (epochs, 2)
        Receives the losses of the epochs that are run, in training and on the rows held back.
    """
    patience = task[2]
    order, sizes, rates, held_back = batches
    weights, means, squares, best_weights, best_loss, left = state
    n_rows = network[0][-1, 5] + network[0][-1, 1]
    values, slopes = np.zeros((n_rows, TILE), np.float32), np.zeros((n_rows, TILE), np.float32)
    y, w = np.zeros((len(samples[1]), TILE), np.float32), np.zeros(TILE, np.float32)
    gradient = np.zeros(len(weights), np.float32)
    learning, judging = (values, slopes, y, w, gradient), (values, slopes, y, w, gradient[:0])
    for e in range(len(order)):
        if left[0] == 0:
            break
        total = n_seen = 0.0
        for b in range(len(sizes)):
            rows, n = order[e, b], sizes[b]
            gradient[:] = _ZERO
            total += n * _loss_of_rows(network, task, weights, samples, rows, n, learning)
            n_seen += n
            _step(network, task, (weights, means, squares), gradient, rates[e, b])
        curves[e, 0], curves[e, 1], n = total / n_seen, 0.0, len(held_back)
        if n:
            curves[e, 1] = _loss_of_rows(network, task, weights, samples, held_back, n, judging)
        if patience:
            left[0] -= 1
            if curves[e, 1] < best_loss[0]:
                best_loss[0], left[0] = curves[e, 1], patience
                for k in range(len(weights)):
                    best_weights[k] = weights[k]
