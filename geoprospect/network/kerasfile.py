"""Reading the dense layers of Keras files, without Keras."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from geoprospect.errors import ModelError
from geoprospect.network.dense import Dense
from geoprospect.typing import StrPath, Values

Arrays = Callable[[str, int], list[Values]]


def read_layers(path: StrPath) -> tuple[Dense, ...]:
    """Read the dense layers of a Keras 3 `.keras` file or a Keras 2 `.h5` file.

    Raises
    ------
    ModelError
        If the file is missing, damaged, or no chain of dense layers.
    """
    if not os.path.isfile(path):
        raise ModelError(
            "no such file" if not os.path.exists(path) else "is no plain file",
            path=path,
            mend="give the file of a network, .keras or .h5",
        )
    if Path(path).suffix.lower() in (".h5", ".hdf5"):
        return _read_h5(path)
    try:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"))["config"]
            weights = io.BytesIO(archive.read("model.weights.h5"))
        with h5py.File(weights) as store:

            def arrays(_name: str, position: int) -> list[Values]:
                # Keras 3 names weights by class and position, not by the layer's name.
                group = store[f"layers/dense{f'_{position}' if position else ''}/vars"]
                return [_values(group, key) for key in sorted(group)]

            return chain_of(config, arrays, path)
    except ModelError:
        raise
    except Exception as error:  # a damaged archive may fail anywhere in the libraries that read it
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ModelError(
            f"cannot be read as a network: {reason}",
            path=path,
            expected="a whole `.keras` file of dense layers",
            mend="train the model again, or copy it again from where it was made",
        ) from error


def _read_h5(path: StrPath) -> tuple[Dense, ...]:
    """Read a Keras 2 file: its configuration as JSON, a group of weights for each layer's name."""
    try:
        with h5py.File(path) as store:
            config = json.loads(store.attrs["model_config"])["config"]
            groups = store["model_weights"]

            def arrays(name: str, _position: int) -> list[Values]:
                group = groups[name]
                return [_values(group, key) for key in group.attrs["weight_names"]]

            return chain_of(config, arrays, path)
    except ModelError:
        raise
    except Exception as error:  # as above
        reason = str(error)
        raise ModelError(
            f"cannot be read as a network: {reason}",
            path=path,
            expected="a whole Keras `.h5` file of dense layers, with configuration and weights",
            mend="copy or download it again from where it was published",
        ) from error


def _values(group: h5py.Group, name: str) -> Values:
    """Read weights that lie in the file itself, as many bytes as it says.

    HDF5 can point to values in other files, and claim more than a file holds.
    """
    link = group.get(name, getlink=True)
    if not isinstance(link, h5py.HardLink) and "/" not in str(name):
        raise ValueError(f"the weights {name} lie in another place")
    values = group[name]
    if not isinstance(values, h5py.Dataset) or values.external or values.is_virtual:
        raise ValueError(f"the weights {name} are no values of this file")
    if values.dtype.kind != "f" or values.ndim not in (1, 2):
        raise ValueError(f"the weights {name} are no kernel and no bias")
    if values.compression is not None or values.id.get_storage_size() < values.nbytes:
        raise ValueError(f"the weights {name} take {values.nbytes} bytes, which are not there")
    return np.asarray(values, np.float32)


def chain_of(config: dict[str, Any], arrays: Arrays, path: StrPath) -> tuple[Dense, ...]:
    """Chain the dense layers of a Keras configuration with their weights.

    Parameters
    ----------
    config : dict
        The configuration of a sequential model, as Keras writes it.
    arrays : callable
        Gives the kernel and, if there is one, the bias of a dense layer by name and position.
    path : path-like
        The file, or the model's name.

    Raises
    ------
    ModelError, ValueError, KeyError
        If it is no chain of dense layers with finite weights.
    """
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
            layers.append(Dense(kernel, _biases(bias, kernel.shape[1])))
        if kind in ("Dense", "Activation"):
            kind, settings = _activation(settings["activation"])
        match kind:
            case "InputLayer" | "linear":
                continue
            case "relu" | "sigmoid" | "softmax":
                activation, slope = kind, 0.0
            case "cos":
                activation, slope = "cosine", 0.0
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
    arrays_of = [(layer.kernel, layer.bias, layer.slope) for layer in layers]
    if not layers or not all(np.isfinite(x).all() for parts in arrays_of for x in parts):
        raise ValueError("no dense layer, or weights that are no finite numbers")
    return tuple(layers)


def _biases(bias: list[Values], units: int) -> Values:
    """Give the bias of each unit, zeros where a layer has none."""
    biases = bias[0] if bias else np.zeros(units, np.float32)
    if biases.shape != (units,):
        raise ValueError(f"{units} units have biases of shape {biases.shape}")
    return biases


def _activation(setting: Any) -> tuple[str, dict[str, Any]]:
    """Give the kind of an activation, and its settings where it is a layer of its own."""
    if isinstance(setting, dict):
        if setting["class_name"] == "function":
            return setting["config"], {}
        return setting["class_name"], setting["config"]
    return setting, {}
