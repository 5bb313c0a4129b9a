"""The parts of a map written by the workers of a dask cluster."""
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import rasterio

from geoprospect.errors import ModelError, OutputError
from geoprospect.evidence import EvidenceStack
from geoprospect.evidence.raster import is_local
from geoprospect.mapping.engine import Engine
from geoprospect.mapping.execution import Execution
from geoprospect.mapping.job import Job
from geoprospect.model.model import ProspectivityModel

_SECONDS_TO_ANSWER = 30
_thread = threading.local()  # a worker may have several, and a stack serves one


def write_parts(
    job: Job,
    numbers: Sequence[int],
    model: ProspectivityModel,
    execution: Execution,
    report: Callable[[int], None],
) -> None:
    """Write parts on a cluster; those of a worker that dies are given to another.

    Model and evidence travel by description: workers open the same paths themselves.

    Parameters
    ----------
    job : Job
        The map.
    numbers : sequence of int
        The parts to write.
    model : ProspectivityModel
        The model, read from a folder.
    execution : Execution
        The cluster's address, or the number of local workers.
    report : callable
        Called with the number of cells done, now and then.

    Raises
    ------
    OutputError
        If dask is not installed, the cluster does not answer, or a part cannot be written.
    EvidenceError, ModelError
        If a worker cannot read the evidence or the model.
    """
    if model.folder is None:
        raise OutputError(
            "only a model in a folder can be sent to other processes",
            mend="save the model and load it again",
        )
    layers = tuple(
        replace(layer, path=os.path.abspath(layer.path)) if is_local(layer.path) else layer
        for layer in job.layers
    )
    travelling = replace(job, layers=layers, folder=os.path.abspath(job.folder))
    folder = str(Path(model.folder).absolute())
    with _client(execution) as client:
        from distributed import as_completed  # noqa: PLC0415 - an optional library

        futures = client.map(
            _write_part,
            numbers,
            job=travelling,
            model=(folder, model.identity),
            pure=False,
            retries=2,
        )
        try:
            for future in as_completed(futures):
                window = job.windows[future.result()]
                report(window.width * window.height)
        finally:
            client.cancel(futures)


def _write_part(number: int, job: Job, model: tuple[str, str]) -> int:
    """Write a part in a worker's process."""
    with rasterio.Env(GDAL_CACHEMAX=job.cache):
        stack, engine = _opened(job, model)
        job.write(number, stack, engine)
    return number


def _opened(job: Job, model: tuple[str, str]) -> tuple[EvidenceStack, Engine]:
    """Open model and evidence, once for all parts that a thread writes one after the other."""
    if getattr(_thread, "key", None) != (job, model):
        folder, identity = model
        loaded = ProspectivityModel.load(folder)
        if loaded.identity != identity:
            raise ModelError("is not the model that the map was begun with", path=folder)
        _thread.opened = job.open_evidence(), Engine(loaded, job.engine)
        _thread.key = job, model
    return _thread.opened  # type: ignore[no-any-return]


@contextmanager
def _client(execution: Execution) -> Iterator[Any]:
    """Connect to the cluster, or start a local one."""
    try:
        from distributed import Client, LocalCluster  # noqa: PLC0415 - an optional library
    except ImportError as error:
        raise OutputError(
            "a cluster needs dask's distributed, which is not installed",
            mend='install it with pip install "geoprospect[cluster]"',
        ) from error
    with ExitStack() as opened:
        address: Any = execution.cluster
        if address is None:
            address = opened.enter_context(
                LocalCluster(
                    n_workers=execution.workers,
                    threads_per_worker=1,
                    memory_limit=0,
                    dashboard_address=None,
                )
            )
        try:
            client = opened.enter_context(Client(address, timeout=_SECONDS_TO_ANSWER))
        except (OSError, ValueError) as error:
            raise OutputError(
                f"the cluster does not answer: {error}",
                path=execution.cluster,
                expected="the address of a dask scheduler, such as tcp://host:8786",
                mend="start one with `dask scheduler`, and workers with `dask worker ADDRESS`",
            ) from error
        yield client
