"""Spatial cross-validation: what a method scores at points far from those it learned from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from geoprospect.baselines import each_side_by_side, fit_baseline
from geoprospect.errors import SamplesError
from geoprospect.inference import Array
from geoprospect.plan import BaselinePlan, TransferPlan
from geoprospect.samples import Samples

FoldKind = Literal["clusters", "blocks", "random"]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Progress = Callable[[str, int, int, str], None]

_NULL_TREES = 500


@dataclass(frozen=True)
class FoldScheme:
    """How points are held out.

    Attributes
    ----------
    kind : {"clusters", "blocks", "random"}
        Regions found by k-means of the coordinates; square blocks, shared out to folds so that
        each has its share of occurrences; or cells at random, which is for comparison only, for
        neighbours of the points held out are then learned from.
    folds : int
        Number of folds.
    repeats : int
        How often, with other regions, shifted blocks or another draw.
    size : float
        Edge of a block, in units of the CRS.
    buffer : float
        Points this near to one held out are not learned from, in units of the CRS.
    seed : int
        Seed of the first repeat; the others count on from it.
    """

    kind: FoldKind = "clusters"
    folds: int = 5
    repeats: int = 3
    size: float = 20_000.0
    buffer: float = 0.0
    seed: int = 0

    def assign(self, samples: Samples, repeat: int) -> Ints:
        """Give the fold of each point; all points of a cell are in one fold.

        Raises
        ------
        SamplesError
            If the points lie in fewer cells, or blocks, than there are folds.
        """
        seed = self.seed + repeat
        places = _centres(samples)
        groups = samples.cells
        if self.kind == "blocks":
            shift = np.random.default_rng(seed).uniform(0, self.size, 2)
            block = np.floor((places - places.min(axis=0) + shift) / self.size).astype(np.int64)
            groups = block[:, 0] * (block[:, 1].max() + 1) + block[:, 1]
        n_groups = len(np.unique(groups))
        if n_groups < self.folds:
            raise SamplesError(
                "too few places for so many folds",
                path=samples.path,
                found=f"{n_groups} {'blocks' if self.kind == 'blocks' else 'cells'} with points",
                expected=f"at least {self.folds}",
                mend="ask for fewer folds or smaller blocks",
            )
        if self.kind == "clusters":
            # One start: with more, all repeats would find the same regions.
            means = KMeans(self.folds, init="random", n_init=1, random_state=seed).fit(places)
            return np.asarray(means.labels_, dtype=np.int64)
        splitter = StratifiedGroupKFold(self.folds, shuffle=True, random_state=seed)
        fold = np.empty(len(samples), dtype=np.int64)
        for number, (_, held_out) in enumerate(splitter.split(places, samples.label, groups)):
            fold[held_out] = number
        return fold

    def splits(self, samples: Samples) -> tuple[Ints, Bools]:
        """Give the folds of all repeats, and the points learned from in each.

        Returns
        -------
        folds : ndarray of int64, shape (repeats, n)
            Fold of each point.
        rows : ndarray of bool, shape (repeats * folds, n)
            Points learned from: neither held out nor within the buffer.

        Raises
        ------
        SamplesError
            If a fold leaves no occurrence, or no non-occurrence, to learn from.
        """
        places = _centres(samples)
        folds = np.stack([self.assign(samples, repeat) for repeat in range(self.repeats)])
        rows = np.repeat(folds, self.folds, axis=0) != np.tile(
            np.arange(self.folds), self.repeats
        ).reshape(-1, 1)
        for number in range(len(rows)):
            if self.buffer > 0:
                distance, _ = cKDTree(places[~rows[number]]).query(places)
                rows[number] &= distance > self.buffer
            counts = np.bincount(samples.label[rows[number]], minlength=2)
            if not counts.all():
                raise SamplesError(
                    f"fold {number % self.folds + 1} leaves too little to learn from",
                    path=samples.path,
                    found=f"{counts[1]} occurrences, {counts[0]} non-occurrences",
                    mend="ask for fewer folds, smaller blocks or a narrower buffer",
                )
        return folds, rows


@dataclass(frozen=True)
class HeldOutScores:
    """What a method says of each point when it was held out.

    Attributes
    ----------
    method : str
        The method.
    scores : ndarray of float64, shape (repeats, n)
        Mean of the members that did not learn from the point.
    auc, average_precision : ndarray of float64, shape (repeats,)
        Area under the ROC curve and average precision, of all points of a repeat together.
    """

    method: str
    scores: npt.NDArray[np.float64]
    auc: npt.NDArray[np.float64]
    average_precision: npt.NDArray[np.float64]

    @classmethod
    def of(cls, method: str, scores: npt.NDArray[np.float64], label: Ints) -> HeldOutScores:
        """Compute the figures from scores of shape (repeats, n)."""
        auc = [roc_auc_score(label, row) for row in scores]
        precision = [average_precision_score(label, row) for row in scores]
        return cls(method, scores, np.array(auc), np.array(precision))


def cross_validate(
    plan: TransferPlan | BaselinePlan,
    samples: Samples,
    P: Array,
    scheme: FoldScheme,
    *,
    pretext: tuple[Array, Ints | None] | None = None,
    progress: Progress | None = None,
) -> HeldOutScores:
    """Train a method on all folds but one, and score that one; for all folds and repeats.

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
    pretext : tuple, optional
        Components and rock classes (or None) that the pretext task learns from; it sees no label
        of an occurrence.
    progress : callable, optional
        Called with the stage, the steps done, the steps in all and a word on them.

    Raises
    ------
    SamplesError
        If the points do not allow these folds.
    TrainingError
        If a training fails.
    """
    folds, rows = scheme.splits(samples)
    if isinstance(plan, BaselinePlan):
        name: str = plan.method
        seeds = range(plan.seed, plan.seed + plan.members)
        tasks = [(plan, seed, P, samples.label, learned) for learned in rows for seed in seeds]
        told: list[Array] = []
        # A sigmoid unit trains in this process, where TensorFlow is loaded once.
        fits = (
            (_baseline_scores(*task) for task in tasks)
            if plan.method == "logistic-regression"
            else each_side_by_side(_baseline_scores, tasks)
        )
        for scores in fits:
            told.append(scores)
            if progress is not None:
                progress(plan.method, len(told), len(tasks), "fits")
        every = np.stack(told)
    else:
        name = f"{plan.pretext} {plan.strategy}" if plan.pretext != "none" else plan.strategy
        every = _network_scores(plan, (P, samples.label, rows), pretext or (P, None), progress)
    by_split = every.reshape(len(rows), plan.members, -1).mean(axis=1, dtype=np.float64)
    return HeldOutScores.of(name, _held_out(by_split, folds, scheme.folds), samples.label)


def coordinates_alone(samples: Samples, scheme: FoldScheme) -> HeldOutScores:
    """Score, under the same folds, a random forest that knows only easting and northing.

    A method that does not beat it has learned where occurrences cluster, and no geology.
    """
    folds, rows = scheme.splits(samples)
    places = _centres(samples)
    every = [
        RandomForestClassifier(_NULL_TREES, min_samples_leaf=2, random_state=scheme.seed, n_jobs=-1)
        .fit(places[learned], samples.label[learned])
        .predict_proba(places)[:, 1]
        for learned in rows
    ]
    scores = _held_out(np.stack(every), folds, scheme.folds)
    return HeldOutScores.of("coordinates alone", scores, samples.label)


def _held_out(
    by_split: npt.NDArray[np.float64], folds: Ints, n_folds: int
) -> npt.NDArray[np.float64]:
    """Pick, for each repeat and point, the score of the split that held the point out."""
    by_repeat = by_split.reshape(len(folds), n_folds, -1)
    return np.take_along_axis(by_repeat, folds[:, None, :], axis=1)[:, 0]


def _baseline_scores(plan: BaselinePlan, seed: int, P: Array, label: Ints, learned: Bools) -> Array:
    fitted = fit_baseline(
        plan.method, P[learned], label[learned], seed=seed, settings=plan.settings
    )
    return fitted.predict(P)[:, 0]


def _network_scores(
    plan: TransferPlan,
    points: tuple[Array, Ints, Bools],
    pretext: tuple[Array, Ints | None],
    progress: Progress | None,
) -> Array:
    """Score all points by every member of every split, shape (splits * members, n)."""
    from geoprospect.transfer import pretrain, transfer  # noqa: PLC0415 - loads TensorFlow

    P, label, rows = points
    encoders = pretrain(plan, *pretext, progress=progress)
    whole = replace(plan, members=len(rows) * plan.members)
    networks, _ = transfer(
        whole,
        encoders * len(rows),
        P,
        label,
        rows=np.repeat(rows, plan.members, axis=0),
        progress=progress,
    )
    return np.stack([network.predict(P)[:, 0] for network in networks])


def _centres(samples: Samples) -> npt.NDArray[np.float64]:
    """Give the centres of the samples' cells, so that points of a cell are never parted."""
    return np.column_stack(samples.grid.centres(samples.rows, samples.columns))
