"""Scores of networks of cosines in every coalition of groups of inputs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geoprospect.network.dense import Dense
from geoprospect.network.network import Network
from geoprospect.typing import Floats, Ints, Values


class CosineCoalitions:
    """A layer of cosines and a sigmoid, over all coalitions of groups of inputs.

    The cosine of a sum of angles is the real part of a product of one factor a group. Before the
    cosines there may be a layer whose units look at one group each, as those that level inputs.

    Parameters
    ----------
    front : Network or None
        The layer before.
    cosines, head : Dense
        The layers.
    background : ndarray of float32, shape (n_inputs,)
        The inputs of a group that is no part of a coalition.
    group_of : ndarray of int64, shape (n_units of the front or n_inputs,)
        The group of each input of the cosines, counted from 0.
    """

    def __init__(
        self,
        front: Network | None,
        cosines: Dense,
        head: Dense,
        background: Values,
        group_of: Ints,
    ) -> None:
        self._front = front
        self._order = np.argsort(group_of, kind="stable")
        self._groups = np.concatenate([[0], np.cumsum(np.bincount(group_of))])
        self._at = self._fed(background[None])[0]
        angles = self._at.astype(np.float64) @ cosines.kernel.astype(np.float64) + cosines.bias
        weights = head.kernel[:, 0].astype(np.float64)
        first = np.stack([weights * np.cos(angles), weights * np.sin(angles)])
        self._first, self._bias = first.astype(np.float32), head.bias[0]
        self._kernel = np.ascontiguousarray(cosines.kernel[self._order])

    def of(self, X: Values) -> Floats:
        """Score rows, shape (n, n_inputs), in all coalitions: shape (2 ** n_groups, n)."""
        from geoprospect.network.products import score_cosines  # noqa: PLC0415 - loads numba

        apart = np.ascontiguousarray((self._fed(X) - self._at)[:, self._order].T)
        scores = np.zeros((2 ** (len(self._groups) - 1), len(X)))
        score_cosines(apart, self._groups, self._kernel, self._first, self._bias, scores)
        return scores

    def _fed(self, X: Values) -> Values:
        """Give the inputs of the cosines."""
        return X if self._front is None else self._front.predict(X)


def cosine_coalitions(
    network: Network, background: Values, group_of: Ints
) -> CosineCoalitions | None:
    """Give the quick way of a network to its scores in all coalitions, if it has one.

    Parameters
    ----------
    network : Network
        A network.
    background : ndarray of float32, shape (n_inputs,)
        The inputs of a group that is no part of a coalition.
    group_of : ndarray of int64, shape (n_inputs,)
        The group of each input, counted from 0.

    Examples
    --------
    >>> bias, weights = np.zeros(1, np.float32), np.ones((1, 1), np.float32)
    >>> network = Network((Dense(weights, bias, "cosine"), Dense(weights, bias, "sigmoid")))
    >>> coalitions = cosine_coalitions(network, np.zeros(1, np.float32), np.zeros(1, np.int64))
    >>> coalitions.of(np.array([[np.pi / 2]], np.float32)).round(3).T.tolist()
    [[0.731, 0.5]]
    """
    *before, cosines, head = network.layers if len(network.layers) > 1 else (None, None)
    if cosines is None or head is None or head.n_outputs != 1:
        return None
    if (cosines.activation, head.activation) != ("cosine", "sigmoid"):
        return None
    match before:
        case []:
            return CosineCoalitions(None, cosines, head, background, group_of)
        case [Dense() as front, Dense(activation="linear") as sums]:
            groups = _groups_of_units(front, group_of)
            if groups is None or front.activation == "softmax":
                return None
            kernel = cosines.kernel.astype(np.float64)
            folded = replace(
                cosines,
                kernel=(sums.kernel.astype(np.float64) @ kernel).astype(np.float32),
                bias=(sums.bias.astype(np.float64) @ kernel + cosines.bias).astype(np.float32),
            )
            return CosineCoalitions(Network((front,)), folded, head, background, groups)
    return None


def _groups_of_units(layer: Dense, group_of: Ints) -> Ints | None:
    """Give the group that each unit of a layer looks at, or None where one looks at several."""
    n_groups = int(group_of.max()) + 1
    looks = np.zeros((n_groups, layer.n_outputs), bool)
    np.logical_or.at(looks, group_of, layer.kernel != 0)
    if (looks.sum(axis=0) > 1).any():
        return None
    groups: Ints = looks.argmax(axis=0)
    # Each group needs a unit, for factors are told group by group.
    return groups if len(np.unique(groups)) == n_groups else None
