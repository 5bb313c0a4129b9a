"""The map of a stack, from its parts to the finished file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import rasterio

from geoprospect.errors import EvidenceError, OutputError
from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import assembly, threads, unfinished
from geoprospect.mapping.engine import Engine
from geoprospect.mapping.execution import Execution
from geoprospect.mapping.job import Job
from geoprospect.mapping.statistics import Statistics
from geoprospect.model.model import ProspectivityModel
from geoprospect.output import check_absent, raster_written, replacing
from geoprospect.qgis.style import pseudocolour
from geoprospect.typing import StageProgress


@dataclass(frozen=True)
class MapSummary:
    """What was written.

    Attributes
    ----------
    path : str
        The map.
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


def write_map(
    model: ProspectivityModel,
    stack: EvidenceStack,
    path: str | PathLike[str],
    *,
    execution: Execution | None = None,
    overwrite: bool = False,
    resume: bool = False,
    progress: StageProgress | None = None,
) -> MapSummary:
    """Write the prospectivity map of a stack, with a QGIS style.

    The map is made in parts, in the folder `<path>.unfinished`, and put together at the end. If
    it is stopped, by whatever, `resume` goes on with the parts that are there; the map then has
    the same cells, to the bit, as one that was not stopped.

    Parameters
    ----------
    model : ProspectivityModel
        A fitted model; its layers are found in the stack by name.
    stack : EvidenceStack
        The evidence; its grid and CRS become the map's.
    path : path-like
        A name ending in `.tif`, for a cloud-optimised GeoTIFF, or in `.vrt`, for a virtual raster
        over the parts, which are left in the folder `<stem>_parts`. Float32, nodata -9999; band 1
        is the prospectivity in [0, 1], band 2 (of an ensemble) the standard deviation over the
        members. `<stem>.qml` is written beside.
    execution : Execution, optional
        On which processors, in how much memory. The cells of the map do not depend on it.
    overwrite : bool
        Whether an existing map, or an unfinished one, is replaced.
    resume : bool
        Whether an unfinished map is gone on with.
    progress : callable, optional
        Called with the cells done and the cells of the grid, now and then.

    Raises
    ------
    LayerNameError
        If the stack lacks a layer of the model.
    EvidenceError
        If a layer cannot be read, or no cell is valid in every layer.
    OutputError
        If the map exists already or cannot be written, or the unfinished one was begun with
        another model or other evidence.
    """
    target, execution = Path(path), execution or Execution()
    if target.suffix.lower() not in (".tif", ".tiff", ".vrt"):
        raise OutputError(
            "a map is a GeoTIFF, or a virtual raster over several",
            path=path,
            found=target.name,
            expected="a name ending in .tif or .vrt",
        )
    check_absent(target, overwrite=overwrite)
    evidence = model.select(stack)
    n_bands = min(len(model.members), 2)
    engine = Engine(model, Engine.choose(model, evidence.grid.n_cells))
    size, n_threads = execution.plan(evidence, engine.bytes_a_cell(n_bands))
    job = Job(
        layers=evidence.layers,
        context=evidence.context,
        grid=evidence.grid,
        size=(resume and unfinished.begun_size(target)) or size,
        folder=str(unfinished.folder_of(target)),
        n_bands=n_bands,
        engine=engine.kind,
        compressed=target.suffix.lower() == ".vrt",
        cache=execution.cache,
    )
    content = unfinished.identity(job, model, evidence)
    unfinished.begin(target, content, overwrite=overwrite, resume=resume)
    with unfinished.kept_if_useful(target, job, model):
        parts = range(len(job.windows))
        missing = [number for number in parts if not (resume and job.is_whole(number))]
        report = _reporter(job, missing, progress)
        if execution.distributed:
            from geoprospect.mapping import cluster  # noqa: PLC0415 - an optional library

            cluster.write_parts(job, missing, model, execution, report)
        else:
            threads.write_parts(job, missing, engine, evidence, n_threads, report)
        figures = [job.figures(number) for number in parts]
        bands = [
            Statistics.merged(band)
            for band in zip(*(part.statistics for part in figures), strict=True)
        ]
        if not bands[0].n:
            raise EvidenceError(
                "no cell is valid in every layer, so there is nothing to map",
                mend="check the nodata values and the extent of the layers",
            )
        with (
            rasterio.Env(GDAL_CACHEMAX=execution.cache, GDAL_NUM_THREADS="ALL_CPUS"),
            raster_written(target),
        ):
            finish = _leave_virtual if job.compressed else _leave_cog
            finish(target, job, bands, model.tags())
    first = bands[0]
    with replacing(target.with_suffix(".qml"), overwrite=True) as style:
        style.write_text(pseudocolour(first.minimum, first.maximum))
    # QGIS keeps statistics of a former map in this file and would colour by them.
    Path(f"{target}.aux.xml").unlink(missing_ok=True)
    return MapSummary(
        str(target),
        job.grid.n_cells,
        first.n,
        sum(part.n_beyond for part in figures),
        first.minimum,
        first.maximum,
        first.mean,
        first.std,
    )


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
    target: Path, job: Job, bands: Sequence[Statistics], tags: Mapping[str, str]
) -> None:
    """Make one GeoTIFF of the parts, and remove them."""
    folder = Path(job.folder)
    virtual, finished = folder / "map.vrt", folder / "map.tif"
    assembly.write_virtual(virtual, job, bands, tags)
    assembly.add_overviews(virtual, compressed=False)
    assembly.write_cog(virtual, finished)
    os.replace(finished, target)
    shutil.rmtree(folder, ignore_errors=True)


def _leave_virtual(
    target: Path, job: Job, bands: Sequence[Statistics], tags: Mapping[str, str]
) -> None:
    """Leave the parts in a folder of their own, with a virtual raster over them beside it."""
    folder = Path(job.folder)
    lasting = target.with_name(f"{target.stem}_parts")
    virtual, overviews = folder / target.name, f"{target.name}.ovr"
    assembly.write_virtual(virtual, job, bands, tags)
    assembly.add_overviews(virtual, compressed=True)
    assembly.write_virtual(virtual, job, bands, tags, parts=f"{lasting.name}/")
    with replacing(lasting, overwrite=True) as moved:
        os.replace(folder, moved)
        for left in (*moved.glob("*.json"), *moved.glob(".*")):  # notes, and what a kill cut off
            left.unlink()
    target.with_name(overviews).unlink(missing_ok=True)
    if (lasting / overviews).exists():
        os.replace(lasting / overviews, target.with_name(overviews))
    os.replace(lasting / target.name, target)
