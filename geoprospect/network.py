"""The networks, as pure Keras builders: one encoder and the heads that are put on it.

The shapes are the published study's: an encoder 7-100-8-6-4-2 with ReLU, a decoder 4-6-8-100-7
with leaky ReLU of slope 0.3, a softmax head over rock classes and one sigmoid unit for the
prospectivity. A builder that takes an encoder copies its weights: no two networks ever share any.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Sequence
from os import PathLike

# Before TensorFlow is imported: no start-up chatter, and sums in the same order on every run.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np

from geoprospect.errors import TrainingError
from geoprospect.inference import Dense, Network

ENCODER_WIDTHS = (100, 8, 6, 4, 2)
LEAKY_SLOPE = 0.3


def encoder(
    n_inputs: int, *, widths: Sequence[int] = ENCODER_WIDTHS, seed: int = 0
) -> keras.Sequential:
    """Build the encoder, with ReLU throughout.

    Parameters
    ----------
    n_inputs : int
        Number of inputs, the components.
    widths : sequence of int
        Units of each layer.
    seed : int
        Seed of the initial weights (Glorot uniform); the same seed gives the same weights.

    Returns
    -------
    keras.Sequential

    Examples
    --------
    >>> encoder(7).count_params()
    1700
    """
    return _build(n_inputs, [(width, "relu") for width in widths], "encoder", seed)


def autoencoder(encoder: keras.Sequential, *, seed: int = 0) -> keras.Sequential:
    """Put a decoder on an encoder, mirroring its layers, with leaky ReLU of slope 0.3 throughout.

    Parameters
    ----------
    encoder : keras.Sequential
        The encoder; its weights are copied.
    seed : int
        Seed of the decoder's initial weights.

    Returns
    -------
    keras.Sequential
        Layers as in the encoder, then as many that lead back to its inputs.

    Examples
    --------
    >>> [layer.units for layer in autoencoder(encoder(7)).layers]
    [100, 8, 6, 4, 2, 4, 6, 8, 100, 7]
    """
    widths = [layer.units for layer in encoder.layers[-2::-1]] + [int(encoder.input_shape[-1])]
    return _extend(encoder, [(width, "leaky-relu") for width in widths], "autoencoder", seed)


def lithology_classifier(
    encoder: keras.Sequential, n_classes: int, *, seed: int = 0
) -> keras.Sequential:
    """Put a softmax head over rock classes on an encoder.

    Parameters
    ----------
    encoder : keras.Sequential
        The encoder; its weights are copied.
    n_classes : int
        Number of rock classes.
    seed : int
        Seed of the head's initial weights.

    Returns
    -------
    keras.Sequential

    Examples
    --------
    >>> lithology_classifier(encoder(7), 5).output_shape
    (None, 5)
    """
    return _extend(encoder, [(n_classes, "softmax")], "lithology", seed)


def prospectivity_classifier(
    encoder: keras.Sequential,
    *,
    l1: float = 0.0,
    l2: float = 0.0,
    frozen: bool = False,
    seed: int = 0,
) -> keras.Sequential:
    """Put one sigmoid unit on an encoder: the prospectivity.

    Parameters
    ----------
    encoder : keras.Sequential
        The encoder; its weights are copied.
    l1, l2 : float
        Penalty on the kernel of the head.
    frozen : bool
        Whether training leaves the encoder's weights as they are.
    seed : int
        Seed of the head's initial weights.

    Returns
    -------
    keras.Sequential

    Examples
    --------
    >>> network = prospectivity_classifier(encoder(7), frozen=True)
    >>> [layer.trainable for layer in network.layers]
    [False, False, False, False, False, True]
    """
    network = _extend(encoder, [(1, "sigmoid")], "prospectivity", seed)
    if l1 or l2:
        network.layers[-1].kernel_regularizer = keras.regularizers.L1L2(l1=l1, l2=l2)
    if frozen:
        for layer in network.layers[:-1]:
            layer.trainable = False
    return network


def logistic_regression(n_inputs: int, *, seed: int = 0) -> keras.Sequential:
    """Build the baseline without hidden layers: one sigmoid unit.

    Examples
    --------
    >>> logistic_regression(7).count_params()
    8
    """
    return _build(n_inputs, [(1, "sigmoid")], "logistic-regression", seed)


def encoder_of(network: keras.Sequential, *, n_layers: int | None = None) -> keras.Sequential:
    """Take the encoder out of a trained network, its weights copied.

    Parameters
    ----------
    network : keras.Sequential
        A network from `autoencoder`, `lithology_classifier` or `prospectivity_classifier`.
    n_layers : int, optional
        Number of layers to take; by default the ReLU layers from the input on.

    Returns
    -------
    keras.Sequential

    Raises
    ------
    TrainingError
        If the network begins with no ReLU layer.

    Examples
    --------
    >>> part = encoder(7, seed=1)
    >>> taken = encoder_of(autoencoder(part))
    >>> bool((taken.get_weights()[0] == part.get_weights()[0]).all()), len(taken.layers)
    (True, 5)
    """
    layers = Network.of(network).layers
    if n_layers is None:
        n_layers = next(
            (k for k, layer in enumerate(layers) if layer.activation != "relu"), len(layers)
        )
    if n_layers == 0:
        raise TrainingError(
            "a network without an encoder",
            layer=str(network.layers[0].name),
            expected="ReLU layers from the input on",
        )
    return _assemble(layers[:n_layers], "encoder")


def of_network(network: Network) -> keras.Sequential:
    """Rebuild a chain of dense layers as a Keras network.

    Parameters
    ----------
    network : Network
        The layers and weights, as `Network.of` and `Network.read` give them.

    Returns
    -------
    keras.Sequential

    Examples
    --------
    >>> of_network(Network.of(logistic_regression(3))).output_shape
    (None, 1)
    """
    return _assemble(network.layers, "prospectivity")


def save_keras(network: Network | keras.Sequential, path: str | PathLike[str]) -> None:
    """Write a network as a `.keras` file, which plain Keras reads.

    Parameters
    ----------
    network : Network or keras.Sequential
        The network.
    path : path-like
        The file, ending in `.keras`. The same weights give the same bytes.
    """
    model = of_network(network) if isinstance(network, Network) else network
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    # Keras writes the hour and addresses in memory; neither says anything of the network.
    parts["config.json"] = re.sub(rb', "shared_object_id": \d+', b"", parts["config.json"])
    parts["metadata.json"] = json.dumps({"keras_version": keras.__version__}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(parts):
            archive.writestr(zipfile.ZipInfo(name), parts[name])


def _assemble(layers: Sequence[Dense], name: str) -> keras.Sequential:
    shapes = [(layer.kernel.shape[1], layer.activation) for layer in layers]
    slopes = [layer.slope for layer in layers]
    network = _chain(layers[0].kernel.shape[0], shapes, name, slopes)
    network.set_weights([array for layer in layers for array in (layer.kernel, layer.bias)])
    return network


def _build(
    n_inputs: int, layers: Sequence[tuple[int, str]], name: str, seed: int
) -> keras.Sequential:
    network = _chain(n_inputs, layers, name, [LEAKY_SLOPE] * len(layers))
    network.set_weights(_initial(n_inputs, [width for width, _ in layers], seed))
    return network


def _extend(
    encoder: keras.Sequential, head: Sequence[tuple[int, str]], name: str, seed: int
) -> keras.Sequential:
    """Copy an encoder and put layers on it; all are trainable and free of penalties."""
    body = Network.of(encoder).layers
    shapes = [(layer.kernel.shape[1], str(layer.activation)) for layer in body]
    slopes = [layer.slope for layer in body] + [LEAKY_SLOPE] * len(head)
    network = _chain(body[0].kernel.shape[0], [*shapes, *head], name, slopes)
    copied = [array for layer in body for array in (layer.kernel, layer.bias)]
    added = _initial(body[-1].kernel.shape[1], [width for width, _ in head], seed)
    network.set_weights([*copied, *added])
    return network


def _chain(
    n_inputs: int, layers: Sequence[tuple[int, str]], name: str, slopes: Sequence[float]
) -> keras.Sequential:
    # Zeros first: the builders draw the weights themselves, many times faster than Keras does.
    parts = [
        keras.layers.Dense(
            width,
            activation=keras.layers.LeakyReLU(negative_slope=slope, name=f"leaky_relu_{number}")
            if activation == "leaky-relu"
            else activation,
            kernel_initializer="zeros",
            dtype="float32",
            name=f"dense_{number}",
        )
        for number, ((width, activation), slope) in enumerate(zip(layers, slopes, strict=True))
    ]
    return keras.Sequential([keras.layers.Input((n_inputs,), name="components"), *parts], name=name)


def _initial(n_inputs: int, widths: Sequence[int], seed: int) -> list[np.ndarray]:
    """Draw Glorot-uniform kernels and zero biases, each layer from its own stream of the seed."""
    arrays = []
    streams = np.random.SeedSequence(seed).spawn(len(widths))
    for before, width, stream in zip([n_inputs, *widths], widths, streams, strict=False):
        limit = np.sqrt(6 / (before + width))
        kernel = np.random.default_rng(stream).uniform(-limit, limit, (before, width))
        arrays += [kernel.astype(np.float32), np.zeros(width, np.float32)]
    return arrays
