"""The cells that a training will ask the evidence at, read together before it begins."""

from __future__ import annotations

from collections.abc import Iterable

from geoprospect.evidence import EvidenceStack
from geoprospect.evidence.features.points import coordinates
from geoprospect.methods import Method
from geoprospect.model import cells_of_fit
from geoprospect.project.file import Project, Role
from geoprospect.samples.nonoccurrences import searched_cells
from geoprospect.typing import Ints


def preload_cells(project: Project, methods: Iterable[Method], stack: EvidenceStack) -> None:
    """Read the evidence at all cells that a training asks for, in one pass.

    They are those of the points, those that non-occurrences may be drawn from, those that
    components and pretext task are fitted on, and the pairs that tell the evidence's range.

    Parameters
    ----------
    project : Project
        The project.
    methods : iterable of Method
        Its method, or those that it is chosen from.
    stack : EvidenceStack
        Its evidence.

    Raises
    ------
    GeoprospectError
        If the evidence or the points cannot be read.
    """
    model = project.model
    by_task = {method.pretext: method for method in methods}
    cells = [searched_cells(stack, seed=model.seed)]
    for method in by_task.values():
        cells += cells_of_fit(
            stack, method, components=model.components is None, pretext_cells=model.pretext_cells
        )
    roles: list[Role] = ["training"]
    if project.points.validation is not None:
        roles.append("validation")
    if "lithology" in by_task:
        roles.append("lithology")
    stack.preload(*cells, *(_point_cells(project, role, stack) for role in roles))


def _point_cells(project: Project, role: Role, stack: EvidenceStack) -> tuple[Ints, Ints]:
    """Give the cells of a project's points; -1 where one lies in none."""
    points = project.points_source(role).read()
    rows, columns, _ = stack.grid.cells(*coordinates(points, stack.grid))
    return rows, columns
