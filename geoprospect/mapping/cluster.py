"""The parts of a map written by the workers of a dask cluster."""
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import rasterio

from geoprospect.errors import OutputError
from geoprospect.evidence import EvidenceStack
from geoprospect.mapping.execution import Execution
from geoprospect.mapping.job import Job
from geoprospect.mapping.kernel import Kernel, Ticket, kernel_of, ticket_of

_SECONDS_TO_ANSWER = 30
_thread = threading.local()  # a worker may have several, and a stack serves one


def write_parts(
    job: Job,
    numbers: Sequence[int],
    kernel: Kernel,
    execution: Execution,
    report: Callable[[int], None],
) -> None:
    """Write parts on a cluster; those of a worker that dies are given to another.

    Kernel and evidence travel by description: workers open the same paths themselves.

    Parameters
    ----------
    job : Job
        The map.
    numbers : sequence of int
        The parts to write.
    kernel : Kernel
        What computes them.
    execution : Execution
        The cluster's address, or the number of local workers.
    report : callable
        Called with the number of cells done, now and then.

    Raises
    ------
    OutputError
        If dask is not installed, the cluster does not answer, a part cannot be written, or the
        kernel cannot travel.
    GeoprospectError
        If a worker cannot read the evidence, or make the kernel.
    """
    ticket = ticket_of(kernel)
    travelling = replace(job, folder=os.path.abspath(job.folder))
    with _client(execution) as client:
        from distributed import as_completed  # noqa: PLC0415 - an optional library

        futures = client.map(
            _write_part,
            numbers,
            job=travelling,
            ticket=ticket,
            pure=False,
            retries=2,
        )
        try:
            for future in as_completed(futures):
                window = job.windows[future.result()]
                report(window.width * window.height)
        finally:
            client.cancel(futures)


def _write_part(number: int, job: Job, ticket: Ticket) -> int:
    """Write a part in a worker's process."""
    with rasterio.Env(GDAL_CACHEMAX=job.cache):
        stack, kernel = _opened(job, ticket)
        job.write(number, stack, kernel)
    return number


def _opened(job: Job, ticket: Ticket) -> tuple[EvidenceStack, Kernel]:
    """Open kernel and evidence, once for all parts that a thread writes one after the other."""
    if getattr(_thread, "key", None) != (job, ticket):
        _thread.opened = job.open_evidence(), kernel_of(ticket)
        _thread.key = job, ticket
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
                    dashboard_address=":0",
                )
            )
        try:
            client = opened.enter_context(Client(address, timeout=_SECONDS_TO_ANSWER))
        except Exception as error:  # what an address lacks, each protocol says in its own way
            raise OutputError(
                f"the cluster does not answer: {error}",
                path=execution.cluster,
                expected="the address of a dask scheduler, such as tcp://host:8786",
                mend="start one with `dask scheduler`, and workers with `dask worker ADDRESS`",
            ) from error
        yield client
