"""Training of a method on all folds but one, for all folds and repeats."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from geoprospect.crossval.cells import DistinctCells, centres
from geoprospect.crossval.folds import FoldScheme
from geoprospect.crossval.heldout import HeldOutScores
from geoprospect.crossval.pretext import cells_beyond
from geoprospect.errors import TrainingError
from geoprospect.methods import (
    Method,
    Preparation,
    PretextCells,
    SampleTable,
    scores_of_fits,
)
from geoprospect.methods.stages import under_stage
from geoprospect.samples import Samples
from geoprospect.typing import Bools, Floats, Ints, Progress, Values

_NULL_TREES = 500


def score_held_out(
    method: Method,
    samples: Samples,
    X: Values,
    scheme: FoldScheme,
    *,
    masks: Bools | None = None,
    preparation: Preparation | None = None,
    progress: Progress | None = None,
) -> HeldOutScores:
    """Train a method on all folds but one, and score that one; for all folds and repeats.

    Points that share a cell count once: with the label 1 if one of them is an occurrence.

    Parameters
    ----------
    method : Method
        The method; its members are averaged. All members, folds and repeats of a network train
        in one compiled program.
    samples : Samples
        Occurrences and non-occurrences.
    X : ndarray of float32, shape (n, n_inputs)
        The samples as the method sees them: `components.transform(samples.X)`.
    scheme : FoldScheme
        How points are held out.
    masks : ndarray of bool, shape (draws, n), optional
        The samples of each draw: member k learns from those of draw k, counted round, that are
        not held out. There are as many members as draws at least. By default all learn from all.
    preparation : sequence, optional
        What the method prepared, or `prepare_apart` gave; by default, prepared on the samples.
    progress : callable, optional
        Called with the method, the steps done, the steps in all and a word on them.

    Returns
    -------
    HeldOutScores
        The scores of all points; the figures are those of distinct cells.

    Raises
    ------
    SamplesError
        If the points do not allow these folds.
    TrainingError
        If a training fails.

    Examples
    --------
    See `geoprospect.methods` for the methods, and `geoprospect.model.fit` for samples.
    """
    distinct = DistinctCells.of(samples)
    cells, X = distinct.samples, X[distinct.representatives]
    folds, split_masks = scheme.splits(cells)
    members = method.members if masks is None else max(method.members, len(masks))
    fit_masks = np.repeat(split_masks, members, axis=0)
    if masks is not None:
        draws = masks[np.arange(members) % len(masks)]
        fit_masks &= np.tile(draws[:, distinct.representatives], (len(split_masks), 1))
    if preparation is None:
        preparation = method.prepare(PretextCells(X), X.shape[1], progress=progress)
    every = scores_of_fits(
        method,
        SampleTable(X, cells.label),
        fit_masks,
        X,
        preparation=preparation,
        progress=under_stage(progress, method.name),
    )
    by_split = every.reshape(len(split_masks), members, -1).astype(np.float64)
    mean, spread = (
        _held_out(figure, folds) for figure in (by_split.mean(axis=1), by_split.std(axis=1))
    )
    result = HeldOutScores.of(method.name, mean, cells.label, spread=spread)
    return replace(result, scores=mean[:, distinct.cell], spread=spread[:, distinct.cell])


def prepare_apart(
    method: Method,
    samples: Samples,
    scheme: FoldScheme,
    cells: PretextCells,
    *,
    progress: Progress | None = None,
) -> Preparation:
    """Let a method learn its pretext task anew for each split, without cells held out.

    It sees no label of an occurrence in any case. Kept from it are the cells held out and those
    within the buffer of one.

    Parameters
    ----------
    method, samples, scheme, progress
        As for `score_held_out`.
    cells : PretextCells
        The cells of the pretext task, with their places.

    Returns
    -------
    sequence
        What the method prepared: one part a member for the first split, and so on.

    Raises
    ------
    SamplesError
        If the points do not allow these folds.
    TrainingError
        If the training fails, or a fold leaves no cell.
    """
    points = DistinctCells.of(samples).samples
    folds, split_masks = scheme.splits(points)
    n_folds = len(split_masks) // len(folds)
    parts: list[Any] = []
    for split in range(len(split_masks)):
        held_out = folds[split // n_folds] == split % n_folds
        kept = cells_beyond(cells, points, held_out, scheme.buffer)
        if not kept.any():
            raise TrainingError(
                f"fold {split % n_folds + 1} leaves the pretext task no cell",
                mend="ask for more folds or a narrower buffer, or let it see cells held out",
            )
        parts += method.prepare(cells.part(kept), cells.X.shape[1])
        if progress is not None:
            progress(f"{method.pretext} pretext", split + 1, len(split_masks), "splits")
    return parts


def coordinates_alone(samples: Samples, scheme: FoldScheme) -> HeldOutScores:
    """Score, under the same folds, a random forest that knows only easting and northing.

    A method that does not beat it has learned where occurrences cluster, and no geology.
    """
    distinct = DistinctCells.of(samples)
    cells = distinct.samples
    folds, masks = scheme.splits(cells)
    places = centres(cells)
    every = [
        RandomForestClassifier(_NULL_TREES, min_samples_leaf=2, random_state=scheme.seed, n_jobs=-1)
        .fit(places[mask], cells.label[mask])
        .predict_proba(places)[:, 1]
        for mask in masks
    ]
    scores = _held_out(np.stack(every), folds)
    result = HeldOutScores.of("coordinates alone", scores, cells.label)
    return replace(
        result,
        scores=scores[:, distinct.cell],
        spread=np.zeros((len(scores), len(samples))),
    )


def _held_out(by_split: Floats, folds: Ints) -> Floats:
    """Pick, for each repeat and point, the score of the split that held the point out."""
    by_repeat = by_split.reshape(len(folds), -1, folds.shape[1])
    return np.asarray(np.take_along_axis(by_repeat, folds[:, None, :], axis=1)[:, 0])
