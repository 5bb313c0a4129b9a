"""The run that chains the stages: from a project to a folder with model, map and scores."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from geoprospect import __version__
from geoprospect.calibration import ProbabilitySummary
from geoprospect.errors import OutputError
from geoprospect.evidence.remote.address import without_secrets
from geoprospect.mapping import MapSummary, write_map
from geoprospect.model.model import ProspectivityModel
from geoprospect.output import output_error, replacing
from geoprospect.project import results
from geoprospect.project.calibration import Calibrated, calibrate
from geoprospect.project.file import Project, Role
from geoprospect.project.inputs import Inputs
from geoprospect.project.preconditions import require
from geoprospect.project.progress import lines_sent
from geoprospect.project.training import train_ensemble
from geoprospect.scoring import CurveKind, Score, score_map
from geoprospect.scoring.pictures import write_map_picture, write_rate_curves
from geoprospect.typing import Progress, StrPath

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunSummary:
    """What a run made.

    Attributes
    ----------
    folder : str
        The folder it wrote.
    map : MapSummary
        The map.
    scores : dict of str to Score
        "training" gives the success rate, "validation" the prediction rate.
    probability : ProbabilitySummary, optional
        The calibrated map, where the project asks for one.
    """

    folder: str
    map: MapSummary
    scores: dict[str, Score]
    probability: ProbabilitySummary | None = None


def train_model(
    project: Project | StrPath, *, progress: Progress | None = None
) -> ProspectivityModel:
    """Read a project's evidence and points, and fit its model.

    Where all training points are occurrences, each member learns from non-occurrences of its own.

    Parameters
    ----------
    project : Project or path-like
        The project, or its file.
    progress : callable, optional
        Called with the stage, the steps done, the steps in all and a word on them.

    Raises
    ------
    GeoprospectError
        If evidence, points or settings do not allow a training.
    """
    with Inputs(Project.of(project)) as inputs:
        require(inputs)
        return train_ensemble(inputs, progress=progress)


def run_project(
    project: Project | StrPath,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> RunSummary:
    r"""Train, map and score a project.

    The output folder receives the products of `geoprospect.project.results`, the manifest last:
    where it is missing, the run did not end.

    Parameters
    ----------
    project : Project or path-like
        The project, or its file.
    overwrite : bool
        Whether the results of a former run are replaced.
    progress : callable, optional
        As for `train_model`.

    Raises
    ------
    GeoprospectError
        If the data, the settings or the output folder do not allow it.

    Examples
    --------
    >>> import tempfile
    >>> import geoprospect as gp
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = gp.sample_project(folder)
    ...     settings, _, _ = path.read_text().partition("[model]")
    ...     _ = path.write_text(settings + '[model]\nstrategy = "gaussian-process"')
    ...     summary = gp.run(path)
    >>> sorted(summary.scores), bool(summary.scores["validation"].auc > 0.7)
    (['training', 'validation'], True)
    """
    project = Project.of(project)
    folder = project.folder
    with _logged(folder, overwrite), Inputs(project) as inputs:
        require(inputs)
        results.remove_optional(folder)  # of a former run
        if inputs.drawn is not None:
            with replacing(results.NON_OCCURRENCES.path(folder)) as temporary:
                inputs.drawn.points().to_file(temporary, driver="GPKG")
        calibrated = _calibrated(inputs, progress)
        model = train_ensemble(inputs, progress=progress)
        inputs.stack.preload()  # nothing: the map is made in little memory
        model.components.save(results.COMPONENTS.path(folder), overwrite=True)
        model.save(results.MODEL.path(folder), overwrite=True)
        target = results.MAP.path(folder)
        summary = write_map(
            model,
            inputs.stack,
            target,
            overwrite=True,
            progress=_staged(progress, "map"),
        )
        _LOGGER.info(
            f"map: {summary.n_beyond} of {summary.n_valid} cells lie beyond the training points' "
            "range in some layer"
        )
        probability = (
            None
            if calibrated is None
            else calibrated.write(target, _staged(progress, "probability"))
        )
        scores = _score(project, target)
        _write_scores(folder, scores)
    _write_json(
        results.MANIFEST.path(folder),
        {
            "geoprospect": __version__,
            "project": json.loads(without_secrets(json.dumps(project.to_dict(), default=str))),
            "inputs": dict(model.inputs),
            "outputs": results.checksums(folder),
        },
    )
    return RunSummary(str(folder), summary, scores, probability)


def _calibrated(inputs: Inputs, progress: Progress | None) -> Calibrated | None:
    """Fit the calibration, if the project asks for one."""
    settings, scheme, method = (
        inputs.project.calibration,
        inputs.calibration_scheme,
        inputs.ensemble,
    )
    if settings is None or scheme is None:
        return None
    return calibrate(inputs.fit_inputs([method]), method, scheme, settings, progress=progress)


def _staged(progress: Progress | None, stage: str) -> Callable[[int, int], None] | None:
    """Report cells done under the name of a stage."""
    return progress and (lambda done, total: progress(stage, done, total, "cells"))


@contextmanager
def _logged(folder: Path, overwrite: bool) -> Iterator[None]:
    """Prepare the output folder, and keep the lines that are logged in its log."""
    log, lines = results.LOG.path(folder), list[str]()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not overwrite and any(folder.iterdir()):
            raise OutputError(
                "the output folder exists already",
                path=folder,
                mend="pass --overwrite, or name another folder under [output]",
            )
        results.MANIFEST.path(folder).unlink(missing_ok=True)
        with replacing(log, overwrite=True) as temporary:
            temporary.touch()  # a folder that cannot be written shows before the training
    except OSError as error:
        raise output_error(folder, error) from error
    try:
        with lines_sent(lines.append):
            yield
    finally:
        with replacing(log, overwrite=True) as temporary:
            temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _score(project: Project, target: Path) -> dict[str, Score]:
    """Score the map at the training points, and at the validation points if there are any.

    The map tells the cells that its model was trained on.
    """
    kinds: dict[Role, CurveKind] = {"training": "success-rate", "validation": "prediction-rate"}
    scores: dict[str, Score] = {}
    for role, kind in kinds.items():
        source = getattr(project.points, role)
        if source is not None:
            score = score_map(target, source, kind=kind)
            # What was left out of the training points is told when they are read.
            audit = score.lines() if role == "validation" else []
            for line in [*audit, score.sentence()]:
                _LOGGER.info(f"score, {role} points: {line}")
            scores[role] = score
    return scores


def _write_scores(folder: Path, scores: dict[str, Score]) -> None:
    """Write the figures, their curves, and the map with the occurrences it was scored at."""
    figures = {role: score.to_dict() for role, score in scores.items()}
    _write_json(results.SCORES.path(folder), figures)
    curves = {name: curve for score in scores.values() for name, curve in score.curves().items()}
    write_rate_curves(results.CURVES.path(folder), curves, overwrite=True)
    places = {f"{role} occurrences": score.occurrences for role, score in scores.items()}
    picture, map_file = results.PICTURE.path(folder), results.MAP.path(folder)
    write_map_picture(picture, map_file, places, overwrite=True)


def _write_json(path: Path, content: object) -> None:
    """Write plain values as JSON, replacing a former file."""
    with replacing(path, overwrite=True) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
