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
from geoprospect.typing import Progress

if TYPE_CHECKING:
    from rich.console import Console

_LOGGER = "geoprospect"  # above the loggers of all its modules
_SECONDS_A_LINE = 15.0


@contextmanager
def progress_shown(level: int = logging.INFO) -> Iterator[Progress]:
    """Show progress, and the lines that the library logs, while the body runs.

    On a terminal, and in a notebook that has ipywidgets, each stage has a bar, and lines stand
    above the bars. Elsewhere a stage is told of in a line on stderr, now and then and at its end.

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
    console = _console()
    if console is None:
        with lines_sent(_write_line, level):
            yield _stage_lines()
        return
    from rich.progress import BarColumn, TextColumn  # noqa: PLC0415 - only bars need it
    from rich.progress import Progress as Bars  # noqa: PLC0415

    bars = Bars(
        TextColumn("{task.description:>24}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[pace]}"),
        console=console,
    )

    def write(line: str) -> None:
        bars.console.print(line, markup=False, emoji=False, highlight=False, soft_wrap=True)

    with bars, lines_sent(write, level):
        tasks: dict[str, tuple[Pace, int]] = {}

        def show(stage: str, done: int, total: int, word: str) -> None:
            now = time.monotonic()
            if stage not in tasks:
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
    logger, handler = logging.getLogger(_LOGGER), _LineHandler(write, level)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(min(level, logger.getEffectiveLevel()))
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)


class _LineHandler(logging.Handler):
    """Hands the bare message of each record, less secrets, to a function, which may raise."""

    def __init__(self, write: Callable[[str], None], level: int) -> None:
        super().__init__(level)
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        """Hand the message on."""
        self._write(without_secrets(record.getMessage()))


class Pace:
    """The speed of a stage since it was first heard of, and the time that is left.

    What was done before then, as by a run that is gone on with, does not count.

    Examples
    --------
    >>> pace = Pace(done=1_000_000, now=0.0)
    >>> pace.words(5_000_000, 21_000_000, "cells", now=2.0)
    '2.0 million cells/s, 0:08 left'
    >>> pace.words(21_000_000, 21_000_000, "cells", now=10.0)
    '2.0 million cells/s, 0:10 in all'
    >>> Pace(done=0, now=0.0).words(50, 200, "loss 0.31", now=2.0)  # no unit: a figure to watch
    'loss 0.31, 0:06 left'
    """

    def __init__(self, done: int, now: float) -> None:
        self._begun, self._at_first = now, done

    def words(self, done: int, total: int, word: str, now: float) -> str:
        """Say the pace at a moment, given in seconds."""
        seconds, steps = now - self._begun, done - self._at_first
        if seconds <= 0 or steps <= 0:
            return ""
        speed = steps / seconds
        figure = f"{_number(speed)} {word}/s" if word.isalpha() else word
        if done < total:
            return f"{figure}, {_clock((total - done) / speed)} left"
        return f"{figure}, {_clock(seconds)} in all"


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
    """Give a progress that writes a line now and then, and at the end of a stage."""
    stages: dict[str, tuple[Pace, float]] = {}

    def show(stage: str, done: int, total: int, word: str) -> None:
        now = time.monotonic()
        pace, last = stages.setdefault(stage, (Pace(done, now), now))
        if done >= total or now - last > _SECONDS_A_LINE:
            stages[stage] = pace, now
            words = pace.words(done, total, word, now)
            unit = f" {word}" if word.isalpha() else ""
            _write_line(f"{stage}: {done} of {total}{unit}" + (words and f", {words}"))

    return show


def _number(speed: float) -> str:
    """Write a speed short.

    Examples
    --------
    >>> _number(12_340_000), _number(1234.5), _number(3.21)
    ('12.3 million', '1234', '3.2')
    """
    if speed >= 1e6:
        return f"{speed / 1e6:.1f} million"
    return f"{speed:.0f}" if speed >= 100 else f"{speed:.1f}"


def _clock(seconds: float) -> str:
    """Write a time as minutes and seconds, with hours if there are any.

    Examples
    --------
    >>> _clock(7.6), _clock(3725)
    ('0:08', '1:02:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
