"""The parts of a map written by threads: one reads while another computes or writes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import nullcontext

import rasterio
from threadpoolctl import threadpool_limits

from geoprospect.evidence import EvidenceStack
from geoprospect.mapping.job import Job
from geoprospect.mapping.kernel import Kernel

_SECONDS_A_LOOK = 0.1


def write_parts(
    job: Job,
    numbers: Sequence[int],
    kernel: Kernel,
    evidence: EvidenceStack,
    threads: int,
    report: Callable[[int], None],
) -> None:
    """Write parts, each by one thread from reading to writing.

    Parameters
    ----------
    job : Job
        The map.
    numbers : sequence of int
        The parts to write.
    kernel : Kernel
        What computes them.
    evidence : EvidenceStack
        The job's layers, open; they serve the first thread, the others open their own.
    threads : int
        Parts written at the same time.
    report : callable
        Called in this thread with the number of cells done, now and then.

    Raises
    ------
    EvidenceError
        If a layer cannot be read.
    OutputError
        If a part cannot be written. The others that were begun are finished.
    """
    waiting, done = deque(numbers), deque[int]()

    def work(first: bool) -> None:
        with (
            rasterio.Env(GDAL_CACHEMAX=job.cache),
            nullcontext(evidence) if first else job.open_evidence() as stack,
        ):
            while waiting:
                try:
                    number = waiting.popleft()
                except IndexError:  # another thread took the last one
                    return
                job.write(number, stack, kernel)
                done.append(number)

    def report_done() -> None:
        cells = 0
        while done:
            window = job.windows[done.popleft()]
            cells += window.width * window.height
        if cells:
            report(cells)

    # Each thread has a processor; were matrix products to take all, they would wait on each other.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        works = [pool.submit(work, thread == 0) for thread in range(min(threads, len(numbers)))]
        try:
            running = set(works)
            while running:
                finished, running = wait(running, _SECONDS_A_LOOK, FIRST_EXCEPTION)
                report_done()
                for ended in finished:
                    ended.result()
        finally:
            waiting.clear()
    report_done()
