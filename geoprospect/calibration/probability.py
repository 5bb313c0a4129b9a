"""The probability of a deposit in each cell: a calibrated map, its sum the expected number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

import numpy as np
import rasterio
from scipy.optimize import brentq
from scipy.special import expit, logit

from geoprospect.calibration.curve import Calibration
from geoprospect.errors import OutputError, ScoreError
from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import NODATA
from geoprospect.mapping.assembly import add_overviews, write_cog
from geoprospect.mapping.statistics import Statistics
from geoprospect.output import raster_written, replacing
from geoprospect.qgis.style import pseudocolour

_BINS = 2**16  # of the histogram of a map: the sum of its probabilities is exact to 1e-8
_BLOCK = 256
_CACHE = 64 * 2**20  # bytes of GDAL's block cache, so that memory does not grow with the raster


@dataclass(frozen=True)
class ProbabilitySummary:
    """What was written.

    Attributes
    ----------
    path : str
        The GeoTIFF.
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
    map_file: str | PathLike[str],
    path: str | PathLike[str],
    *,
    deposits: float,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> ProbabilitySummary:
    """Write the probability that a cell holds a deposit, as a GeoTIFF with a QGIS style.

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
        The GeoTIFF to write: Float32, nodata -9999, cloud-optimised. `<stem>.qml` is written
        beside.
    deposits : float
        Expected number of deposits in the valid cells, known and unknown.
    overwrite : bool
        Whether an existing file is replaced.
    progress : callable, optional
        Called with the cells done and the cells in all, those of both readings, after each part.

    Raises
    ------
    ScoreError
        If there are as many deposits as valid cells, or more, or none.
    EvidenceError
        If the map cannot be read.
    OutputError
        If the file exists already or cannot be written; nothing half-written is left.

    Notes
    -----
    The shift of the log-odds is the prior correction of King & Zeng (2001), Political Analysis 9:
    137-163, and of Saerens, Latinne & Decaestecker (2002), Neural Computation 14: 21-41. It holds
    if the non-occurrences stand for the whole ground, as cells drawn at random do. Cells that the
    model learned from score better on the map than they did when held out, and so do their
    probabilities.
    """
    target = Path(path)
    if target.suffix.lower() not in (".tif", ".tiff"):
        raise OutputError(
            "a map is a GeoTIFF", path=path, found=target.name, expected="a name ending in .tif"
        )
    with (
        rasterio.Env(GDAL_CACHEMAX=_CACHE, GDAL_NUM_THREADS="ALL_CPUS"),
        EvidenceStack.open({"prospectivity": map_file}) as scores,
    ):
        cells = 2 * scores.grid.n_cells

        def told(done: int) -> None:
            if progress is not None:
                progress(done, cells)

        offset = _prior_correction(calibration, scores, deposits, told)
        corrected = replace(calibration, offset=calibration.offset + offset)
        with replacing(target, overwrite=overwrite) as temporary, raster_written(target):
            statistics = _write(corrected, scores, temporary, told)
    with replacing(target.with_suffix(".qml"), overwrite=True) as style:
        style.write_text(pseudocolour(statistics.minimum, statistics.maximum))
    # QGIS keeps statistics of a former map in this file and would colour by them.
    Path(f"{target}.aux.xml").unlink(missing_ok=True)
    return ProbabilitySummary(
        str(target),
        corrected,
        statistics.n,
        statistics.mean * statistics.n,
        statistics.minimum,
        statistics.maximum,
    )


def _prior_correction(
    calibration: Calibration,
    scores: EvidenceStack,
    deposits: float,
    told: Callable[[int], None],
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
        told(done)
    n = int(counts.sum())
    if not 0 < deposits < n:
        raise ScoreError(
            "a cell holds a deposit or none, so there must be fewer of them than valid cells",
            found=f"{deposits:g} deposits, {n} valid cells",
            mend="correct `deposits` under [calibration]",
        )
    filled = counts > 0
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


def _write(
    calibration: Calibration, scores: EvidenceStack, temporary: Path, told: Callable[[int], None]
) -> Statistics:
    """Write the cells part by part, then lay them out as a cloud-optimised GeoTIFF."""
    grid = scores.grid
    scratch = temporary.with_name("cells.tif")
    profile = {
        "driver": "GTiff", "dtype": "float32", "count": 1, "nodata": NODATA,
        "height": grid.shape[0], "width": grid.shape[1],
        "crs": grid.crs, "transform": grid.transform,
        "tiled": True, "blockxsize": _BLOCK, "blockysize": _BLOCK,
        "compress": "deflate", "zlevel": 1, "predictor": 3, "bigtiff": "if_safer",
    }  # fmt: skip
    parts, done = [], grid.n_cells
    with rasterio.open(scratch, "w", **profile) as raster:
        for window in scores.windows():
            block = scores.read(window)
            values = np.full(block.valid.shape, NODATA, np.float32)
            values[block.valid] = calibration.probability(block.values[0][block.valid])
            raster.write(values, 1, window=window)
            parts.append(Statistics.of(values[block.valid].astype(np.float64)))
            done += block.valid.size
            told(done)
        statistics = Statistics.merged(parts)
        raster.set_band_description(1, "probability of a deposit in the cell")
        raster.set_band_unit(1, "1")
        raster.update_tags(1, **statistics.tags(grid.n_cells))
        raster.update_tags(GEOPROSPECT_CALIBRATION=calibration.method)
    add_overviews(scratch, compressed=False)
    write_cog(scratch, temporary)
    return statistics
