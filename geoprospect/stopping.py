"""How long to train: as long as ranks points in regions held back best."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from geoprospect.plan import TransferPlan

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TRIAL = "how many epochs"  # the stage of a training that chooses among them

_FOLDS = 5
_REPEATS = 4
_GROUPS = 20  # of neighbouring points, that folds share out so that each has of both labels
_FEWEST = 10  # points of each label, below which regions tell nothing


def regions(places: Floats, label: Ints, seed: int) -> Ints | None:
    """Share points out to five folds of neighbours, each with its share of occurrences.

    Parameters
    ----------
    places : ndarray of float64, shape (n, 2)
        Easting and northing.
    label : ndarray of int64, shape (n,)
        1 at occurrences, 0 at non-occurrences.
    seed : int
        Seed of k-means and of the sharing out.

    Returns
    -------
    ndarray of int64, shape (n,), or None
        The fold of each point; None where there are too few of a label, or a fold would leave
        none to learn from.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> fold = regions(random.uniform(size=(200, 2)), random.integers(0, 2, 200), seed=0)
    >>> np.unique(fold).tolist()
    [0, 1, 2, 3, 4]
    """
    from sklearn.cluster import KMeans  # noqa: PLC0415 - slow to import
    from sklearn.model_selection import StratifiedGroupKFold  # noqa: PLC0415

    if np.bincount(label, minlength=2).min() < _FEWEST:
        return None
    n_groups = min(_GROUPS, len(np.unique(places, axis=0)) // 4)
    if n_groups < _FOLDS:
        return None
    groups = KMeans(n_groups, init="random", n_init=1, random_state=seed).fit(places).labels_
    folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=seed)
    fold = np.zeros(len(label), np.int64)
    for number, (_, held) in enumerate(folds.split(places, label, groups)):
        fold[held] = number
    both = [len(np.unique(label[fold != number])) == 2 for number in range(_FOLDS)]
    return fold if all(both) and len(np.unique(fold)) == _FOLDS else None


def chosen_epochs(
    plan: TransferPlan,
    places: Floats,
    label: Ints,
    weights: npt.NDArray[np.float32],
    scores: Callable[[TransferPlan, npt.NDArray[np.float32], Ints], npt.NDArray[np.float32]],
) -> tuple[int, ...]:
    """Choose for each member the number of epochs that ranks points in regions held back best.

    Members that learn from the same points have the same number. It is the schedule's, unless
    another one has the greater area under the ROC curve in each of four repeats of five folds.

    Parameters
    ----------
    plan : TransferPlan
        The plan; its schedule's number, and those of `epochs_tried` to choose instead.
    places : ndarray of float64, shape (n, 2)
        Easting and northing of the points.
    label : ndarray of int64, shape (n,)
        1 at occurrences, 0 at non-occurrences.
    weights : ndarray of float32, shape (members, n)
        Weights of the points; 0 for those that a member does not learn from.
    scores : callable
        Trains the members of a plan with weights, each from the encoder of the member of that
        number, and scores all points, shape (members, n).

    Returns
    -------
    tuple of int
        One a member; the schedule's where points are too few for regions.

    Notes
    -----
    The best of many numbers would stray with the regions, and so would a single repeat: on few
    points, areas differ more between regions than between numbers of epochs.
    """
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415 - slow to import

    sets, task = np.unique(weights > 0, axis=0, return_inverse=True)
    task = task.reshape(-1)
    trials = [
        _Trial(number, repeat, seen & held, int(members[k % len(members)]))
        for number, seen in enumerate(sets)
        for members in [np.flatnonzero(task == number)]
        for repeat, fold in enumerate(_repeats(places, label, seen, plan.seed))
        for k, held in enumerate(fold == part for part in range(_FOLDS))
    ]
    default = int(np.max(plan.training.epochs))
    chosen = np.full(len(sets), default)
    if trials:
        tried = (default, *plan.epochs_tried)
        epochs = tuple(int(one) for one in np.repeat(tried, len(trials)))
        told = scores(
            replace(plan, members=len(epochs), training=replace(plan.training, epochs=epochs)),
            np.tile(np.stack([weights[one.member] * ~one.held for one in trials]), (len(tried), 1)),
            np.tile([one.member for one in trials], len(tried)),
        ).reshape(len(tried), len(trials), -1)
        areas = np.zeros((len(sets), _REPEATS, len(tried)))
        for number, repeat in {(one.task, one.repeat) for one in trials}:
            mine = [k for k, one in enumerate(trials) if (one.task, one.repeat) == (number, repeat)]
            held = np.stack([trials[k].held for k in mine])
            pooled = (told[:, mine] * held).sum(axis=1)
            seen = sets[number]
            areas[number, repeat] = [roc_auc_score(label[seen], row[seen]) for row in pooled]
        better = (areas > areas[:, :, :1]).all(axis=1)
        chosen = np.array(tried)[np.where(better, areas.mean(axis=1), 0).argmax(axis=1)]
    return tuple(int(one) for one in chosen[task])


@dataclass(frozen=True)
class _Trial:
    """A fold held back from the points that some members learn from."""

    task: int
    repeat: int
    held: Bools
    member: int


def _repeats(places: Floats, label: Ints, seen: Bools, seed: int) -> Iterator[Ints]:
    """Give the fold of each point, -1 of those not seen, for each repeat that can be."""
    for repeat in range(_REPEATS):
        fold = regions(places[seen], label[seen], seed + repeat)
        if fold is not None:
            whole = np.full(len(label), -1)
            whole[seen] = fold
            yield whole
