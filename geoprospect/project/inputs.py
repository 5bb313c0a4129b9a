"""What a run reads of a project before it trains: evidence, points, components."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Self

import numpy as np

from geoprospect.crossval import Choice, FoldScheme
from geoprospect.errors import GeoprospectError, ProjectError, SamplesError, without_secrets
from geoprospect.evidence import EvidenceStack
from geoprospect.evidence.computed.learning import Preparation
from geoprospect.methods import MEMBERS, Method
from geoprospect.model import Components, FitInputs, fit_components
from geoprospect.output import checksum
from geoprospect.project.choosing import averaged, candidates, choose
from geoprospect.project.file import Project, Role
from geoprospect.project.part import part
from geoprospect.project.preloading import preload_cells
from geoprospect.samples import Samples
from geoprospect.samples.nonoccurrences import DrawnSamples, draw_non_occurrences, spacing
from geoprospect.typing import Progress

_LOGGER = logging.getLogger(__name__)
_SILENT = 3.0  # seconds


class Inputs:
    """What a run of a project needs before it trains, each part read once; a context manager.

    A part that cannot be had raises its error whenever it is asked for, and so do the parts that
    rest on it.

    Parameters
    ----------
    project : Project
        The project.
    progress : callable, optional
        Told of the cells surveyed, once that has taken some seconds.
    preparation : mapping, optional
        What the layers' transforms and classes learned where a model was trained already.
    """

    def __init__(
        self,
        project: Project,
        progress: Progress | None = None,
        *,
        preparation: Preparation | None = None,
    ) -> None:
        self.project, self._progress, self._preparation = project, progress, preparation
        self.results: dict[object, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        stack = self.results.get(Inputs.stack)
        if isinstance(stack, EvidenceStack):
            stack.close()

    @part
    def method(self) -> Method:
        """The method and its settings."""
        return self.project.method()

    @part
    def candidates(self) -> dict[str, Method]:
        """The methods that the project's is chosen from; its own alone, where it names one."""
        if self.project.model.chosen:
            return candidates(self.project)
        return {self.method.name: self.method}

    @part
    def stack(self) -> EvidenceStack:
        """The evidence, open."""
        return self.project.open_evidence(self._preparation)

    @part
    def n_valid(self) -> int:
        """Cells that are valid in every layer."""
        start = time.monotonic()

        def told(done: int, total: int) -> None:
            if self._progress is not None and time.monotonic() - start > _SILENT:
                self._progress("evidence", done, total, "cells")

        return self.stack.survey(told).n_valid

    @part
    def evidence_sentence(self) -> str:
        """How much ground the evidence covers."""
        rows, columns = self.stack.grid.shape
        sentence = (
            f"evidence: {', '.join(self.stack.names)} on {rows} x {columns} cells; {self.n_valid} "
            f"of {self.stack.grid.n_cells} cells are valid in every layer"
        )
        area = self.project.grid.study_area
        if area is not None:
            sentence += f" and lie in the study area, {area}"
        _LOGGER.info(sentence)
        return sentence

    @part
    def named_components(self) -> Components | None:
        """The components of the file that the project names, if it does."""
        path = self.project.model.components
        if path is None:
            return None
        _LOGGER.info(f"components: read from {path}")
        return Components.load(path)

    @part
    def evidence(self) -> EvidenceStack:
        """The evidence in the order of the components, those of its layers that they take.

        What the parts below ask of it is read together; what cannot be, they will tell.
        """
        components = self.named_components
        evidence = self.stack if components is None else components.select(self.stack)
        with suppress(GeoprospectError):
            preload_cells(self.project, self.candidates.values(), evidence)
        return evidence

    @part
    def components(self) -> Components:
        """The components that the project names, or fitted on the evidence."""
        if self.named_components is not None:
            return self.named_components
        return fit_components(self.evidence, seed=self.project.model.seed)

    @part
    def training(self) -> Samples:
        """The training points."""
        return self._samples("training")

    @part
    def validation(self) -> Samples | None:
        """The validation points, if there are any; the score of the map lists those left out."""
        if self.project.points.validation is None:
            return None
        return self.project.read_samples("validation", self.evidence)

    @part
    def rocks(self) -> Samples:
        """The points of rock classes."""
        rocks = self._samples("lithology")
        present = np.unique(rocks.label)
        if len(present) < 2:
            raise SamplesError(
                "rocks of one class cannot be told apart",
                path=rocks.path,
                found=rocks.classes[present[0]],
                expected="at least two rock classes",
                mend='give points of more classes, or choose pretext = "distribution"',
            )
        return rocks

    @part
    def drawn(self) -> DrawnSamples | None:
        """The draws of non-occurrences, where all training points are occurrences."""
        project, training = self.project, self.training
        if not training.label.all():
            if project.points.non_occurrences is None:
                return None
            raise ProjectError(
                "non-occurrences are drawn only where all training points are occurrences",
                path=project.path,
                found=f"{(training.label == 0).sum()} non-occurrences in {training.path}",
                mend="leave out [points.non_occurrences], or give a file of occurrences alone",
            )
        drawn = draw_non_occurrences(
            training,
            self.evidence,
            project.drawing_rule,
            seed=project.model.seed,
        )
        _LOGGER.info(f"non-occurrences: {drawn.sentence()}")
        return drawn

    @part
    def n_draws(self) -> int:
        """Draws of non-occurrences; 0 where none are drawn."""
        return 0 if self.drawn is None else len(self.drawn.masks)

    @part
    def ensemble(self) -> Method:
        """The method with a member at least for each draw of non-occurrences."""
        if self.choice is None:
            return self.with_draws(self.method, None)
        return averaged(self.project, self.choice.added, members=self.n_members)

    @part
    def n_members(self) -> int:
        """Fits of each method that is averaged: at least one for each draw of non-occurrences."""
        return max(self.project.model.members or MEMBERS, self.n_draws)

    @part
    def choice(self) -> Choice | None:
        """The choice of the method, where the project asks for one and its points allow it."""
        if not self.project.model.chosen:
            return None
        methods = self.candidates
        return choose(self.fit_inputs(methods.values()), methods, seed=self.project.model.seed)

    def with_draws(self, method: Method, name: str | None) -> Method:
        """Give a method of the project, by a name, with a member at least for each draw.

        Parameters
        ----------
        method : Method
            The method.
        name : str or None
            As `Project.method` makes it by.
        """
        if self.n_draws <= method.members:
            return method
        return self.project.method(name, members=self.n_draws)

    @part
    def points(self) -> Samples:
        """The training points, with the non-occurrences of all draws where there are such."""
        return self.training if self.drawn is None else self.drawn.samples

    @part
    def calibration_scheme(self) -> FoldScheme | None:
        """The folds whose scores a calibration is fitted on: regions, and a buffer.

        The buffer is the project's or, if it names none, the spacing of the occurrences.
        """
        settings = self.project.calibration
        if settings is None:
            return None
        buffer = spacing(self.points) if settings.buffer is None else settings.buffer
        scheme = FoldScheme("clusters", buffer=buffer, seed=self.project.model.seed)
        scheme.splits(self.points)
        return scheme

    def fit_inputs(self, methods: Iterable[Method]) -> FitInputs:
        """Give what some methods are fitted on: rock classes only where one learns from them."""
        rocks_needed = any(method.pretext == "lithology" for method in methods)
        return FitInputs(
            self.evidence,
            self.training if self.drawn is None else self.drawn,
            self.components,
            named=self.named_components is not None,
            rocks=self.rocks if rocks_needed else None,
            pretext_cells=self.project.model.pretext_cells,
        )

    def checksums(self, method: Method) -> dict[str, str]:
        """Give the SHA-256 of each plain file of points, or of a study area, that a fit reads."""
        roles: list[Role] = ["training"]
        if method.pretext == "lithology":
            roles.append("lithology")
        points = self.project.points
        paths = {str(role): str(getattr(points, role).path) for role in roles}
        rule = points.non_occurrences
        if rule is not None and rule.within is not None:
            paths["area of the non-occurrences"] = rule.within.path
        if rule is not None and rule.target_group is not None:
            paths["target group"] = str(rule.target_group.path)
        area = self.project.grid.study_area
        for territory in () if area is None else area.territories:
            paths[f"study area: {territory}"] = territory.path
        return {role: _checksum_told(path) for role, path in paths.items()}

    def validation_checksum(self) -> dict[str, str]:
        """Give that of the points that check the map, if there are any."""
        validation = self.project.points.validation
        return {} if validation is None else {"validation": _checksum_told(str(validation.path))}

    def _samples(self, role: Role) -> Samples:
        """Read points, and log what was left out of them."""
        samples = self.project.read_samples(role, self.evidence)
        for line in samples.audit.lines():
            _LOGGER.info(f"{role} points: {line}")
        return samples


def _checksum_told(path: str) -> str:
    return checksum(path) if os.path.isfile(path) else f"{without_secrets(path)} is no plain file"
