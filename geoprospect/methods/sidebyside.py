"""Independent fits shared out to the cores, where they take long enough to be worth it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from threadpoolctl import threadpool_limits

from geoprospect.typing import StageProgress

_PATIENCE = 2.0  # seconds: about what other processes need to start and import scikit-learn


def side_by_side(
    work: Callable[..., Any],
    tasks: Sequence[tuple[Any, ...]],
    *,
    processes: bool = False,
    progress: StageProgress | None = None,
) -> Iterator[Any]:
    """Call `work(*task)` for each task, on all cores; keep the order.

    Parameters
    ----------
    work : callable
        The function; with `processes` one of a module, which processes can import.
    tasks : sequence of tuple
        Its arguments.
    processes : bool
        Whether tasks run in processes of their own, for work that is Python for the most part.
        They take memory and seconds to start: tasks run in this process for that long, and those
        left then are shared out. By default threads of this process share all tasks.
    progress : callable, optional
        Called with the tasks done and the tasks in all, after each.

    Yields
    ------
    object
        What `work` gives for each task.

    Examples
    --------
    >>> list(side_by_side(max, [(1, 2), (4, 3)]))
    [2, 4]
    """
    results = _by_processes(work, tasks) if processes else _by_threads(work, tasks)
    for done, result in enumerate(results, start=1):
        if progress is not None:
            progress(done, len(tasks))
        yield result


def _by_threads(work: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
    """Give the results in order, each task in a thread."""
    # Each thread has a processor; were libraries to take all, they would wait on each other.
    with threadpool_limits(1), ThreadPoolExecutor(processors()) as pool:
        try:
            yield from pool.map(lambda task: work(*task), tasks)
        finally:
            pool.shutdown(cancel_futures=True)


def _by_processes(work: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
    """Give the results in order, those of the first seconds from this process."""
    started, waiting = time.perf_counter(), list(tasks)
    while waiting and (len(waiting) == 1 or time.perf_counter() - started < _PATIENCE):
        yield work(*waiting.pop(0))
    if waiting:
        from sklearn.utils.parallel import Parallel, delayed  # noqa: PLC0415 - slow to import

        yield from Parallel(n_jobs=-1, return_as="generator")(
            delayed(work)(*task) for task in waiting
        )


def processors() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
