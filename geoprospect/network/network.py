"""Chains of dense layers, predicted in NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from geoprospect.network.dense import Dense
from geoprospect.network.product import TILE
from geoprospect.typing import Floats, StrPath, Values


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


@runtime_checkable
class Chain(Protocol):
    """What can take an affine map into its first layer, and so read evidence itself."""

    def after(self, matrix: Floats, offset: Floats) -> Network:
        """Give the network that computes `X @ matrix + offset` first."""


@dataclass(frozen=True)
class Network:
    """A chain of dense layers, as a value: nothing changes it.

    Attributes
    ----------
    layers : tuple of Dense
        From the input on.

    Examples
    --------
    >>> head = Dense(np.ones((2, 1), np.float32), np.zeros(1, np.float32), "sigmoid")
    >>> Network((head,)).predict([[1.0, -1.0]])
    array([[0.5]], dtype=float32)
    """

    layers: tuple[Dense, ...]
    suffix: ClassVar[str] = ".keras"

    @property
    def n_inputs(self) -> int:
        """Number of inputs."""
        return self.layers[0].n_inputs

    @property
    def n_outputs(self) -> int:
        """Number of outputs."""
        return self.layers[-1].n_outputs

    def predict(self, X: npt.ArrayLike) -> Values:
        """Predict X of shape (n, n_inputs); gives float32 of shape (n, n_outputs).

        A row's result is the same to the bit whatever the other rows are.
        """
        rows = np.asarray(X, dtype=np.float32)
        result = np.empty((len(rows), self.n_outputs), np.float32)
        for start, tile in _tiles(rows):
            for layer in self.layers:
                tile = layer(tile)  # noqa: PLW2901 - the tile flows through the layers
            stop = min(start + TILE, len(rows))
            result[start:stop] = tile[: stop - start]
        return result

    def after(self, matrix: Floats, offset: Floats) -> Network:
        """Fold an affine map of the inputs, `X @ matrix + offset`, into the first layer.

        Parameters
        ----------
        matrix : ndarray of float64, shape (n_before, n_inputs)
        offset : ndarray of float64, shape (n_inputs,)

        Returns
        -------
        Network
            Of what the map takes.

        Examples
        --------
        >>> head = Dense(np.ones((1, 1), np.float32), np.zeros(1, np.float32))
        >>> Network((head,)).after(np.array([[2.0], [3.0]]), np.array([1.0])).predict([[1, 1]])
        array([[6.]], dtype=float32)
        """
        first = self.layers[0]
        kernel = first.kernel.astype(np.float64)
        folded = replace(
            first,
            kernel=np.ascontiguousarray((matrix @ kernel).astype(np.float32)),
            bias=(offset @ kernel + first.bias).astype(np.float32),
        )
        return Network((folded, *self.layers[1:]))

    @classmethod
    def of(cls, model: Any) -> Network:
        """Take the layers and weights of a Keras model in memory.

        Raises
        ------
        ModelError
            If it is no chain of dense layers.
        """
        from geoprospect.network.kerasmodel import layers_of  # noqa: PLC0415 - h5py is slow

        return cls(layers_of(model))

    @classmethod
    def read(cls, path: StrPath) -> Network:
        """Read a network from a Keras 3 `.keras` file or a Keras 2 `.h5` file.

        Raises
        ------
        ModelError
            If the file is missing, damaged, or no chain of dense layers.
        """
        from geoprospect.network.kerasfile import read_layers  # noqa: PLC0415 - h5py is slow

        return cls(read_layers(path))

    def save(self, path: StrPath) -> None:
        """Write a `.keras` file, which plain Keras reads; the same weights give the same bytes."""
        from geoprospect.network.kerasmodel import save_keras  # noqa: PLC0415 - h5py is slow

        save_keras(self.layers, path)


def _tiles(rows: Values) -> Iterator[tuple[int, Values]]:
    """Give tiles of exactly `TILE` rows, the last one filled up with zeros."""
    for start in range(0, len(rows), TILE):
        tile = rows[start : start + TILE]
        if len(tile) < TILE:
            full = np.zeros((TILE, rows.shape[1]), np.float32)
            full[: len(tile)] = tile
            tile = full
        yield start, tile
