"""Scores of points held out when some of their layers have changed places among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoprospect.crossval.folded import Folded
from geoprospect.crossval.heldout import HeldOutScores
from geoprospect.methods import Member, Method, Preparation, PretextCells, SampleTable
from geoprospect.model import Components
from geoprospect.typing import Floats, Ints, Progress, Values

_ROWS = 2**16  # scored at a time


@dataclass(frozen=True)
class FoldedFits:
    """A method fitted once to the points of each split.

    Attributes
    ----------
    folded : Folded
        The points in their folds, with the ground that occurrences are ranked against, if any.
    components : Components
        What turns evidence into what the method sees.
    members : tuple of tuple of Member
        Those of each split.
    """

    folded: Folded
    components: Components
    members: tuple[tuple[Member, ...], ...]

    @classmethod
    def of(
        cls,
        method: Method,
        folded: Folded,
        components: Components,
        *,
        preparation: Preparation | None = None,
        progress: Progress | None = None,
    ) -> FoldedFits:
        """Fit a method to all splits; see `geoprospect.crossval.score_held_out`.

        Raises
        ------
        TrainingError
            If a training fails.
        """
        points = components.transform(folded.samples.X)
        masks, number = folded.masks(method.members)
        if preparation is None:
            preparation = method.prepare(PretextCells(points), points.shape[1], progress=progress)
        table = SampleTable(points, folded.samples.label, folded.samples.names)
        fitted = method.fit(table, masks, preparation=preparation, progress=progress).members
        splits = range(0, len(fitted), number)
        return cls(folded, components, tuple(fitted[k : k + number] for k in splits))

    def scores(self, split: int, X: Values) -> Floats:
        """Score evidence, shape (n, n_names), by the mean of the members of a split."""
        rows = self.components.transform(X)
        distinct = {id(member): member for member in self.members[split]}
        scored = {key: member.predict(rows)[:, 0] for key, member in distinct.items()}
        each = [scored[id(member)] for member in self.members[split]]
        return np.asarray(np.mean(each, axis=0, dtype=np.float64))


def score_shuffled(
    fits: FoldedFits,
    columns: Sequence[Sequence[int]],
    *,
    permutations: int,
    seed: int,
    progress: Progress | None = None,
) -> tuple[HeldOutScores, ...]:
    """Score points as they are, and after some of their evidence has changed places among them.

    Values change places within a fold, also with the ground that is held out with its points.
    All columns of a set do so together, and all sets in the same permutations.

    Parameters
    ----------
    fits : FoldedFits
        The method, fitted.
    columns : sequence of sequence of int
        Sets of columns of the evidence.
    permutations : int
        How many, of each fold of each repeat.
    seed : int
        Seed of these.
    progress : callable, optional
        Called with the stage, the splits done, the splits in all and a word on them.

    Returns
    -------
    tuple of HeldOutScores
        First of the points as they are, shape (repeats, n); then one a set of columns, shape
        (permutations * repeats, n), all repeats of the first permutation first.
    """
    folded, X = fits.folded, fits.folded.X
    held_out, n_repeats = folded.held_out, len(folded.folds)
    n_folds = len(held_out) // n_repeats
    told = np.full((1 + len(columns), permutations, n_repeats, len(X)), np.nan)
    for split, mask in enumerate(held_out):
        here, repeat = np.flatnonzero(mask), split // n_folds
        told[0, 0, repeat, here] = fits.scores(split, X[here])
        orders = [
            np.random.default_rng([seed, split, k]).permutation(len(here))
            for k in range(permutations)
        ]
        shuffled = _Shuffled(X[here], columns, np.stack(orders))
        told[1:, :, repeat, here] = shuffled.scored(fits, split)
        if progress is not None:
            progress("importance of layers", split + 1, len(held_out), "splits")
    plain = _held_out("as they are", told[0, :1], folded)
    return plain, *(_held_out(f"set {k}", scores, folded) for k, scores in enumerate(told[1:]))


@dataclass(frozen=True)
class _Shuffled:
    """Evidence held out, and the orders that sets of its columns are put in."""

    X: Values
    columns: Sequence[Sequence[int]]
    orders: Ints

    def scored(self, fits: FoldedFits, split: int) -> Floats:
        """Score it in each order of each set, shape (sets, permutations, n)."""
        n = self.orders.size
        at_once = max(1, _ROWS // max(n, 1))
        parts = [
            fits.scores(
                split,
                np.concatenate([self._put(chosen) for chosen in self.columns[k : k + at_once]]),
            )
            for k in range(0, len(self.columns), at_once)
        ]
        return np.concatenate(parts).reshape(len(self.columns), *self.orders.shape)

    def _put(self, chosen: Sequence[int]) -> Values:
        """Give the evidence in each order of some columns, shape (permutations * n, n_names)."""
        rows = np.tile(self.X, (len(self.orders), 1))
        rows[:, list(chosen)] = self.X[self.orders.ravel()][:, list(chosen)]
        return rows


def _held_out(name: str, scores: Floats, folded: Folded) -> HeldOutScores:
    """Gather scores of points, and of ground after them, shape (permutations, repeats, n)."""
    n = len(folded.samples)
    shares = None
    if folded.ground is not None:
        each = [folded.shares(one[:, :n], one[:, n:]) for one in scores]
        shares = np.concatenate([share for share in each if share is not None])
    points = scores[:, :, :n].reshape(-1, n)
    return HeldOutScores.of(name, points, folded.samples.label, shares=shares)
