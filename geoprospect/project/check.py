"""What is wrong with a project, found without running it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar, overload

import numpy as np

from geoprospect.errors import GeoprospectError, GridNeededError
from geoprospect.evidence import Column, EvidenceStack
from geoprospect.evidence.inspection.table import LayerTable
from geoprospect.evidence.remote.raster import asked_once
from geoprospect.project.file import Project
from geoprospect.project.inputs import Inputs
from geoprospect.project.outputfolder import is_empty
from geoprospect.project.preconditions import PRECONDITIONS
from geoprospect.project.progress import lines_sent
from geoprospect.samples import Samples
from geoprospect.typing import Progress, StrPath

Level = Literal["error", "warning", "note"]
_T = TypeVar("_T")
_FEW = 20  # occurrences: fewer leave a score's interval wider than most differences


@dataclass(frozen=True)
class Finding:
    """What a check found: an error stops a run, a warning needs a look, a note tells.

    Attributes
    ----------
    level : {"error", "warning", "note"}
        How grave it is.
    text : str
        What was found, in one line.
    """

    level: Level
    text: str


@dataclass(frozen=True)
class Checked(Sequence[Finding]):
    """What a check found, as a sequence, errors first; and the table of the layers.

    Attributes
    ----------
    findings : tuple of Finding
        What was found.
    layers : LayerTable or None
        What the layers hold; None where the evidence cannot be read.
    """

    findings: tuple[Finding, ...]
    layers: LayerTable | None = None

    def __len__(self) -> int:
        return len(self.findings)

    @overload
    def __getitem__(self, place: int) -> Finding: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Finding, ...]: ...
    def __getitem__(self, place: int | slice) -> Finding | tuple[Finding, ...]:
        return self.findings[place]

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON."""
        return {
            "findings": [vars(finding) for finding in self.findings],
            "layers": [] if self.layers is None else self.layers.to_dict(),
        }


def check_project(project: Project | StrPath, *, progress: Progress | None = None) -> Checked:
    """Look at evidence, points, settings and output folder of a project.

    The errors are of the preconditions that `run` looks at before it trains; all are listed, not
    the first alone. Evidence is read, no cell is predicted.

    Parameters
    ----------
    project : Project or path-like
        The project, or its file.
    progress : callable, optional
        As for `geoprospect.run`.

    Returns
    -------
    Checked
        The findings, errors first, with the table of the layers.

    Examples
    --------
    >>> import tempfile
    >>> import geoprospect as gp
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     findings = gp.check(gp.sample_project(folder))
    >>> {finding.level for finding in findings}
    {'note'}
    """
    project = Project.of(project)
    warnings: list[str] = []
    sent = lines_sent(warnings.append, logging.WARNING)
    with sent, asked_once(), Inputs(project, progress) as inputs:
        steps: list[Callable[[], object]] = [partial(p, inputs) for p in PRECONDITIONS]
        if _result(lambda: inputs.stack) is None:
            # A broken layer hides the others: look at each to name them all.
            steps = [*_columns_opened(project), *steps]
        errors = [Finding("error", str(error)) for step in steps if (error := _error(step))]
        findings = [
            *_about_folder(project),
            *_about_evidence(inputs),
            *_about_points(inputs),
            *_about_calibration(inputs),
        ]
        layers = _result(lambda: LayerTable.of(inputs.evidence))
    alike = [] if layers is None else layers.warnings()
    logged = [Finding("warning", line) for line in (*warnings, *alike)]
    return Checked(tuple(dict.fromkeys([*errors, *logged, *findings])), layers)


def _error(step: Callable[[], object]) -> GeoprospectError | None:
    """Give the error that a step raises, if it does."""
    try:
        step()
    except GeoprospectError as error:
        return error
    return None


def _result(step: Callable[[], _T]) -> _T | None:
    """Give what a step gives, or None if it raises an error."""
    try:
        return step()
    except GeoprospectError:
        return None


def _columns_opened(project: Project) -> Iterator[Callable[[], None]]:
    """Give a step that opens each column by itself, or beside the first that can be opened."""
    try:
        columns = project.columns()
    except GeoprospectError:
        return
    choice = project.grid
    grid = _result(lambda: choice.of(columns)) if choice.named else None
    opener = partial(EvidenceStack.open, grid=grid)
    first: list[Column] = []
    later: list[Column] = []
    for column in columns:
        alone = partial(_open, [column], opener)
        error = _error(alone)
        if isinstance(error, GridNeededError):
            later.append(column)
        elif error is not None:
            yield alone
        elif not first:
            first = [column]
        else:
            yield partial(_open, [*first, column], opener)
    if first:
        yield from (partial(_open, [*first, column], opener) for column in later)


def _open(columns: list[Column], opener: Callable[[list[Column]], EvidenceStack]) -> None:
    """Open columns as a stack, to see whether they can be."""
    opener(columns).close()


def _about_folder(project: Project) -> Iterator[Finding]:
    """Tell whether something lies in the output folder."""
    if not is_empty(project.folder):
        yield Finding("warning", f"{project.folder}: exists already; `run` asks for --overwrite")


def _about_evidence(inputs: Inputs) -> Iterator[Finding]:
    """Tell how much ground the evidence covers."""
    sentence = _result(lambda: inputs.evidence_sentence)
    if sentence is not None:
        yield Finding("note", sentence)


def _about_points(inputs: Inputs) -> Iterator[Finding]:
    """Tell what was left out of the points, and what their scores will suffer from."""
    samples = {
        "training": _result(lambda: inputs.training),
        "validation": _result(lambda: inputs.validation),
        "lithology": _result(lambda: inputs.rocks),
    }
    for role, points in samples.items():
        if points is None:
            continue
        for line in points.audit.lines():
            yield Finding("note", f"{role} points: {line}")
        occurrences = int(points.label.sum())
        if role != "lithology" and occurrences < _FEW:
            yield Finding("warning", f"{role} points: only {occurrences} occurrences")
    training, validation = samples["training"], samples["validation"]
    if training is not None and validation is not None:
        yield from _about_repeats(training, validation)
    drawn = _result(lambda: inputs.drawn)
    if drawn is not None:
        yield Finding("note", f"non-occurrences: {drawn.sentence()}")


def _about_repeats(training: Samples, validation: Samples) -> Iterator[Finding]:
    """Tell which validation points lie in cells of training points."""
    repeated = int(np.isin(validation.cells, training.cells).sum())
    if repeated:
        yield Finding(
            "warning",
            f"validation points: {repeated} of {len(validation.cells)} lie in a cell "
            "that holds a training point; scores are told with and without them",
        )


def _about_calibration(inputs: Inputs) -> Iterator[Finding]:
    """Doubt a calibration whose non-occurrences or deposits do not stand for the ground."""
    settings = inputs.project.calibration
    if settings is None or _error(lambda: inputs.calibration_scheme) is not None:
        return
    drawn, training = inputs.drawn, inputs.training
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
