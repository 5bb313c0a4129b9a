"""Layers out of Keras models, and into `.keras` files that plain Keras reads, without Keras."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

import h5py

from geoprospect.errors import ModelError
from geoprospect.network.dense import Dense
from geoprospect.network.kerasfile import chain_of
from geoprospect.typing import StrPath

_FORMAT = "3.3.0"  # of Keras; later ones read it too


def layers_of(model: Any) -> tuple[Dense, ...]:
    """Take the dense layers of a Keras model.

    Raises
    ------
    ModelError
        If it is no chain of dense layers.
    """
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    try:
        return chain_of(model.get_config(), lambda name, _: weights[name], str(model.name))
    except (ValueError, KeyError) as error:
        raise ModelError(
            f"a Keras model that is not understood: {error}",
            layer=str(model.name),
            expected="dense layers with ReLU, leaky ReLU, cosine, sigmoid, softmax or none",
        ) from error


def save_keras(layers: Sequence[Dense], path: StrPath) -> None:
    """Write layers as a `.keras` file, which plain Keras reads.

    Parameters
    ----------
    layers : sequence of Dense
        From the input on.
    path : path-like
        The file, ending in `.keras`. The same weights give the same bytes.
    """
    parts = {
        "config.json": json.dumps(_configuration(layers)).encode(),
        "metadata.json": json.dumps({"keras_version": _FORMAT}).encode(),
        "model.weights.h5": _weights(layers),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part)  # without the hour


def _configuration(layers: Sequence[Dense]) -> dict[str, Any]:
    """Describe the layers as Keras does."""
    shape = [None, layers[0].n_inputs]
    entry = {"batch_shape": shape, "dtype": "float32", "name": "components"}
    described = [_entry("InputLayer", entry)]
    for number, layer in enumerate(layers):
        settings = {
            "name": f"dense_{number}",
            "dtype": "float32",
            "units": layer.n_outputs,
            "activation": _activation(layer, number),
        }
        described.append(_entry("Dense", settings))
        described[-1]["build_config"] = {"input_shape": [None, layer.n_inputs]}
    config = {"name": "prospectivity", "layers": described, "build_input_shape": shape}
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": config,
        "registered_name": None,
        "build_config": {"input_shape": shape},
    }


def _activation(layer: Dense, number: int) -> str | dict[str, Any]:
    """Describe the activation of a layer."""
    if layer.activation == "cosine":
        cosine = {"module": "keras.ops", "class_name": "function", "config": "cos"}
        return cosine | {"registered_name": None}
    if layer.activation == "leaky-relu":
        slope = {"name": f"leaky_relu_{number}", "negative_slope": layer.slope}
        return _entry("LeakyReLU", slope)
    return layer.activation


def _entry(kind: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Describe a Keras layer of some kind."""
    entry = {"module": "keras.layers", "class_name": kind}
    return entry | {"config": settings, "registered_name": None}


def _weights(layers: Sequence[Dense]) -> bytes:
    """Give the weights as Keras stores them, named by class and position of the layer."""
    content = io.BytesIO()
    with h5py.File(content, "w") as store:
        store.create_group("vars")
        for position, layer in enumerate(layers):
            group = store.create_group(f"layers/dense{f'_{position}' if position else ''}")
            if layer.activation == "leaky-relu":
                group.create_group("activation/vars")
            group["vars/0"], group["vars/1"] = layer.kernel, layer.bias
    return content.getvalue()
