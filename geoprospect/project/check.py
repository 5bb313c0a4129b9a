"""What is wrong with a project, found without running it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

import numpy as np

from geoprospect.errors import GeoprospectError
from geoprospect.evidence import EvidenceStack, RasterBand
from geoprospect.project.calibration import calibration_scheme
from geoprospect.project.file import Project, Role
from geoprospect.project.inputs import draw_for_members
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
                findings.extend(_deposits(project, n_valid))
                findings.extend(_points(project, stack, attempt))
    attempt(project.method)
    if project.folder.is_file():
        findings.append(Finding("error", f"{project.folder}: is a file, not a folder for results"))
    elif project.folder.exists() and any(project.folder.iterdir()):
        findings.append(
            Finding("warning", f"{project.folder}: exists already; `run` asks for --overwrite")
        )
    return list(dict.fromkeys(findings))


def _open_alone(layer: RasterBand) -> None:
    EvidenceStack.open([layer]).close()


def _describe(stack: EvidenceStack, n_valid: int) -> str:
    rows, columns = stack.grid.shape
    return (
        f"evidence: {', '.join(stack.names)} on {rows} x {columns} cells; "
        f"{n_valid} of {stack.grid.n_cells} cells are valid in every layer"
    )


def _deposits(project: Project, n_valid: int) -> Iterator[Finding]:
    settings = project.calibration
    if settings is not None and settings.deposits >= n_valid:
        yield Finding(
            "error",
            f"calibration: {settings.deposits:g} deposits are expected in {n_valid} valid cells, "
            "of which each holds one or none",
        )


def _points(
    project: Project, stack: EvidenceStack, attempt: Callable[..., Samples | None]
) -> Iterator[Finding]:
    roles: tuple[Role, ...] = ("training", "validation", "lithology")
    read: dict[Role, Samples] = {}
    for role in roles:
        if getattr(project.points, role) is None:
            continue
        samples = attempt(partial(project.read_samples, role, stack))
        if samples is None:
            continue
        read[role] = samples
        for line in samples.audit.lines():
            yield Finding("note", f"{role} points: {line}")
        occurrences = int(samples.label.sum())
        if role != "lithology" and occurrences < _FEW:
            yield Finding("warning", f"{role} points: only {occurrences} occurrences")
    if "training" in read and "validation" in read:
        repeated = int(np.isin(read["validation"].cells, read["training"].cells).sum())
        if repeated:
            yield Finding(
                "warning",
                f"validation points: {repeated} of {len(read['validation'].cells)} lie in a cell "
                "that holds a training point; scores are told with and without them",
            )
    if "training" in read:
        yield from _learned(project, read["training"], stack)


def _learned(project: Project, training: Samples, stack: EvidenceStack) -> Iterator[Finding]:
    """Draw non-occurrences where none are given, and part the points for a calibration."""
    settings = project.calibration
    try:
        drawn = draw_for_members(project, training, stack)
        if drawn is not None:
            yield Finding("note", f"non-occurrences: {drawn.sentence()}")
        if settings is None:
            return
        points = training if drawn is None else drawn.samples
        calibration_scheme(project, points).splits(points)
    except GeoprospectError as error:
        yield Finding("error", str(error))
        return
    if drawn is None or drawn.rule.method == "dissimilar":
        yield Finding(
            "warning",
            "calibration: non-occurrences are taken to stand for the whole ground; if they were "
            "chosen for being unlike the occurrences, the probability comes out too steep",
        )
    known = len(np.unique(training.cells[training.label == 1]))
    if settings.deposits < known:
        yield Finding(
            "warning",
            f"calibration: {settings.deposits:g} deposits are expected, but {known} cells hold a "
            "known occurrence",
        )
