"""One dense layer: its weights and its activation, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from geoprospect.network.product import product
from geoprospect.typing import Values

Activation = Literal["linear", "relu", "leaky-relu", "cosine", "sigmoid", "softmax"]
EncoderActivation = Literal["relu", "cosine"]


@dataclass(frozen=True)
class Dense:
    """One dense layer: `activation(X @ kernel + bias)`.

    Attributes
    ----------
    kernel : ndarray of float32, shape (n_inputs, n_outputs)
        It cannot be written, nor can the bias.
    bias : ndarray of float32, shape (n_outputs,)
    activation : {"linear", "relu", "leaky-relu", "cosine", "sigmoid", "softmax"}
    slope : float
        Slope of the leaky ReLU below zero.

    Examples
    --------
    >>> layer = Dense(np.ones((2, 1), np.float32), np.zeros(1, np.float32), "relu")
    >>> layer(np.array([[1, 2], [1, -2]], np.float32)).tolist()
    [[3.0], [0.0]]
    >>> layer == Dense(np.ones((2, 1), np.float32), np.zeros(1, np.float32), "relu")
    True
    """

    kernel: Values
    bias: Values
    activation: Activation = "linear"
    slope: float = 0.0

    def __post_init__(self) -> None:
        for name in ("kernel", "bias"):
            weights = getattr(self, name).view()
            weights.flags.writeable = False
            object.__setattr__(self, name, weights)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Dense)
            and (self.activation, self.slope) == (other.activation, other.slope)
            and np.array_equal(self.kernel, other.kernel)
            and np.array_equal(self.bias, other.bias)
        )

    def __hash__(self) -> int:
        return hash((self.kernel.shape, self.activation, self.slope))

    @property
    def n_inputs(self) -> int:
        """Number of inputs."""
        return int(self.kernel.shape[0])

    @property
    def n_outputs(self) -> int:
        """Number of outputs, the units."""
        return int(self.kernel.shape[1])

    def __call__(self, X: Values) -> Values:
        """Apply the layer to X of shape (n, n_inputs)."""
        Z = product(X, self.kernel)
        Z += self.bias
        match self.activation:
            case "relu":
                np.maximum(Z, 0, out=Z)
            case "leaky-relu":
                np.maximum(Z, np.float32(self.slope) * Z, out=Z)
            case "cosine":
                np.cos(Z, out=Z)
            case "sigmoid":
                # 1 / (1 + exp(-z)) without overflow: exp only of numbers up to 88.
                Z = np.asarray(1 / (1 + np.exp(-np.maximum(Z, np.float32(-88)))), np.float32)
            case "softmax":
                Z = np.exp(Z - Z.max(axis=1, keepdims=True))
                Z /= Z.sum(axis=1, keepdims=True)
        return Z
