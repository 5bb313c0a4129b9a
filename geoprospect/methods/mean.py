"""The average of several methods: each learns by itself, and the score is the mean of all."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geoprospect.methods.forest import Forest
from geoprospect.methods.members import Member
from geoprospect.methods.method import (
    Fitted,
    Method,
    Preparation,
    PretextCells,
    SampleTable,
    Sees,
)
from geoprospect.methods.options import MethodOptions, Pretext
from geoprospect.methods.svm import SupportVectorMachine
from geoprospect.methods.transfer import Transfer
from geoprospect.typing import Bools, Ints, Progress

_FEWEST_TREES = 50  # of a member's forest: with fewer, its scores are too coarse


@dataclass(frozen=True)
class Average:
    """Methods fitted side by side, whose members count alike: the score is their plain mean.

    Means of unlike classifiers err less than these do where their errors differ (Kittler et al.
    1998, On combining classifiers, IEEE Transactions on Pattern Analysis and Machine Intelligence
    20, 226-239). All weigh the labels alike, so that their scores share a scale.

    Attributes
    ----------
    transfer : Transfer
        The networks after a pretext task.
    others : tuple of Method
        The methods without one, each of as many members as there are networks.

    Examples
    --------
    >>> method = Average.of(MethodOptions(pretext="lithology", members=10))
    >>> method.members, [part.name for part in method.parts]
    (40, ['lithology fine-tuning', 'random-forest', 'extra-trees', 'svm'])
    """

    transfer: Transfer
    others: tuple[Method, ...]

    @classmethod
    def of(cls, options: MethodOptions) -> Average:
        """Make the method that a project file asks for; its members are those of each part.

        The trees of a forest are shared out to its members.
        """
        members = options.members or 10
        options = replace(options, members=members)
        plain = replace(options, pretext="none")
        forests = [Forest.of(name, plain) for name in ("random-forest", "extra-trees")]
        shared = [
            replace(forest, trees=max(-(-forest.trees // members), _fewest(forest)))
            for forest in forests
        ]
        return cls(Transfer.of("fine-tuning", options), (*shared, SupportVectorMachine.of(plain)))

    def __str__(self) -> str:
        return f"average of {', '.join(map(str, self.parts))}"

    @property
    def parts(self) -> tuple[Method, ...]:
        """All methods that are averaged."""
        return (self.transfer, *self.others)

    @property
    def name(self) -> str:
        """How results name it."""
        return f"{self.pretext} average"

    @property
    def members(self) -> int:
        """Members of all parts together: those of the first part come first."""
        return len(self.parts) * self.transfer.members

    @property
    def seed(self) -> int:
        """Seed of everything random."""
        return self.transfer.seed

    @property
    def sees(self) -> Sees:
        """Standardised layers: what trees split best, and a network's rotation is its own."""
        return "standardised"

    @property
    def pretext(self) -> Pretext:
        """The pretext task of the networks."""
        return self.transfer.pretext

    @property
    def preparation_key(self) -> Hashable:
        """That of the networks, and how many parts there are."""
        return (self.transfer.preparation_key, len(self.parts))

    def prepare(
        self, cells: PretextCells | None, n_inputs: int, *, progress: Progress | None = None
    ) -> Preparation:
        """Train the encoders of the networks; members of the other parts get none."""
        encoders = self.transfer.prepare(cells, n_inputs, progress=progress)
        return [*encoders, *[None] * (self.members - len(encoders))]

    def fit(
        self,
        table: SampleTable,
        masks: Bools,
        *,
        preparation: Preparation | None = None,
        progress: Progress | None = None,
    ) -> Fitted:
        """Fit all parts; see `Method.fit`."""
        prepared = preparation or self.prepare(None, table.X.shape[1], progress=progress)
        members: list[Member | None] = [None] * len(masks)
        lines: list[str] = []
        for number, part in enumerate(self.parts):
            fits = self._fits_of(number, len(masks))
            fitted = part.fit(
                table,
                masks[fits],
                preparation=[prepared[fit % len(prepared)] for fit in fits],
                progress=progress,
            )
            lines += fitted.lines
            for fit, member in zip(fits, fitted.members, strict=True):
                members[fit] = member
        return Fitted(tuple(member for member in members if member is not None), tuple(lines))

    def settings(self) -> dict[str, Any]:
        """Give the method as plain values."""
        return {
            "strategy": "average",
            "pretext": self.pretext,
            "members": self.members,
            "seed": self.seed,
            "parts": [part.settings() for part in self.parts],
        }

    def _fits_of(self, number: int, fits: int) -> Ints:
        """Give the fits that are of a part, by its number."""
        part = np.arange(fits) % self.members // self.transfer.members
        return np.flatnonzero(part == number)


def _fewest(forest: Forest) -> int:
    """Give the trees that a member has at least: no more than were asked for."""
    return min(_FEWEST_TREES, forest.trees)
