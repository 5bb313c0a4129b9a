"""Training of a method on all folds but one, for all folds and repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from geoprospect.crossval.cells import DistinctCells, centres
from geoprospect.crossval.folds import FoldScheme
from geoprospect.crossval.heldout import HeldOutScores
from geoprospect.crossval.pretext import PretextCells
from geoprospect.errors import TrainingError
from geoprospect.methods import each_side_by_side, fit_baseline, logistic_regressions
from geoprospect.methods.plan import BaselinePlan, TransferPlan
from geoprospect.methods.transfer import pretrain, transfer
from geoprospect.network import Network
from geoprospect.samples import Samples
from geoprospect.typing import Bools, Floats, Ints, Progress, Values

Pretext = tuple[Values, Ints | None] | PretextCells

_NULL_TREES = 500


def cross_validate(
    plan: TransferPlan | BaselinePlan,
    samples: Samples,
    P: Values,
    scheme: FoldScheme,
    *,
    seen: Bools | None = None,
    encoders: Sequence[Network] | None = None,
    progress: Progress | None = None,
) -> HeldOutScores:
    """Train a method on all folds but one, and score that one; for all folds and repeats.

    Points that share a cell count once: with the label 1 if one of them is an occurrence.

    Parameters
    ----------
    plan : TransferPlan or BaselinePlan
        The method; its members are averaged. All members, folds and repeats of a network train
        in one compiled program.
    samples : Samples
        Occurrences and non-occurrences.
    P : ndarray of float32, shape (n, n_components)
        Components at the samples.
    scheme : FoldScheme
        How points are held out.
    seen : ndarray of bool, shape (members, n), optional
        The samples that each member learns from, where these are not held out; all by default.
    encoders : sequence of Network, optional
        Encoders taught a network's pretext task, as `teach` gives them; by default, taught to
        reconstruct the samples.
    progress : callable, optional
        Called with the stage, the steps done, the steps in all and a word on them.

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
    """
    distinct = DistinctCells.of(samples)
    cells, P = distinct.samples, P[distinct.representatives]
    folds, rows = scheme.splits(cells)
    learned = np.repeat(rows, plan.members, axis=0)
    if seen is not None:
        learned &= np.tile(seen[:, distinct.representatives], (len(rows), 1))
    points = (P, cells.label, learned)
    if isinstance(plan, BaselinePlan):
        name: str = plan.method
        every = _baseline_scores(plan, points, progress)
    else:
        name = f"{plan.pretext} {plan.strategy}" if plan.pretext != "none" else plan.strategy
        if encoders is None:
            encoders = teach(plan, samples, scheme, (P, None), progress=progress)
        every = _network_scores(plan, points, encoders, _named(progress, name))
    by_split = every.reshape(len(rows), plan.members, -1).astype(np.float64)
    mean, spread = (_held_out(one, folds) for one in (by_split.mean(axis=1), by_split.std(axis=1)))
    result = HeldOutScores.of(name, mean, cells.label, spread=spread)
    return replace(result, scores=mean[:, distinct.cell], spread=spread[:, distinct.cell])


def teach(
    plan: TransferPlan,
    samples: Samples,
    scheme: FoldScheme,
    pretext: Pretext,
    *,
    progress: Progress | None = None,
) -> list[Network]:
    """Teach the encoders of a cross-validation their pretext task.

    Strategies that share a pretext task, its schedule, members and seed can share the encoders.

    Parameters
    ----------
    plan, samples, scheme, progress
        As for `cross_validate`.
    pretext : tuple or PretextCells
        Components and rock classes (or None) that the pretext task learns from; it sees no label
        of an occurrence. Given as `PretextCells`, those held out or within the buffer are kept
        from it, so that encoders are taught anew for each fold and repeat.

    Returns
    -------
    list of Network
        One a member; or, where cells held out are kept from the task, one a member for the first
        split, and so on.

    Raises
    ------
    SamplesError
        If the points do not allow these folds.
    TrainingError
        If the training fails.
    """
    if not isinstance(pretext, PretextCells) or plan.pretraining is None:
        P, rock_class = (
            (pretext.P, pretext.rock_class) if isinstance(pretext, PretextCells) else pretext
        )
        return pretrain(plan, P, rock_class, progress=progress)
    cells = DistinctCells.of(samples).samples
    folds, rows = scheme.splits(cells)
    n_folds = len(rows) // len(folds)
    taught: list[Network] = []
    for split in range(len(rows)):
        held_out = folds[split // n_folds] == split % n_folds
        kept = pretext.beyond(cells, held_out, scheme.buffer)
        if not kept.any():
            raise TrainingError(
                f"fold {split % n_folds + 1} leaves the pretext task no cell",
                mend="ask for more folds or a narrower buffer, or let it see cells held out",
            )
        rock_class = None if pretext.rock_class is None else pretext.rock_class[kept]
        taught += pretrain(plan, pretext.P[kept], rock_class)
        if progress is not None:
            progress(f"{plan.pretext} pretext", split + 1, len(rows), "splits")
    return taught


def coordinates_alone(samples: Samples, scheme: FoldScheme) -> HeldOutScores:
    """Score, under the same folds, a random forest that knows only easting and northing.

    A method that does not beat it has learned where occurrences cluster, and no geology.
    """
    distinct = DistinctCells.of(samples)
    cells = distinct.samples
    folds, rows = scheme.splits(cells)
    places = centres(cells)
    every = [
        RandomForestClassifier(_NULL_TREES, min_samples_leaf=2, random_state=scheme.seed, n_jobs=-1)
        .fit(places[learned], cells.label[learned])
        .predict_proba(places)[:, 1]
        for learned in rows
    ]
    scores = _held_out(np.stack(every), folds)
    result = HeldOutScores.of("coordinates alone", scores, cells.label)
    return replace(
        result,
        scores=scores[:, distinct.cell],
        spread=np.zeros((len(scores), len(samples))),
    )


def _named(progress: Progress | None, name: str) -> Progress | None:
    """Tell the progress of a method under its own name: strategies serve several."""
    return progress and (lambda _, done, total, word: progress(name, done, total, "epochs"))


def _held_out(by_split: Floats, folds: Ints) -> Floats:
    """Pick, for each repeat and point, the score of the split that held the point out."""
    by_repeat = by_split.reshape(len(folds), -1, folds.shape[1])
    return np.asarray(np.take_along_axis(by_repeat, folds[:, None, :], axis=1)[:, 0])


def _baseline_scores(
    plan: BaselinePlan, points: tuple[Values, Ints, Bools], progress: Progress | None
) -> Values:
    """Score all points by every member of every split, shape (splits * members, n)."""
    P, label, learned = points
    seeds = [plan.seed + number % plan.members for number in range(len(learned))]
    if plan.method == "logistic-regression":
        units = logistic_regressions(*points, seeds, plan.settings, _named(progress, plan.method))
        return np.stack([unit.predict(P)[:, 0] for unit in units])
    tasks = [(plan, seed, P, label, rows) for seed, rows in zip(seeds, learned, strict=True)]
    told: list[Values] = []
    for scores in each_side_by_side(_fitted_scores, tasks):
        told.append(scores)
        if progress is not None:
            progress(plan.method, len(told), len(tasks), "fits")
    return np.stack(told)


def _fitted_scores(plan: BaselinePlan, seed: int, P: Values, label: Ints, learned: Bools) -> Values:
    fitted = fit_baseline(
        plan.method, P[learned], label[learned], seed=seed, settings=plan.settings
    )
    return fitted.predict(P)[:, 0]


def _network_scores(
    plan: TransferPlan,
    points: tuple[Values, Ints, Bools],
    encoders: Sequence[Network],
    progress: Progress | None,
) -> Values:
    """Score all points by every member of every split, shape (splits * members, n)."""
    P, label, learned = points
    networks, _ = transfer(
        replace(plan, members=len(learned)),
        [*encoders] * (len(learned) // len(encoders)),
        P,
        label,
        rows=learned,
        progress=progress,
    )
    return np.stack([network.predict(P)[:, 0] for network in networks])
