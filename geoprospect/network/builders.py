"""The networks before their training: one encoder and the heads that are put on it.

By default the shapes are the published study's: an encoder 7-100-8-6-4-2 with ReLU, a decoder
4-6-8-100-7 with leaky ReLU of slope 0.3, a softmax head over rock classes and one sigmoid unit
for the prospectivity.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

import numpy as np

from geoprospect.errors import TrainingError
from geoprospect.network.dense import Activation, Dense, EncoderActivation
from geoprospect.network.network import Network

PAPER_WIDTHS = (100, 8, 6, 4, 2)
"""Units of the encoder of the published study."""

LEAKY_SLOPE = 0.3
"""Slope of its decoder's leaky ReLU below zero."""


def encoder(
    n_inputs: int,
    *,
    widths: Sequence[int] = PAPER_WIDTHS,
    activation: EncoderActivation = "relu",
    lengths: tuple[float, float] = (1.0, 1.0),
    seed: int = 0,
) -> Network:
    """Build the encoder.

    Parameters
    ----------
    n_inputs : int
        Number of inputs, the components.
    widths : sequence of int
        Units of each layer.
    activation : {"relu", "cosine"}
        That of the first layer; the others have ReLU.
    lengths : (float, float)
        Lengths of cosines, from the first to the last, in even ratios.
    seed : int
        Seed of the initial weights; the same seed gives the same weights.

    Returns
    -------
    Network

    Notes
    -----
    Initial kernels are Glorot-uniform. Those of cosines are random Fourier features of a Gaussian
    kernel whose length is the square root of the number of inputs (Rahimi & Recht 2007, Random
    features for large-scale kernel machines), or the sum of kernels of so many times that.

    Examples
    --------
    >>> [layer.n_outputs for layer in encoder(7).layers]
    [100, 8, 6, 4, 2]
    """
    layers = _grow((), n_inputs, widths, "relu", seed)
    if activation == "cosine":
        layers = (_fourier(n_inputs, widths[0], lengths, seed), *layers[1:])
    return Network(layers)


def autoencoder(encoder: Network, *, seed: int = 0) -> Network:
    """Put a decoder on an encoder, mirroring its layers, with leaky ReLU of slope 0.3 throughout.

    Parameters
    ----------
    encoder : Network
        The encoder.
    seed : int
        Seed of the decoder's initial weights.

    Returns
    -------
    Network
        Layers as in the encoder, then as many that lead back to its inputs.

    Examples
    --------
    >>> [layer.n_outputs for layer in autoencoder(encoder(7)).layers]
    [100, 8, 6, 4, 2, 4, 6, 8, 100, 7]
    """
    widths = [layer.n_inputs for layer in reversed(encoder.layers)]
    return Network(_grow(encoder.layers, encoder.n_outputs, widths, "leaky-relu", seed))


def lithology_classifier(encoder: Network, n_classes: int, *, seed: int = 0) -> Network:
    """Put a softmax head over rock classes on an encoder.

    Parameters
    ----------
    encoder : Network
        The encoder.
    n_classes : int
        Number of rock classes.
    seed : int
        Seed of the head's initial weights.

    Returns
    -------
    Network

    Examples
    --------
    >>> lithology_classifier(encoder(7), 5).n_outputs
    5
    """
    return Network(_grow(encoder.layers, encoder.n_outputs, [n_classes], "softmax", seed))


def prospectivity_network(encoder: Network, *, seed: int = 0) -> Network:
    """Put one sigmoid unit on an encoder: the prospectivity.

    Parameters
    ----------
    encoder : Network
        The encoder.
    seed : int
        Seed of the head's initial weights.

    Returns
    -------
    Network

    Examples
    --------
    >>> [layer.activation for layer in prospectivity_network(encoder(7, widths=(9, 2))).layers]
    ['relu', 'relu', 'sigmoid']
    """
    return Network(_grow(encoder.layers, encoder.n_outputs, [1], "sigmoid", seed))


def logistic_regression(n_inputs: int, *, seed: int = 0) -> Network:
    """Build the baseline without hidden layers: one sigmoid unit.

    Examples
    --------
    >>> logistic_regression(7).layers[0].kernel.shape
    (7, 1)
    """
    return Network(_grow((), n_inputs, [1], "sigmoid", seed))


def encoder_of(network: Network, *, n_layers: int | None = None) -> Network:
    """Take the encoder out of a trained network.

    Parameters
    ----------
    network : Network
        A network from `autoencoder`, `lithology_classifier` or `prospectivity_network`.
    n_layers : int, optional
        Number of layers to take; by default the ReLU and cosine layers from the input on.

    Returns
    -------
    Network

    Raises
    ------
    TrainingError
        If the network begins with neither.

    Examples
    --------
    >>> part = encoder(7, seed=1)
    >>> encoder_of(autoencoder(part)) == part
    True
    """
    layers = network.layers[:n_layers]
    if n_layers is None:
        layers = tuple(takewhile(lambda layer: layer.activation in ("relu", "cosine"), layers))
    if not layers:
        raise TrainingError(
            "a network without an encoder",
            found=f"a first layer with the activation {network.layers[0].activation}",
            expected="ReLU or cosine layers from the input on",
        )
    return Network(layers)


def _grow(
    body: tuple[Dense, ...],
    n_inputs: int,
    widths: Sequence[int],
    activation: Activation,
    seed: int,
) -> tuple[Dense, ...]:
    """Put layers on others, their kernels Glorot-uniform, each from its own stream of the seed."""
    layers = list(body)
    streams = np.random.SeedSequence([seed, len(body)]).spawn(len(widths))
    for stream, width in zip(streams, widths, strict=True):
        limit = np.sqrt(6 / (n_inputs + width))
        kernel = np.random.default_rng(stream).uniform(-limit, limit, (n_inputs, width))
        bias = np.zeros(width, np.float32)
        slope = LEAKY_SLOPE if activation == "leaky-relu" else 0.0
        layers.append(Dense(kernel.astype(np.float32), bias, activation, slope))
        n_inputs = width
    return tuple(layers)


def _fourier(n_inputs: int, width: int, lengths: tuple[float, float], seed: int) -> Dense:
    """Draw random Fourier features, from a stream of the seed of their own."""
    random = np.random.default_rng([seed, width])
    kernel = random.standard_normal((n_inputs, width)) / np.sqrt(n_inputs)
    kernel /= np.geomspace(*lengths, width)
    phases = random.uniform(0, 2 * np.pi, width)
    return Dense(kernel.astype(np.float32), phases.astype(np.float32), "cosine")
