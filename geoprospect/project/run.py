"""The run that chains the stages: from a project to a folder with model, map and scores."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from geoprospect import __version__
from geoprospect.errors import without_secrets
from geoprospect.mapping import Execution, MapSummary, write_map
from geoprospect.mapping.memory import give_back
from geoprospect.model import out_of_bag_scores
from geoprospect.model.model import ProspectivityModel
from geoprospect.output import replacing, write_points
from geoprospect.project import results
from geoprospect.project.calibration import Calibrated, calibrate
from geoprospect.project.file import Project, Role
from geoprospect.project.inputs import Inputs
from geoprospect.project.outputfolder import as_log, logged, made_aside
from geoprospect.project.preconditions import require
from geoprospect.project.products.making import make_asked
from geoprospect.project.products.product import MadeRun
from geoprospect.project.qgisproject.points import style_drawn
from geoprospect.project.qgisproject.writing import title_of, write_qgis_files
from geoprospect.project.report.page import leave_report
from geoprospect.project.training import train_ensemble
from geoprospect.project.versions import versions
from geoprospect.reliability.calibration import ProbabilitySummary
from geoprospect.report.maps import NON_OCCURRENCES
from geoprospect.samples import DrawnSamples
from geoprospect.scoring import CurveKind, Score, score_map
from geoprospect.scoring.pictures import write_map_picture, write_rate_curves
from geoprospect.typing import Progress, StrPath

_LOGGER = logging.getLogger(__name__)
_MAP_MEMORY = 400  # MiB: less than a map alone takes, for what a run has loaded stays in memory


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
    products : mapping of str to object
        What the optional products that it asks for tell of themselves, by name.
    """

    folder: str
    map: MapSummary
    scores: dict[str, Score]
    probability: ProbabilitySummary | None = None
    products: Mapping[str, object] = field(default_factory=dict)


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

    The output folder receives the products of `geoprospect.project.results`, all of them at the
    end: a run that fails leaves there what a former one made.

    Parameters
    ----------
    project : Project or path-like
        The project, or its file.
    overwrite : bool
        Whether the results of a former run are replaced: what its manifest lists, and no more.
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
    with logged(folder) as log, made_aside(folder, overwrite=overwrite) as made:
        with Inputs(project, progress) as inputs:
            require(inputs)
            give_back()
            calibrated = _calibrated(inputs, progress)
            model = train_ensemble(inputs, progress=progress)
            if inputs.drawn is not None:
                _write_drawn(made, model, inputs.drawn)
            inputs.stack.preload()  # nothing: the map is made in little memory
            give_back()
            model.components.save(results.COMPONENTS.path(made))
            model.save(results.MODEL.path(made))
            target = results.MAP.path(made)
            execution = Execution(memory=_MAP_MEMORY)
            summary = write_map(
                model,
                inputs.stack,
                target,
                execution=execution,
                progress=_staged(progress, "map"),
            )
            _LOGGER.info(
                f"map: {summary.n_beyond / summary.n_valid:.1%} of the map is extrapolation: "
                f"evidence outside the range of the training points ({summary.n_beyond} of "
                f"{summary.n_valid} cells)"
            )
            probability = (
                None
                if calibrated is None
                else calibrated.write(target, _staged(progress, "probability"))
            )
            scores = _score(project, target)
            give_back()
            _write_scores(made, scores, model.settings.get("choice"), title_of(project))
            made_run = MadeRun(inputs, model, made, execution=execution, progress=progress)
            products = make_asked(made_run)
            _show_in_qgis(made_run)
        results.LOG.path(made).write_text(as_log(log), encoding="utf-8")
        _write_json(
            results.MANIFEST.path(made),
            {
                "geoprospect": __version__,
                "versions": versions(),
                "project": json.loads(without_secrets(json.dumps(project.to_dict(), default=str))),
                "inputs": {**model.inputs, **inputs.validation_checksum()},
                "choice": model.settings.get("choice"),
                "outputs": results.checksums(made),
            },
        )
        leave_report(made, project)
    summary = replace(summary, path=str(results.MAP.path(folder)))
    if probability is not None:
        probability = replace(probability, path=str(results.PROBABILITY.path(folder)))
    return RunSummary(str(folder), summary, scores, probability, products)


def _show_in_qgis(made: MadeRun) -> None:
    """Write the QGIS project; a map that took hours is not lost with it."""
    try:
        write_qgis_files(made)
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        again = f"import geoprospect; geoprospect.write_qgis_project({str(made.project.folder)!r})"
        _LOGGER.warning(
            f"QGIS project: it is not written: {reason}. To try again, in Python: {again}"
        )


def _write_drawn(folder: Path, model: ProspectivityModel, drawn: DrawnSamples) -> None:
    """Write the cells drawn as non-occurrences, with what members say that were not told so."""
    scores = out_of_bag_scores(model, drawn)
    told = scores[np.isfinite(scores)]
    if len(told):
        _LOGGER.info(
            f"non-occurrences: by the members that did not learn from them, {(told > 0.5).sum()} "
            f"of {len(told)} cells drawn score above 0.5, like occurrences; "
            f"{results.NON_OCCURRENCES.file} tells which"
        )
    with replacing(results.NON_OCCURRENCES.path(folder)) as temporary:
        write_points(drawn.points(scores), temporary)
        style_drawn(temporary)


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
            score = replace(score, map_path=str(results.MAP.path(project.folder)))
            # What was left out of the training points is told when they are read.
            audit = score.lines() if role == "validation" else []
            for line in [*audit, score.sentence()]:
                _LOGGER.info(f"score, {role} points: {line}")
            scores[role] = score
    return scores


def _write_scores(folder: Path, scores: dict[str, Score], choice: object, title: str) -> None:
    """Write the figures, their curves, and the map with the occurrences it was scored at."""
    figures = {role: score.to_dict() for role, score in scores.items()}
    chosen = {} if choice is None else {"choice": choice}
    _write_json(results.SCORES.path(folder), figures | chosen)
    curves = {name: curve for score in scores.values() for name, curve in score.curves().items()}
    write_rate_curves(results.CURVES.path(folder), curves)
    barren = [score.non_occurrences for score in scores.values()]
    places = {f"{role} occurrences": score.occurrences for role, score in scores.items()}
    if any(len(easting) for easting, _ in barren):  # first, so that they lie beneath
        easting, northing = (np.concatenate(along) for along in zip(*barren, strict=True))
        places = {NON_OCCURRENCES: (easting, northing), **places}
    picture, map_file = results.PICTURE.path(folder), results.MAP.path(folder)
    write_map_picture(picture, map_file, places, title=title)


def _write_json(path: Path, content: object) -> None:
    """Write plain values as JSON."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
