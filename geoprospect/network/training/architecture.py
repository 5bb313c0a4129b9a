"""The architecture of an ensemble: its layers without their weights, and how these are packed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geoprospect.errors import TrainingError
from geoprospect.network.dense import Activation, Dense
from geoprospect.network.network import Network
from geoprospect.network.schedule import Loss
from geoprospect.network.training.ensemble import Ensemble
from geoprospect.typing import Values

# What the last layer gives, by loss; any activation goes with the mean squared error.
_HEADS = {"binary-crossentropy": "sigmoid", "categorical-crossentropy": "softmax"}


@dataclass(frozen=True)
class LayerShape:
    """All of a dense layer but its weights.

    Attributes
    ----------
    n_inputs, n_outputs : int
    activation : {"linear", "relu", "leaky-relu", "cosine", "sigmoid", "softmax"}
    slope : float
        Slope of the leaky ReLU below zero.
    """

    n_inputs: int
    n_outputs: int
    activation: Activation
    slope: float = 0.0


@dataclass(frozen=True)
class Architecture:
    """The layers of an ensemble, and how their weights lie in the compiled loop.

    Attributes
    ----------
    layers : tuple of LayerShape
        From the input on; the last one is the output.
    n_frozen : int
        Layers from the input on that training leaves as they are.
    l1, l2 : float
        Penalty on the kernel of the last layer.
    """

    layers: tuple[LayerShape, ...]
    n_frozen: int = 0
    l1: float = 0.0
    l2: float = 0.0

    @classmethod
    def of(cls, ensemble: Ensemble) -> Architecture:
        """Take the architecture of an ensemble.

        Raises
        ------
        TrainingError
            If a member has another than the first.
        """
        layers = _shapes(ensemble.networks[0])
        for number, network in enumerate(ensemble.networks[1:], start=2):
            if _shapes(network) != layers:
                raise TrainingError(
                    f"member {number} is of another architecture than member 1",
                    expected="layers of the same kind and size in every member",
                )
        return cls(layers, ensemble.n_frozen, ensemble.l1, ensemble.l2)

    def check_loss(self, loss: Loss) -> None:
        """Check that a loss can be trained.

        Raises
        ------
        TrainingError
            If the last layer does not fit the loss, or a softmax is elsewhere.
        """
        last = self.layers[-1].activation
        needed = _HEADS.get(loss)
        if needed is not None and last != needed:
            raise TrainingError(
                f"the loss {loss} does not fit the last layer", found=last, expected=needed
            )
        hidden = self.layers if needed is None else self.layers[:-1]
        if any(layer.activation == "softmax" for layer in hidden):
            raise TrainingError(
                "a softmax layer that cannot be trained here",
                expected="softmax in the last layer only, with the loss categorical-crossentropy",
            )

    def without(self, n_layers: int) -> Architecture:
        """Leave out so many frozen layers from the input on."""
        return replace(self, layers=self.layers[n_layers:], n_frozen=self.n_frozen - n_layers)

    def pack(self, layers: Sequence[Dense]) -> Values:
        """Put the weights of a member one after the other, a layer's bias after its kernel."""
        parts = [part.ravel() for layer in layers for part in (layer.kernel, layer.bias)]
        return np.concatenate(parts).astype(np.float32)

    def unpack(self, weights: Values) -> tuple[Dense, ...]:
        """Take the layers of a member out again."""
        layers, at = [], 0
        for shape in self.layers:
            stop = at + (shape.n_inputs + 1) * shape.n_outputs
            W = weights[at:stop].reshape(shape.n_inputs + 1, shape.n_outputs).copy()
            layers.append(Dense(W[:-1], W[-1], shape.activation, shape.slope))
            at = stop
        return tuple(layers)


def _shapes(network: Network) -> tuple[LayerShape, ...]:
    """Take the shapes of a network's layers."""
    return tuple(
        LayerShape(layer.n_inputs, layer.n_outputs, layer.activation, layer.slope)
        for layer in network.layers
    )
