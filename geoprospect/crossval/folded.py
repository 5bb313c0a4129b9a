"""Points in their folds: what is held out, what is learned from, and the ground beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoprospect.crossval.folds import FoldScheme
from geoprospect.crossval.ground import Ground, share_below
from geoprospect.samples import Samples
from geoprospect.typing import Bools, Floats, Ints, Values


@dataclass(frozen=True)
class Folded:
    """Distinct cells with points in their folds.

    Attributes
    ----------
    samples : Samples
        The points, one a cell.
    folds : ndarray of int64, shape (repeats, n)
        The fold of each; see `FoldScheme.splits`.
    learned : ndarray of bool, shape (repeats * folds, n)
        The points learned from while each fold is held out.
    draws : ndarray of bool, shape (draws, n), optional
        The points of each draw of non-occurrences; all members learn from all by default.
    ground : Ground, optional
        Cells to rank the occurrences against.
    """

    samples: Samples
    folds: Ints
    learned: Bools
    draws: Bools | None = None
    ground: Ground | None = None

    @classmethod
    def of(cls, samples: Samples, scheme: FoldScheme, *, draws: Bools | None = None) -> Folded:
        """Put points into folds.

        Raises
        ------
        SamplesError
            If the points do not allow the folds.
        """
        return cls(samples, *scheme.splits(samples), draws)

    @property
    def X(self) -> Values:  # noqa: N802
        """The evidence of the points, and of the cells of the ground after them."""
        if self.ground is None:
            return self.samples.X
        return np.vstack([self.samples.X, self.ground.cells.X])

    @property
    def all_folds(self) -> Ints:
        """The folds of the points, and of the cells of the ground after them."""
        return self.folds if self.ground is None else np.hstack([self.folds, self.ground.folds])

    @property
    def held_out(self) -> Bools:
        """What is held out in each split, ground and all: shape (repeats * folds, n + n_cells)."""
        n_folds = len(self.learned) // len(self.folds)
        numbers = np.arange(n_folds)[:, None]
        return np.concatenate([fold == numbers for fold in self.all_folds])

    def masks(self, members: int) -> tuple[Bools, int]:
        """Give the points that each member of each split learns from, and the members of a split.

        These are so many, or as many as there are draws; member k learns from draw k, counted
        round.
        """
        if self.draws is None:
            return np.repeat(self.learned, members, axis=0), members
        members = max(members, len(self.draws))
        draws = self.draws[np.arange(members) % len(self.draws)]
        return np.repeat(self.learned, members, axis=0) & np.tile(
            draws, (len(self.learned), 1)
        ), members

    def when_held_out(self, by_split: Floats) -> tuple[Floats, Floats]:
        """Pick the scores of the split that held each point, and each cell, out.

        Parameters
        ----------
        by_split : ndarray of float64, shape (repeats * folds, n + n_cells)
            Scores of each split.

        Returns
        -------
        points : ndarray of float64, shape (repeats, n)
        cells : ndarray of float64, shape (repeats, n_cells)
            NaN outside all folds.
        """
        folds = self.all_folds
        by_repeat = by_split.reshape(len(folds), -1, folds.shape[1])
        scores = np.take_along_axis(by_repeat, np.maximum(folds, 0)[:, None, :], axis=1)[:, 0]
        scores = np.where(folds < 0, np.nan, scores)
        n = len(self.samples)
        return scores[:, :n], scores[:, n:]

    def shares(self, points: Floats, cells: Floats) -> Floats | None:
        """Give the share of the ground held out with each occurrence that scores below it.

        Parameters
        ----------
        points, cells
            As `when_held_out` gives them.

        Returns
        -------
        ndarray of float64, shape (repeats, n_occurrences), or None
            None where there is no ground.
        """
        if self.ground is None:
            return None
        occurrence = self.samples.label == 1
        return shares_within(
            (points[:, occurrence], self.folds[:, occurrence]), (cells, self.ground.folds)
        )


def shares_within(ours: tuple[Floats, Ints], others: tuple[Floats, Ints]) -> Floats:
    """Give the share of the others of its own fold that score below each of ours.

    Parameters
    ----------
    ours, others : (ndarray of float64, ndarray of int64)
        Scores and folds, of shape (repeats, n) each.

    Returns
    -------
    ndarray of float64, shape (repeats, n)
        0.5 where a fold holds no others.
    """
    (scores, folds), (other_scores, other_folds) = ours, others
    shares = np.empty(scores.shape)
    for repeat, fold in enumerate(folds):
        for number in np.unique(fold):
            here = fold == number
            rivals = other_scores[repeat, other_folds[repeat] == number]
            shares[repeat, here] = share_below(scores[repeat, here], rivals)
    return shares
