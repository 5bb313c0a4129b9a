"""The choice of a method by what it scores in space, and a figure that the choice has earned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from geoprospect.crossval.comparison import FIGURES, Comparison
from geoprospect.crossval.heldout import HeldOutScores
from geoprospect.intervals import Difference, Interval
from geoprospect.typing import Bools
from geoprospect.wording import counted


@dataclass(frozen=True)
class Choice:
    """A method chosen among those compared: the best where it is surely so, else a preferred one.

    The best has the greatest headline figure. It is chosen if the 95% interval of its difference
    from the preferred method, at the same points, lies above 0.

    Attributes
    ----------
    comparison : Comparison
        The methods compared.
    preferred : str
        The method that is taken where none is surely better; the best, if it was not compared.

    Notes
    -----
    The figure of the best of several methods flatters it (Tsamardinos, Greasidou & Borboudakis
    2018, Bootstrapping the out-of-sample predictions for efficient and accurate cross-validation,
    Machine Learning 107, 1895-1922). So `scored` makes the choice anew for each region held out,
    by the same rule and the points of the other regions alone. The scores that it is made by come
    from fits that learned from the region, as theirs do from folds that are not nested; its own
    scores do not.
    """

    comparison: Comparison
    preferred: str

    @cached_property
    def method(self) -> str:
        """The method chosen."""
        return _chosen(self.comparison, self.preferred)

    @cached_property
    def scored(self) -> HeldOutScores:
        """What the choice scored: each region by the method that the other regions choose.

        Ranks of a repeat stand for scores, for those of several methods have no common scale.
        """
        from scipy.stats import rankdata  # noqa: PLC0415 - slow to import

        comparison = self.comparison
        label, folds = comparison.samples.label, comparison.splits[0]
        by_name = {result.method: result for result in comparison.methods}
        ranks = {
            name: rankdata(result.scores, axis=1) / len(label) for name, result in by_name.items()
        }
        scores = np.empty(folds.shape)
        shares = None if comparison.ground is None else np.empty((len(folds), label.sum()))
        for repeat, fold in enumerate(folds):
            for number in np.unique(fold):
                here = fold == number
                name = _chosen(_part(comparison, ~here), self.preferred)
                scores[repeat, here] = ranks[name][repeat, here]
                theirs = by_name[name].shares
                if shares is not None and theirs is not None:
                    occurrences = here[label == 1]
                    shares[repeat, occurrences] = theirs[repeat, occurrences]
        return HeldOutScores.of("the choice", scores, label, shares=shares)

    @property
    def figure(self) -> float:
        """The headline figure of `scored`, mean over the repeats."""
        return float(getattr(self.scored, self.comparison.headline).mean())

    @cached_property
    def interval(self) -> Interval:
        """The 95% interval of `figure`."""
        alone = replace(self.comparison, methods=(self.scored,))
        return alone.interval(self.scored, self.comparison.headline)

    @cached_property
    def gaps(self) -> dict[str, Difference]:
        """What the method chosen has more than each other one, the nearest first."""
        headline = self.comparison.headline
        by_name = {result.method: result for result in self.comparison.methods}
        mine = by_name.pop(self.method)
        gaps = {
            name: self.comparison.difference(mine, other, headline)
            for name, other in by_name.items()
        }
        return dict(sorted(gaps.items(), key=lambda item: item[1].value))

    def sentences(self) -> list[str]:
        """Say what was chosen, by how much, whether that is sure, and what the choice scored."""
        what = FIGURES[self.comparison.headline]
        n = counted(len(self.comparison.methods), "method")
        lines = [f"{self.method} is chosen among {n} compared in space, by the {what}."]
        if self.gaps:
            name, gap = next(iter(self.gaps.items()))
            sure = "sure" if gap.interval.low > 0 or gap.interval.high < 0 else "not sure"
            rank = "the next" if gap.value >= 0 else "the best, which is not surely better"
            lines.append(f"it has {gap:+z.3f} over {name}, {rank}; the difference is {sure}.")
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
            "rule": f"the best where surely above {self.preferred}, else that",
            "figure": headline,
            "value": self.figure,
            "interval": [self.interval.low, self.interval.high],
            "compared": {
                result.method: float(getattr(result, headline).mean())
                for result in self.comparison.methods
            },
            "over": {
                name: [gap.value, gap.interval.low, gap.interval.high]
                for name, gap in self.gaps.items()
            },
            "notes": list(self.comparison.notes),
        }


def _chosen(comparison: Comparison, preferred: str) -> str:
    """Choose a method by the rule of `Choice`."""
    plain = [result for result in comparison.methods if result.method == preferred]
    label = comparison.samples.label
    if len(np.unique(label)) < 2 and plain:
        return preferred  # nothing can be told apart
    best = comparison.best
    if not plain or best.method == preferred:
        return best.method
    both = replace(comparison, methods=(best, plain[0]))
    gap = both.difference(best, plain[0], comparison.headline)
    return best.method if gap.interval.low > 0 else preferred


def _part(comparison: Comparison, kept: Bools) -> Comparison:
    """Give the comparison at some of its points; the null is of no account there."""
    occurrences = kept[comparison.samples.label == 1]
    samples = comparison.samples.part(np.flatnonzero(kept))
    if len(np.unique(samples.label)) < 2:
        return replace(comparison, samples=samples)
    methods = tuple(
        HeldOutScores.of(
            result.method,
            result.scores[:, kept],
            samples.label,
            shares=None if result.shares is None else result.shares[:, occurrences],
        )
        for result in comparison.methods
    )
    return replace(comparison, samples=samples, methods=methods, null=methods[0])
