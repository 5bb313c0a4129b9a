"""Methods compared under the same folds, with a null beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from geoprospect.crossval.ablation import Ablation, Gain, sentences
from geoprospect.crossval.clustering import clusters_of
from geoprospect.crossval.figures import FIGURES, Figure, MethodFigures
from geoprospect.crossval.folded import shares_within
from geoprospect.crossval.folds import FoldScheme
from geoprospect.crossval.ground import Ground
from geoprospect.crossval.heldout import HeldOutScores
from geoprospect.intervals import (
    Bootstrap,
    Difference,
    Interval,
    RankingBootstrap,
    Resampled,
)
from geoprospect.samples import Samples
from geoprospect.typing import Bools, Floats, Ints
from geoprospect.wording import listed

_RANKED: tuple[Figure, ...] = ("auc", "average_precision")  # of points of both labels
_MOST = 0.5  # of the occurrences: a fold with more is told


@dataclass(frozen=True)
class Comparison:
    """What each method scored at points held out.

    Attributes
    ----------
    scheme : FoldScheme
        How points were held out.
    samples : Samples
        The points, one a cell.
    methods : tuple of HeldOutScores
        The methods.
    null : HeldOutScores
        A forest that knows only easting and northing.
    near : float
        Points are resampled in clusters no wider than this, in metres; 0 for each point by
        itself.
    notes : tuple of str
        What else must be known: points left out, methods that could not be fitted.
    ground : Ground, optional
        The valid cells that occurrences were ranked against.
    ablations : tuple of Ablation
        The same methods without some layers, where that was asked for.
    """

    scheme: FoldScheme
    samples: Samples
    methods: tuple[HeldOutScores, ...]
    null: HeldOutScores
    near: float = 0.0
    notes: tuple[str, ...] = field(default=())
    ground: Ground | None = None
    ablations: tuple[Ablation, ...] = ()

    @property
    def results(self) -> tuple[HeldOutScores, ...]:
        """The methods, and the null last."""
        return (*self.methods, self.null)

    @cached_property
    def best(self) -> HeldOutScores:
        """The method of the greatest headline figure."""
        return max(self.methods, key=lambda result: float(getattr(result, self.headline).mean()))

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The figures there are, the headline first."""
        if self.ground is None:
            return _RANKED
        rate: tuple[Figure, ...] = ("rate_area",)
        return (*rate, *_RANKED) if self.drawn else (*_RANKED, *rate)

    @property
    def headline(self) -> Figure:
        """The figure that methods are chosen by.

        The area under the ROC curve; or, where non-occurrences were drawn and so tell nothing of
        barren ground, that under the prediction-rate curve.
        """
        return self.figures[0]

    @property
    def drawn(self) -> bool:
        """Whether there are non-occurrences that were drawn."""
        return bool((self.samples.source < 0).any())

    @cached_property
    def splits(self) -> tuple[Ints, Bools]:
        """Folds and points learned from; see `FoldScheme.splits`."""
        return self.scheme.splits(self.samples)

    @property
    def fold_names(self) -> tuple[str, ...]:
        """Names of the folds: those of the polygons, or numbers from 1."""
        if self.scheme.regions is not None:
            return self.scheme.regions.of(self.samples)[1]
        folds, rows = self.splits
        return tuple(str(fold + 1) for fold in range(len(rows) // len(folds)))

    @cached_property
    def bootstrap(self) -> RankingBootstrap:
        """The clusters of points that are resampled."""
        samples = self.samples
        return RankingBootstrap(clusters_of(samples, self.near), samples.label)

    @cached_property
    def _resampled(self) -> dict[str, Resampled]:
        results = [*self.results, *(one for part in self.ablations for one in part.results)]
        return {result.method: self.bootstrap.resample(result.scores) for result in results}

    @cached_property
    def _occurrences(self) -> Bootstrap:
        """The clusters of occurrences that are resampled."""
        groups = self.bootstrap.groups[self.samples.label == 1]
        return Bootstrap(np.unique(groups, return_inverse=True)[1].ravel())

    def interval(self, result: HeldOutScores, figure: Figure) -> Interval:
        """Give the 95% interval of a method's figure.

        See `RankingBootstrap`; and `Bootstrap` for the area under the prediction-rate curve,
        which is a mean over the occurrences.
        """
        if figure == "rate_area":
            low, high = self._occurrences.intervals(_shares(result)[:, None])
            return Interval(float(low[0]), float(high[0]))
        return self.bootstrap.interval(self._resampled[result.method], _RANKED.index(figure))

    def difference(self, result: HeldOutScores, other: HeldOutScores, figure: Figure) -> Difference:
        """Give what a method has more than another one, at the same points."""
        if figure == "rate_area":
            gaps = _shares(result) - _shares(other)
            return self._occurrences.differences(gaps[:, None])[0]
        ours, theirs = self._resampled[result.method], self._resampled[other.method]
        return self.bootstrap.difference(ours, theirs, _RANKED.index(figure))

    def auc_within_folds(self, result: HeldOutScores) -> float:
        """Give the area under the ROC curve of points ranked by one and the same model.

        The share of the points without an occurrence of its own fold that score below an
        occurrence, mean over the occurrences whose fold holds such points, and the repeats.
        """
        folds, occurrence = self.splits[0], self.samples.label == 1
        shares = shares_within(
            (result.scores[:, occurrence], folds[:, occurrence]),
            (result.scores[:, ~occurrence], folds[:, ~occurrence]),
        )
        ranked = np.stack([np.isin(fold[occurrence], fold[~occurrence]) for fold in folds])
        return float(shares[ranked].mean()) if ranked.any() else 0.5

    @property
    def fold_occurrences(self) -> Ints:
        """Occurrences in each fold of each repeat, shape (repeats, folds)."""
        folds, rows = self.splits
        held_out = folds[:, self.samples.label == 1]
        n_folds = len(rows) // len(folds)
        return np.stack([np.bincount(fold, minlength=n_folds) for fold in held_out])

    def sentences(self) -> list[str]:
        """Say what must be known beside the figures."""
        headline = self.headline
        gaps = {
            result.method: self.difference(result, self.null, headline) for result in self.methods
        }
        worse = [f"{name} ({gap:+z.3f})" for name, gap in gaps.items() if gap.value <= 0]
        unsure = [
            f"{name} ({gap:+z.3f})"
            for name, gap in gaps.items()
            if gap.value > 0 >= gap.interval.low
        ]
        lines = []
        if worse:
            lines.append(
                f"no better than coordinates alone in {FIGURES[headline]}: {'; '.join(worse)}."
                " Such a method may have learned where occurrences cluster, and no geology."
            )
        if unsure:
            lines.append(
                "above coordinates alone, but not surely, for the interval of the difference holds"
                f" 0: {'; '.join(unsure)}."
            )
        lines += sentences(self.gains, headline)
        lines += self._about_folds()
        if self.scheme.kind == "random":
            lines.append(
                "random folds are for comparison only: neighbours of the points held out are "
                "learned from, which flatters every method."
            )
        return [line[0].upper() + line[1:] for line in [*lines, *self.notes]]

    def _about_folds(self) -> Iterator[str]:
        """Say what the figures of all folds together hide."""
        counts = self.fold_occurrences
        most = counts.max(axis=1)
        if (most > _MOST * self.n_occurrences).any():
            worst = int(most.argmax())
            yield (
                f"one fold holds {most[worst]} of {self.n_occurrences} cells with an occurrence "
                f"(repeat {worst + 1}; by fold {listed([str(n) for n in counts[worst]])}), so that "
                "few are left to learn from while it is held out; other folds, more of them or "
                "blocks share the occurrences out more evenly."
            )
        within = [f"{r.method} {self.auc_within_folds(r):.3f}" for r in self.results]
        yield (
            "area under the ROC curve within folds, where one model ranks all: "
            f"{'; '.join(within)}. That of all folds together compares scores of several models."
        )

    @property
    def n_cells(self) -> int:
        """Distinct cells with points."""
        return len(self.samples)

    @property
    def n_occurrences(self) -> int:
        """Cells with an occurrence."""
        return int(self.samples.label.sum())

    @property
    def by_method(self) -> dict[str, MethodFigures]:
        """The figures of each method by its name, the null last."""
        return {result.method: self._figures(result) for result in self.results}

    @cached_property
    def gains(self) -> tuple[Gain, ...]:
        """What layers add to each method that was scored with and without them."""
        complete = {result.method: result for result in self.methods}
        return tuple(
            Gain(
                layers,
                name,
                {figure: float(getattr(fewer, figure).mean()) for figure in self.figures},
                {figure: self.interval(fewer, figure) for figure in self.figures},
                {figure: self.difference(complete[name], fewer, figure) for figure in self.figures},
            )
            for ablation in self.ablations
            for layers, name, fewer in ablation.pairs
            if name in complete
        )

    def to_dict(self) -> dict[str, Any]:
        """Give the figures for JSON, as `geoprospect.crossval.records` describes them."""
        from geoprospect.crossval.records import ComparisonRecord  # noqa: PLC0415 - slow

        return ComparisonRecord.plain(self)

    def _figures(self, result: HeldOutScores) -> MethodFigures:
        """Gather a method's figures, with their intervals and differences."""

        def against(other: HeldOutScores) -> dict[Figure, Difference] | None:
            if other.method == result.method:
                return None
            return {figure: self.difference(result, other, figure) for figure in self.figures}

        return MethodFigures(
            result.auc,
            result.average_precision,
            None if self.ground is None else result.rate_area,
            self.auc_within_folds(result),
            {figure: float(getattr(result, figure).mean()) for figure in self.figures},
            {figure: self.interval(result, figure) for figure in self.figures},
            against(self.null),
            against(self.best),
        )


def _shares(result: HeldOutScores) -> Floats:
    """Give the share of the ground below each occurrence, mean over the repeats."""
    if result.shares is None:
        raise ValueError(f"{result.method} scored no ground")
    return np.asarray(result.shares.mean(axis=0), np.float64)
