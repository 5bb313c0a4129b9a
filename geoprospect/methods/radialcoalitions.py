"""Radial basis functions, and sums of them, in every coalition of groups of inputs."""

from __future__ import annotations

import numpy as np

from geoprospect.methods.kernelscores import KernelProducts, RadialSums
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
        self._vectors = np.ascontiguousarray(sums.vectors.T[self._grouping.order])
        self._background = _factors(self._grouping, background, self._vectors, sums.gamma)

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


class ProductCoalitions:
    """Scores made of radial basis functions about points, over all coalitions of groups of inputs.

    As for `RadialCoalitions`, each function is a product of one factor a group. What is made of
    them is reckoned in float32.

    Parameters
    ----------
    products : KernelProducts
        The points, and the scores.
    background, group_of, times
        As for `RadialCoalitions`.

    Examples
    --------
    >>> one = KernelProducts(np.zeros((1, 2)), 0.5, lambda kernel: kernel[:, 0])
    >>> both = ProductCoalitions(one, np.array([1, 2], np.float32), np.array([0, 1]))
    >>> both.of(np.zeros((1, 2), np.float32)).round(3).T.tolist()
    [[0.082, 0.135, 0.607, 1.0]]
    """

    def __init__(
        self, products: KernelProducts, background: Values, group_of: Ints, *, times: int = 1
    ) -> None:
        self._products, self._times = products, times
        self._grouping = Grouping.of(group_of)
        points = (products.points.T[self._grouping.order]).astype(np.float32)
        self._points = np.ascontiguousarray(points)
        self._background = _factors(self._grouping, background, points, products.gamma)

    def of(self, X: Values) -> Floats:
        """Score rows, shape (n, n_inputs), in all coalitions: shape (2 ** n_groups, n)."""
        from geoprospect.network.products import fill_radial_products  # noqa: PLC0415 - numba

        n_coalitions, n_points = self._grouping.n_coalitions, self._points.shape[1]
        cells = X[:, self._grouping.order].astype(np.float32)
        scores: Floats = np.empty((n_coalitions, len(X)))
        told = (self._grouping.bounds, self._background, self._points)
        kernel = np.empty((n_coalitions, n_points), np.float32)
        # Cell by cell, lest a score hang on where among others a product of matrices has it.
        for c, cell in enumerate(np.ascontiguousarray(cells)):
            fill_radial_products(cell, *told, np.float32(self._products.gamma), kernel)
            scores[:, c] = self._products.score(kernel)
        scores *= self._times
        return scores


def _factors(grouping: Grouping, background: Values, points: Values, gamma: float) -> Values:
    """Give what the distance of each group from each point comes to at the background."""
    squares = np.square(background[grouping.order, None].astype(np.float64) - points)
    apart = np.add.reduceat(squares, grouping.bounds[:-1], axis=0)
    factors: Values = np.exp(-gamma * apart).astype(np.float32)
    return factors
