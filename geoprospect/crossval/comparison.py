"""Methods compared under the same folds, with a null beside them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

from geoprospect.crossval.folds import FoldScheme
from geoprospect.crossval.heldout import HeldOutScores
from geoprospect.intervals import Difference, Interval, RankingBootstrap, Resampled, clusters
from geoprospect.samples import Samples
from geoprospect.typing import Bools, Ints

Figure = Literal["auc", "average_precision"]
FIGURES: dict[Figure, str] = {
    "auc": "area under the ROC curve",
    "average_precision": "average precision",
}


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
        return {one.method: self.bootstrap.resample(one.scores) for one in self.results}

    def interval(self, result: HeldOutScores, figure: Figure) -> Interval:
        """Give the 95% interval of a method's figure; see `RankingBootstrap`."""
        return self.bootstrap.interval(self._resampled[result.method], list(FIGURES).index(figure))

    def difference(self, result: HeldOutScores, other: HeldOutScores, figure: Figure) -> Difference:
        """Give what a method has more than another one, at the same points."""
        ours, theirs = (self._resampled[one.method] for one in (result, other))
        return self.bootstrap.difference(ours, theirs, list(FIGURES).index(figure))

    def sentences(self) -> list[str]:
        """Say what must be known beside the figures."""
        gaps = {one.method: self.difference(one, self.null, "auc") for one in self.methods}
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

    def to_dict(self) -> dict[str, Any]:
        """Give the figures for JSON.

        Returns
        -------
        dict
            `scheme`: kind, folds, repeats, size, buffer, seed and regions; `points`: their file;
            `cells`, `occurrences`: distinct cells, and those with an occurrence; `clusters`,
            `cluster_width`: how cells were resampled, the width in metres; `audit`: what
            became of the points; `methods`: by name, the null last, `auc` and
            `average_precision` by repeat, and under `mean`, `interval` (95%), `against_null` and
            `against_best` the two figures of all repeats together, the last two as `value` and
            `interval` of the difference (none of the null with itself, or the best with itself);
            `best`: the method of the greatest area; `remarks`: sentences.
        """
        held = self.bootstrap.groups
        return {
            "scheme": asdict(self.scheme),
            "points": self.samples.path,
            "cells": len(self.samples),
            "occurrences": int(self.samples.label.sum()),
            "clusters": int(held.max()) + 1,
            "cluster_width": self.near,
            "audit": self.samples.audit.to_dict(),
            "best": self.best.method,
            "methods": {result.method: self._figures(result) for result in self.results},
            "remarks": self.sentences(),
        }

    def _figures(self, result: HeldOutScores) -> dict[str, Any]:
        def against(other: HeldOutScores) -> dict[str, Any] | None:
            if other.method == result.method:
                return None
            return {one: self.difference(result, other, one).to_dict() for one in FIGURES}

        values = {"auc": result.auc, "average_precision": result.average_precision}
        return {
            **{name: one.tolist() for name, one in values.items()},
            "mean": {name: float(one.mean()) for name, one in values.items()},
            "interval": {one: self.interval(result, one).to_list() for one in FIGURES},
            "against_null": against(self.null),
            "against_best": against(self.best),
        }
