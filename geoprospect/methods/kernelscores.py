"""Scores of kernel machines, many cells at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from geoprospect.typing import Floats, Values


@dataclass(frozen=True)
class KernelProducts:
    """What a process makes of how near rows lie to its points, by products of matrices.

    The squared distances are had of one product of matrices, |x|² - 2 x·p + |p|², about the middle
    of the points, where float64 leaves them exact to some 1e-14 of the largest.

    Attributes
    ----------
    points : ndarray of float64, shape (n, n_inputs)
        The points.
    gamma : float
        The kernel is exp(-gamma · squared distance).
    score : callable
        Makes scores, shape (rows,), of the radial basis function of rows and points, shape
        (rows, n), in float64; or in float32, for scores that may be off by some 1e-5 in log-odds.

    Examples
    --------
    >>> nearness = KernelProducts(np.array([[0.0], [3.0]]), 1.0, lambda kernel: kernel[:, 0])
    >>> nearness.of(np.array([[0.0], [1.0]], np.float32)).round(3).tolist()
    [1.0, 0.368]
    """

    points: Floats
    gamma: float
    score: Callable[[Floats | Values], Floats]
    rows_at_once: ClassVar[int] = 2048  # each is held against all points

    def before(self, rotation: Floats) -> KernelProducts:
        """Give the same of rows that are not yet rotated, for a rotation keeps distances."""
        return replace(self, points=self.points @ rotation.T)

    def worth_compiling(self, n_rows: int) -> bool:
        """Tell whether this is the quicker way to score so many rows: it always is."""
        return True

    def of(self, X: Values) -> Floats:
        """Score rows, shape (n, n_inputs)."""
        middle = self.points.mean(axis=0)
        points, rows = self.points - middle, X.astype(np.float64) - middle
        squares = np.square(points).sum(axis=1)
        distance = rows @ points.T
        distance *= -2
        distance += np.square(rows).sum(axis=1)[:, None]
        distance += squares
        np.maximum(distance, 0, out=distance)
        distance *= -self.gamma
        return self.score(np.exp(distance, out=distance))


@dataclass(frozen=True)
class RadialSums:
    """Weighted radial basis functions about vectors, summed in one compiled loop.

    Attributes
    ----------
    vectors : ndarray of float32, shape (n, n_inputs)
        The vectors.
    weights : ndarray of float32, shape (n,)
        Their weights.
    gamma, constant : float
        A row's sum is that of weight · exp(-gamma · squared distance), and the constant.

    Examples
    --------
    >>> sums = RadialSums(np.zeros((1, 2), np.float32), np.ones(1, np.float32), 0.5, -1.0)
    >>> sums.of(np.array([[0.0, 0.0], [3.0, 4.0]], np.float32)).round(3).tolist()
    [0.5, 0.269]
    """

    vectors: Values
    weights: Values
    gamma: float
    constant: float
    rows_at_once: ClassVar[int] = 16_384

    def before(self, rotation: Floats) -> RadialSums:
        """Give the sums of rows that are not yet rotated, for a rotation keeps distances.

        Examples
        --------
        >>> turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
        >>> sums = RadialSums(np.array([[1, 2]], np.float32), np.ones(1, np.float32), 0.5, 0.0)
        >>> row = np.array([[2.0, 0.0]])
        >>> np.allclose(sums.before(turn).of(row), sums.of(row @ turn))
        True
        """
        return replace(self, vectors=(self.vectors @ rotation.T).astype(np.float32))

    def worth_compiling(self, n_rows: int) -> bool:
        """Tell whether this is the way to score so many rows.

        It always is, lest a cell's score hang on how many others it is scored with.
        """
        return True

    def of(self, X: Values) -> Floats:
        """Score rows, shape (n, n_inputs), as 1 / (1 + exp(-sum))."""
        from scipy.special import expit  # noqa: PLC0415 - slow to import

        from geoprospect.methods.radialkernel import sum_radial  # noqa: PLC0415 - loads numba

        columns = np.ascontiguousarray(np.asarray(X, np.float32).T)
        sums = np.full(len(X), self.constant)
        sum_radial(columns, self.vectors, self.weights, np.float32(self.gamma), sums)
        return expit(sums)  # type: ignore[no-any-return]
