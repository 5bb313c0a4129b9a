"""Layers as Keras models and back, and `.keras` files that plain Keras reads."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Sequence

from geoprospect.errors import ModelError
from geoprospect.network.backend import keras
from geoprospect.network.dense import Dense
from geoprospect.network.kerasfile import chain_of
from geoprospect.typing import StrPath


def keras_model(layers: Sequence[Dense]) -> keras.Sequential:
    """Build a Keras model of dense layers.

    Parameters
    ----------
    layers : sequence of Dense
        From the input on.

    Returns
    -------
    keras.Sequential
        With the weights of the layers.

    Examples
    --------
    >>> from geoprospect.network.builders import encoder
    >>> keras_model(encoder(7).layers).count_params()
    1700
    """
    parts = [keras.layers.Input((layers[0].n_inputs,), name="components")]
    for number, layer in enumerate(layers):
        activation: object = layer.activation
        if activation == "cosine":
            activation = keras.ops.cos
        if activation == "leaky-relu":
            activation = keras.layers.LeakyReLU(
                negative_slope=layer.slope, name=f"leaky_relu_{number}"
            )
        parts.append(
            keras.layers.Dense(
                layer.n_outputs,
                activation=activation,
                kernel_initializer="zeros",  # replaced below, sooner than Keras would draw them
                dtype="float32",
                name=f"dense_{number}",
            )
        )
    model = keras.Sequential(parts, name="prospectivity")
    model.set_weights([weights for layer in layers for weights in (layer.kernel, layer.bias)])
    return model


def layers_of(model: keras.Model) -> tuple[Dense, ...]:
    """Take the dense layers of a Keras model.

    Raises
    ------
    ModelError
        If it is no chain of dense layers.

    Examples
    --------
    >>> from geoprospect.network.builders import logistic_regression
    >>> layers = logistic_regression(3).layers
    >>> layers_of(keras_model(layers)) == layers
    True
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
    keras_model(layers).save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    # Keras does not write where it has its cosine, and could not find it again.
    cosine = b'{"module": "%s", "class_name": "function", "config": "cos", "registered_name": %s}'
    # Keras writes the hour and addresses in memory; neither says anything of the network.
    config = re.sub(rb', "shared_object_id": \d+', b"", parts["config.json"])
    parts["config.json"] = config.replace(
        cosine % (b"builtins", b'"function"'), cosine % (b"keras.ops", b"null")
    )
    parts["metadata.json"] = json.dumps({"keras_version": keras.__version__}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(parts):
            archive.writestr(zipfile.ZipInfo(name), parts[name])
