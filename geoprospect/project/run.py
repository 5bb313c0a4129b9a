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
from geoprospect.evidence import EvidenceStack
from geoprospect.evidence.remote.address import without_secrets
from geoprospect.mapping import MapSummary, write_map
from geoprospect.model.model import ProspectivityModel
from geoprospect.output import checksum, output_error, replacing
from geoprospect.progress import lines_sent
from geoprospect.project.calibration import calibrate
from geoprospect.project.file import Project, Role
from geoprospect.project.inputs import TrainingInputs
from geoprospect.project.training import train_ensemble
from geoprospect.scoring import CurveKind, PointsSource, Score, score_map
from geoprospect.scoring.pictures import write_map_picture, write_rate_curves
from geoprospect.typing import Progress

_LOGGER = logging.getLogger(__name__)

# What a run writes only where its project asks for it.
_OPTIONAL = ("non_occurrences.gpkg", "probability.tif", "probability.qml", "calibration.json")


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
    project: Project,
    stack: EvidenceStack,
    *,
    progress: Progress | None = None,
) -> ProspectivityModel:
    """Read a project's points, learn the pretext task and transfer it.

    Where all training points are occurrences, each member learns from non-occurrences of its own.

    Parameters
    ----------
    project : Project
        The project.
    stack : EvidenceStack
        Its evidence.
    progress : callable, optional
        Called with the stage, the steps done, the steps in all and a word on them.

    Raises
    ------
    GeoprospectError
        If evidence, points or settings do not allow a training.
    """
    return train_ensemble(TrainingInputs.read(project, stack), progress=progress)


def run_project(
    project: Project,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> RunSummary:
    """Train, map and score a project.

    The folder receives `components.json`, `model/`, `prospectivity.tif` with its `.qml`,
    `scores.json`, `curves.png`, `map.png`, `log.txt` and, last, `manifest.json`: where it is
    missing, the run did not end. With drawn non-occurrences it receives `non_occurrences.gpkg`
    too, and with a calibration `probability.tif`, its `.qml` and `calibration.json`.

    Parameters
    ----------
    project : Project
        The project.
    overwrite : bool
        Whether the results of a former run are replaced.
    progress : callable, optional
        As for `train_model`.

    Raises
    ------
    GeoprospectError
        If the data, the settings or the output folder do not allow it.
    """
    folder = project.folder
    with _logged(folder, overwrite), project.open_evidence() as stack:
        if project.points.validation is not None:
            # Its faults show before the training, not after.
            PointsSource(**project.points.validation.model_dump()).read()
        read = TrainingInputs.read(project, stack)
        for name in _OPTIONAL:
            (folder / name).unlink(missing_ok=True)  # of a former run
        if read.drawn is not None:
            with replacing(folder / "non_occurrences.gpkg") as temporary:
                read.drawn.points().to_file(temporary, driver="GPKG")
        calibrated = calibrate(read, progress=progress)
        model = train_ensemble(read, progress=progress)
        model.components.save(folder / "components.json", overwrite=True)
        model.save(folder / "model", overwrite=True)
        target = folder / "prospectivity.tif"
        summary = write_map(
            model,
            stack,
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
        named = {f"{role} occurrences": score for role, score in scores.items()}
        _write_json(folder / "scores.json", {k: score.to_dict() for k, score in scores.items()})
        curves = {k: curve for score in scores.values() for k, curve in score.curves().items()}
        write_rate_curves(folder / "curves.png", curves, overwrite=True)
        places = {name: score.occurrences for name, score in named.items()}
        write_map_picture(folder / "map.png", target, places, overwrite=True)
        inputs = dict(model.inputs)
    outputs = sorted(path for path in folder.rglob("*") if path.is_file())
    _write_json(
        folder / "manifest.json",
        {
            "geoprospect": __version__,
            "project": json.loads(without_secrets(project.model_dump_json())),
            "inputs": inputs,
            "outputs": {path.relative_to(folder).as_posix(): checksum(path) for path in outputs},
        },
    )
    return RunSummary(str(folder), summary, scores, probability)


def _staged(progress: Progress | None, stage: str) -> Callable[[int, int], None] | None:
    return progress and (lambda done, total: progress(stage, done, total, "cells"))


@contextmanager
def _logged(folder: Path, overwrite: bool) -> Iterator[None]:
    """Prepare the output folder, and keep the lines that are logged in its `log.txt`."""
    lines: list[str] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not overwrite and any(folder.iterdir()):
            raise OutputError(
                "the output folder exists already",
                path=folder,
                mend="pass --overwrite, or name another folder under [output]",
            )
        (folder / "manifest.json").unlink(missing_ok=True)
        with replacing(folder / "log.txt", overwrite=True) as temporary:
            temporary.touch()  # a folder that cannot be written shows before the training
    except OSError as error:
        raise output_error(folder, error) from error
    try:
        with lines_sent(lines.append):
            yield
    finally:
        with replacing(folder / "log.txt", overwrite=True) as temporary:
            temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _score(project: Project, target: Path) -> dict[str, Score]:
    """Score the map at the training points, and at the validation points if there are any.

    The map tells the cells that its model was trained on.
    """
    kinds: dict[Role, CurveKind] = {"training": "success-rate", "validation": "prediction-rate"}
    scores: dict[str, Score] = {}
    for role, kind in kinds.items():
        entry = getattr(project.points, role)
        if entry is not None:
            score = score_map(target, PointsSource(**entry.model_dump()), kind=kind)
            # What was left out of the training points was said when they were read.
            audit = score.lines() if role == "validation" else []
            for line in [*audit, score.sentence()]:
                _LOGGER.info(f"score, {role} points: {line}")
            scores[role] = score
    return scores


def _write_json(path: Path, content: object) -> None:
    with replacing(path, overwrite=True) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
