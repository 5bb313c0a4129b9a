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
from geoprospect.network.training.widths import filled, is_wide
from geoprospect.typing import Values

# What the last layer gives, by loss; any activation goes with the mean squared error.
_HEADS = {"binary-crossentropy": "sigmoid", "categorical-crossentropy": "softmax"}
# The bias at which an activation is exactly 1 in float32, where it is not 1.
_ALWAYS_ONE = {"cosine": 0.0, "sigmoid": 30.0}


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

    def pack(self, members: Sequence[Sequence[Dense]], *, n_members: int) -> list[Values]:
        """Put kernels and biases of the members, filled up to so many, into one array a layer."""
        packed = []
        for number, shape in enumerate(self.layers):
            W = np.zeros((n_members, *self._matrix(number)), np.float32)
            for member, layers in enumerate(members):
                W[member, : shape.n_inputs, : shape.n_outputs] = layers[number].kernel
                W[member, shape.n_inputs, : shape.n_outputs] = layers[number].bias
            if W.shape[2] > shape.n_outputs:
                W[:, shape.n_inputs, shape.n_outputs] = _ALWAYS_ONE.get(shape.activation, 1.0)
            packed.append(self._turned(number, W))
        return packed

    def unpack(self, packed: Sequence[Values]) -> list[tuple[Dense, ...]]:
        """Take the layers of each member out again."""
        matrices = [self._turned(number, W) for number, W in enumerate(packed)]
        return [
            tuple(
                Dense(
                    W[member, : shape.n_inputs, : shape.n_outputs].copy(),
                    W[member, shape.n_inputs, : shape.n_outputs].copy(),
                    shape.activation,
                    shape.slope,
                )
                for shape, W in zip(self.layers, matrices, strict=True)
            )
            for member in range(len(matrices[0]))
        ]

    def masks(self) -> list[tuple[Values, Values]]:
        """Tell, with 1, which entries of each matrix are weights, and which of these a kernel's."""
        masks = []
        for number, shape in enumerate(self.layers):
            kernel = np.zeros((1, *self._matrix(number)), np.float32)
            kernel[:, : shape.n_inputs, : shape.n_outputs] = 1
            weights = kernel.copy()
            weights[:, shape.n_inputs, : shape.n_outputs] = 1
            masks.append((self._turned(number, weights), self._turned(number, kernel)))
        return masks

    def _matrix(self, number: int) -> tuple[int, int]:
        """Rows and columns: inputs, bias; outputs and, where wide, the unit that is always 1."""
        shape = self.layers[number]
        rows, columns = filled(shape.n_inputs), shape.n_outputs
        if is_wide(columns) and number < len(self.layers) - 1:
            columns = filled(columns)
        return rows, columns

    def _turned(self, number: int, W: Values) -> Values:
        """Change a matrix of (inputs, outputs) to the layout of its layer, or back."""
        return W if is_wide(self.layers[number].n_outputs) else W.transpose(0, 2, 1).copy()


def _shapes(network: Network) -> tuple[LayerShape, ...]:
    """Take the shapes of a network's layers."""
    return tuple(
        LayerShape(layer.n_inputs, layer.n_outputs, layer.activation, layer.slope)
        for layer in network.layers
    )
