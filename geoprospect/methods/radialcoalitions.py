"""Sums of radial basis functions in every coalition of groups of inputs."""

from __future__ import annotations

import numpy as np

from geoprospect.methods.kernelscores import RadialSums
from geoprospect.network.grouping import Grouping
from geoprospect.typing import Floats, Ints, Values


class RadialCoalitions:
    """Weighted radial basis functions over all coalitions of groups of inputs.

    The function of a sum of squared distances is a product of one factor a group.

    Parameters
    ----------
    sums : RadialSums
        The functions.
    background : ndarray of float32, shape (n_inputs,)
        The inputs of a group that is no part of a coalition.
    group_of : ndarray of int64, shape (n_inputs,)
        The group of each input, counted from 0.
    times : int
        How often the scores count.

    Examples
    --------
    >>> sums = RadialSums(np.zeros((1, 2), np.float32), np.ones(1, np.float32), 0.5, 0.0)
    >>> both = RadialCoalitions(sums, np.array([9, 9], np.float32), np.array([0, 1]))
    >>> both.of(np.zeros((1, 2), np.float32)).round(3).T.tolist()
    [[0.5, 0.5, 0.5, 0.731]]
    """

    def __init__(
        self, sums: RadialSums, background: Values, group_of: Ints, *, times: int = 1
    ) -> None:
        self._sums, self._times = sums, times
        self._grouping = Grouping.of(group_of)
        order, bounds = self._grouping.order, self._grouping.bounds
        self._vectors = np.ascontiguousarray(sums.vectors.T[order])
        squares = np.square(background[order, None].astype(np.float64) - self._vectors)
        apart = np.add.reduceat(squares, bounds[:-1], axis=0)
        self._background = np.exp(-sums.gamma * apart).astype(np.float32)

    def of(self, X: Values) -> Floats:
        """Score rows, shape (n, n_inputs), in all coalitions: shape (2 ** n_groups, n)."""
        from scipy.special import expit  # noqa: PLC0415 - slow to import

        from geoprospect.network.products import sum_radial_products  # noqa: PLC0415 - loads numba

        columns = np.ascontiguousarray(X.T[self._grouping.order], np.float32)
        sums = np.full((self._grouping.n_coalitions, len(X)), self._sums.constant)
        told = (self._vectors, self._sums.weights, np.float32(self._sums.gamma))
        sum_radial_products(columns, self._grouping.bounds, self._background, *told, sums)
        scores: Floats = self._times * expit(sums)
        return scores
