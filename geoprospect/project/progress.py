"""Progress and the lines of the log: bars on a terminal or in a notebook, else lines on stderr."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

from geoprospect.errors import without_secrets
from geoprospect.project.events import events_asked, record_told, stage_events
from geoprospect.project.pace import Pace
from geoprospect.typing import Progress

if TYPE_CHECKING:
    from rich.console import Console

_LOGGER = "geoprospect"  # above the loggers of all its modules
_SECONDS_A_LINE = 2.0, 60.0  # at least and at most, between lines of a stage
_ROWS_LEFT = 3  # of a terminal, beside those of the bars


@contextmanager
def progress_shown(level: int = logging.INFO) -> Iterator[Progress]:
    """Show progress, and the lines that the library logs, while the body runs.

    On a terminal, and in a notebook that has ipywidgets, each stage has a bar, and lines stand
    above the bars. Elsewhere a stage is told of in a line on stderr, more and more seldom and at
    its end; and where a program listens, in events, see `geoprospect.project.events`.

    Parameters
    ----------
    level : int
        The least level of the lines.

    Yields
    ------
    callable
        To be called with the stage, the steps done, the steps in all and a word on them: the
        unit of the steps, such as "cells", or a figure to watch, such as "loss 0.31".

    Examples
    --------
    >>> with progress_shown() as progress:
    ...     progress("map", 50, 100, "cells")
    """
    if events_asked():
        with _records_sent(record_told, level):
            yield stage_events()
        return
    console = _console()
    if console is None:
        with lines_sent(_write_line, level):
            yield _stage_lines()
        return
    with _bars_shown(console, level) as progress:
        yield progress


@contextmanager
def _bars_shown(console: Console, level: int) -> Iterator[Progress]:
    """Show a bar for each stage, and lines of the log above the bars.

    Bars of finished stages that the terminal has no rows for become lines, too.
    """
    from rich.progress import BarColumn, TextColumn  # noqa: PLC0415 - only bars need it
    from rich.progress import Progress as Bars  # noqa: PLC0415

    bars = Bars(
        TextColumn("{task.description}", justify="right"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[pace]}"),
        console=console,
    )

    def write(line: str) -> None:
        bars.console.print(line, markup=False, emoji=False, highlight=False, soft_wrap=True)

    with bars, lines_sent(write, level):
        tasks: dict[str, tuple[Pace, int]] = {}

        def make_room() -> None:
            shown = [task for task in bars.tasks if task.visible]
            done = [task for task in shown if task.finished]
            for task in done[: max(0, len(shown) - console.height + _ROWS_LEFT)]:
                bars.update(task.id, visible=False)
                write(f"{task.description}: {task.fields['pace']}")

        def show(stage: str, done: int, total: int, word: str) -> None:
            now = time.monotonic()
            if stage not in tasks:
                make_room()
                tasks[stage] = Pace(done, now), int(bars.add_task(stage, pace=""))
            pace, task = tasks[stage]
            words = pace.words(done, total, word, now)
            bars.update(task, completed=done, total=total, pace=words)  # type: ignore[arg-type]

        yield show


@contextmanager
def lines_sent(write: Callable[[str], None], level: int = logging.INFO) -> Iterator[None]:
    """Hand each line that the library logs to a function, while the body runs.

    The level of the library's logger is INFO, or what it was if lower, until the end of the body.

    Parameters
    ----------
    write : callable
        Called with the bare line.
    level : int
        Lines of a lower level are left aside, as `logging.WARNING` leaves those of the log.

    Examples
    --------
    >>> lines = []
    >>> with lines_sent(lines.append):
    ...     logging.getLogger("geoprospect.project.run").info("map: %d cells", 12)
    >>> lines
    ['map: 12 cells']
    """
    with _records_sent(lambda record: write(without_secrets(record.getMessage())), level):
        yield


@contextmanager
def _records_sent(take: Callable[[logging.LogRecord], None], level: int) -> Iterator[None]:
    """Hand each record of the library's log to a function, while the body runs."""
    logger, handler = logging.getLogger(_LOGGER), _Handler(take, level)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(min(level, logger.getEffectiveLevel()))
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)


class _Handler(logging.Handler):
    """Hands each record to a function, which may raise."""

    def __init__(self, take: Callable[[logging.LogRecord], None], level: int) -> None:
        super().__init__(level)
        self._take = take

    def emit(self, record: logging.LogRecord) -> None:
        """Hand the record on."""
        self._take(record)


def _console() -> Console | None:
    """Give the console for bars, or None where there is neither a terminal nor a notebook."""
    notebook = "ipykernel" in sys.modules and find_spec("ipywidgets") is not None
    if not notebook and not sys.stderr.isatty():
        return None
    from rich.console import Console  # noqa: PLC0415 - only bars need it

    return Console() if notebook else Console(stderr=True)


def _write_line(line: str) -> None:
    """Write a line on stderr, at once; one that cannot be shown does not stop the work."""
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def _stage_lines() -> Progress:
    """Give a progress that writes a line after two seconds, ever more seldom, and at the end."""
    stages: dict[str, tuple[Pace, float, float]] = {}

    def show(stage: str, done: int, total: int, word: str) -> None:
        now = time.monotonic()
        pace, begun, last = stages.setdefault(stage, (Pace(done, now), now, now))
        least, most = _SECONDS_A_LINE
        if done >= total or now - last > min(max(least, (now - begun) / 10), most):
            stages[stage] = pace, begun, now
            _write_line(pace.line(stage, done, total, word, now))

    return show
