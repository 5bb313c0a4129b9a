"""Folds: which points are held out together, and which are learned from then."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np

from geoprospect.crossval.regions import Regions
from geoprospect.errors import SamplesError
from geoprospect.grid import Places
from geoprospect.samples import Samples
from geoprospect.typing import Bools, Ints
from geoprospect.wording import listed

FoldKind = Literal["clusters", "blocks", "leave-one-region-out", "random"]

_MOST_BLOCKS = 2**30  # in a row, whose numbers can be counted in 64 bits
_ATTEMPTS = 20  # draws of a repeat, until no fold leaves a class empty
_STRIDE = 100_000  # between the seeds of attempts: beyond those of any repeat


@dataclass(frozen=True)
class FoldScheme:
    """How points are held out.

    Attributes
    ----------
    kind : {"clusters", "blocks", "leave-one-region-out", "random"}
        Regions found by k-means of the coordinates, where non-occurrences are drawn those of the
        occurrences, so that each region holds some; square blocks, shared out to folds so that
        each has its share of occurrences; polygons, one held out at a time; or cells at random,
        shared out likewise. The last is for comparison only, for neighbours of the points held
        out are then learned from.
    folds : int
        Number of folds; of polygons, there are as many as hold points.
    repeats : int
        How often, with other regions, shifted blocks or another draw. Polygons do not vary.
    size : float, optional
        Edge of a block, in metres; `geoprospect.evidence.evidence_range` gives a
        reasonable one.
    buffer : float
        Points this near to one held out are not learned from, in metres.
    seed : int
        Seed of the first repeat; the others count on from it.
    regions : Regions, optional
        The polygons.

    Raises
    ------
    SamplesError
        If a number is none that points can be held out by.

    Examples
    --------
    >>> FoldScheme("blocks", size=20_000.0, buffer=10_000.0).sentence()
    'Held out in turn, 3 times: square blocks of 20000 m in 5 folds; points within 10000 m of
    held-out ones are left out of training.'
    """

    kind: FoldKind = "clusters"
    folds: int = 5
    repeats: int = 3
    size: float | None = None
    buffer: float = 0.0
    seed: int = 0
    regions: Regions | None = None

    def __post_init__(self) -> None:
        wrong = [
            f"{name} = {value}"
            for name, value, right in (
                ("folds", self.folds, self.folds >= 2),
                ("repeats", self.repeats, self.repeats >= 1),
                ("size", self.size, self.size is None or 0 < self.size < math.inf),
                ("buffer", self.buffer, 0 <= self.buffer < math.inf),
                ("seed", self.seed, 0 <= self.seed < 2**31),
            )
            if not right
        ]
        if wrong:
            raise SamplesError(
                "points cannot be held out so",
                found=", ".join(wrong),
                expected="two folds at least, one repeat, sizes and buffers that are finite and "
                "not negative, a seed from 0 to 2147483647",
                mend="correct them",
            )

    def assign(self, samples: Samples, repeat: int) -> Ints:
        """Give the fold of each point; all points of a cell are in one fold.

        Raises
        ------
        SamplesError
            If the points lie in fewer cells, blocks or polygons than there are folds, or outside
            all polygons; or if the blocks have no size.
        """
        if self.kind == "leave-one-region-out":
            return self._by_region(samples)
        seed, places = self.seed + repeat, _centres(samples).plane()
        groups = self.blocks(samples, seed) if self.kind == "blocks" else samples.cells
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
            from sklearn.cluster import KMeans  # noqa: PLC0415 - slow to import

            # One start: with more, all repeats would find the same regions.
            means = KMeans(self.folds, init="random", n_init=1, random_state=seed)
            known = samples.source >= 0  # cells drawn say nothing of where regions should lie
            if len(np.unique(samples.cells[known])) < self.folds:
                known[:] = True
            return np.asarray(means.fit(places[known]).predict(places), dtype=np.int64)
        if np.bincount(samples.label).max() < self.folds:
            raise SamplesError(
                "too few points for so many folds",
                path=samples.path,
                found=f"{len(samples)} points",
                expected=f"at least {self.folds} of one label",
                mend="ask for fewer folds",
            )
        from sklearn.model_selection import StratifiedGroupKFold  # noqa: PLC0415 - slow to import

        splitter = StratifiedGroupKFold(self.folds, shuffle=True, random_state=seed)
        fold = np.empty(len(samples), dtype=np.int64)
        with warnings.catch_warnings():
            # A fold may lack a class: what is scored is all points of a repeat together.
            warnings.filterwarnings("ignore", message="The least populated class")
            for number, (_, held_out) in enumerate(splitter.split(places, samples.label, groups)):
                fold[held_out] = number
        return fold

    def blocks(self, samples: Samples, seed: int) -> Ints:
        """Give the square block that each point's cell lies in; squares are shifted by the seed.

        Raises
        ------
        SamplesError
            If the blocks have no size.
        """
        if self.size is None:
            raise SamplesError("the blocks have no size", mend="give one, in metres")
        shift = np.random.default_rng(seed).uniform(0, self.size, 2)
        places = _centres(samples).plane()
        extent = float(np.ptp(places, axis=0).max())
        if self.size * _MOST_BLOCKS < extent:
            raise SamplesError(
                "the blocks are too small",
                found=f"{self.size:g} m, in an area {extent:g} m wide",
                expected=f"at most {_MOST_BLOCKS} in a row",
                mend="give a larger size, in metres",
            )
        block = np.floor((places - places.min(axis=0) + shift) / self.size).astype(np.int64)
        return np.asarray(block[:, 0] * (block[:, 1].max() + 1) + block[:, 1])

    def _by_region(self, samples: Samples) -> Ints:
        """Make a fold of each region, and refuse points outside all."""
        if self.regions is None:
            raise SamplesError("there are no polygons to hold out", mend="give their file")
        fold, names = self.regions.of(samples)
        outside = samples.source[fold < 0]
        if outside.size:
            raise SamplesError(
                "points lie outside all regions",
                path=samples.path,
                found=f"{outside.size} points: rows {listed([str(row) for row in outside])}",
                mend=f"leave them out, or widen the polygons of {self.regions.path}",
            )
        if len(names) < 2:
            raise SamplesError(
                "too few regions with points",
                path=self.regions.path,
                found=f"{len(names)}",
                expected="at least 2",
                mend="part the ground into more polygons, or name the field of their names",
            )
        return fold

    def sentence(self) -> str:
        """Say how points are held out."""
        what = {
            "clusters": f"{self.folds} regions, found by k-means of the coordinates",
            "blocks": f"square blocks of {self.size or 0:.6g} m in {self.folds} folds",
            "leave-one-region-out": f"{self.folds} regions, drawn as polygons",
            "random": f"cells drawn at random in {self.folds} folds",
        }[self.kind]
        again = f", {self.repeats} times" if self.repeats > 1 else ""
        buffer = "no buffer: points next to the held-out ones stay in training"
        if self.buffer:
            buffer = f"points within {self.buffer:.6g} m of held-out ones are left out of training"
        return f"Held out in turn{again}: {what}; {buffer}."

    def splits(self, samples: Samples) -> tuple[Ints, Bools]:
        """Give the folds of all repeats, and the points learned from in each.

        Where a fold would leave no occurrence, or no non-occurrence, to learn from, the repeat
        is drawn again, with other seeds, up to twenty times.

        Returns
        -------
        folds : ndarray of int64, shape (repeats, n)
            Fold of each point.
        masks : ndarray of bool, shape (repeats * folds, n)
            The points that each fit learns from: neither held out nor within the buffer.

        Raises
        ------
        SamplesError
            If the points do not allow the folds; see `assign`. Also if a fold leaves a class
            empty whatever the draw.
        """
        attempts = 1 if self.kind == "leave-one-region-out" else _ATTEMPTS
        drawn = [self._draw(samples, repeat, attempts) for repeat in range(self.repeats)]
        return np.stack([fold for fold, _ in drawn]), np.concatenate([part for _, part in drawn])

    def _draw(self, samples: Samples, repeat: int, attempts: int) -> tuple[Ints, Bools]:
        """Draw the folds of a repeat, and again if a class would be empty."""
        fold = self.assign(samples, repeat)
        masks = self._masks(samples, fold)
        problem = _problem(samples, masks)
        if problem is None:
            return fold, masks
        if attempts == 1:
            raise problem
        return self._draw(samples, repeat + _STRIDE, attempts - 1)

    def _masks(self, samples: Samples, fold: Ints) -> Bools:
        """Give the points learned from while each fold is held out."""
        by_region = self.kind == "leave-one-region-out"
        n_folds = int(fold.max()) + 1 if by_region else self.folds
        masks: Bools = fold != np.arange(n_folds)[:, None]
        places = _centres(samples)
        for number in np.flatnonzero(~masks.all(axis=1)) if self.buffer > 0 else ():
            masks[number] &= places.nearest(places[~masks[number]]) > self.buffer
        return masks


def _centres(samples: Samples) -> Places:
    """Give the middles of the samples' cells, so that points of a cell are never parted."""
    return samples.grid.places(samples.rows, samples.columns)


def _problem(samples: Samples, masks: Bools) -> SamplesError | None:
    """Say which fold holds nothing, or leaves too little to learn from."""
    for number, mask in enumerate(masks, start=1):
        counts = np.bincount(samples.label[mask], minlength=2)
        if mask.all() or not counts.all():
            fewest = min(len(np.unique(samples.cells[samples.label == k])) for k in (0, 1))
            return SamplesError(
                f"fold {number} "
                + ("holds no point" if mask.all() else "leaves too little to learn from"),
                path=samples.path,
                found=f"{counts[1]} occurrences, {counts[0]} non-occurrences outside it"
                f" (of {samples.label.sum()} and {(samples.label == 0).sum()})",
                mend="ask for fewer folds, smaller blocks or a narrower buffer"
                if fewest > 1
                else "give points of each label in two cells at least",
            )
    return None
