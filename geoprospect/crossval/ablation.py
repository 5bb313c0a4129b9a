"""What layers are worth: methods that do without them, beside the same that have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

from geoprospect.crossval.figures import FIGURES, Figure
from geoprospect.crossval.heldout import HeldOutScores
from geoprospect.intervals import Difference, Interval


@dataclass(frozen=True)
class Ablation:
    """Methods compared without some layers.

    Attributes
    ----------
    layers : str
        What they do without, as it was asked for.
    methods : tuple of str
        The names of these methods where they have all layers.
    results : tuple of HeldOutScores
        What they score, under names such as "svm without geology".
    """

    layers: str
    methods: tuple[str, ...]
    results: tuple[HeldOutScores, ...]

    @classmethod
    def of(cls, layers: str, results: Iterable[HeldOutScores]) -> Ablation:
        """Take what methods score without layers, under the names that they have with them."""
        results = tuple(results)
        told = (replace(result, method=f"{result.method} without {layers}") for result in results)
        return cls(layers, tuple(result.method for result in results), tuple(told))

    @property
    def pairs(self) -> Iterator[tuple[str, str, HeldOutScores]]:
        """The layers, the name of each method with them, and what it scores without."""
        for name, result in zip(self.methods, self.results, strict=True):
            yield self.layers, name, result

    @property
    def plain(self) -> tuple[HeldOutScores, ...]:
        """The results under the names that the methods have with all layers."""
        return tuple(replace(result, method=name) for _, name, result in self.pairs)


class Gain(NamedTuple):
    """What layers add to a method: its figures without them, and the paired differences."""

    layers: str
    method: str
    mean: dict[Figure, float]
    interval: dict[Figure, Interval]
    gained: dict[Figure, Difference]


def sentences(gained: Sequence[Gain], figure: Figure) -> Iterator[str]:
    """Say what layers add to a figure, and whether that is sure."""
    for layers, group in groupby(gained, lambda gain: gain.layers):
        told = []
        for gain in group:
            gap = gain.gained[figure]
            sure = gap.interval.low > 0 or gap.interval.high < 0
            told.append(f"{gain.method} {gap:+z.3f}{'' if sure else ', not sure'}")
        yield f"what {layers} adds to the {FIGURES[figure]}: {'; '.join(told)}."
