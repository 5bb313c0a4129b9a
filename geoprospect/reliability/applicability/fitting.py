"""The area of applicability of a model: its training cells, their folds, and its own weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoprospect.crossval import FoldScheme
from geoprospect.errors import EvidenceError
from geoprospect.evidence import EvidenceStack
from geoprospect.model.model import ProspectivityModel
from geoprospect.reliability.applicability.dissimilarity import Applicability
from geoprospect.reliability.applicability.space import PredictorSpace
from geoprospect.samples import Samples
from geoprospect.samples.distinctcells import DistinctCells
from geoprospect.typing import Ints

MOST = 2_000  # training cells: with more, the map would take far longer than that of the scores
_BACKGROUND = 2_000  # cells, whose changes of score tell the weights to some hundredths
_FOLDS, _REPEATS = 5, 3


@dataclass(frozen=True, eq=False)
class ModelApplicability:
    """A model, and where it may be believed.

    Attributes
    ----------
    model : ProspectivityModel
        The model.
    applicability : Applicability
        Its training cells in a space, and the threshold.
    """

    model: ProspectivityModel
    applicability: Applicability


def fit_applicability(
    model: ProspectivityModel, stack: EvidenceStack, samples: Samples, *, seed: int = 0
) -> ModelApplicability:
    """Find where a model may be believed, from the cells that it was trained on.

    Parameters
    ----------
    model : ProspectivityModel
        The model.
    stack : EvidenceStack
        The evidence that it was trained on; it may hold more layers.
    samples : Samples
        Its training points, where non-occurrences are drawn those of all draws. Points that share
        a cell count once. Of more than 2,000 cells so many are taken, all with occurrences first.
    seed : int
        Seed of folds, of pairs that tell the weights and of what is drawn.

    Returns
    -------
    ModelApplicability
        In the space of the model's components, each weighted by the model's own sensitivity, see
        `PredictorSpace.of_model`; its threshold is that of five regions found by k-means of the
        coordinates, three times (as many as there are cells, of fewer than five cells).

    Raises
    ------
    LayerNameError
        If the stack lacks a layer of the model.
    EvidenceError
        If no training cell has evidence.
    SamplesError
        If the training cells do not differ, or are fewer than two.
    ModelError
        If the model gives all cells one score.
    """
    evidence = model.select(stack)
    cells = _taken(DistinctCells.of(samples).samples, seed)
    X, valid = evidence.sample(cells.rows, cells.columns)
    cells, X = cells.part(valid), X[valid]
    if not len(X):
        raise EvidenceError(
            "no training point lies in a cell that is valid in every layer",
            path=samples.path,
            mend="give the evidence and points that the model was trained on",
        )
    background, _, _ = evidence.draw(_BACKGROUND, seed=seed)
    space = PredictorSpace.of_model(model, X, background, seed=seed)
    return ModelApplicability(model, Applicability.of(space, X, _folds(cells, seed)))


def _taken(cells: Samples, seed: int) -> Samples:
    """Take no more cells than can be looked for, those with occurrences before the others."""
    if len(cells) <= MOST:
        return cells
    order = np.random.default_rng(seed).permutation(len(cells))
    order = order[np.argsort(-cells.label[order], kind="stable")]
    return cells.part(np.sort(order[:MOST]))


def _folds(cells: Samples, seed: int) -> Ints | None:
    """Give the folds of the cells, shape (repeats, n); None for a single cell."""
    number = min(_FOLDS, len(cells))
    if number < 2:
        return None
    scheme = FoldScheme("clusters", folds=number, seed=seed)
    return np.stack([scheme.assign(cells, repeat) for repeat in range(_REPEATS)])
