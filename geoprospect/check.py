"""What is wrong with a project, found without running it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

import numpy as np

from geoprospect.errors import GeoprospectError
from geoprospect.evidence import EvidenceStack, Layer
from geoprospect.project import Project, Role
from geoprospect.samples import Samples

Level = Literal["error", "warning", "note"]
_T = TypeVar("_T")
_FEW = 20  # occurrences: fewer leave a score's interval wider than most differences


@dataclass(frozen=True)
class Finding:
    """One thing found: an error stops a run, a warning needs a look, a note tells.

    Attributes
    ----------
    level : {"error", "warning", "note"}
        How grave it is.
    text : str
        What was found, in one line.
    """

    level: Level
    text: str


def check_project(project: Project) -> list[Finding]:
    """Look at evidence, points, settings and output folder of a project.

    All faults are listed, not the first alone. Every cell is read once, none is predicted.

    Parameters
    ----------
    project : Project
        The project.

    Returns
    -------
    list of Finding
        In the order of the project file.
    """
    findings: list[Finding] = []

    def attempt(step: Callable[[], _T]) -> _T | None:
        try:
            return step()
        except GeoprospectError as error:
            findings.append(Finding("error", str(error)))
            return None

    stack = attempt(project.open_evidence)
    if stack is None:
        # One broken layer hides the others: open each by itself to name them all.
        layers = project.layers
        for layer in () if isinstance(layers, str) else layers.values():
            attempt(partial(_open_alone, layer))
        findings[:] = dict.fromkeys(findings)
    else:
        with stack:
            n_valid = attempt(stack.count_valid)
            if n_valid is not None:
                findings.append(Finding("note", _describe(stack, n_valid)))
                findings.extend(_points(project, stack, attempt))
    attempt(project.plan)
    if project.folder.is_file():
        findings.append(Finding("error", f"{project.folder}: is a file, not a folder for results"))
    elif project.folder.exists() and any(project.folder.iterdir()):
        findings.append(
            Finding("warning", f"{project.folder}: exists already; `run` asks for --overwrite")
        )
    return findings


def _open_alone(layer: Layer) -> None:
    EvidenceStack.open({layer.name: layer}).close()


def _describe(stack: EvidenceStack, n_valid: int) -> str:
    rows, columns = stack.grid.shape
    return (
        f"evidence: {', '.join(stack.names)} on {rows} x {columns} cells; "
        f"{n_valid} of {stack.grid.n_cells} cells are valid in every layer"
    )


def _points(
    project: Project, stack: EvidenceStack, attempt: Callable[..., Samples | None]
) -> Iterator[Finding]:
    roles: tuple[Role, ...] = ("training", "validation", "lithology")
    read: dict[Role, Samples] = {}
    for role in roles:
        entry = getattr(project.points, role)
        if entry is None or (role == "validation" and entry.label is None):
            continue
        samples = attempt(partial(project.read_samples, role, stack))
        if samples is None:
            continue
        read[role] = samples
        for line in samples.audit.lines():
            yield Finding("note", f"{role} points: {line}")
        occurrences = int(samples.label.sum())
        if role == "training" and occurrences in (0, len(samples.label)):
            yield Finding(
                "error",
                f"training points: {occurrences} of {len(samples.label)} are occurrences; "
                "training needs occurrences and non-occurrences",
            )
        elif role != "lithology" and occurrences < _FEW:
            yield Finding("warning", f"{role} points: only {occurrences} occurrences")
    if "training" in read and "validation" in read:
        repeated = int(np.isin(read["validation"].cells, read["training"].cells).sum())
        if repeated:
            yield Finding(
                "warning",
                f"validation points: {repeated} of {len(read['validation'].cells)} lie in a cell "
                "that holds a training point; scores are told with and without them",
            )
