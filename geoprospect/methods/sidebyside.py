"""Independent fits shared out to the cores, where they take long enough to be worth it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from geoprospect.typing import StageProgress

_PATIENCE = 2.0  # seconds: about what other processes need to start and import scikit-learn


def side_by_side(
    work: Callable[..., Any],
    tasks: Sequence[tuple[Any, ...]],
    *,
    progress: StageProgress | None = None,
) -> Iterator[Any]:
    """Call `work(*task)` for each task, on all cores; keep the order.

    Tasks run in this process for the time that it would take to start others; those left then
    are shared out to processes of their own. A task that takes long delays the others at most by
    itself.

    Parameters
    ----------
    work : callable
        A function of a module, which processes can import.
    tasks : sequence of tuple
        Its arguments.
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
    for done, result in enumerate(_results(work, tasks), start=1):
        if progress is not None:
            progress(done, len(tasks))
        yield result


def _results(work: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
    """Give the results in order, as `side_by_side` says."""
    started, waiting = time.perf_counter(), list(tasks)
    while waiting and (len(waiting) == 1 or time.perf_counter() - started < _PATIENCE):
        yield work(*waiting.pop(0))
    if waiting:
        from sklearn.utils.parallel import Parallel, delayed  # noqa: PLC0415 - slow to import

        yield from Parallel(n_jobs=-1, return_as="generator")(
            delayed(work)(*task) for task in waiting
        )
