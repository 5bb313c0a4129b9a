"""Training of a method on all folds but one, for all folds and repeats."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from geoprospect.crossval.folded import Folded
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
from geoprospect.methods.forest import Forest
from geoprospect.methods.stages import under_stage
from geoprospect.samples import DistinctCells, Samples
from geoprospect.typing import Bools, Floats, Progress, Values

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
    draws = None if masks is None else masks[:, distinct.representatives]
    folded = Folded.of(distinct.samples, scheme, draws=draws)
    result = score_folded(
        method, folded, X[distinct.representatives], preparation=preparation, progress=progress
    )
    return replace(
        result,
        scores=result.scores[:, distinct.cell],
        spread=result.spread[:, distinct.cell],
    )


def score_folded(
    method: Method,
    folded: Folded,
    X: Values,
    *,
    preparation: Preparation | None = None,
    progress: Progress | None = None,
) -> HeldOutScores:
    """Train a method on all folds but one, and score that one, and the ground held out with it.

    Parameters
    ----------
    method, preparation, progress
        As for `score_held_out`.
    folded : Folded
        The points in their folds.
    X : ndarray of float32, shape (n + n_cells, n_inputs)
        Points and ground as the method sees them: `components.transform(folded.X)`.

    Returns
    -------
    HeldOutScores

    Raises
    ------
    TrainingError
        If a training fails.
    """
    label = folded.samples.label
    points = X[: len(label)]
    fit_masks, members = folded.masks(method.members)
    if preparation is None:
        preparation = method.prepare(PretextCells(points), X.shape[1], progress=progress)
    every = scores_of_fits(
        method,
        SampleTable(points, label, folded.samples.names),
        fit_masks,
        X,
        wanted=np.repeat(folded.held_out, members, axis=0),
        preparation=preparation,
        progress=under_stage(progress, method.name),
    )
    by_split = every.reshape(len(folded.learned), members, -1).astype(np.float64)
    scores, ground = folded.when_held_out(by_split.mean(axis=1))
    spread, _ = folded.when_held_out(by_split.std(axis=1))
    shares = folded.shares(scores, ground)
    return HeldOutScores.of(method.name, scores, label, spread=spread, shares=shares, ground=ground)


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
    result = coordinates_folded(Folded.of(distinct.samples, scheme), seed=scheme.seed)
    return replace(
        result,
        scores=result.scores[:, distinct.cell],
        spread=np.zeros((len(result.scores), len(samples))),
    )


def coordinates_folded(folded: Folded, *, seed: int) -> HeldOutScores:
    """Score points in their folds, and their ground, as `coordinates_alone` does."""
    cells = folded.samples
    places = _centres(cells)
    everywhere = places
    if folded.ground is not None:
        everywhere = np.vstack([places, _centres(folded.ground.cells)])
    forest = Forest(seed=seed, trees=_NULL_TREES, leaf=2, class_weights=False)
    used = folded.held_out.any(axis=1)
    by_split = np.full(folded.held_out.shape, np.nan)
    by_split[used] = scores_of_fits(
        forest,
        SampleTable(places.astype(np.float32), cells.label),
        folded.learned[used],
        everywhere.astype(np.float32),
        wanted=folded.held_out[used],
    )
    scores, ground = folded.when_held_out(by_split)
    shares = folded.shares(scores, ground)
    return HeldOutScores.of("coordinates alone", scores, cells.label, shares=shares)


def _centres(samples: Samples) -> Floats:
    """Give the centres of the samples' cells, shape (n, 2): points of a cell are never parted."""
    return np.column_stack(samples.grid.centres(samples.rows, samples.columns))
