"""The networks, as pure Keras builders: one encoder and the heads that are put on it.

By default the shapes are the published study's: an encoder 7-100-8-6-4-2 with ReLU, a decoder
4-6-8-100-7 with leaky ReLU of slope 0.3, a softmax head over rock classes and one sigmoid unit
for the prospectivity. A builder that takes an encoder copies its weights: no two networks ever
share any.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoprospect.errors import TrainingError
from geoprospect.network import Activation, Dense, EncoderActivation, Network
from geoprospect.network.backend import keras
from geoprospect.network.network import PAPER_WIDTHS

LEAKY_SLOPE = 0.3


def encoder(
    n_inputs: int,
    *,
    widths: Sequence[int] = PAPER_WIDTHS,
    activation: EncoderActivation = "relu",
    seed: int = 0,
) -> keras.Sequential:
    """Build the encoder.

    Parameters
    ----------
    n_inputs : int
        Number of inputs, the components.
    widths : sequence of int
        Units of each layer.
    activation : {"relu", "cosine"}
        That of the first layer; the others have ReLU.
    seed : int
        Seed of the initial weights; the same seed gives the same weights.

    Returns
    -------
    keras.Sequential

    Notes
    -----
    Initial kernels are Glorot-uniform. Those of cosines are random Fourier features of a Gaussian
    kernel whose length is the square root of the number of inputs (Rahimi & Recht 2007, Random
    features for large-scale kernel machines).

    Examples
    --------
    >>> encoder(7).count_params()
    1700
    """
    layers = _grow([], n_inputs, widths, "relu", seed)
    if activation == "cosine":
        layers[0] = _fourier(n_inputs, widths[0], seed)
    return _assemble(layers, "encoder")


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
    body = Network.of(encoder).layers
    widths = [layer.kernel.shape[0] for layer in reversed(body)]
    return _assemble(_grow(body, 0, widths, "leaky-relu", seed), "autoencoder")


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
    body = Network.of(encoder).layers
    return _assemble(_grow(body, 0, [n_classes], "softmax", seed), "lithology")


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
    network = _assemble(
        prospectivity_network(encoder, seed=seed).layers, "prospectivity", penalty=(l1, l2)
    )
    if frozen:
        for layer in network.layers[:-1]:
            layer.trainable = False
    return network


def prospectivity_network(encoder: keras.Sequential, *, seed: int = 0) -> Network:
    """Give the layers that `prospectivity_classifier` builds, without a Keras network.

    Examples
    --------
    >>> len(prospectivity_network(encoder(7)).layers)
    6
    """
    return Network(tuple(_grow(Network.of(encoder).layers, 0, [1], "sigmoid", seed)))


def logistic_regression(n_inputs: int, *, seed: int = 0) -> keras.Sequential:
    """Build the baseline without hidden layers: one sigmoid unit.

    Examples
    --------
    >>> logistic_regression(7).count_params()
    8
    """
    return _assemble(_grow([], n_inputs, [1], "sigmoid", seed), "logistic-regression")


def encoder_of(network: keras.Sequential, *, n_layers: int | None = None) -> keras.Sequential:
    """Take the encoder out of a trained network, its weights copied.

    Parameters
    ----------
    network : keras.Sequential
        A network from `autoencoder`, `lithology_classifier` or `prospectivity_classifier`.
    n_layers : int, optional
        Number of layers to take; by default the ReLU and cosine layers from the input on.

    Returns
    -------
    keras.Sequential

    Raises
    ------
    TrainingError
        If the network begins with neither.

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
            (k for k, layer in enumerate(layers) if layer.activation not in ("relu", "cosine")),
            len(layers),
        )
    if n_layers == 0:
        raise TrainingError(
            "a network without an encoder",
            layer=str(network.layers[0].name),
            expected="ReLU or cosine layers from the input on",
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


def _grow(
    body: Sequence[Dense], n_inputs: int, widths: Sequence[int], activation: Activation, seed: int
) -> list[Dense]:
    """Put layers on others, their kernels Glorot-uniform, each from its own stream of the seed."""
    layers = list(body)
    for stream, width in zip(
        np.random.SeedSequence([seed, len(body)]).spawn(len(widths)), widths, strict=True
    ):
        before = layers[-1].kernel.shape[1] if layers else n_inputs
        limit = np.sqrt(6 / (before + width))
        kernel = np.random.default_rng(stream).uniform(-limit, limit, (before, width))
        bias = np.zeros(width, np.float32)
        layers.append(Dense(kernel.astype(np.float32), bias, activation, LEAKY_SLOPE))
    return layers


def _fourier(n_inputs: int, width: int, seed: int) -> Dense:
    """Draw random Fourier features, from a stream of the seed of their own."""
    random = np.random.default_rng([seed, width])
    kernel = random.standard_normal((n_inputs, width)) / np.sqrt(n_inputs)
    phases = random.uniform(0, 2 * np.pi, width)
    return Dense(kernel.astype(np.float32), phases.astype(np.float32), "cosine")


def _assemble(
    layers: Sequence[Dense], name: str, penalty: tuple[float, float] = (0.0, 0.0)
) -> keras.Sequential:
    """Build the Keras network of layers; the penalty, L1 and L2, is on the last kernel."""
    parts = [keras.layers.Input((layers[0].kernel.shape[0],), name="components")]
    for number, layer in enumerate(layers):
        activation: object = layer.activation
        if activation == "cosine":
            activation = keras.ops.cos
        if activation == "leaky-relu":
            activation = keras.layers.LeakyReLU(
                negative_slope=layer.slope, name=f"leaky_relu_{number}"
            )
        penalised = number == len(layers) - 1 and any(penalty)
        parts.append(
            keras.layers.Dense(
                layer.kernel.shape[1],
                activation=activation,
                kernel_initializer="zeros",  # replaced below, sooner than Keras would draw them
                kernel_regularizer=keras.regularizers.L1L2(*penalty) if penalised else None,
                dtype="float32",
                name=f"dense_{number}",
            )
        )
    network = keras.Sequential(parts, name=name)
    network.set_weights([array for layer in layers for array in (layer.kernel, layer.bias)])
    return network
