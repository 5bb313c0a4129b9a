"""Points near to cells in a space: how far the nearest is, and how many lie within a radius."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.reliability.applicability.space import PredictorSpace
from geoprospect.typing import Floats

_STEP = 4  # axes that the search takes at a time


@dataclass(frozen=True, eq=False)
class Nearest:
    """Points to be looked for near to cells.

    Attributes
    ----------
    space : PredictorSpace
        The space.
    X : ndarray of float32 or float64, shape (n, n_names)
        The evidence at the points. All is computed in its precision, so that a cell with the
        evidence of a point lies at no distance from it.
    unit : float
        What distances are divided by.
    radius : float
        Points count as near if their distance, so divided, is less.
    """

    space: PredictorSpace
    X: npt.NDArray[Any]
    unit: float
    radius: float

    def to(self, values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Look for points near to the cells of a window, several threads at a time if so called.

        Parameters
        ----------
        values : ndarray, shape (n_names, rows, columns)
            The evidence, in the precision of the points'.

        Returns
        -------
        distance, near : ndarray, shape (rows, columns)
            The distance to the nearest point over the unit, NaN where some value is not finite;
            and the number of points near.
        """
        from geoprospect.reliability.applicability.search import search  # noqa: PLC0415 - loads numba

        centre, matrix, points, limit = self._laid_out
        squared = np.empty(values.shape[1:], values.dtype)
        near = np.empty_like(squared)
        search(np.ascontiguousarray(values), centre, matrix, points, limit, squared, near)
        return np.sqrt(squared) / values.dtype.type(self.unit), near

    def to_each(self, X: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Look for points near to single cells, X of shape (n, n_names)."""
        from geoprospect.reliability.applicability.search import EDGE  # noqa: PLC0415 - loads numba

        width = -(-len(X) // EDGE)
        padded = np.full((EDGE * width, X.shape[1]), np.nan, self.X.dtype)
        padded[: len(X)] = X
        distance, near = self.to(padded.T.reshape(-1, EDGE, width))
        return distance.ravel()[: len(X)], near.ravel()[: len(X)]

    @cached_property
    def _laid_out(self) -> tuple[Any, Any, Any, Any]:
        """Give centre, matrix, points and the largest squared distance that is near."""
        kind = self.X.dtype.type
        axes = self.space.matrix.any(axis=0)  # one without weight adds nothing to a distance
        lacking = ((0, 0), (0, -int(axes.sum()) % _STEP))
        matrix = np.pad(self.space.matrix[:, axes], lacking).astype(kind)
        points = np.pad(self.space.place(self.X)[:, axes], lacking)
        limit = _largest_below(kind(self.radius), kind(self.unit))
        return self.space.centre.astype(kind), matrix, np.ascontiguousarray(points, kind), limit


def _largest_below(radius: Any, unit: Any) -> Any:
    """Give the largest squared distance that, as it is computed, counts as near; -1 if none."""
    kind = type(radius)
    if not radius > 0:
        return kind(-1)
    largest = radius * unit
    squared = largest * largest  # of its kind in NumPy 1, too, where the power of 2 is a float64
    while not np.sqrt(squared) / unit < radius:
        squared = np.nextafter(squared, kind(0))
    while np.sqrt(above := np.nextafter(squared, kind(math.inf))) / unit < radius:
        squared = above
    return squared


def distances(a: Floats, b: Floats) -> Floats:
    """Give the distances between points, shape (n_a, n_b)."""
    from scipy.spatial.distance import cdist  # noqa: PLC0415 - slow to import

    return np.asarray(cdist(a, b), np.float64)
