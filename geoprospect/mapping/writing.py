"""The raster of a kernel over a stack, from its parts to the finished file."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import rasterio

from geoprospect.errors import EvidenceError
from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import assembly, threads, unfinished
from geoprospect.mapping.destination import MARK, Destination
from geoprospect.mapping.execution import Execution
from geoprospect.mapping.job import Job, PartFigures
from geoprospect.mapping.kernel import Kernel
from geoprospect.mapping.memory import give_back
from geoprospect.mapping.statistics import Statistics
from geoprospect.mapping.styling import styled
from geoprospect.output import move_raster, output_error, raster_written, replacing, sole_writer
from geoprospect.typing import StageProgress, StrPath


@dataclass(frozen=True)
class RasterSummary:
    """What was written.

    Attributes
    ----------
    path : str
        The raster.
    n_cells : int
        Cells of the grid.
    statistics : tuple of Statistics
        Of each band's valid cells.
    counts : dict of str to int
        What the kernel counted, over all cells.
    """

    path: str
    n_cells: int
    statistics: tuple[Statistics, ...]
    counts: dict[str, int]


def write_raster(
    stack: EvidenceStack,
    kernel: Kernel,
    path: StrPath,
    *,
    execution: Execution | None = None,
    overwrite: bool = False,
    resume: bool = False,
    progress: StageProgress | None = None,
) -> RasterSummary:
    """Write a function of a stack as a raster, with a QGIS style.

    The raster is made in parts, in the folder `<path>.unfinished`, and put together at the end. If
    it is stopped, by whatever, `resume` goes on with the parts that are there; the raster then has
    the same cells, to the bit, as one that was not stopped.

    Parameters
    ----------
    stack : EvidenceStack
        The evidence, in the order that the kernel takes it; its grid and CRS become the raster's.
    kernel : Kernel
        The function; it names the bands, their units and styles, and counts cells.
    path : path-like
        A name ending in `.tif`, for a cloud-optimised GeoTIFF, or in `.vrt`, for a virtual raster
        over the parts, which are left in the folder `<stem>_parts`. Float32, nodata -9999.
        `<stem>.qml` is written beside, if a band has a style.
    execution : Execution, optional
        On which processors, in how much memory. The cells do not depend on it.
    overwrite : bool
        Whether an existing raster, or an unfinished one, is replaced, with what belongs to it.
    resume : bool
        Whether an unfinished raster is gone on with.
    progress : callable, optional
        Called with the cells done and the cells of the grid, now and then.

    Raises
    ------
    EvidenceError
        If a layer cannot be read, or no cell has a value.
    OutputError
        If the raster exists already, would replace evidence, is being written by another process
        or cannot be written; if the unfinished one was begun with another kernel or other
        evidence; or if the kernel cannot be sent to other processes.

    Examples
    --------
    >>> import rasterio, tempfile
    >>> import numpy as np
    >>> from geoprospect.mapping import NODATA, Band, KernelResult
    >>> class Doubled(Kernel):
    ...     bands = (Band("twice the first layer"),)
    ...     def bytes_a_cell(self):
    ...         return 4
    ...     def description(self):
    ...         return {}
    ...     def __call__(self, block):
    ...         twice = 2 * block.values[:1]
    ...         return KernelResult(np.where(block.valid, twice, np.float32(NODATA)))
    >>> profile = dict(driver="GTiff", height=1, width=3, count=1, dtype="int16",
    ...                crs="EPSG:3578", transform=rasterio.Affine(1200, 0, 0, 0, -1200, 0))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with rasterio.open(f"{folder}/X1.tif", "w", **profile) as file:
    ...         file.write(np.array([[1, 2, 3]], "int16"), 1)
    ...     with EvidenceStack.open(f"{folder}/X1.tif") as stack:
    ...         raster = write_raster(stack, Doubled(), f"{folder}/twice.tif")
    >>> raster.statistics[0].maximum
    6.0
    """
    place, execution = Destination(Path(path)), execution or Execution()
    gone_on_with = resume and unfinished.is_own(place.unfinished)
    place.check(stack, overwrite=overwrite, resume=gone_on_with)
    size, n_threads = execution.plan(stack, _bytes_a_cell(kernel, stack.n_layers))
    with _writing_alone(place):
        job = Job(
            columns=stack.columns,
            names=stack.names,
            grid=stack.grid,
            size=(resume and unfinished.begun_size(place.unfinished)) or size,
            folder=str(place.unfinished),
            compressed=place.virtual,
            cache=execution.cache,
        )
        content = unfinished.identity(job, kernel, stack)
        unfinished.begin(place.unfinished, content, overwrite=overwrite, resume=resume)
        with unfinished.kept_if_useful(job, kernel):
            parts = range(len(job.windows))
            missing = [
                number
                for number in parts
                if not (resume and job.is_whole(number, len(kernel.bands)))
            ]
            report = _reporter(job, missing, progress)
            if execution.distributed:
                from geoprospect.mapping import cluster  # noqa: PLC0415 - an optional library

                cluster.write_parts(job, missing, kernel, execution, report)
            else:
                threads.write_parts(job, missing, kernel, stack, n_threads, report)
                give_back()
            summary = _summarised(place.raster, job, [job.figures(number) for number in parts])
            with (
                rasterio.Env(GDAL_CACHEMAX=execution.cache, GDAL_NUM_THREADS="ALL_CPUS"),
                raster_written(place.raster),
            ):
                style = styled(job, kernel, summary.statistics)
                finish = _leave_virtual if place.virtual else _leave_cog
                finish(place, job, kernel, summary.statistics)
        if style is not None:
            with replacing(place.style, overwrite=True) as temporary:
                temporary.write_text(style, encoding="utf-8")
    return summary


@contextmanager
def _writing_alone(place: Destination) -> Iterator[None]:
    """Make the folder that a raster goes to, and be the only one that writes the raster."""
    with ExitStack() as held:
        try:
            place.raster.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(sole_writer(place.lock, place.raster))
        except OSError as error:
            raise output_error(place.raster, error) from error
        yield


def _bytes_a_cell(kernel: Kernel, n_layers: int) -> int:
    """Give the memory that a cell of a window takes, all arrays of the way together."""
    return 4 * (n_layers + 3 * len(kernel.bands) + 6) + kernel.bytes_a_cell()


def _summarised(target: Path, job: Job, figures: Sequence[PartFigures]) -> RasterSummary:
    """Merge the figures of all parts."""
    bands = zip(*(part.statistics for part in figures), strict=True)
    statistics = tuple(Statistics.merged(band) for band in bands)
    if not any(band.n for band in statistics):
        raise EvidenceError(
            "no cell is valid in every layer, so there is nothing to map",
            mend="check the nodata values and the extent of the layers",
        )
    counts: Counter[str] = Counter()
    for part in figures:
        counts.update(part.counts)
    return RasterSummary(str(target), job.grid.n_cells, statistics, dict(counts))


def _reporter(
    job: Job, missing: list[int], progress: StageProgress | None
) -> Callable[[int], None]:
    """Give a function that adds up the cells done, with those done before."""
    windows = [job.windows[number] for number in missing]
    done = job.grid.n_cells - sum(window.width * window.height for window in windows)

    def report(cells: int) -> None:
        nonlocal done
        done += cells
        if progress is not None:
            progress(done, job.grid.n_cells)

    report(0)
    return report


def _leave_cog(
    place: Destination, job: Job, kernel: Kernel, statistics: Sequence[Statistics]
) -> None:
    """Make one GeoTIFF of the parts, and remove them."""
    folder = Path(job.folder)
    virtual, finished = folder / "map.vrt", folder / "map.tif"
    assembly.write_virtual(virtual, job, kernel, statistics)
    assembly.add_overviews(virtual, kernel.overviews, compressed=False)
    assembly.write_cog(virtual, finished)
    move_raster(finished, place.raster)
    shutil.rmtree(folder, ignore_errors=True)


def _leave_virtual(
    place: Destination, job: Job, kernel: Kernel, statistics: Sequence[Statistics]
) -> None:
    """Leave the parts in a folder of their own, with a virtual raster over them beside it."""
    folder, lasting = Path(job.folder), place.parts
    virtual = folder / place.raster.name
    assembly.write_virtual(virtual, job, kernel, statistics)
    assembly.add_overviews(virtual, kernel.overviews, compressed=True)
    assembly.write_virtual(virtual, job, kernel, statistics, parts=f"{lasting.name}/")
    (folder / MARK).touch()
    with replacing(lasting, overwrite=True, folder=True) as moved:
        os.replace(folder, moved)
        for rest in (*moved.glob("*.json"), *moved.glob(".*")):  # notes, and what a kill cut off
            if rest.name != MARK:
                rest.unlink()
    move_raster(lasting / virtual.name, place.raster)
