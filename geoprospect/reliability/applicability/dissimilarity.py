"""How unlike the training cells a cell may be, and still lie where a model may be believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.errors import SamplesError
from geoprospect.reliability.applicability.nearest import Nearest, distances
from geoprospect.reliability.applicability.space import PredictorSpace
from geoprospect.typing import Floats, Ints

_ROWS = 256  # training cells whose distances to all others are in memory at a time


@dataclass(frozen=True, eq=False)
class Applicability:
    """The training cells of a model in a space, and how far from them it may be believed.

    The dissimilarity index of a cell is its distance to the nearest training cell, over the mean
    distance between training cells. A cell lies in the area of applicability if its index is not
    above the threshold, and its local point density is the number of training cells that are
    nearer than the threshold.

    Attributes
    ----------
    space : PredictorSpace
        The space, whose weights may be a model's own or given.
    X : ndarray of float32 or float64, shape (n, n_names)
        The evidence at the training cells; what is computed is so in this precision.
    mean_distance : float
        The mean over training cells of their mean distance to the others.
    threshold : float
        The upper whisker of the training cells' own indices: the third quartile and one and a
        half times the distance of the quartiles, but no more than the largest index.
    training_index : ndarray of float64, shape (repeats, n)
        The index of each training cell, the cells of its own fold left aside.
    training_density : ndarray of int64, shape (repeats, n)
        The local point density of each, likewise.

    Notes
    -----
    Meyer & Pebesma (2021), Methods in Ecology and Evolution 12: 1620-1633, doi
    10.1111/2041-210X.13650; local point density by Schumacher, Knoth, Ludwig & Meyer (2025),
    Geoscientific Model Development 18: 10185, doi 10.5194/gmd-18-10185-2025. With a space by
    `PredictorSpace.of_layers`, the figures are those of R's CAST 0.9, which takes float64.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [2.0], [10.0]])
    >>> space = PredictorSpace.of_layers(X, names=("X1",))
    >>> applicability = Applicability.of(space, X, folds=[0, 1, 0, 1])
    >>> round(applicability.threshold, 3)
    1.04
    >>> index, near = applicability.of_cells(np.array([[2.5], [-8.0]]))
    >>> index.round(3).tolist(), near.tolist()
    ([0.097, 1.548], [3.0, 0.0])
    """

    space: PredictorSpace
    X: npt.NDArray[Any]
    mean_distance: float
    threshold: float
    training_index: Floats
    training_density: Ints

    @classmethod
    def of(
        cls, space: PredictorSpace, X: npt.NDArray[Any], folds: npt.ArrayLike | None = None
    ) -> Applicability:
        """Find the threshold.

        Parameters
        ----------
        space : PredictorSpace
            The space.
        X : ndarray of float32 or float64, shape (n, n_names)
            The evidence at the training cells, each once.
        folds : array_like of int, shape (n,) or (repeats, n), optional
            The fold of each, of one or of several partitions that count together; without them,
            each cell is held against all others.

        Raises
        ------
        SamplesError
            If there are fewer than two training cells, all have the same evidence, or all lie in
            one fold.
        """
        n = len(X)
        if n < 2:
            raise SamplesError(
                "an area of applicability needs training cells that differ",
                found=f"{n} cell with a training point",
                expected="at least 2",
                mend="give more points",
            )
        held = np.arange(n)[None] if folds is None else np.atleast_2d(np.asarray(folds))
        points = space.place(X).astype(np.float64)
        mean = float(np.mean([np.nanmean(row) for _, apart in _distances(points) for row in apart]))
        if not mean > 0:
            raise SamplesError(
                "all training cells have the same evidence, so nothing tells what is unlike them",
                found=f"{n} cells",
                mend="give points on other ground",
            )
        index = np.empty(held.shape)
        for rows, apart in _distances(points):
            for repeat, fold in enumerate(held):
                others = np.where(fold[rows, None] == fold, np.inf, apart)
                index[repeat, rows] = np.fmin.reduce(others, axis=1) / mean
        if not np.isfinite(index).all():
            raise SamplesError(
                "all training cells lie in one fold",
                found=f"{n} cells",
                mend="give folds that part them, or none",
            )
        threshold = upper_whisker(index)
        density = np.empty(held.shape, np.int64)
        for rows, apart in _distances(points):
            for repeat, fold in enumerate(held):
                near = (fold[rows, None] != fold) & (apart / mean < threshold)
                density[repeat, rows] = near.sum(axis=1)
        return cls(space, X, mean, threshold, index, density)

    def of_cells(self, X: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Give the dissimilarity index of cells and their local point density.

        Parameters
        ----------
        X : ndarray, shape (n, n_names)
            The evidence; it is taken in the precision of the training cells'.

        Returns
        -------
        index, density : ndarray, shape (n,)
            NaN and 0 where a value is not finite.
        """
        return self.nearest.to_each(X.astype(self.X.dtype))

    @cached_property
    def nearest(self) -> Nearest:
        """The training cells as they are looked for."""
        return Nearest(self.space, self.X, self.mean_distance, self.threshold)


def _distances(points: Floats) -> Iterator[tuple[slice, Floats]]:
    """Give the distances of points to all points, some rows at a time; NaN to themselves."""
    for start in range(0, len(points), _ROWS):
        rows = slice(start, min(start + _ROWS, len(points)))
        apart = distances(points[rows], points)
        apart[np.arange(len(apart)), np.arange(rows.start, rows.stop)] = np.nan
        yield rows, apart


def upper_whisker(index: Floats) -> float:
    """Give the upper whisker of indices, as of a box plot."""
    low, high = np.quantile(index, [0.25, 0.75])
    return float(min(high + 1.5 * (high - low), index.max()))
