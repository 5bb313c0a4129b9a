"""Refits: a method fitted again and again, on points that might as well have been known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from geoprospect.errors import ModelError, TrainingError
from geoprospect.methods import Member, Method, SampleTable
from geoprospect.methods.again import again, members_of_parts
from geoprospect.model.inputs import FitInputs
from geoprospect.model.model import ProspectivityModel
from geoprospect.samples import DistinctCells, DrawnSamples, Samples, draw_non_occurrences
from geoprospect.typing import Bools, Ints, StageProgress, Values

_KEY = "refits"


@dataclass(frozen=True)
class Design:
    """The members of all refits: refit by refit, in each part by part.

    Attributes
    ----------
    refits : int
        Draws of the points that were learned.
    members : int
        Members of each part in each refit.
    of_map : tuple of float
        Members of each part in the map itself, counted as `members_of_parts` does; of one part
        where the method is no average.
    """

    refits: int
    members: int
    of_map: tuple[float, ...]

    @property
    def parts(self) -> int:
        """Methods that are averaged; 1 where the method is no average."""
        return len(self.of_map)

    @classmethod
    def of(cls, model: ProspectivityModel) -> Design:
        """Read the design of a model that holds refits.

        Raises
        ------
        ModelError
            If it holds none.
        """
        told = model.settings.get(_KEY)
        if not isinstance(told, dict):
            raise ModelError("holds no refits", path=model.folder, mend="make them again")
        design = cls(told["refits"], told["members"], tuple(told["of_map"]))
        if len(model.members) != design.refits * design.parts * design.members:
            raise ModelError(
                "holds other refits than it tells of",
                path=model.folder,
                found=f"{len(model.members)} members",
                expected=f"{design.refits} x {design.parts} x {design.members}",
            )
        return design

    def settings(self) -> dict[str, Any]:
        """Give what a model's settings tell of it."""
        return {_KEY: asdict(self)}

    def grouped(self, scores: Values) -> Values:
        """Give scores (n_members, n) as (refits, parts, members, n)."""
        return scores.reshape(self.refits, self.parts, self.members, -1)


@dataclass(frozen=True)
class Refitting:
    """A method to be fitted again on resamples of its points, each time with other seeds.

    The method stays as it is: its settings, and what an average is made of, are not chosen anew.
    Where non-occurrences are drawn, each member of each refit has a draw of its own, away from all
    known occurrences. Where a method tries itself on points that it keeps from a part of its fit,
    copies of these may be in that part.

    Attributes
    ----------
    inputs : FitInputs
        What the model of the map was fitted on.
    method : Method
        Its method.
    refits, members : int
        How many refits, of how many members; of an average those of each part.
    """

    inputs: FitInputs
    method: Method
    refits: int = 30
    members: int = 2

    @cached_property
    def design(self) -> Design:
        """How the members of all refits are laid out."""
        return Design(self.refits, self.members, members_of_parts(self.method))

    @cached_property
    def known(self) -> Samples:
        """The points that are resampled, one a cell; without those that were drawn."""
        points = DistinctCells.of(self.inputs.points).samples
        return points.part(points.label == 1) if self._draws is not None else points

    def fit(
        self, resampled: Callable[[int], Ints], progress: StageProgress | None = None
    ) -> ProspectivityModel:
        """Fit all refits.

        Parameters
        ----------
        resampled : callable
            Gives the points of a refit, by its number; some come several times.
        progress : callable, optional
            Called with the refits done and the refits in all.

        Returns
        -------
        ProspectivityModel
            All members of all refits, laid out as `design` says. Their mean is no better map.

        Raises
        ------
        TrainingError
            If a resample does not allow a fit.
        """
        inputs, method = self.inputs, self.method
        cells = inputs.cells_of_pretext(method)
        components = inputs.components_for(method)
        members: list[Member] = []
        for number, (samples, masks) in enumerate(self.points(resampled)):
            refit = again(method, members=self.members, seed=_seed(method.seed, number))
            X = components.transform(samples.X)
            table = SampleTable(X, samples.label, samples.names)
            try:
                preparation = refit.prepare(cells, X.shape[1])
                fitted = refit.fit(table, masks, preparation=preparation)
            except TrainingError as error:
                raise TrainingError(
                    f"a resample of the points, refit {number + 1}, allows no fit: {error}",
                    mend="give more points, or leave out uncertainty",
                ) from error
            members += fitted.members
            if progress is not None:
                progress(number + 1, self.refits)
        stack, points = inputs.stack, inputs.points
        return ProspectivityModel(
            components,
            tuple(members),
            np.stack([points.X.min(axis=0), points.X.max(axis=0)], axis=1),
            method.settings() | self.design.settings(),
            grid=stack.grid,
            context=stack.neighbourhood,
            preparation=stack.preparation,
        )

    def points(self, resampled: Callable[[int], Ints]) -> Iterator[tuple[Samples, Bools]]:
        """Give the points of each refit, and those that each of its members learns from.

        Parameters
        ----------
        resampled : callable
            As for `fit`.

        Yields
        ------
        samples : Samples
            The resample, and after it the non-occurrences that were drawn for the refit, if any.
        masks : ndarray of bool, shape (parts · members, n)
            What the members learn from.
        """
        each = self.design.parts * self.members
        drawn = self._drawn_anew()
        for number in range(self.refits):
            rows = resampled(number)
            if drawn is None:
                yield self.known.part(rows), np.ones((each, len(rows)), bool)
                continue
            draws = drawn.masks[number * self.members :][: self.members]
            theirs = np.flatnonzero(draws.any(axis=0) & (drawn.samples.label == 0))
            chosen = np.concatenate([rows, theirs])
            yield drawn.samples.part(chosen), draws[np.arange(each) % len(draws)][:, chosen]

    @property
    def _draws(self) -> DrawnSamples | None:
        """The draws of non-occurrences that the map's model learned from, if there are any."""
        samples = self.inputs.samples
        return samples if isinstance(samples, DrawnSamples) else None

    def _drawn_anew(self) -> DrawnSamples | None:
        """Draw non-occurrences anew, once for each member of each refit."""
        if self._draws is None:
            return None
        rule = replace(self._draws.rule, draws=self.refits * self.members)
        return draw_non_occurrences(self.known, self.inputs.stack, rule, seed=self.method.seed)


def _seed(seed: int, number: int) -> int:
    """Give the seed of a refit: members of no two refits, nor of the map, share one."""
    state = np.random.SeedSequence([seed, number, *b"refit"]).generate_state(1)[0]
    return int(state >> np.uint32(2))  # members count on from it
