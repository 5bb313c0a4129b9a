"""The raster of uncertainty written, its refits kept beside it until it is done."""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from geoprospect.errors import ModelError
from geoprospect.mapping import Execution, write_raster
from geoprospect.mapping.writing import RasterSummary
from geoprospect.model.model import ProspectivityModel
from geoprospect.reliability.uncertainty.bootstrap import ClusterBootstrap
from geoprospect.reliability.uncertainty.kernel import OPEN, SURE, UncertaintyKernel
from geoprospect.reliability.uncertainty.refitscores import BestTenth, RefitScores
from geoprospect.typing import Progress, StageProgress, StrPath

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class UncertaintySummary:
    """What was written.

    Attributes
    ----------
    path : str
        The raster.
    refits, clusters : int
        Times that the method was fitted again, and clusters of points that were resampled.
    n_valid : int
        Cells with a score.
    std, data, seeds : float
        Mean over these of the standard deviation of the score, in all, due to few data, and due to
        the seeds of the members.
    best_for_sure, best_perhaps : float
        Share of the cells that are among the best 10% of the area in 95% of the refits or more,
        and of those that are in fewer, but more than 5%.
    """

    path: str
    refits: int
    clusters: int
    n_valid: int
    std: float
    data: float
    seeds: float
    best_for_sure: float
    best_perhaps: float

    def sentence(self) -> str:
        """Say how sure the map is.

        Examples
        --------
        >>> print(UncertaintySummary("u.tif", 30, 41, 9000, 0.06, 0.05, 0.01, 0.04, 0.2).sentence())
        the score's standard deviation is 0.060 in the mean, 0.050 due to few data and 0.010 to the
        members' seeds (30 refits, 41 clusters of points); 4.0% of the area is among the best 10%
        for sure, 20.0% perhaps
        """
        return (
            f"the score's standard deviation is {self.std:.3f} in the mean, {self.data:.3f} due to "
            f"few data and {self.seeds:.3f} to the members' seeds "
            f"({self.refits} refits, {self.clusters} clusters of points); "
            f"{self.best_for_sure:.1%} of the area is among the best 10% for sure, "
            f"{self.best_perhaps:.1%} perhaps"
        )


def write_uncertainty(
    bootstrap: ClusterBootstrap,
    path: StrPath,
    *,
    threshold: float = 0.5,
    execution: Execution | None = None,
    overwrite: bool = False,
    resume: bool = False,
    progress: Progress | None = None,
) -> UncertaintySummary:
    """Fit a method again on resampled points, and write how sure each cell's score is.

    Parameters
    ----------
    bootstrap : ClusterBootstrap
        The method, what the map's model was fitted on, and how many refits.
    path : path-like
        Where to, as for `write_raster`. The bands: standard deviation of the score, in all, due to
        few data, and due to the members' seeds, see `Spread`; lower and upper end of a 90%
        interval, see `ends`; the probability that the score is above the threshold, and that the
        cell is in the best 10% of the area, each refit's own, as shares of the refits.
    threshold : float
        The score that a band tells the probability of being above.
    execution, overwrite, resume
        As for `write_raster`. The refits are kept beside the raster until it is written, and used
        again by `resume`.
    progress : callable, optional
        Called with the stage, the steps done, the steps in all and a word on them.

    Raises
    ------
    SamplesError, TrainingError
        If the points do not allow refits.
    EvidenceError, OutputError
        As `write_raster` says.
    """
    kept = Path(path).with_suffix(".refits")
    model = _refits(bootstrap, kept, resume=resume, progress=_staged(progress, "refits", "refits"))
    evidence = model.select(bootstrap.refitting.inputs.stack)
    scores = RefitScores.quickest(model, evidence.grid.n_cells)
    tenth = BestTenth.of(scores, evidence, seed=bootstrap.seed)
    raster = write_raster(
        evidence,
        UncertaintyKernel(scores, tenth, threshold),
        path,
        execution=execution,
        overwrite=overwrite,
        resume=resume,
        progress=_staged(progress, "uncertainty", "cells"),
    )
    shutil.rmtree(kept, ignore_errors=True)
    return _summary(bootstrap, raster)


def _refits(
    bootstrap: ClusterBootstrap, kept: Path, *, resume: bool, progress: StageProgress | None
) -> ProspectivityModel:
    """Fit all refits and keep them in a folder; or take those of an unfinished raster from there.

    They are read again in either case, for what other processes are told is where they lie.
    """
    identity = bootstrap.identity
    if resume and os.path.isdir(kept):
        with suppress(ModelError):  # cut short, or damaged: they are made again
            model = ProspectivityModel.load(kept)
            if model.inputs.get("refits") == identity:
                return model
    bootstrap.fit(progress).save(kept, overwrite=True)
    return ProspectivityModel.load(kept)


def _staged(progress: Progress | None, stage: str, unit: str) -> StageProgress | None:
    """Report steps under the name of a stage."""
    return progress and (lambda done, total: progress(stage, done, total, unit))


def _summary(bootstrap: ClusterBootstrap, raster: RasterSummary) -> UncertaintySummary:
    """Gather what the raster tells, and log it."""
    std, data, seeds, *_ = raster.statistics
    summary = UncertaintySummary(
        raster.path,
        bootstrap.refitting.refits,
        bootstrap.resampling.n_clusters,
        std.n,
        std.mean,
        data.mean,
        seeds.mean,
        raster.counts[SURE] / std.n,
        raster.counts[OPEN] / std.n,
    )
    _LOGGER.info(f"uncertainty: {summary.sentence()}")
    return summary
