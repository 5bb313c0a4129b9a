"""The architecture of a network: its layers without their weights, and how these are packed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from geoprospect.errors import GeoprospectError, TrainingError
from geoprospect.network import Activation, Loss, Network
from geoprospect.network.backend import keras
from geoprospect.network.training.products import Products, is_wide
from geoprospect.typing import Values

Pairs = list[tuple[Values, Values]]

_LANES = 8  # wide layers are filled up to a multiple of it with units that stay 0

# What the last layer gives, by loss; any activation goes with the mean squared error.
_HEADS = {"binary-crossentropy": "sigmoid", "categorical-crossentropy": "softmax"}
# The bias at which an activation is exactly 1 in float32, where it is not 1.
_ALWAYS_ONE = {"cosine": 0.0, "sigmoid": 30.0}


@dataclass(frozen=True)
class LayerForm:
    """All of a dense layer but its weights.

    Attributes
    ----------
    n_inputs, n_outputs : int
    activation : {"linear", "relu", "leaky-relu", "cosine", "sigmoid", "softmax"}
    slope : float
        Slope of the leaky ReLU below zero.
    trainable, biased : bool
        Whether training changes the layer, and whether it has a bias.
    l1, l2 : float
        Penalty on the kernel.
    """

    n_inputs: int
    n_outputs: int
    activation: Activation
    slope: float = 0.0
    trainable: bool = True
    biased: bool = True
    l1: float = 0.0
    l2: float = 0.0


@dataclass(frozen=True)
class Architecture:
    """The layers of a network, and how their weights lie in the program.

    Attributes
    ----------
    layers : tuple of LayerForm
        From the input on; the last one is the output.
    """

    layers: tuple[LayerForm, ...]

    @classmethod
    def of(cls, network: keras.Sequential) -> Architecture:
        """Take the architecture of a Keras network.

        Raises
        ------
        TrainingError
            If it is no chain of dense layers, or has constraints or penalties beyond L1 and L2
            on kernels.
        """
        try:
            chain = Network.of(network).layers
        except (ValueError, KeyError, GeoprospectError) as error:
            raise TrainingError(
                f"a network that cannot be trained here: {error}",
                layer=str(network.name),
                expected="dense layers with ReLU, leaky ReLU, cosine, sigmoid, softmax or none",
            ) from error
        return cls(
            tuple(
                LayerForm(
                    int(dense.kernel.shape[0]),
                    int(dense.kernel.shape[1]),
                    dense.activation,
                    dense.slope,
                    bool(layer.trainable and network.trainable),
                    bool(layer.use_bias),
                    *_penalty(layer),
                )
                for layer, dense in zip(dense_layers(network), chain, strict=True)
            )
        )

    def check_loss(self, loss: Loss) -> None:
        """Check that a loss can be trained.

        Raises
        ------
        TrainingError
            If the last layer does not fit the loss, or no layer can be trained.
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
        if self.n_frozen == len(self.layers):
            raise TrainingError(
                "no layer can be trained",
                found="trainable=False on every layer",
                mend="leave at least the head trainable",
            )

    @property
    def n_frozen(self) -> int:
        """Number of layers from the input on that training leaves as they are."""
        return next((k for k, layer in enumerate(self.layers) if layer.trainable), len(self.layers))

    @property
    def products(self) -> list[Products]:
        """How the products of each layer are laid out."""
        wide = [is_wide(self.layers[0].n_inputs), *(is_wide(f.n_outputs) for f in self.layers)]
        pairs = pairwise(wide)
        return [Products(f.n_inputs, *pair) for f, pair in zip(self.layers, pairs, strict=True)]

    def pack(self, members: Sequence[Pairs]) -> list[Values]:
        """Put kernels and biases, a list of pairs a member, into one array a layer."""
        packed = []
        for number, layer in enumerate(self.layers):
            W = np.zeros((len(members), *self._shape(number)), np.float32)
            for member, pairs in enumerate(members):
                kernel, bias = pairs[number]
                W[member, : layer.n_inputs, : layer.n_outputs] = kernel
                W[member, layer.n_inputs, : layer.n_outputs] = bias
            if W.shape[2] > layer.n_outputs:
                W[:, layer.n_inputs, layer.n_outputs] = _ALWAYS_ONE.get(layer.activation, 1.0)
            packed.append(self._lay(number, W))
        return packed

    def unpack(self, packed: Sequence[Values]) -> list[Pairs]:
        """Take the pairs of kernel and bias out again."""
        matrices = [self._lay(number, W) for number, W in enumerate(packed)]
        return [
            [
                (W[m, : f.n_inputs, : f.n_outputs], W[m, f.n_inputs, : f.n_outputs])
                for f, W in zip(self.layers, matrices, strict=True)
            ]
            for m in range(len(matrices[0]))
        ]

    def masks(self) -> list[tuple[Values, Values]]:
        """Tell, with 1, which weights of each matrix are trained and which are penalised."""
        masks = []
        for number, layer in enumerate(self.layers):
            kernel = np.zeros((1, *self._shape(number)), np.float32)
            kernel[:, : layer.n_inputs, : layer.n_outputs] = layer.trainable
            trained = kernel.copy()
            trained[:, layer.n_inputs, : layer.n_outputs] = layer.trainable and layer.biased
            masks.append((self._lay(number, trained), self._lay(number, kernel)))
        return masks

    def _shape(self, number: int) -> tuple[int, int]:
        """Rows and columns: inputs, bias; outputs and, where wide, the unit that is always 1."""
        layer = self.layers[number]
        rows, columns = filled(layer.n_inputs), layer.n_outputs
        if is_wide(columns) and number < len(self.layers) - 1:
            columns = filled(columns)
        return rows, columns

    def _lay(self, number: int, W: Values) -> Values:
        return W if self.products[number].to_wide else W.transpose(0, 2, 1).copy()


def filled(width: int) -> int:
    """Give the room of so many values and a 1; whole lanes, if they are many."""
    return -(-(width + 1) // _LANES) * _LANES if is_wide(width) else width + 1


def table_width(n_inputs: int) -> int:
    """Give the columns of a table's inputs: many are followed by a 1 and zeros, few are not."""
    return filled(n_inputs) if is_wide(n_inputs) else n_inputs


def dense_layers(network: keras.Sequential) -> list[keras.layers.Dense]:
    """Give the dense layers of a network, from the input on."""
    return [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)]


def _penalty(layer: keras.layers.Dense) -> tuple[float, float]:
    """Read L1 and L2 off a layer."""
    others = ("bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint")
    kernel = layer.kernel_regularizer
    known = (keras.regularizers.L1, keras.regularizers.L2, keras.regularizers.L1L2)
    found = [name for name in others if getattr(layer, name) is not None]
    if kernel is not None and type(kernel) not in known:
        found.append(type(kernel).__name__)
    if found:
        raise TrainingError(
            "a layer that cannot be trained here",
            layer=str(layer.name),
            found=", ".join(found),
            expected="no constraints, and no penalties but L1 and L2 on the kernel",
        )
    return float(getattr(kernel, "l1", 0.0)), float(getattr(kernel, "l2", 0.0))
