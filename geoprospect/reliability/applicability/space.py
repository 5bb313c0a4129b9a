"""The space in which cells are like or unlike each other: scaled, and weighted by what matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.errors import ModelError, SamplesError
from geoprospect.model.contributions import log_odds
from geoprospect.model.model import ProspectivityModel
from geoprospect.typing import Floats, Values

_SPREAD = 1e-6  # of the widest axis: an axis narrower than that tells no cells apart


@dataclass(frozen=True, eq=False)
class PredictorSpace:
    """An affine map from evidence to a space whose distances tell how unlike cells are.

    Attributes
    ----------
    names : tuple of str
        The evidence, in the order of the columns of X.
    axes : tuple of str
        What the axes of the space are: components by number, or evidence by name.
    centre : ndarray of float64, shape (n_names,)
        What is taken off the evidence first.
    matrix : ndarray of float64, shape (n_names, n_axes)
        What turns it into the space then; the weights are in it.
    weights : ndarray of float64, shape (n_axes,)
        How much each axis counts, one standard deviation against another.

    Examples
    --------
    >>> space = PredictorSpace.of_layers([[1, 10], [3, 30]], names=("X1", "X2"), weights=(1, 2))
    >>> space.place(np.array([[2.0, 20.0], [3.0, 30.0]])).round(3).tolist()
    [[0.0, 0.0], [0.707, 1.414]]
    """

    names: tuple[str, ...]
    axes: tuple[str, ...]
    centre: Floats
    matrix: Floats
    weights: Floats

    @classmethod
    def of_layers(
        cls, X: npt.ArrayLike, *, names: Sequence[str], weights: npt.ArrayLike | None = None
    ) -> PredictorSpace:
        """Scale evidence itself by its mean and standard deviation at cells, as R's CAST does.

        Parameters
        ----------
        X : array_like, shape (n, n_names)
            The evidence at the training cells.
        names : sequence of str
            Its names.
        weights : array_like, shape (n_names,), optional
            How much each counts, such as its importance to a model; all alike by default, and
            those below 0 as 0.

        Raises
        ------
        SamplesError
            If some evidence does not vary.
        """
        cells = np.asarray(X, np.float64)
        spread = cells.std(axis=0, ddof=1) if len(cells) > 1 else np.zeros(cells.shape[1])
        for name, value, one in zip(names, cells[0], spread, strict=True):
            if not one > 0:
                raise SamplesError(
                    f"{name} does not vary from training cell to training cell",
                    found=f"{value:g} at all of them",
                    mend="leave it out",
                )
        counted = np.ones(len(names)) if weights is None else np.maximum(weights, 0.0)
        matrix = np.diag(counted / spread)
        return cls(tuple(names), tuple(names), cells.mean(axis=0), matrix, counted)

    @classmethod
    def of_model(
        cls, model: ProspectivityModel, training: Values, background: Values, *, seed: int = 0
    ) -> PredictorSpace:
        """Take the components of a model, each weighted by how much the score hangs on it.

        Parameters
        ----------
        model : ProspectivityModel
            The model; one that reads layers as they are has these for axes.
        training : ndarray of float32, shape (n, n_names)
            The evidence at the training cells.
        background : ndarray of float32, shape (m, n_names)
            The evidence at cells of the ground, which tell the standard deviation of each axis.
        seed : int
            Seed of the draw of pairs.

        Raises
        ------
        ModelError
            If the score is the same whatever the evidence.

        Notes
        -----
        The weight of an axis is the mean absolute change of the log-odds of the score, over
        training and background cells, when a cell takes the place along the axis of another that
        is drawn from all of them; divided by the mean distance of these places in standard
        deviations of the axis. Of a model that is linear on the log-odds, this is the absolute
        slope. Weights are told as shares of their sum.
        """
        components = model.components
        to_axes = components.rotation / components.scale[:, None]
        cells = np.concatenate([training, background]).astype(np.float64)
        spread = ((background.astype(np.float64) - components.mean) @ to_axes).std(axis=0)
        kept = np.flatnonzero(spread > _SPREAD * spread.max())
        places = (cells - components.mean) @ to_axes[:, kept] / spread[kept]
        back = (components.rotation * components.scale[:, None])[:, kept] * spread[kept]
        steps = _steps(places, seed)
        slopes = _slopes(model, cells, steps, back)
        if not slopes.any():
            raise ModelError(
                "the model gives all cells one score, so no axis of its evidence matters",
                path=model.folder,
                mend="train on evidence that tells occurrences from other ground",
            )
        weights = slopes / slopes.sum()
        axes = (
            tuple(f"component {k + 1}" for k in kept)
            if components.rotated
            else tuple(model.names[k] for k in kept)
        )
        matrix = to_axes[:, kept] / spread[kept] * weights
        return cls(model.names, axes, components.mean, matrix, weights)

    def place(self, X: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Give the places of cells, X of shape (n, n_names), in the precision of X.

        Sums run over the names in their order, so that a cell's place is the same to the bit
        whatever it is placed with.
        """
        kind = X.dtype.type
        centred = X - self.centre.astype(kind)
        places = np.zeros((len(X), self.matrix.shape[1]), kind)
        for name in range(len(self.names)):
            places += centred[:, name, None] * self.matrix[name].astype(kind)
        return places


def _steps(places: Floats, seed: int) -> Floats:
    """Give how far each cell goes along each axis to take the place of another."""
    others = np.random.default_rng(seed).permutation(len(places))
    steps: Floats = places[others] - places
    return steps


def _slopes(model: ProspectivityModel, cells: Floats, steps: Floats, back: Floats) -> Floats:
    """Give the mean absolute change of the log-odds for a step of one along each axis."""
    forward = model.forward_pass()

    def odds(X: Floats) -> Floats:
        return log_odds(forward.predict(X.astype(np.float32))[0])

    here = odds(cells)
    slopes = np.zeros(steps.shape[1])
    for axis in range(steps.shape[1]):
        there = odds(cells + steps[:, axis, None] * back[:, axis])
        slopes[axis] = np.abs(there - here).mean() / np.abs(steps[:, axis]).mean()
    return slopes
