"""One compiled loop in which every member of an ensemble takes its Adam steps.

The gradients are written out by hand: of a chain of dense layers they are short, and the
compiler makes fewer loops of them than of recorded ones. A layer's bias is a row of its kernel,
met by a unit that is always 1, so that one product gives the gradient of both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from geoprospect.network.backend import tf
from geoprospect.network.schedule import Loss
from geoprospect.network.training.activations import activate, before_activation
from geoprospect.network.training.architecture import Architecture
from geoprospect.network.training.products import Products, products_of, turned, with_one
from geoprospect.network.training.widths import table_width
from geoprospect.typing import Values

Tensor = Any
State = dict[str, Any]

# Adam as Keras has it: Kingma & Ba (2015), in the form that ends their section 2.
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
STOPPED = -1.0  # in place of the loss of a member that has stopped; no loss is negative


@lru_cache(maxsize=32)
def compiled_run(
    architecture: Architecture, loss: Loss, patience: int | None
) -> Callable[..., Any]:
    """Give the compiled form of `Optimiser.run`."""
    run = Optimiser(architecture, loss, patience).run
    compiled: Callable[..., Any] = tf.function(run, jit_compile=True, autograph=False)
    return compiled


@dataclass(frozen=True)
class Optimiser:
    """The training of some epochs of some members.

    Attributes
    ----------
    architecture : Architecture
        What the members are.
    loss : str
        The loss.
    patience : int or None
        Epochs without a better held-back loss after which a member stops.
    """

    architecture: Architecture
    loss: Loss
    patience: int | None

    @cached_property
    def _trained(self) -> range:
        """Give the numbers of the layers that learn."""
        return range(self.architecture.n_frozen, len(self.architecture.layers))

    @cached_property
    def _masks(self) -> list[tuple[Values, Values]]:
        return self.architecture.masks()

    @cached_property
    def _products(self) -> list[Products]:
        return products_of(self.architecture)

    def run(
        self,
        state: State,
        table: Tensor,
        order: Tensor,
        steps: Tensor,
        held_back: Tensor,
        n_epochs: Tensor,
    ) -> tuple[State, Tensor]:
        """Train for some epochs.

        Parameters
        ----------
        state : dict
            "weights", "means" and "squares" of Adam, an array a layer; "patience_left", epochs
            until a member stops, 0 once it has; with patience the "best_loss" on the rows held
            back and the "best_weights", which gave it.
        table : shape (rows, inputs + outputs + 1)
            Samples: inputs, outputs, weight.
        order : shape (epochs, batches, tiles, members, rows of a tile)
            Rows of the table that make up the batches; -1 for none.
        steps : shape (epochs, batches, 3, members)
            Adam's step; 1 / rows of the batch, or 0 of an empty one; its share in the epoch.
        held_back : shape (tiles, members, rows of a tile)
            Rows held back.
        n_epochs : int
            How many of the epochs are run.

        Returns
        -------
        state : dict
            The state afterwards.
        losses : shape (epochs, 2, members)
            Losses in training and on the rows held back; `STOPPED` of members that have stopped.
        """
        n_batches, members = order.shape[1], order.shape[3]

        def epoch(e: Tensor, state: State, losses: Tensor) -> tuple[Tensor, State, Tensor]:
            is_running = tf.cast(state["patience_left"] > 0, tf.float32)

            def batch(b: Tensor, state: State, total: Tensor) -> tuple[Tensor, State, Tensor]:
                state, loss = self._step(state, table, order[e, b], steps[e, b] * is_running)
                return b + 1, state, total + loss

            _, state, loss = tf.while_loop(
                lambda b, *_: b < n_batches, batch, (0, state, tf.zeros(members))
            )
            held_back_loss = self._held_back_loss(state["weights"], table, held_back)
            state = self._count_patience(state, held_back_loss, is_running > 0)
            row = tf.where(is_running > 0, tf.stack([loss, held_back_loss]), STOPPED)
            return e + 1, state, tf.tensor_scatter_nd_update(losses, [[e]], row[None])

        losses = tf.fill((order.shape[0], 2, members), STOPPED)
        _, state, losses = tf.while_loop(
            lambda e, state, _: (e < n_epochs) & tf.reduce_any(state["patience_left"] > 0),
            epoch,
            (0, state, losses),
        )
        return state, losses

    def _step(
        self, state: State, table: Tensor, index: Tensor, step: Tensor
    ) -> tuple[State, Tensor]:
        """Take one step of Adam; gives the batch's share in the loss of the epoch."""
        weights, means, squares = ([*state[key]] for key in ("weights", "means", "squares"))
        rate, share, part = (step[k][:, None, None] for k in range(3))
        has_rows = tf.sign(share)
        zeros = tf.zeros(index.shape[1]), [tf.zeros_like(weights[n]) for n in self._trained]

        def tile(t: Tensor) -> tuple[Tensor, list[Tensor]]:
            x, y, w = self._rows(table, index[t])
            return self._gradients(weights, x, y, w * share[:, 0])

        loss, gradients = _over_tiles(tile, index.shape[0], zeros)
        loss = (loss + self._penalty(weights)) * part[:, 0, 0]
        for n, gradient in zip(self._trained, gradients, strict=True):
            g = self._penalised(n, gradient, weights[n])
            means[n] += (g - means[n]) * ((1 - BETA_1) * has_rows)
            squares[n] += (g * g - squares[n]) * ((1 - BETA_2) * has_rows)
            weights[n] -= means[n] * rate / (tf.sqrt(squares[n]) + EPSILON)
        return dict(state, weights=weights, means=means, squares=squares), loss

    def _held_back_loss(self, weights: list[Tensor], table: Tensor, held_back: Tensor) -> Tensor:
        """Give the loss on the rows held back, 0 where there are none."""
        zeros = tf.zeros(held_back.shape[1])
        if not held_back.shape[0]:
            return zeros
        n_rows = tf.reduce_sum(tf.cast(held_back >= 0, tf.float32), (0, 2))
        share = 1 / tf.maximum(n_rows, 1)

        def tile(t: Tensor) -> Tensor:
            x, y, w = self._rows(table, held_back[t])
            return self._loss(self._forward(weights, x)[0][-1], y, w * share[:, None])

        return _over_tiles(tile, held_back.shape[0], zeros) + self._penalty(weights)

    def _count_patience(self, state: State, held_back_loss: Tensor, is_running: Tensor) -> State:
        """Keep the weights of members whose held-back loss is their best, wear down the others."""
        if self.patience is None:
            return state
        better = (held_back_loss < state["best_loss"]) & is_running
        pairs = zip(state["weights"], state["best_weights"], strict=True)
        return dict(
            state,
            best_loss=tf.where(better, held_back_loss, state["best_loss"]),
            best_weights=[tf.where(better[:, None, None], new, old) for new, old in pairs],
            patience_left=tf.where(better, self.patience, state["patience_left"] - 1),
        )

    def _rows(self, table: Tensor, index: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Give inputs, outputs and weights; all are 0 where there is no row."""
        is_row = tf.cast(index >= 0, tf.float32)
        rows = tf.gather(table, tf.maximum(index, 0)) * is_row[:, :, None]
        width = table_width(self.architecture.layers[0].n_inputs)
        x, y, w = rows[..., :width], rows[..., width:-1], rows[..., -1]
        return x if self._products[0].from_wide else with_one(turned(x)), y, w

    def _penalty(self, weights: list[Tensor]) -> Tensor:
        """Give the penalty on the last kernel."""
        W, (_, in_kernel) = weights[-1], self._masks[-1]
        total: Tensor = 0.0
        if self.architecture.l1:
            total += self.architecture.l1 * tf.reduce_sum(tf.abs(W * in_kernel), (1, 2))
        if self.architecture.l2:
            total += self.architecture.l2 * tf.reduce_sum(tf.square(W * in_kernel), (1, 2))
        return total

    def _penalised(self, n: int, gradient: Tensor, W: Tensor) -> Tensor:
        """Leave of a layer's gradient that of its weights, and add the penalty's to the last."""
        is_weight, in_kernel = self._masks[n]
        gradient = gradient * is_weight
        if n == len(self._masks) - 1:
            if self.architecture.l1:
                gradient += self.architecture.l1 * tf.sign(W) * in_kernel
            if self.architecture.l2:
                gradient += 2 * self.architecture.l2 * W * in_kernel
        return gradient

    def _forward(self, weights: Sequence[Tensor], x: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Give what enters each layer, last the output's sums, and what enters each activation."""
        values, sums = [x], []
        *hidden, last = zip(self.architecture.layers, self._products, weights, strict=True)
        for layer, products, W in hidden:
            z = products.forward(W, values[-1])
            if products.from_wide and not products.to_wide:
                z = turned(z)
            a = activate(layer, z)
            sums.append(z)
            values.append(a if products.to_wide else with_one(a))
        _, products, W = last
        z = products.forward(W, values[-1])
        return [*values, z if products.from_wide or products.to_wide else turned(z)], sums

    def _loss(self, z: Tensor, y: Tensor, w: Tensor) -> Tensor:
        """Sum the weighted losses of the rows, a member each."""
        match self.loss:
            case "binary-crossentropy":
                losses = tf.maximum(z, 0.0) - z * y + tf.math.log1p(tf.exp(-tf.abs(z)))
                losses = tf.reduce_mean(losses, 2)
            case "categorical-crossentropy":
                losses = -tf.reduce_sum(y * tf.nn.log_softmax(z), 2)
            case _:
                a = activate(self.architecture.layers[-1], z)
                losses = tf.reduce_mean(tf.square(a - y), 2)
        return tf.matmul(losses[:, None], w[:, :, None])[:, 0, 0]

    def _gradients(
        self, weights: list[Tensor], x: Tensor, y: Tensor, w: Tensor
    ) -> tuple[Tensor, list[Tensor]]:
        """Give the loss and the trained layers' gradients; `w` is weight / rows of the batch."""
        layers, products = self.architecture.layers, self._products
        values, sums = self._forward(weights, x)
        z, last = values[-1], layers[-1]
        a = activate(last, z)
        if self.loss == "mean-squared-error":
            delta = before_activation(last, (a - y) * (2 / last.n_outputs), a, z)
        elif self.loss == "binary-crossentropy":
            delta = (a - y) / last.n_outputs
        else:
            delta = a - y
        delta *= w[:, :, None]
        if not products[-1].to_wide:
            delta = turned(delta)
        gradients = {}
        for n in range(len(layers) - 1, self._trained[0] - 1, -1):
            gradients[n] = products[n].gradient(values[n], delta)
            if n > self._trained[0]:
                entered = values[n] if products[n].from_wide else values[n][:, :-1]
                delta = before_activation(
                    layers[n - 1], products[n].back(weights[n], delta), entered, sums[n - 1]
                )
        return self._loss(z, y, w), [gradients[n] for n in self._trained]


def _over_tiles(make: Callable[[Tensor], Any], n_tiles: int, zeros: Any) -> Any:
    """Sum what is made of each tile, so that all that is made of one stays in the cache."""
    if n_tiles == 1:
        return make(0)

    def add(t: Tensor, total: Any) -> Any:
        return t + 1, tf.nest.map_structure(tf.add, total, make(t))

    return tf.while_loop(lambda t, _: t < n_tiles, add, (0, zeros))[1]
