"""Scores of networks of one layer in every coalition of groups of inputs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geoprospect.network.dense import Dense
from geoprospect.network.grouping import Grouping
from geoprospect.network.network import Network
from geoprospect.typing import Floats, Ints, Values


class SigmoidCoalitions:
    """A sigmoid unit, over all coalitions of groups of inputs: to its log-odds, each adds a term.

    Parameters
    ----------
    unit : Dense
        The unit.
    background : ndarray of float32, shape (n_inputs,)
        The inputs of a group that is no part of a coalition.
    group_of : ndarray of int64, shape (n_inputs,)
        The group of each input, counted from 0.

    Examples
    --------
    >>> unit = Dense(np.array([[1], [2]], np.float32), np.array([3], np.float32), "sigmoid")
    >>> coalitions = SigmoidCoalitions(unit, np.zeros(2, np.float32), np.array([0, 1]))
    >>> coalitions.log_odds(np.array([[10, 100]], np.float32)).T.tolist()
    [[3.0, 13.0, 203.0, 213.0]]
    """

    def __init__(self, unit: Dense, background: Values, group_of: Ints) -> None:
        self._grouping = Grouping.of(group_of)
        order = self._grouping.order
        self._weights = unit.kernel[order, 0].astype(np.float64)
        self._background = background[order].astype(np.float64)
        self._at_background = float(self._weights @ self._background + unit.bias[0])

    def log_odds(self, X: Values) -> Floats:
        """Give the log-odds of rows' scores, shape (n, n_inputs), as `of` gives these."""
        from geoprospect.network.sums import add_up  # noqa: PLC0415 - loads numba

        columns = np.ascontiguousarray(X.T[self._grouping.order], np.float32)
        table = np.empty((self._grouping.n_coalitions, len(X)))
        table[0] = self._at_background
        add_up(columns, self._grouping.bounds, self._background, self._weights, table)
        return table

    def of(self, X: Values) -> Floats:
        """Score rows, shape (n, n_inputs), in all coalitions: shape (2 ** n_groups, n)."""
        from geoprospect.network.sums import add_logistic  # noqa: PLC0415 - loads numba

        table = self.log_odds(X)
        scores = np.zeros_like(table)
        add_logistic(table, scores)
        return scores


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
        self._grouping = Grouping.of(group_of)
        self._at = self._fed(background[None])[0]
        angles = self._at.astype(np.float64) @ cosines.kernel.astype(np.float64) + cosines.bias
        weights = head.kernel[:, 0].astype(np.float64)
        first = np.stack([weights * np.cos(angles), weights * np.sin(angles)])
        self._first, self._bias = first.astype(np.float32), head.bias[0]
        self._kernel = np.ascontiguousarray(cosines.kernel[self._grouping.order])

    def of(self, X: Values) -> Floats:
        """Score rows, shape (n, n_inputs), in all coalitions: shape (2 ** n_groups, n)."""
        from geoprospect.network.products import score_cosines  # noqa: PLC0415 - loads numba

        apart = np.ascontiguousarray((self._fed(X) - self._at)[:, self._grouping.order].T)
        scores = np.zeros((self._grouping.n_coalitions, len(X)))
        bounds = self._grouping.bounds
        score_cosines(apart, bounds, self._kernel, self._first, self._bias, scores)
        return scores

    def _fed(self, X: Values) -> Values:
        """Give the inputs of the cosines."""
        return X if self._front is None else self._front.predict(X)


def network_coalitions(
    network: Network, background: Values, group_of: Ints
) -> SigmoidCoalitions | CosineCoalitions | None:
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
    >>> coalitions = network_coalitions(network, np.zeros(1, np.float32), np.zeros(1, np.int64))
    >>> coalitions.of(np.array([[np.pi / 2]], np.float32)).round(3).T.tolist()
    [[0.731, 0.5]]
    """
    match network.layers:
        case [Dense(n_outputs=1, activation="sigmoid") as unit]:
            return SigmoidCoalitions(unit, background, group_of)
        case [
            Dense(activation="cosine") as cosines,
            Dense(n_outputs=1, activation="sigmoid") as head,
        ]:
            return CosineCoalitions(None, cosines, head, background, group_of)
        case [
            Dense() as front,
            Dense(activation="linear") as sums,
            Dense(activation="cosine") as cosines,
            Dense(n_outputs=1, activation="sigmoid") as head,
        ]:
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
