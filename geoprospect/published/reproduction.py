"""The study reproduced: audit, experiments and maps, and what is to be remarked on them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from typing import Any

from geoprospect import __version__
from geoprospect.errors import StudyError
from geoprospect.output import check_absent
from geoprospect.published.audit import StudyAudit
from geoprospect.published.experiments import run_experiments
from geoprospect.published.figures import SETS, MethodResult, StudyPoints
from geoprospect.published.maps import StudyMap, map_study, rasters_of
from geoprospect.published.tables import Study
from geoprospect.typing import Progress


@dataclass(frozen=True)
class Reproduction:
    """The study reproduced.

    Attributes
    ----------
    study : Study
        Its data.
    audit : StudyAudit
        What its tables repeat, lack and leak.
    results : tuple of MethodResult
        The experiments.
    seeds, seed : int
        Networks or estimators trained for each method, and the seed of the seeds.
    seconds : float
        Time taken, maps included.
    effort : float
        Fraction of the study's epochs and trees.
    maps : tuple of StudyMap
        The maps, if any were asked for.
    """

    study: Study
    audit: StudyAudit
    results: tuple[MethodResult, ...]
    seeds: int
    seed: int
    seconds: float
    effort: float = 1.0
    maps: tuple[StudyMap, ...] = ()

    def of(self, experiment: str) -> tuple[MethodResult, ...]:
        """Give the results of experiment "I", "II" or "III", or what was "tried" beside."""
        return tuple(result for result in self.results if experiment in result.experiments)

    @property
    def point_sets(self) -> tuple[str, ...]:
        """The titles of the sets of points that methods are scored at, in the order of a row."""
        return tuple(SETS.values())

    def remarks(self) -> list[str]:
        """Say in sentences which published figures lie outside our range, and what was tried."""
        return list(_remarks(self))

    @property
    def version(self) -> str:
        """The geoprospect that reproduced it."""
        return __version__

    @property
    def rounded_seconds(self) -> float:
        """Time taken, to a tenth of a second."""
        return round(self.seconds, 1)

    def to_dict(self) -> dict[str, Any]:
        """Give everything for JSON, as `geoprospect.published.records` describes it."""
        from geoprospect.published.records import ReproductionRecord  # noqa: PLC0415 - slow

        return ReproductionRecord.plain(self)


def reproduce(
    folder: str | PathLike[str],
    *,
    seeds: int = 10,
    seed: int = 0,
    effort: float = 1.0,
    maps: str | PathLike[str] | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Reproduction:
    """Read, audit and rerun the published study.

    Parameters
    ----------
    folder : path-like
        A clone of the published repository, or a folder of its tables and weights.
    seeds, seed : int
        Networks or estimators to train for each method, and the seed of the seeds.
    effort : float
        Fraction of the study's epochs and trees; below 1 for a trial run.
    maps : path-like, optional
        A folder for the maps over the study's rebuilt layers; none are made without it.
    overwrite : bool
        Whether existing maps are replaced.
    progress : callable, optional
        Called with the stage, the steps done, the steps in all and a word on them.

    Raises
    ------
    StudyError
        If a table is missing or cannot be used, or layers to map are missing.
    ModelError
        If a weight file is damaged or of another shape.
    TrainingError
        If a training fails.
    """
    start = time.perf_counter()
    study = Study.read(folder)
    audit = StudyAudit.of(study)
    if seeds < 1 or not 0 < effort <= 1:
        raise StudyError(
            "the experiments need a seed or more, and an effort above 0 and up to 1",
            found=f"{seeds} seeds, effort {effort:g}",
        )
    if maps is not None:  # what would stop the maps shows before the training
        check_absent(maps, overwrite=overwrite, folder=True)
        rasters_of(study)
    results = run_experiments(study, seeds=seeds, seed=seed, effort=effort, progress=progress)
    made: tuple[StudyMap, ...] = ()
    if maps is not None:
        made = map_study(study, results, maps, overwrite=overwrite, progress=progress)
    seconds = time.perf_counter() - start
    return Reproduction(study, audit, results, seeds, seed, seconds, effort, made)


def _remarks(reproduction: Reproduction) -> Iterator[str]:
    """Say what lies outside our range, what was tried, and how coarse the figures are."""
    tried = reproduction.of("tried")
    compared = [
        (result, points)
        for result in reproduction.results
        if "tried" not in result.experiments
        for points in SETS
        if result.inside(points) is not None
    ]
    inside = sum(result.inside(points) is True for result, points in compared)
    if reproduction.effort < 1:
        yield (
            f"A trial run with {reproduction.effort:.2%} of the study's epochs and trees: our "
            "figures say nothing yet."
        )
    yield (
        f"{inside} of {len(compared)} published figures lie inside our range over "
        f"{reproduction.seeds} seeds."
    )
    for result in reproduction.results:
        outside = result.outside()
        if "tried" in result.experiments or not outside:
            continue
        yield (
            f"{result.method} with {result.n_occurrences} occurrences: the figure of "
            f"{result.weights} lies outside our range on {_listed(outside)}."
        )
        for trial in tried:
            if trial.weights == result.weights:
                yield f"Tried for {result.weights} ({trial.note}): {_outcome(trial)}."
    if tried:
        yield (
            "“Study's encoder” starts from the encoder of the study's own pretext network; “rate” "
            "is the learning rate that the weight file records, where it is not the one described."
        )
    rest = {
        name: reproduction.audit.n_validation[name] - reproduction.audit.n_repeats[name]
        for name in reproduction.audit.n_validation
    }
    pairs = rest["occurrences"] * rest["non-occurrences"]
    if pairs:
        yield (
            f"A figure on the validation points that share no cell with training rests on {pairs} "
            f"pairs of points ({rest['occurrences']} occurrences, {rest['non-occurrences']} "
            f"non-occurrences) and moves in steps of {1 / pairs:.3f}."
        )
    yield (
        "The study published its forests and support vector machines as pickles only, which are "
        "never opened here; so no published figure stands beside ours."
    )


def _outcome(trial: MethodResult) -> str:
    """Say on which sets of points the published figure lies inside and outside the range."""
    outside = trial.outside()
    inside = tuple(points for points in SETS if trial.inside(points))
    clauses = [f"inside on {_listed(inside)}"] if inside else []
    return "; ".join([*clauses, *([f"outside on {_listed(outside)}"] if outside else [])])


def _listed(points: tuple[StudyPoints, ...]) -> str:
    """Name sets of points."""
    return ", ".join(SETS[name] for name in points)
