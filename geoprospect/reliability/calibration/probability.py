"""The probability of a deposit in each cell: a calibrated map, its sum the expected number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from os import fspath
from typing import Any

import numpy as np
import rasterio

from geoprospect.errors import ScoreError
from geoprospect.evidence import Block, EvidenceStack
from geoprospect.evidence.rasters.raster import open_raster
from geoprospect.evidence.rasters.tags import tags_of
from geoprospect.mapping import (
    NODATA,
    Band,
    Execution,
    Kernel,
    KernelResult,
    Words,
    percentages,
    write_raster,
)
from geoprospect.reliability.calibration.curve import Calibration
from geoprospect.typing import StageProgress, StrPath

_OWN = "GEOPROSPECT_"
_BINS = 2**16  # of the histogram of a map: the sum of its probabilities is exact to 1e-8


@dataclass(frozen=True)
class ProbabilityKernel(Kernel):
    """The probability of a deposit, of the one layer that holds prospectivity.

    Attributes
    ----------
    calibration : Calibration
        The curve, with its prior correction.
    tags_of_map : mapping of str to str
        What the metadata of the map say of its model, which hold for the probabilities too: the
        cells that it was trained on, above all.

    Examples
    --------
    >>> from rasterio.windows import Window
    >>> line = Calibration("logistic", ((-7.0, -3.5), (7.0, 3.5)))
    >>> scores = np.array([[[0.5, 0.8, np.nan]]], np.float32)
    >>> ProbabilityKernel(line)(Block(Window(0, 0, 3, 1), scores)).bands.round(3).tolist()
    [[[0.5, 0.6669999957084656, -9999.0]]]
    """

    calibration: Calibration
    tags_of_map: Mapping[str, str] = field(default_factory=dict, hash=False)
    bands = (Band("probability of a deposit in the cell", style=percentages),)

    @property
    def words(self) -> Words:
        """What the probability is."""
        return Words(
            "Probability of a deposit",
            "The probability of a deposit in each cell. The cells sum to the number of deposits "
            "that was expected of the ground, and are right only as far as that number is.",
        )

    def bytes_a_cell(self) -> int:
        """Give the memory of scores, log-odds and probabilities in float64."""
        return 4 * 8

    def tags(self) -> dict[str, str]:
        """Name the kind of curve, and say what the map says of its model."""
        return {**self.tags_of_map, "GEOPROSPECT_CALIBRATION": self.calibration.method}

    def description(self) -> dict[str, Any]:
        """Give the curve and the metadata as plain values."""
        return {"calibration": self.calibration.to_dict(), "tags_of_map": dict(self.tags_of_map)}

    @classmethod
    def of(cls, description: Mapping[str, Any]) -> ProbabilityKernel:
        """Make the kernel of a description."""
        return cls(Calibration(**description["calibration"]), description["tags_of_map"])

    def __call__(self, block: Block) -> KernelResult:
        """Take the scores of a window along the curve."""
        bands = np.full(block.values.shape, NODATA, np.float32)
        bands[0][block.valid] = self.calibration.probability(block.values[0][block.valid])
        return KernelResult(bands)


@dataclass(frozen=True)
class ProbabilitySummary:
    """What was written.

    Attributes
    ----------
    path : str
        The raster.
    calibration : Calibration
        The curve with its prior correction.
    n_valid : int
        Cells with a probability.
    deposits : float
        Sum of the probabilities, the expected number of deposits.
    minimum, maximum : float
        The smallest and the largest probability.
    """

    path: str
    calibration: Calibration
    n_valid: int
    deposits: float
    minimum: float
    maximum: float


def write_probability(
    calibration: Calibration,
    map_file: StrPath,
    path: StrPath,
    *,
    deposits: float,
    overwrite: bool = False,
    resume: bool = False,
    progress: StageProgress | None = None,
) -> ProbabilitySummary:
    """Write the probability that a cell holds a deposit, as a raster with a QGIS style.

    The points of a calibration hold occurrences far more often than the ground does. Their
    log-odds are therefore shifted until the probabilities of all valid cells sum to the number
    of deposits that the area is expected to hold.

    Parameters
    ----------
    calibration : Calibration
        The curve.
    map_file : path-like
        The prospectivity map, scores in band 1; it is read in parts, twice.
    path : path-like
        The raster to write, as for `geoprospect.mapping.write_raster`.
    deposits : float
        Expected number of deposits in the valid cells, known and unknown.
    overwrite : bool
        Whether an existing file, or an unfinished one, is replaced.
    resume : bool
        Whether an unfinished one is gone on with.
    progress : callable, optional
        Called with the cells done and the cells in all, those of both readings, now and then.

    Raises
    ------
    ScoreError
        If there are as many deposits as valid cells, or more, or none.
    EvidenceError
        If the map cannot be read.
    OutputError
        If the file exists already or cannot be written, or the unfinished one was begun with
        another curve or map.

    Notes
    -----
    The shift of the log-odds is the prior correction of King & Zeng (2001), Political Analysis 9:
    137-163, and of Saerens, Latinne & Decaestecker (2002), Neural Computation 14: 21-41. It holds
    if the non-occurrences stand for the whole ground, as cells drawn at random do. Cells that the
    model learned from score better on the map than they did when held out, and so do their
    probabilities.
    """
    execution = Execution()
    with EvidenceStack.open({"prospectivity": map_file}) as scores:
        with rasterio.Env(GDAL_CACHEMAX=execution.cache):
            offset = _prior_correction(calibration, scores, deposits, _half(progress, 0))
        corrected = replace(calibration, offset=calibration.offset + offset)
        written = write_raster(
            scores,
            ProbabilityKernel(corrected, _tags_of(map_file)),
            path,
            execution=execution,
            overwrite=overwrite,
            resume=resume,
            progress=_half(progress, 1),
        )
    cells = written.statistics[0]
    return ProbabilitySummary(
        written.path, corrected, cells.n, cells.mean * cells.n, cells.minimum, cells.maximum
    )


def _tags_of(map_file: StrPath) -> dict[str, str]:
    """Read what the metadata of a map say of its model."""
    with open_raster(fspath(map_file)) as raster:
        tags = tags_of(raster)
    return {key: text for key, text in tags.items() if key.startswith(_OWN)}


def _half(progress: StageProgress | None, number: int) -> StageProgress:
    """Give the progress of the first or second of two readings of the same cells."""

    def report(done: int, total: int) -> None:
        if progress is not None:
            progress(number * total + done, 2 * total)

    return report


def _prior_correction(
    calibration: Calibration,
    scores: EvidenceStack,
    deposits: float,
    progress: StageProgress,
) -> float:
    """Find the shift of the log-odds with which the probabilities sum to the deposits."""
    heights = [height + calibration.offset for _, height in calibration.knots]
    lowest, highest = min(heights), max(heights)
    counts, sums = np.zeros(_BINS, np.int64), np.zeros(_BINS)
    done = 0
    for window in scores.windows():
        block = scores.read(window)
        height = calibration.log_odds(block.values[0][block.valid])
        k = ((height - lowest) / (highest - lowest) * (_BINS - 1)).astype(np.int64)
        counts += np.bincount(k, minlength=_BINS)
        sums += np.bincount(k, weights=height, minlength=_BINS)
        done += block.valid.size
        progress(done, scores.grid.n_cells)
    n = int(counts.sum())
    if not 0 < deposits < n:
        raise ScoreError(
            "a cell holds a deposit or none, so there must be fewer of them than valid cells",
            found=f"{deposits:g} deposits, {n} valid cells",
            mend="correct `deposits` under [calibration]",
        )
    filled = counts > 0
    from scipy.optimize import brentq  # noqa: PLC0415 - slow to import
    from scipy.special import expit, logit  # noqa: PLC0415 - slow to import

    mean, count = sums[filled] / counts[filled], counts[filled]
    even = logit(deposits / n)
    return float(
        brentq(
            lambda shift: count @ expit(mean + shift) - deposits,
            even - highest - 1,
            even - lowest + 1,
            xtol=1e-12,
        )
    )
