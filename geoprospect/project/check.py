"""What is wrong with a project, found without running it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

import numpy as np

from geoprospect.errors import GeoprospectError, GridNeededError
from geoprospect.evidence import Column, EvidenceStack
from geoprospect.evidence.inspection.table import LayerTable
from geoprospect.evidence.rasters.alignment import alignments
from geoprospect.evidence.remote.raster import asked_once
from geoprospect.output import check_absent, check_apart
from geoprospect.project.file import Project
from geoprospect.project.findings import Checked, Finding
from geoprospect.project.inputs import Inputs
from geoprospect.project.outputfolder import is_empty
from geoprospect.project.preconditions import PRECONDITIONS
from geoprospect.project.progress import lines_sent
from geoprospect.samples import PointsSource, Samples
from geoprospect.samples.labels import LabelKind
from geoprospect.typing import Progress, StrPath

_T = TypeVar("_T")
_FEW = 20  # occurrences: fewer leave a score's interval wider than most differences


def check_project(
    project: Project | StrPath,
    *,
    pictures: StrPath | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Checked:
    """Look at evidence, points, settings and output folder of a project.

    The errors are of the preconditions that `run` looks at before it trains; all are listed, not
    the first alone. Evidence is read, no cell is predicted.

    Parameters
    ----------
    project : Project or path-like
        The project, or its file.
    pictures : path-like, optional
        An HTML file that is written with a small map and a histogram of each layer.
    overwrite : bool
        Whether that file is replaced if it exists.
    progress : callable, optional
        As for `geoprospect.run`.

    Returns
    -------
    Checked
        The findings, errors first, with the table of the layers.

    Raises
    ------
    OutputError
        If the file of pictures exists, would replace what the project reads, or cannot be written.

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
    if pictures is not None:
        check_apart([pictures], project.inputs())
        check_absent(pictures, overwrite=overwrite)
    warnings: list[str] = []
    sent = lines_sent(warnings.append, logging.WARNING)
    with sent, asked_once(), Inputs(project, progress) as inputs:
        steps: list[Callable[[], object]] = [partial(p, inputs) for p in PRECONDITIONS]
        if _result(lambda: inputs.stack) is None:
            # A broken layer hides the others: look at each to name them all.
            # So it hides what is wrong with labels, which need no evidence.
            steps = [*_columns_opened(project), *_labels_read(project), *steps]
        errors = [Finding("error", str(error)) for step in steps if (error := _error(step))]
        findings = [
            *_about_folder(project),
            *_about_evidence(inputs),
            *_about_points(inputs),
            *_about_calibration(inputs),
        ]
        layers = _result(lambda: LayerTable.of(inputs.evidence))
        if pictures is not None:
            findings += _draw(inputs, layers, pictures, overwrite, progress)
    alike = [] if layers is None else layers.warnings()
    logged = [Finding("warning", line) for line in (*warnings, *alike)]
    return Checked(tuple(dict.fromkeys([*errors, *logged, *findings])), layers)


def _draw(
    inputs: Inputs,
    layers: LayerTable | None,
    pictures: StrPath,
    overwrite: bool,
    progress: Progress | None,
) -> Iterator[Finding]:
    """Write the page of the layers, or tell why it cannot be."""
    if layers is None:
        yield Finding("warning", f"{pictures}: not written, because the evidence cannot be read")
        return
    from geoprospect.project.layerpage import LayerPoints, write_layer_page  # noqa: PLC0415 - slow

    points = {
        "training": _result(lambda: inputs.training),
        "validation": _result(lambda: inputs.validation),
    }
    write_layer_page(
        pictures,
        layers,
        inputs.evidence,
        LayerPoints.of(points),
        overwrite=overwrite,
        progress=progress,
    )
    yield Finding("note", f"pictures of the layers: {pictures}")


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


def _labels_read(project: Project) -> Iterator[Callable[[], object]]:
    """Give a step that reads the labels of each file of points."""
    points = project.points
    for source in filter(None, (points.training, points.validation)):
        yield partial(_read_labels, source, "occurrence")
    if points.lithology is not None:
        yield partial(_read_labels, points.lithology, "class")


def _read_labels(source: PointsSource, kind: LabelKind) -> None:
    """Read points and what their labels mean, wherever they lie."""
    source.labels(source.read(), kind)


def _open(columns: list[Column], opener: Callable[[list[Column]], EvidenceStack]) -> None:
    """Open columns as a stack, to see whether they can be."""
    opener(columns).close()


def _about_folder(project: Project) -> Iterator[Finding]:
    """Tell whether something lies in the output folder."""
    if not is_empty(project.folder):
        yield Finding("warning", f"{project.folder}: exists already; `run` asks for --overwrite")


def _about_evidence(inputs: Inputs) -> Iterator[Finding]:
    """Tell how much ground the evidence covers, and how layers came onto its grid."""
    sentence = _result(lambda: inputs.evidence_sentence)
    if sentence is not None:
        yield Finding("note", sentence)
    for alignment in _result(lambda: alignments(inputs.stack)) or ():
        yield Finding("note", f"alignment: {alignment}")


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
