"""Where to go first: targets of a run's map, with what the run knows of them."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import rasterio

from geoprospect.evidence import EvidenceStack, RasterBand
from geoprospect.evidence.features.source import FeatureSource
from geoprospect.model.contributions import Contributions
from geoprospect.model.explanation import Reason
from geoprospect.model.model import ProspectivityModel
from geoprospect.model.reasonwords import Words
from geoprospect.project import results
from geoprospect.project.inputs import Inputs
from geoprospect.project.products.product import MadeRun
from geoprospect.project.qgisproject.targets import write_targets
from geoprospect.targets import (
    TargetKnowledge,
    Targets,
    TargetSettings,
    find_targets,
)
from geoprospect.targets.finding import Reasons
from geoprospect.targets.settings import FORMATS
from geoprospect.targets.surface import INSIDE, PROBABILITY, SCORE, UNCERTAINTY, Layers
from geoprospect.targets.writing import files_of
from geoprospect.typing import Ints

_LOGGER = logging.getLogger(__name__)
_FOR, _AGAINST = 3, 1  # layers that a target's reasons name
_LEAST = 0.05  # contributions below it round to 0.0
_INSIDE = "inside"  # begins the description of the band that tells it


class TargetsProduct:
    """The targets; see `geoprospect.targets`."""

    name = "targets"
    files = (results.TARGETS, *results.TARGET_FILES)

    def check(self, inputs: Inputs, settings: TargetSettings) -> None:
        """Refuse settings that contradict each other, and layers that cannot be read.

        Raises
        ------
        TargetsError
            If several rules are given, or deposits are asked for without a calibration.
        SamplesError
            If a layer cannot be read.
        """
        from geoprospect.evidence.features.tracing import trace  # noqa: PLC0415 - loads numba

        settings.check(calibrated=inputs.project.calibration is not None)
        for _, path in settings.neighbours():
            trace(FeatureSource(path), inputs.stack.grid)

    def make(self, made: MadeRun, settings: TargetSettings) -> Targets:
        """Find the targets and write their files."""
        points = made.project.points
        occurrences = tuple(x for x in (points.training, points.validation) if x is not None)
        targets = find_targets(
            _layers(made),
            settings,
            TargetKnowledge(occurrences, _crossing(made), _reasons(made)),
            progress=made.stage("targets"),
        )
        path = results.TARGETS.path(made.folder)
        written = write_targets(targets, path, settings.formats, overwrite=made.overwrite)
        for former in {*files_of(path, FORMATS)} - {*written}:
            former.unlink(missing_ok=True)  # of formats that are no longer asked for
        _LOGGER.info(f"targets: {targets.lines()[0]}")
        return targets


def _layers(made: MadeRun) -> Layers:
    """Give the map, and what lies beside it in the folder."""
    layers: Layers = {SCORE: results.MAP.path(made.folder)}
    if (probability := made.found(results.PROBABILITY)) is not None:
        layers[PROBABILITY] = probability
    for name, file, begins in (
        (UNCERTAINTY, "uncertainty.tif", ""),
        (INSIDE, results.APPLICABILITY.file, _INSIDE),
    ):
        if (path := made.folder / file).is_file():
            layers[name] = RasterBand(name, str(path), _band(path, begins))
    return layers


def _band(path: Path, begins: str) -> int:
    """Give the first band whose description begins with a word; 1 where none does."""
    with rasterio.open(path) as raster:
        texts = [text or "" for text in raster.descriptions]
    return 1 + next((k for k, text in enumerate(texts) if text.startswith(begins)), 0)


def _crossing(made: MadeRun) -> float | None:
    """Give the score at which the prediction-area curves cross, of validation points if any."""
    path = made.found(results.SCORES)
    if path is None:
        return None
    scores: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    quoted = scores.get("validation") or scores["training"]
    return float(quoted["prediction_area"]["crossing"]["threshold"])


def _reasons(made: MadeRun) -> Reasons:
    """Give what tells the leading layers of targets, over some of their cells."""

    def told(rows: Ints, columns: Ints, of: Ints) -> list[str]:
        return reasons_of(made.model, made.inputs.evidence, rows, columns, of)

    return told


def reasons_of(
    model: ProspectivityModel, stack: EvidenceStack, rows: Ints, columns: Ints, of: Ints
) -> list[str]:
    """Say which layers lead to the scores of groups of cells.

    Parameters
    ----------
    model : ProspectivityModel
        The model.
    stack : EvidenceStack
        The evidence.
    rows, columns : ndarray of int64, shape (n,)
        The cells, all with a score.
    of : ndarray of int64, shape (n,)
        The group of each, counted from 0.

    Returns
    -------
    list of str
        The layers whose mean contributions are largest, a text a group.
    """
    evidence = model.select(stack)
    X, _ = evidence.sample(rows, columns)
    contributions = Contributions.of(model, evidence)
    shares = contributions.shares(X).values
    words = Words.of(evidence, contributions.layers)
    mean = dict(zip(model.names, contributions.background.tolist(), strict=True))
    texts = []
    for group in range(int(of.max()) + 1):
        here = of == group
        there = _usual(dict(zip(model.names, X[here].mean(axis=0).tolist(), strict=True)))
        reasons = [
            Reason(layer, float(shares[k, here].mean()), None, words.of_layer(layer, there, mean),
                   {}, {})
            for k, layer in enumerate(contributions.layers)
        ]  # fmt: skip
        texts.append(_sentence(reasons))
    return texts


def _usual(values: dict[str, float]) -> dict[str, float]:
    """Take the commonest class of each layer of classes for the class of all cells."""
    classes: dict[str, list[str]] = {}
    for name in values:
        layer, is_class, _ = name.partition("=")
        if is_class:
            classes.setdefault(layer, []).append(name)
    usual = {max(names, key=lambda name: values[name]) for names in classes.values()}
    return {name: float(name in usual) if "=" in name else value for name, value in values.items()}


def _sentence(reasons: list[Reason]) -> str:
    """Name the layers that speak for an occurrence, and the one that speaks most against it."""
    ranked = sorted(reasons, key=lambda reason: -abs(reason.contribution))
    told = [reason for reason in ranked if abs(reason.contribution) >= _LEAST]
    speak_for = [str(reason) for reason in told if reason.contribution > 0][:_FOR]
    against = [str(reason) for reason in told if reason.contribution < 0][:_AGAINST]
    text = ", ".join(speak_for) or "no layer tells it from the mean cell"
    return text + (f"; against: {', '.join(against)}" if against else "")
