"""The average of several methods: each learns by itself, and the score is the mean of all."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from geoprospect.methods.forest import Forest, ForestName
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

_FORESTS: tuple[ForestName, ...] = ("random-forest", "extra-trees")
CORE = (*_FORESTS, "svm")
"""The methods that every average holds."""

MEMBERS = 10
"""Members of each part of an average where none are asked for."""

_FEWEST_TREES = 50  # of a member's forest: with fewer, its scores are too coarse


@dataclass(frozen=True)
class Average:
    """Methods fitted side by side, whose members count alike: the score is their plain mean.

    Means of unlike classifiers err less than these do where their errors differ (Kittler et al.
    1998, On combining classifiers, IEEE Transactions on Pattern Analysis and Machine Intelligence
    20, 226-239). All weigh the labels alike, so that their scores share a scale.

    Attributes
    ----------
    parts : tuple of Method
        The methods, of as many members each; no more than one transfers a pretext task.

    Examples
    --------
    >>> method = Average.of(MethodOptions(pretext="lithology", members=10))
    >>> method.members, [part.name for part in method.parts]
    (40, ['random-forest', 'extra-trees', 'svm', 'lithology fine-tuning'])
    """

    takes: ClassVar[tuple[str, ...]] = (*Forest.takes, *SupportVectorMachine.takes)

    parts: tuple[Method, ...]

    @classmethod
    def of(cls, options: MethodOptions) -> Average:
        """Make the method that a project file asks for: both forests and a support vector machine.

        With a pretext task, a network fine-tuned after it is averaged too. Its members are those
        of each part; the trees of a forest are shared out to them.
        """
        members = options.members or MEMBERS
        options = replace(options, members=members)
        plain = replace(options, pretext="none")
        forests = [Forest.of(name, plain) for name in _FORESTS]
        shared = [
            replace(forest, trees=max(-(-forest.trees // members), _fewest(forest)))
            for forest in forests
        ]
        core = cls((*shared, SupportVectorMachine.of(plain)))
        if options.pretext in (None, "none"):
            return core
        return core.joined_by(Transfer.of("fine-tuning", options))

    def joined_by(self, part: Method) -> Average:
        """Give the average of these parts and another of as many members."""
        return Average((*self.parts, part))

    def __str__(self) -> str:
        return f"average of {', '.join(map(str, self.parts))}"

    @property
    def name(self) -> str:
        """How results name it."""
        return "average" if self.pretext == "none" else f"{self.pretext} average"

    @property
    def members(self) -> int:
        """Members of all parts together: those of the first part come first."""
        return len(self.parts) * self._each

    @property
    def seed(self) -> int:
        """Seed of everything random."""
        return self.parts[0].seed

    @property
    def sees(self) -> Sees:
        """Standardised layers: what trees split best, and a network's rotation is its own."""
        return "standardised"

    @property
    def pretext(self) -> Pretext:
        """The pretext task of the part that has one."""
        tasks = [part.pretext for part in self.parts if part.pretext != "none"]
        return tasks[0] if tasks else "none"

    @property
    def preparation_key(self) -> Hashable:
        """Those of the parts that prepare anything, with their places."""
        return tuple(
            part.preparation_key if part.pretext != "none" else None for part in self.parts
        )

    def prepare(
        self, cells: PretextCells | None, n_inputs: int, *, progress: Progress | None = None
    ) -> Preparation:
        """Let each part prepare what it needs; see `Method.prepare`."""
        prepared: list[Any] = []
        for part in self.parts:
            its_cells = None if part.pretext == "none" else cells
            mine = part.prepare(its_cells, n_inputs, progress=progress)
            prepared += mine or [None] * self._each
        return prepared

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

    @property
    def _each(self) -> int:
        """Members of a part."""
        return self.parts[0].members

    def _fits_of(self, number: int, fits: int) -> Ints:
        """Give the fits that are of a part, by its number."""
        part = np.arange(fits) % self.members // self._each
        return np.flatnonzero(part == number)


def _fewest(forest: Forest) -> int:
    """Give the trees that a member has at least: no more than were asked for."""
    return min(_FEWEST_TREES, forest.trees)
