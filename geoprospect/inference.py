"""The forward pass of dense networks in NumPy, so that a map needs no TensorFlow."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Literal, Protocol

import h5py
import numpy as np
import numpy.typing as npt

from geoprospect.components import Components
from geoprospect.errors import ModelError

Activation = Literal["linear", "relu", "leaky-relu", "sigmoid", "softmax"]
Array = npt.NDArray[np.float32]

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
    activation : {"linear", "relu", "leaky-relu", "sigmoid", "softmax"}
    slope : float
        Slope of the leaky ReLU below zero.
    """

    kernel: Array
    bias: Array
    activation: Activation = "linear"
    slope: float = 0.0

    def __call__(self, X: Array) -> Array:
        """Apply the layer to X of shape (n, n_inputs)."""
        Z = X @ self.kernel
        Z += self.bias
        match self.activation:
            case "relu":
                np.maximum(Z, 0, out=Z)
            case "leaky-relu":
                np.maximum(Z, np.float32(self.slope) * Z, out=Z)
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

    def predict(self, X: npt.ArrayLike) -> Array:
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

    def predict(self, X: npt.ArrayLike) -> Array:
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
        weights = {layer.name: layer.get_weights() for layer in model.layers}
        return _assemble(model.get_config(), lambda name, _: weights[name], str(model.name))

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Network:
        """Read a network from a Keras 3 `.keras` file or a Keras 2 `.h5` file.

        Raises
        ------
        ModelError
            If the file is missing, damaged, or no chain of dense layers.
        """
        if Path(path).suffix.lower() in (".h5", ".hdf5"):
            return _read_h5(path)
        try:
            with zipfile.ZipFile(path) as archive:
                config = json.loads(archive.read("config.json"))["config"]
                weights = io.BytesIO(archive.read("model.weights.h5"))
            with h5py.File(weights) as store:

                def arrays(_name: str, position: int) -> list[Array]:
                    # Keras 3 names weights by class and position, not by the layer's own name.
                    group = store[f"layers/dense{f'_{position}' if position else ''}/vars"]
                    return [np.asarray(group[key]) for key in sorted(group)]

                return _assemble(config, arrays, path)
        except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
            raise ModelError(
                f"cannot be read as a network: {error}",
                path=path,
                expected="a whole `.keras` file of dense layers",
                mend="train the model again, or copy it again from where it was made",
            ) from error


class ForwardPass:
    """Evidence in, prospectivity out: components and an ensemble in one pass.

    Parameters
    ----------
    components : Components
        Folded into each network's first layer, for it is an affine map.
    members : sequence of Scorer
        Networks, or others that score components with one output.
    """

    def __init__(self, components: Components, members: Sequence[Scorer]) -> None:
        self.components = components
        self.others = [member for member in members if not isinstance(member, Network)]
        # The mean is taken off first: far from zero, float32 could not hold the small differences.
        self.centre: Array = components.mean.astype(np.float32)
        standardise = components.rotation / components.scale[:, None]
        offset = (self.centre.astype(np.float64) - components.mean) @ standardise
        self.members: list[Network] = []
        for member in members:
            if not isinstance(member, Network):
                continue
            first = member.layers[0]
            kernel = first.kernel.astype(np.float64)
            folded = Dense(
                np.ascontiguousarray((standardise @ kernel).astype(np.float32)),
                (offset @ kernel + first.bias).astype(np.float32),
                first.activation,
                first.slope,
            )
            self.members.append(Network((folded, *member.layers[1:])))

    def predict(self, X: npt.ArrayLike) -> tuple[Array, Array]:
        """Score cells.

        Parameters
        ----------
        X : array_like, shape (n, n_layers)
            Evidence in the layers' units, columns in the order of the components.

        Returns
        -------
        mean, spread : ndarray of float32, shape (n,)
            Mean of the members' scores in [0, 1], and their standard deviation.
        """
        centred = np.asarray(X, dtype=np.float32) - self.centre
        each = [member.predict(centred)[:, 0] for member in self.members]
        if self.others:
            P = self.components.transform(X)
            each += [member.predict(P)[:, 0] for member in self.others]
        scores = np.stack(each)
        mean = scores.mean(axis=0, dtype=np.float64)
        spread = np.sqrt(((scores - mean) ** 2).mean(axis=0))
        return mean.astype(np.float32), spread.astype(np.float32)


def _read_h5(path: str | PathLike[str]) -> Network:
    """Read a Keras 2 file: its configuration as JSON, a group of weights for each layer's name."""
    try:
        with h5py.File(path) as store:
            config = json.loads(store.attrs["model_config"])["config"]
            groups = store["model_weights"]

            def arrays(name: str, _position: int) -> list[Array]:
                group = groups[name]
                return [np.asarray(group[key], np.float32) for key in group.attrs["weight_names"]]

            return _assemble(config, arrays, path)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        reason = str(error) if Path(path).is_file() else "there is no such file"
        raise ModelError(
            f"cannot be read as a network: {reason}",
            path=path,
            expected="a whole Keras `.h5` file of dense layers, with configuration and weights",
            mend="copy or download it again from where it was published",
        ) from error


def _tiles(rows: Array) -> Iterator[tuple[int, Array]]:
    """Give tiles of exactly `_TILE` rows, the last one filled up with zeros."""
    for start in range(0, len(rows), _TILE):
        tile = rows[start : start + _TILE]
        if len(tile) < _TILE:
            full = np.zeros((_TILE, rows.shape[1]), np.float32)
            full[: len(tile)] = tile
            tile = full
        yield start, tile


def _assemble(config: dict[str, Any], arrays: Any, path: str | PathLike[str]) -> Network:
    """Chain the dense layers of a Keras configuration with their weights."""
    layers: list[Dense] = []
    for entry in config["layers"]:
        kind, settings = entry["class_name"], entry["config"]
        if kind == "Dense":
            kernel, *bias = arrays(settings["name"], len(layers))
            n_inputs = layers[-1].kernel.shape[1] if layers else kernel.shape[0]
            if kernel.shape != (n_inputs, settings["units"]):
                raise ModelError(
                    "a kernel does not fit its layer",
                    path=path,
                    layer=settings["name"],
                    found=kernel.shape,
                    expected=(n_inputs, settings["units"]),
                )
            layers.append(Dense(kernel, bias[0] if bias else np.zeros(kernel.shape[1], np.float32)))
        if kind in ("Dense", "Activation"):
            kind, settings = _activation(settings["activation"])
        match kind:
            case "InputLayer" | "linear":
                continue
            case "relu" | "sigmoid" | "softmax":
                activation, slope = kind, 0.0
            case "ReLU":
                activation, slope = "relu", 0.0
            case "LeakyReLU":
                activation = "leaky-relu"
                slope = float(settings.get("negative_slope", settings.get("alpha")))
            case _:
                raise ValueError(f"layers of the kind {kind} are not understood")
        if not layers or layers[-1].activation != "linear":
            raise ValueError(f"the activation {kind} follows no linear dense layer")
        layers[-1] = Dense(layers[-1].kernel, layers[-1].bias, activation, slope)
    if not layers or not all(np.isfinite(a).all() for la in layers for a in (la.kernel, la.bias)):
        raise ValueError("no dense layer, or weights that are no finite numbers")
    return Network(tuple(layers))


def _activation(setting: Any) -> tuple[str, dict[str, Any]]:
    if isinstance(setting, dict):
        return setting["class_name"], setting["config"]
    return setting, {}
