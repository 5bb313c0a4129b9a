"""One member of an ensemble in training, and what is known of it between calls of the loop."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoprospect.network.dense import Activation, Dense
from geoprospect.network.schedule import Loss, Schedule
from geoprospect.network.training.architecture import Architecture
from geoprospect.network.training.batches import BatchOrder
from geoprospect.network.training.loop import (
    BETA_1,
    BETA_2,
    BINARY,
    CATEGORICAL,
    COSINE,
    LEAKY,
    SIGMOID,
    SQUARED_ERROR,
    run_epochs,
)
from geoprospect.typing import Floats, Ints, Values

# A ReLU is a leaky one that does not leak, no activation one that leaks all; a softmax is taken
# with its loss.
_ACTIVATIONS: dict[Activation, int] = {"cosine": COSINE, "sigmoid": SIGMOID}
_LOSSES: dict[Loss, int] = {
    "mean-squared-error": SQUARED_ERROR,
    "binary-crossentropy": BINARY,
    "categorical-crossentropy": CATEGORICAL,
}
_STOPPED = -1.0  # in place of the loss of a member that has stopped; no loss is negative
_CALL_BYTES = 16 << 20  # of one call's order of rows


class MemberTraining:
    """A member, which the compiled loop trains for some epochs at a time.

    Parameters
    ----------
    architecture : Architecture
        What it is.
    layers : sequence of Dense
        Its weights before the training.
    samples : tuple of ndarray of float32
        Inputs, outputs and weights, shapes (n_inputs, n), (n_outputs, n) and (n,).
    order : BatchOrder
        Its rows.
    schedule : Schedule
        Loss, rate and patience.

    Attributes
    ----------
    epochs_a_call : int
        Epochs that `advance` should train at most.
    """

    def __init__(
        self,
        architecture: Architecture,
        layers: Sequence[Dense],
        samples: tuple[Values, Values, Values],
        *,
        order: BatchOrder,
        schedule: Schedule,
    ) -> None:
        self._architecture, self._samples = architecture, samples
        self._order, self._rate, self._done = order, schedule.rate, 0
        penalties = np.float32(architecture.l1), np.float32(architecture.l2)
        patience = schedule.patience or 0
        self._task = (architecture.n_frozen, _LOSSES[schedule.loss], patience, *penalties)
        self._network = _table(architecture)
        self.epochs_a_call = max(1, _CALL_BYTES // (4 * order.n_batches * order.batch))
        weights = architecture.pack(layers)
        self._best = weights.copy() if patience else weights
        self._left = np.array([max(1, patience)])
        moments = np.zeros_like(weights), np.zeros_like(weights)
        self._state = (weights, *moments, self._best, np.array([np.inf]), self._left)

    def advance(self, epochs: int) -> Floats:
        """Train some more epochs.

        Parameters
        ----------
        epochs : int
            How many.

        Returns
        -------
        ndarray of float64, shape (epochs, 2)
            Losses in training and on the rows held back; below 0 once the member has stopped.
        """
        curves = np.full((epochs, 2), _STOPPED)
        number = self._done + np.arange(epochs)[:, None]
        steps = number * self._order.n_batches + np.arange(1, self._order.n_batches + 1)
        rates = (np.float32(self._rate) * _correction(steps)).astype(np.float32)
        sizes = self._order.sizes().astype(np.int64)
        batches = (self._order.draw(epochs), sizes, rates, self._order.held_back)
        run_epochs(self._network, self._task, self._samples, batches, self._state, curves)
        self._done += epochs
        return curves

    @property
    def has_stopped(self) -> bool:
        """Whether it has lost its patience."""
        return not self._left[0]

    def layers(self) -> tuple[Dense, ...]:
        """Give its layers as trained, the best ones where patience is set."""
        return self._architecture.unpack(self._best)


def _table(architecture: Architecture) -> tuple[Ints, Values]:
    """Tell the compiled loop of the layers, see `run_epochs`."""
    rows, at, entered = [], 0, 0
    for layer in architecture.layers:
        left = entered + layer.n_inputs + 1  # after the inputs, the unit that is always 1
        activation = _ACTIVATIONS.get(layer.activation, LEAKY)
        rows.append((layer.n_inputs, layer.n_outputs, activation, at, entered, left))
        at += (layer.n_inputs + 1) * layer.n_outputs
        entered = left
    slopes = [1.0 if layer.activation == "linear" else layer.slope for layer in architecture.layers]
    return np.array(rows, np.int64), np.array(slopes, np.float32)


def _correction(number: Ints) -> Values:
    """Give Adam's correction for its start at zero, in float32 as Keras has it."""
    step, one = number.astype(np.float32), np.float32(1)
    bias_1, bias_2 = (one - np.power(np.float32(beta), step) for beta in (BETA_1, BETA_2))
    return np.asarray(np.sqrt(bias_2) / bias_1, np.float32)
