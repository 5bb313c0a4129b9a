"""The choice of what is averaged, by scores in space, and a figure that the choice has earned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from geoprospect.crossval.ablation import Ablation
from geoprospect.crossval.comparison import Comparison
from geoprospect.crossval.figures import FIGURES
from geoprospect.crossval.folded import shares_within
from geoprospect.crossval.heldout import HeldOutScores
from geoprospect.errors import TrainingError
from geoprospect.intervals import Difference, Interval
from geoprospect.methods import CORE
from geoprospect.typing import Bools, Floats
from geoprospect.wording import counted, listed

_MOST_CELLS = 5_000  # whose folds a choice tells


@dataclass(frozen=True)
class Choice:
    """An average of methods: some in any case, and the one of the others that helps it most.

    Of the others, each is averaged with the core in turn, at the points held out. That of the
    greatest headline figure joins the core; none does, where none raises its figure.

    Attributes
    ----------
    comparison : Comparison
        The methods compared.
    core : tuple of str
        Those averaged in any case.

    Notes
    -----
    With few occurrences the best of several methods is often not the best on fresh ground, and
    its figure flatters it (Cawley & Talbot 2010, On over-fitting in model selection and
    subsequent selection bias in performance evaluation, Journal of Machine Learning Research 11,
    2079-2107). An average is safer than its parts, and a choice of one more part (Caruana et al.
    2004, Ensemble selection from libraries of models, ICML) moves it little where it is wrong.

    `scored` makes the choice anew for each region held out, from the points of the others alone.
    The scores that it is made by come from fits that learned from the region, as theirs do from
    folds that are not nested; its own scores do not.
    """

    comparison: Comparison
    core: tuple[str, ...]

    @classmethod
    def of(cls, comparison: Comparison, core: tuple[str, ...] = CORE) -> Choice:
        """Choose by a comparison.

        Raises
        ------
        TrainingError
            If a method of the core could not be trained.
        """
        missing = set(core) - {result.method for result in comparison.methods}
        if missing:
            notes = [note for note in comparison.notes if any(name in note for name in missing)]
            raise TrainingError("there is no average to add to", found="; ".join(notes))
        return cls(comparison, core)

    @cached_property
    def added(self) -> str | None:
        """The method that joins the core, if one does."""
        return self._added(np.ones(len(self.comparison.samples), bool))

    @property
    def parts(self) -> tuple[str, ...]:
        """The methods that are averaged."""
        return self.core if self.added is None else (*self.core, self.added)

    @property
    def method(self) -> str:
        """What results call the average."""
        return _name(self.added)

    @cached_property
    def scored(self) -> HeldOutScores:
        """What the choice scored: each region by the average that the other regions choose."""
        comparison, label = self.comparison, self.comparison.samples.label
        first, folds = self._averages[None], comparison.splits[0]
        scores, spread = first.scores.copy(), first.spread.copy()
        shares = None if first.shares is None else first.shares.copy()
        for repeat, fold in enumerate(folds):
            for number in np.unique(fold):
                here = fold == number
                theirs = self._averages[self._added(~here)]
                scores[repeat, here] = theirs.scores[repeat, here]
                spread[repeat, here] = theirs.spread[repeat, here]
                if shares is not None and theirs.shares is not None:
                    occurrences = here[label == 1]
                    shares[repeat, occurrences] = theirs.shares[repeat, occurrences]
        return HeldOutScores.of("the choice", scores, label, spread=spread, shares=shares)

    @cached_property
    def told(self) -> Comparison:
        """The methods compared, the core, the average chosen and the choice, side by side.

        Where layers were left out, the choice is made anew without them.
        """
        averages = {None: self._averages[None], self.added: self._averages[self.added]}
        methods = (*self.comparison.methods, *averages.values(), self.scored)
        ablations = tuple(self._without(ablation) for ablation in self.comparison.ablations)
        return replace(self.comparison, methods=methods, ablations=ablations)

    @property
    def figure(self) -> float:
        """The headline figure of `scored`, mean over the repeats."""
        return float(getattr(self.scored, self.comparison.headline).mean())

    @cached_property
    def interval(self) -> Interval:
        """The 95% interval of `figure`."""
        return self.told.interval(self.scored, self.comparison.headline)

    @cached_property
    def gaps(self) -> dict[str, Difference]:
        """What the average chosen has more than the core, and than each method, nearest first."""
        told, mine = self.told, self._averages[self.added]
        gaps = {
            other.method: told.difference(mine, other, told.headline)
            for other in told.methods
            if other.method not in (mine.method, self.scored.method)
        }
        return dict(sorted(gaps.items(), key=lambda item: item[1].value))

    def sentences(self) -> list[str]:
        """Say what was chosen, by how much, whether that is sure, and what the choice scored."""
        n, what = counted(len(self.comparison.methods), "method"), FIGURES[self.told.headline]
        lines = [
            f"the average of {listed(self.parts)} is taken; {n} were compared in space, by the "
            f"{what}."
        ]
        core = _name(None)
        if self.added is not None:
            lines.append(f"{self.added} adds {_told(self.gaps[core])}.")
        elif len(self.comparison.methods) > len(self.core):
            lines.append("none of the others adds to it.")
        best = next((name for name in self.gaps if name != core), None)
        if best is not None:
            lines.append(f"against the best single method, {best}: {_told(self.gaps[best])}.")
        lines.append(
            f"made for each region by the others alone, the choice scores {self.figure:.3f} "
            f"({self.interval:.3f}); that is the figure to quote."
        )
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Give the choice as plain values, for JSON."""
        headline = self.comparison.headline
        return {
            "method": self.method,
            "parts": list(self.parts),
            "rule": f"the average of {listed(self.core)}, and of the other that raises it most",
            "figure": headline,
            "value": self.figure,
            "interval": [self.interval.low, self.interval.high],
            "compared": {
                result.method: float(getattr(result, headline).mean())
                for result in (*self.comparison.methods, *self._averages.values())
            },
            "over": {
                name: [gap.value, gap.interval.low, gap.interval.high]
                for name, gap in self.gaps.items()
            },
            "notes": list(self.comparison.notes),
            "folds": self._folds,
        }

    @property
    def _folds(self) -> dict[str, list[Any]]:
        """The cells by the region that they were held out in, first repeat; none of very many."""
        samples = self.comparison.samples
        if len(samples) > _MOST_CELLS:
            return {}
        return {
            "easting": samples.easting.tolist(),
            "northing": samples.northing.tolist(),
            "occurrence": samples.label.tolist(),
            "fold": (self.comparison.splits[0][0] + 1).tolist(),
        }

    @cached_property
    def _averages(self) -> dict[str | None, HeldOutScores]:
        """The core by None, and its average with each other by the other's name."""
        by_name = {result.method: result for result in self.comparison.methods}
        core = [by_name[name] for name in self.core]
        averages: dict[str | None, HeldOutScores] = {None: self._mean(core, _name(None))}
        for name, other in by_name.items():
            if name not in self.core:
                averages[name] = self._mean([*core, other], _name(name))
        return averages

    def _without(self, ablation: Ablation) -> Ablation:
        """Make the choice among methods that do without layers, if the core is among them."""
        if not set(self.core) <= set(ablation.methods):
            return ablation
        fewer = replace(self.comparison, methods=ablation.plain, ablations=())
        return Ablation.of(ablation.layers, Choice(fewer, self.core).told.methods)

    def _mean(self, results: Iterable[HeldOutScores], name: str) -> HeldOutScores:
        """Average the scores of methods at points, and at the ground held out with them."""
        comparison, results = self.comparison, list(results)
        label = comparison.samples.label
        scores = np.mean([result.scores for result in results], axis=0)
        squares = [np.square(result.spread) + np.square(result.scores) for result in results]
        spread = np.sqrt(np.maximum(np.mean(squares, axis=0) - np.square(scores), 0))
        shares = None
        grounds = [result.ground for result in results if result.ground is not None]
        if comparison.ground is not None and len(grounds) == len(results):
            occurrence = label == 1
            shares = shares_within(
                (scores[:, occurrence], comparison.splits[0][:, occurrence]),
                (np.mean(grounds, axis=0), comparison.ground.folds),
            )
        return HeldOutScores.of(name, scores, label, spread=spread, shares=shares)

    def _added(self, kept: Bools) -> str | None:
        """Choose what joins the core by some of the points, a mask of shape (n,)."""
        label = self.comparison.samples.label
        if self.comparison.headline != "rate_area" and len(np.unique(label[kept])) < 2:
            return None  # nothing can be told apart
        figures = {
            name: self._figure(average, kept).mean() for name, average in self._averages.items()
        }
        return max(figures, key=lambda name: figures[name])  # the core, which is first, if alike

    def _figure(self, average: HeldOutScores, kept: Bools) -> Floats:
        """Give the headline figure of each repeat at some of the points."""
        headline, label = self.comparison.headline, self.comparison.samples.label
        shares = average.shares
        if headline == "rate_area" and shares is not None:
            return shares[:, kept[label == 1]].mean(axis=1)  # type: ignore[no-any-return]
        part = HeldOutScores.of(average.method, average.scores[:, kept], label[kept])
        return getattr(part, headline)  # type: ignore[no-any-return]


def _name(added: str | None) -> str:
    """Name the average of the core, and another if there is one."""
    return "average" if added is None else f"average with {added}"


def _told(gap: Difference) -> str:
    """Say a difference, and whether it is sure."""
    sure = gap.interval.low > 0 or gap.interval.high < 0
    return f"{gap:+z.3f}, which is {'sure' if sure else 'not sure'}"
