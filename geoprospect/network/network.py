"""Chains of dense layers, predicted in NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from geoprospect.typing import Values

EncoderActivation = Literal["relu", "cosine"]
Activation = Literal["linear", "relu", "leaky-relu", "cosine", "sigmoid", "softmax"]

PAPER_WIDTHS = (100, 8, 6, 4, 2)
"""Units of the encoder of the published study."""

# Rows of one matrix product. Always the same number, so that a cell's score does not depend on
# which other cells it is predicted with; small enough for a core's cache.
_TILE = 2048


@dataclass(frozen=True)
class Dense:
    """One dense layer: `activation(X @ kernel + bias)`.

    Attributes
    ----------
    kernel : ndarray of float32, shape (n_inputs, n_outputs)
    bias : ndarray of float32, shape (n_outputs,)
    activation : {"linear", "relu", "leaky-relu", "cosine", "sigmoid", "softmax"}
    slope : float
        Slope of the leaky ReLU below zero.
    """

    kernel: Values
    bias: Values
    activation: Activation = "linear"
    slope: float = 0.0

    def __call__(self, X: Values) -> Values:
        """Apply the layer to X of shape (n, n_inputs)."""
        Z = X @ self.kernel
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
                Z = 1 / (1 + np.exp(-np.maximum(Z, np.float32(-88))))
            case "softmax":
                Z = np.exp(Z - Z.max(axis=1, keepdims=True))
                Z /= Z.sum(axis=1, keepdims=True)
        return Z


class Scorer(Protocol):
    """What scores components: a network, or another fitted method with the same `predict`."""

    @property
    def n_inputs(self) -> int:
        """Number of inputs."""

    @property
    def n_outputs(self) -> int:
        """Number of outputs."""

    def predict(self, X: npt.ArrayLike) -> Values:
        """Predict X of shape (n, n_inputs); gives float32 of shape (n, n_outputs)."""


@dataclass(frozen=True)
class Network:
    """A chain of dense layers.

    Examples
    --------
    >>> head = Dense(np.ones((2, 1), np.float32), np.zeros(1, np.float32), "sigmoid")
    >>> Network((head,)).predict([[1.0, -1.0]])
    array([[0.5]], dtype=float32)
    """

    layers: tuple[Dense, ...]

    @property
    def n_inputs(self) -> int:
        """Number of inputs."""
        return int(self.layers[0].kernel.shape[0])

    @property
    def n_outputs(self) -> int:
        """Number of outputs."""
        return int(self.layers[-1].kernel.shape[1])

    def predict(self, X: npt.ArrayLike) -> Values:
        """Predict X of shape (n, n_inputs); gives float32 of shape (n, n_outputs).

        A row's result is the same to the bit whatever the other rows are.
        """
        rows = np.asarray(X, dtype=np.float32)
        result = np.empty((len(rows), self.n_outputs), np.float32)
        for start, tile in _tiles(rows):
            for layer in self.layers:
                tile = layer(tile)  # noqa: PLW2901 - the tile flows through the layers
            stop = min(start + _TILE, len(rows))
            result[start:stop] = tile[: stop - start]
        return result

    @classmethod
    def of(cls, model: Any) -> Network:
        """Take the layers of a Keras model in memory."""
        from geoprospect.network.kerasfile import layers_of  # noqa: PLC0415 - h5py is slow

        return cls(layers_of(model))

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Network:
        """Read a network from a Keras 3 `.keras` file or a Keras 2 `.h5` file.

        Raises
        ------
        ModelError
            If the file is missing, damaged, or no chain of dense layers.
        """
        from geoprospect.network.kerasfile import read_layers  # noqa: PLC0415 - h5py is slow

        return cls(read_layers(path))


def _tiles(rows: Values) -> Iterator[tuple[int, Values]]:
    """Give tiles of exactly `_TILE` rows, the last one filled up with zeros."""
    for start in range(0, len(rows), _TILE):
        tile = rows[start : start + _TILE]
        if len(tile) < _TILE:
            full = np.zeros((_TILE, rows.shape[1]), np.float32)
            full[: len(tile)] = tile
            tile = full
        yield start, tile
