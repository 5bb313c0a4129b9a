"""Windows in, GeoTIFF out: the prospectivity map, in bounded memory."""

from __future__ import annotations

import errno
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.shutil
from rasterio._err import CPLE_BaseError  # rasterio lets these through when it closes a file
from rasterio.errors import RasterioError
from rasterio.io import DatasetWriter

from geoprospect.errors import EvidenceError, OutputError
from geoprospect.evidence import EvidenceStack
from geoprospect.model import ProspectivityModel
from geoprospect.output import output_error, replacing
from geoprospect.qgis.style import pseudocolour

NODATA = -9999.0
_BLOCK = 256
_LITTLE = 2**20  # bytes left on a disk that is full
_CACHE = 64 * 2**20  # bytes of GDAL's block cache, so that memory does not grow with the raster


@dataclass(frozen=True)
class MapSummary:
    """What was written.

    Attributes
    ----------
    path : str
        The GeoTIFF.
    n_cells, n_valid : int
        Cells of the grid, and those with a score.
    n_beyond : int
        Scored cells where some layer leaves the range it has at the training points.
    minimum, maximum, mean, std : float
        Statistics of the scores over the valid cells.
    """

    path: str
    n_cells: int
    n_valid: int
    n_beyond: int
    minimum: float
    maximum: float
    mean: float
    std: float


class _Statistics:
    """Running count, extremes, mean and sum of squared deviations (Chan et al. 1983)."""

    def __init__(self) -> None:
        self.n, self.minimum, self.maximum = 0, math.inf, -math.inf
        self.mean, self.squares = 0.0, 0.0

    def add(self, values: npt.NDArray[np.float32]) -> None:
        n = len(values)
        if not n:
            return
        mean = float(values.mean(dtype=np.float64))
        squares = float(np.square(values - mean, dtype=np.float64).sum())
        total, shift = self.n + n, mean - self.mean
        self.squares += squares + shift**2 * self.n * n / total
        self.mean += shift * n / total
        self.n = total
        self.minimum = min(self.minimum, float(values.min()))
        self.maximum = max(self.maximum, float(values.max()))

    @property
    def std(self) -> float:
        return math.sqrt(self.squares / self.n)

    def tags(self, n_cells: int) -> dict[str, str]:
        return {
            "STATISTICS_MINIMUM": f"{self.minimum:.9g}",
            "STATISTICS_MAXIMUM": f"{self.maximum:.9g}",
            "STATISTICS_MEAN": f"{self.mean:.9g}",
            "STATISTICS_STDDEV": f"{self.std:.9g}",
            "STATISTICS_VALID_PERCENT": f"{100 * self.n / n_cells:.4g}",
        }


def write_map(
    model: ProspectivityModel,
    stack: EvidenceStack,
    path: str | PathLike[str],
    *,
    window: tuple[int, int] | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> MapSummary:
    """Write the prospectivity map of a stack as a cloud-optimised GeoTIFF with a QGIS style.

    Parameters
    ----------
    model : ProspectivityModel
        A fitted model; its layers are found in the stack by name.
    stack : EvidenceStack
        The evidence; its grid and CRS become the map's.
    path : path-like
        The GeoTIFF to write: Float32, nodata -9999; band 1 is the prospectivity in [0, 1], band 2
        (of an ensemble) the standard deviation over the members. `<stem>.qml` is written beside.
    window : (rows, columns), optional
        Size of the windows; by default they follow the blocks of the evidence. The cells of the
        map do not depend on it.
    overwrite : bool
        Whether an existing map is replaced.
    progress : callable, optional
        Called with the cells done and the cells of the grid after each window.

    Raises
    ------
    LayerNameError
        If the stack lacks a layer of the model.
    EvidenceError
        If a layer cannot be read, or no cell is valid in every layer.
    OutputError
        If the map exists already or cannot be written; nothing half-written is left.
    """
    target = Path(path)
    if target.suffix.lower() not in (".tif", ".tiff"):
        raise OutputError(
            "a map is a GeoTIFF", path=path, found=target.name, expected="a name ending in .tif"
        )
    evidence = model.select(stack)
    with (
        replacing(target, overwrite=overwrite) as temporary,
        rasterio.Env(GDAL_CACHEMAX=_CACHE, GDAL_NUM_THREADS="ALL_CPUS"),
    ):
        try:
            statistics, n_beyond = _write(model, evidence, temporary, window, progress)
        except (RasterioError, CPLE_BaseError) as error:
            raise _cannot_write(target, error) from error
    first = statistics[0]
    with replacing(target.with_suffix(".qml"), overwrite=True) as style:
        style.write_text(pseudocolour(first.minimum, first.maximum))
    # QGIS keeps statistics of a former map in this file and would colour by them.
    Path(f"{target}.aux.xml").unlink(missing_ok=True)
    return MapSummary(
        str(target),
        stack.grid.n_cells,
        first.n,
        n_beyond,
        first.minimum,
        first.maximum,
        first.mean,
        first.std,
    )


def _write(
    model: ProspectivityModel,
    evidence: EvidenceStack,
    temporary: Path,
    window: tuple[int, int] | None,
    progress: Callable[[int, int], None] | None,
) -> tuple[list[_Statistics], int]:
    """Write the cells window by window, then lay them out as a cloud-optimised GeoTIFF."""
    grid = evidence.grid
    bands = ["prospectivity", "standard deviation of the members"][: min(len(model.members), 2)]
    scratch = temporary.with_name("cells.tif")
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": len(bands),
        "height": grid.shape[0],
        "width": grid.shape[1],
        "crs": grid.crs,
        "transform": grid.transform,
        "nodata": NODATA,
        "tiled": True,
        "blockxsize": _BLOCK,
        "blockysize": _BLOCK,
        "interleave": "band",
        "compress": "deflate",
        "zlevel": 1,
        "predictor": 3,
        "bigtiff": "if_safer",
        "sparse_ok": True,
    }
    with rasterio.open(scratch, "w", **profile) as raster:
        statistics, n_beyond = _predict(model, evidence, raster, window, progress)
        if not statistics[0].n:
            raise EvidenceError(
                "no cell is valid in every layer, so there is nothing to map",
                mend="check the nodata values and the extent of the layers",
            )
        for band, (name, figures) in enumerate(zip(bands, statistics, strict=True), start=1):
            raster.set_band_description(band, name)
            raster.set_band_unit(band, "1")
            raster.update_tags(band, **figures.tags(grid.n_cells))
        raster.update_tags(**model.tags())
    # The copy lays blocks and overviews out in the order of a cloud-optimised GeoTIFF.
    rasterio.shutil.copy(
        scratch,
        temporary,
        driver="COG",
        compress="deflate",
        predictor="floating_point",
        blocksize=_BLOCK,
        overview_resampling="average",
        bigtiff="if_safer",
    )
    _check_whole(temporary)
    return statistics, n_beyond


def _predict(
    model: ProspectivityModel,
    evidence: EvidenceStack,
    raster: DatasetWriter,
    window: tuple[int, int] | None,
    progress: Callable[[int, int], None] | None,
) -> tuple[list[_Statistics], int]:
    """Score the valid cells; gives each band's statistics and the cells beyond training."""
    forward = model.forward_pass()
    statistics = [_Statistics() for _ in range(raster.count)]
    done = n_beyond = 0
    for part in evidence.windows(window):
        block = evidence.read(part)
        scores = forward.predict(block.X)
        for band, figures in enumerate(statistics):
            values = np.full(block.valid.shape, NODATA, np.float32)
            values[block.valid] = scores[band]
            raster.write(values, band + 1, window=part)
            figures.add(scores[band])
        n_beyond += int(model.beyond_training(block.X).sum())
        done += block.valid.size
        if progress is not None:
            progress(done, evidence.grid.n_cells)
    return statistics, n_beyond


def _check_whole(path: Path) -> None:
    """Read the last block of each overview: a disk that filled up may have cut the file short."""
    with rasterio.open(path) as raster:
        levels = [-1, *range(len(raster.overviews(1)))]
    for level in levels:
        options = {} if level < 0 else {"overview_level": level}
        with rasterio.open(path, **options) as raster:
            windows = [window for _, window in raster.block_windows(1)]
            raster.read(window=windows[-1])


def _cannot_write(path: Path, error: Exception) -> OutputError:
    """Say why GDAL could not write; of a full disk it says nothing itself."""
    if shutil.disk_usage(path.parent).free < _LITTLE:
        return output_error(path, OSError(errno.ENOSPC, "no space left"))
    return OutputError(
        f"cannot write: {error}", path=path, mend="check the disk's free space and size limits"
    )
