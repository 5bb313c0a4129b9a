"""What a training reads of a project: its points, its components, and its pretext cells."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property

from geoprospect.errors import ProjectError
from geoprospect.evidence import EvidenceStack
from geoprospect.evidence.raster import is_local
from geoprospect.evidence.remote.address import without_secrets
from geoprospect.methods import Method, PretextCells
from geoprospect.model import Components, cells_of_pretext, fit_components
from geoprospect.output import checksum
from geoprospect.project.file import Project, Role
from geoprospect.samples import Samples
from geoprospect.samples.nonoccurrences import DrawnSamples, draw_non_occurrences
from geoprospect.typing import Bools, Values

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingInputs:
    """The inputs of a training.

    Attributes
    ----------
    project : Project
        Whose inputs these are.
    stack : EvidenceStack
        The evidence, its layers in the order of the components.
    points : Samples
        The training points: occurrences, and non-occurrences as given or, where none are, those
        of all draws together.
    components : Components
        Fitted on the stack, or read from the file that the project names.
    drawn : DrawnSamples, optional
        All draws of non-occurrences, one a member, where none were given.
    """

    project: Project
    stack: EvidenceStack
    points: Samples
    components: Components
    drawn: DrawnSamples | None = None

    @classmethod
    def read(cls, project: Project, stack: EvidenceStack) -> TrainingInputs:
        """Read and audit the training points, and fit or read the components.

        Where all training points are occurrences, non-occurrences are drawn for each member.

        Raises
        ------
        GeoprospectError
            If evidence or points cannot be read or used.
        """
        n_valid = stack.count_valid()
        rows, columns = stack.grid.shape
        _LOGGER.info(
            f"evidence: {', '.join(stack.names)} on {rows} x {columns} cells; {n_valid} of "
            f"{stack.grid.n_cells} cells are valid in every layer"
        )
        components = None
        if project.model.components is not None:
            _LOGGER.info(f"components: read from {project.model.components}")
            components = Components.load(project.model.components)
            stack = components.select(stack)
        training = _read(project, "training", stack)
        drawn = draw_for_members(project, training, stack)
        if drawn is not None:
            _LOGGER.info(f"non-occurrences: {drawn.sentence()}")
        points = training if drawn is None else drawn.samples
        components = components or fit_components(stack, seed=project.model.seed)
        return cls(project, stack, points, components, drawn)

    @property
    def masks(self) -> Bools | None:
        """The points that each member learns from, shape (members, n); None: all of them."""
        return None if self.drawn is None else self.drawn.masks

    def components_for(self, method: Method) -> Components:
        """Give the components as a method sees them.

        Where the project names a file of components, those that ask for standardised layers see
        its components too.
        """
        if method.sees == "standardised" and self.project.model.components is not None:
            return self.components
        return self.components.seen_as(method.sees)

    def X(self, method: Method) -> Values:  # noqa: N802
        """Give the training points as a method sees them, shape (n, n_inputs)."""
        return self.components_for(method).transform(self.points.X)

    @cached_property
    def rocks(self) -> Samples:
        """The points of rock classes, read when they are first asked for."""
        return _read(self.project, "lithology", self.stack)

    def rocks_for(self, method: Method) -> Samples | None:
        """Give the points of rock classes to a method that learns from them."""
        return self.rocks if method.pretext == "lithology" else None

    def cells_of_pretext(self, method: Method) -> PretextCells | None:
        """Give the cells that a method's pretext task learns from, if it has one."""
        return cells_of_pretext(
            method,
            self.stack,
            self.components_for(method),
            rocks=self.rocks_for(method),
            number=self.project.model.pretext_cells,
        )

    def checksums(self, method: Method) -> dict[str, str]:
        """Give the SHA-256 of each file of points that the method reads, if it is a plain file."""
        roles: list[Role] = ["training"]
        if method.pretext == "lithology":
            roles.append("lithology")
        points = self.project.points
        paths = {str(role): str(getattr(points, role).path) for role in roles}
        if points.non_occurrences is not None and points.non_occurrences.within is not None:
            paths["area of the non-occurrences"] = points.non_occurrences.within.path
        return {
            role: checksum(path) if is_local(path) else f"{without_secrets(path)} is no plain file"
            for role, path in paths.items()
        }


def draw_for_members(
    project: Project, training: Samples, stack: EvidenceStack
) -> DrawnSamples | None:
    """Draw non-occurrences, one draw a member, where all training points are occurrences.

    Raises
    ------
    ProjectError
        If the project asks for draws though its training points hold non-occurrences.
    SamplesError
        If too few cells can be drawn.
    """
    if training.label.all():
        return draw_non_occurrences(
            training,
            stack,
            project.drawing_rule,
            draws=project.method().members,
            seed=project.model.seed,
        )
    if project.points.non_occurrences is not None:
        raise ProjectError(
            "non-occurrences are drawn only where all training points are occurrences",
            path=project.path,
            found=f"{(training.label == 0).sum()} non-occurrences in {training.path}",
            mend="leave out [points.non_occurrences], or give a file of occurrences alone",
        )
    return None


def _read(project: Project, role: Role, stack: EvidenceStack) -> Samples:
    samples = project.read_samples(role, stack)
    for line in samples.audit.lines():
        _LOGGER.info(f"{role} points: {line}")
    return samples
