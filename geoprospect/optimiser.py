"""One compiled program in which every member of an ensemble takes its Adam steps.

The gradients are written out by hand: of a chain of dense layers they are short, and the
compiler makes far fewer loops of them than of recorded ones. A layer's bias is the last row of
its kernel, met by a unit that is always 1; so one product gives the gradient of both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import tensorflow as tf

from geoprospect.architecture import Architecture, LayerForm, filled
from geoprospect.plan import Loss
from geoprospect.products import turned

Tensor = Any

# Adam as Keras has it (Kingma & Ba 2015, in the form before section 2.1).
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
NEVER = 1  # patience of members that never rest


@lru_cache(maxsize=32)
def program(
    architecture: Architecture, loss: Loss, *, patience: int | None = None
) -> Callable[..., Any]:
    """Compile the training of some epochs.

    Parameters
    ----------
    architecture : Architecture
        The network; shapes (members, rows) are those of the first call's arrays.
    loss : str
        The loss.
    patience : int, optional
        Epochs without a better held-back loss after which a member rests.

    Returns
    -------
    callable
        `run(state, table, order, steps, watched, epochs)` giving the state afterwards and the
        losses of shape (epochs, 2, members), in training and held back. `table` has a row a
        sample: inputs, 1, outputs, weight. `order` of shape (epochs, batches, members, rows) and
        `watched` of shape (members, rows) number the table's rows, -1 for none. `steps` of shape
        (epochs, batches, 3, members) holds Adam's step, 1 / rows of the batch (0 if empty), and
        the batch's share in the epoch.
    """
    layers, masks = architecture.layers, architecture.masks()
    products, width = architecture.products, filled(layers[0].n_inputs)

    def rows_of(table: Tensor, index: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        there = tf.cast(index >= 0, tf.float32)
        rows = tf.gather(table, tf.maximum(index, 0)) * there[:, :, None]
        x, y, w = rows[..., :width], rows[..., width:-1], rows[..., -1]
        return x if products[0].from_wide else turned(x), y, w

    def penalty(weights: list[Tensor]) -> Tensor:
        total: Tensor = 0.0
        for layer, W, (_, kernel) in zip(layers, weights, masks, strict=True):
            if layer.l1:
                total += layer.l1 * tf.reduce_sum(tf.abs(W * kernel), (1, 2))
            if layer.l2:
                total += layer.l2 * tf.reduce_sum(tf.square(W * kernel), (1, 2))
        return total

    def adam_step(
        weights: list[Tensor], means: list[Tensor], squares: list[Tensor], batch: Any, step: Tensor
    ) -> tuple[list[Tensor], list[Tensor], list[Tensor], Tensor]:
        x, y, w = batch
        rate, share, part = (step[k][:, None, None] for k in range(3))
        taken = tf.sign(share)
        value, gradients = _gradients(architecture, loss, weights, x, y, w * share[:, 0])
        value = (value + penalty(weights)) * part[:, 0, 0]
        for n, (layer, (trained, kernel)) in enumerate(zip(layers, masks, strict=True)):
            if not layer.trainable:
                continue
            g = gradients[n] * trained
            if layer.l1:
                g += layer.l1 * tf.sign(weights[n]) * kernel
            if layer.l2:
                g += 2 * layer.l2 * weights[n] * kernel
            means[n] += (g - means[n]) * ((1 - BETA_1) * taken)
            squares[n] += (g * g - squares[n]) * ((1 - BETA_2) * taken)
            weights[n] -= means[n] * rate / (tf.sqrt(squares[n]) + EPSILON)
        return weights, means, squares, value

    def run(
        state: dict[str, Any],
        table: Tensor,
        order: Tensor,
        steps: Tensor,
        watched: Tensor,
        epochs: Tensor,
    ) -> tuple[dict[str, Any], Tensor]:
        n_batches, members = order.shape[1], order.shape[2]
        held = rows_of(table, watched)
        share = 1 / tf.maximum(tf.reduce_sum(tf.cast(watched >= 0, tf.float32), 1), 1)

        def epoch(e: Tensor, state: dict[str, Any], losses: Tensor) -> tuple[Any, ...]:
            awake = tf.cast(state["rest"] > 0, tf.float32)

            def batch(b: Tensor, W: Any, m: Any, v: Any, value: Tensor) -> tuple[Any, ...]:
                step = steps[e, b] * awake
                W, m, v, more = adam_step([*W], [*m], [*v], rows_of(table, order[e, b]), step)
                return b + 1, W, m, v, value + more

            _, W, m, v, value = tf.while_loop(
                lambda b, *_: b < n_batches,
                batch,
                (0, state["weights"], state["means"], state["squares"], tf.zeros(members)),
            )
            after = dict(state, weights=W, means=m, squares=v)
            behind = tf.zeros(members)
            if watched.shape[1]:
                x, y, w = held
                outputs = _forward(architecture, W, x)[-1]
                behind = _loss(layers[-1], loss, outputs, y, w * share[:, None]) + penalty(W)
            if patience is not None:
                better = (behind < state["best"]) & (awake > 0)
                after["best"] = tf.where(better, behind, state["best"])
                after["kept"] = [
                    tf.where(better[:, None, None], new, old)
                    for new, old in zip(W, state["kept"], strict=True)
                ]
                after["rest"] = tf.where(better, patience, state["rest"] - 1)
            row = tf.where(awake > 0, tf.stack([value, behind]), -1.0)
            return e + 1, after, tf.tensor_scatter_nd_update(losses, [[e]], row[None])

        _, state, losses = tf.while_loop(
            lambda e, state, _: (e < epochs) & tf.reduce_any(state["rest"] > 0),
            epoch,
            (0, state, tf.fill((order.shape[0], 2, members), -1.0)),
        )
        return state, losses

    compiled: Callable[..., Any] = tf.function(run, jit_compile=True, autograph=False)
    return compiled


def _forward(architecture: Architecture, weights: Sequence[Tensor], x: Tensor) -> list[Tensor]:
    """Give what enters each layer, and last what leaves the network before its activation."""
    values = [x]
    *hidden, last = zip(architecture.layers, architecture.products, weights, strict=True)
    for layer, products, W in hidden:
        a = _activate(layer, products.forward(W, values[-1]))
        if not products.to_wide:
            a = turned(a) if products.from_wide else a
            a = tf.pad(a, ((0, 0), (0, 1), (0, 0)), constant_values=1.0)
        values.append(a)
    _, products, W = last
    z = products.forward(W, values[-1])
    return [*values, z if products.from_wide or products.to_wide else turned(z)]


def _activate(layer: LayerForm, z: Tensor) -> Tensor:
    match layer.activation:
        case "relu":
            return tf.maximum(z, 0.0)
        case "leaky-relu":
            return tf.where(z > 0, z, layer.slope * z)
        case "sigmoid":
            return tf.sigmoid(z)
        case "softmax":
            return tf.nn.softmax(z)
    return z


def _back(layer: LayerForm, delta: Tensor, a: Tensor) -> Tensor:
    """Take a gradient from behind an activation, which gave `a`, to before it."""
    match layer.activation:
        case "relu":
            return tf.where(a > 0, delta, 0.0)
        case "leaky-relu":
            return tf.where(a > 0, delta, layer.slope * delta)
        case "sigmoid":
            return delta * a * (1 - a)
    return delta


def _loss(last: LayerForm, loss: Loss, z: Tensor, y: Tensor, w: Tensor) -> Tensor:
    """Sum the weighted losses of the rows, a member each."""
    match loss:
        case "binary-crossentropy":
            each = tf.maximum(z, 0.0) - z * y + tf.math.log1p(tf.exp(-tf.abs(z)))
            each = tf.reduce_mean(each, 2)
        case "categorical-crossentropy":
            each = -tf.reduce_sum(y * tf.nn.log_softmax(z), 2)
        case _:
            each = tf.reduce_mean(tf.square(_activate(last, z) - y), 2)
    return tf.matmul(each[:, None], w[:, :, None])[:, 0, 0]


def _gradients(
    architecture: Architecture, loss: Loss, weights: list[Tensor], x: Tensor, y: Tensor, w: Tensor
) -> tuple[Tensor, list[Tensor]]:
    """Give the loss and its gradients; `w` holds each row's weight over the batch's rows."""
    layers, products = architecture.layers, architecture.products
    values = _forward(architecture, weights, x)
    z, last = values[-1], layers[-1]
    a = _activate(last, z)
    if loss == "mean-squared-error":
        delta = _back(last, (a - y) * (2 / last.n_outputs), a)
    elif loss == "binary-crossentropy":
        delta = (a - y) / last.n_outputs
    else:
        delta = a - y
    delta *= w[:, :, None]
    if not products[-1].to_wide:
        delta = turned(delta)
    gradients: list[Tensor] = [None] * len(layers)
    for n in reversed(range(len(layers))):
        if layers[n].trainable:
            gradients[n] = products[n].gradient(values[n], delta)
        if not any(layer.trainable for layer in layers[:n]):
            break
        entered = values[n] if products[n].from_wide else values[n][:, :-1]
        delta = _back(layers[n - 1], products[n].back(weights[n], delta), entered)
    return _loss(last, loss, z, y, w), gradients
