"""Methods compared under the same folds, with a null beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

from geoprospect.crossval.folds import FoldScheme
from geoprospect.crossval.heldout import HeldOutScores
from geoprospect.intervals import Difference, Interval, RankingBootstrap, Resampled, clusters
from geoprospect.samples import Samples
from geoprospect.typing import Bools, Floats, Ints

Figure = Literal["auc", "average_precision"]
FIGURES: dict[Figure, str] = {
    "auc": "area under the ROC curve",
    "average_precision": "average precision",
}


class MethodFigures(NamedTuple):
    """What a method scored: both figures by repeat, their means, intervals and differences.

    The differences from the null, and from the best method, are None for these themselves.
    """

    auc: Floats
    average_precision: Floats
    mean: dict[Figure, float]
    interval: dict[Figure, Interval]
    against_null: dict[Figure, Difference] | None
    against_best: dict[Figure, Difference] | None


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
    """

    scheme: FoldScheme
    samples: Samples
    methods: tuple[HeldOutScores, ...]
    null: HeldOutScores
    near: float = 0.0
    notes: tuple[str, ...] = field(default=())

    @property
    def results(self) -> tuple[HeldOutScores, ...]:
        """The methods, and the null last."""
        return (*self.methods, self.null)

    @cached_property
    def best(self) -> HeldOutScores:
        """The method of the greatest area under the ROC curve."""
        return max(self.methods, key=lambda result: float(result.auc.mean()))

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
        groups = clusters(samples.cells, samples.places.straight, self.near)
        return RankingBootstrap(groups, samples.label)

    @cached_property
    def _resampled(self) -> dict[str, Resampled]:
        return {result.method: self.bootstrap.resample(result.scores) for result in self.results}

    def interval(self, result: HeldOutScores, figure: Figure) -> Interval:
        """Give the 95% interval of a method's figure; see `RankingBootstrap`."""
        return self.bootstrap.interval(self._resampled[result.method], list(FIGURES).index(figure))

    def difference(self, result: HeldOutScores, other: HeldOutScores, figure: Figure) -> Difference:
        """Give what a method has more than another one, at the same points."""
        ours, theirs = self._resampled[result.method], self._resampled[other.method]
        return self.bootstrap.difference(ours, theirs, list(FIGURES).index(figure))

    def sentences(self) -> list[str]:
        """Say what must be known beside the figures."""
        gaps = {result.method: self.difference(result, self.null, "auc") for result in self.methods}
        worse = [f"{name} ({gap:+z.3f})" for name, gap in gaps.items() if gap.value <= 0]
        unsure = [
            f"{name} ({gap:+z.3f})"
            for name, gap in gaps.items()
            if gap.value > 0 >= gap.interval.low
        ]
        lines = []
        if worse:
            lines.append(
                f"no better than coordinates alone in area under the ROC curve: {'; '.join(worse)}."
                " Such a method may have learned where occurrences cluster, and no geology."
            )
        if unsure:
            lines.append(
                "above coordinates alone, but not surely, for the interval of the difference holds"
                f" 0: {'; '.join(unsure)}."
            )
        if self.scheme.kind == "random":
            lines.append(
                "random folds are for comparison only: neighbours of the points held out are "
                "learned from, which flatters every method."
            )
        return [line[0].upper() + line[1:] for line in [*lines, *self.notes]]

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

    def to_dict(self) -> dict[str, Any]:
        """Give the figures for JSON, as `geoprospect.crossval.records` describes them."""
        from geoprospect.crossval.records import ComparisonRecord  # noqa: PLC0415 - slow

        return ComparisonRecord.plain(self)

    def _figures(self, result: HeldOutScores) -> MethodFigures:
        """Gather a method's figures, with their intervals and differences."""

        def against(other: HeldOutScores) -> dict[Figure, Difference] | None:
            if other.method == result.method:
                return None
            return {figure: self.difference(result, other, figure) for figure in FIGURES}

        return MethodFigures(
            result.auc,
            result.average_precision,
            {figure: float(getattr(result, figure).mean()) for figure in FIGURES},
            {figure: self.interval(result, figure) for figure in FIGURES},
            against(self.null),
            against(self.best),
        )
