"""An ensemble's forward pass as one compiled loop, for grids of millions of cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoprospect.network.dense import Dense
from geoprospect.network.kernel import COSINE, LEAKY, LINEAR, SIGMOID, STEP, score_cells
from geoprospect.network.network import Network
from geoprospect.typing import Values

# A ReLU is a leaky one that does not leak.
_ACTIVATIONS = {
    "linear": LINEAR,
    "relu": LEAKY,
    "leaky-relu": LEAKY,
    "cosine": COSINE,
    "sigmoid": SIGMOID,
}


class CompiledPass:
    """Scores windows of evidence: one pass over the values, whatever the number of members.

    It agrees with Keras in float64 to 1e-5; from `Network.predict` it differs by rounding. A
    cell's scores are the same to the bit in any window.

    Parameters
    ----------
    members : sequence of Network
        They read centred evidence and have one output.
    centre : ndarray of float32, shape (n_layers,)
        What is taken off the evidence first.
    ranges : ndarray of float32, shape (n_layers, 2)
        Smallest and largest value of each layer at the training points.

    Examples
    --------
    >>> head = Dense(np.ones((2, 1), np.float32), np.zeros(1, np.float32), "sigmoid")
    >>> limits = np.array([[0, 1], [0, 1]], np.float32)
    >>> forward = CompiledPass([Network((head,))], np.zeros(2, np.float32), limits)
    >>> bands = np.empty((1, 3), np.float32)
    >>> values = np.array([[1, 2, 0], [-1, -2, np.nan]], np.float32)
    >>> forward.score(values, bands, nodata=-1), bands.tolist()
    (2, [[0.5, 0.5, -1.0]])
    """

    def __init__(self, members: Sequence[Network], centre: Values, ranges: Values) -> None:
        self._inputs = np.ascontiguousarray(np.vstack([centre, ranges.T]), np.float32)
        layers = [layer for member in members for layer in member.layers]
        ends = [layer is member.layers[-1] for member in members for layer in member.layers]
        padded = [_padded(layer) for layer in layers]
        self._weights = np.concatenate([part.ravel() for pair in padded for part in pair])
        self._table = np.array(
            [
                [*kernel.shape, _ACTIVATIONS[layer.activation], end]
                for (_, kernel), layer, end in zip(padded, layers, ends, strict=True)
            ],
            np.int64,
        )
        self._slopes = np.array([layer.slope for layer in layers], np.float32)

    def score(self, values: Values, bands: Values, *, nodata: float) -> int:
        """Score cells, several threads at a time if so called.

        Parameters
        ----------
        values : ndarray of float32, shape (n_layers, n)
            Evidence in the layers' units; a cell is valid where all of it is finite.
        bands : ndarray of float32, shape (1 or 2, n)
            Receives the members' mean and, if there is a second band, their standard deviation.
        nodata : float
            What invalid cells receive.

        Returns
        -------
        int
            Valid cells where some layer leaves its range at the training points.
        """
        return int(
            score_cells(
                np.ascontiguousarray(values, np.float32),
                self._inputs,
                (self._table, self._weights, self._slopes),
                bands,
                np.float32(nodata),
            )
        )


def _padded(layer: Dense) -> tuple[Values, Values]:
    """Fill bias and kernel with zeros up to a multiple of the step."""
    n_inputs, n_outputs = (-(-n // STEP) * STEP for n in layer.kernel.shape)
    bias, kernel = np.zeros(n_outputs, np.float32), np.zeros((n_inputs, n_outputs), np.float32)
    bias[: len(layer.bias)] = layer.bias
    kernel[: layer.kernel.shape[0], : layer.kernel.shape[1]] = layer.kernel
    return bias, kernel
