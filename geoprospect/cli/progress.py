"""Progress on stderr: a bar on a terminal, now and then a line in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

_SECONDS_A_LINE = 15.0


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
        said = f"{_number(speed)} {word}/s" if word.isalpha() else word
        if done < total:
            return f"{said}, {_clock((total - done) / speed)} left"
        return f"{said}, {_clock(seconds)} in all"


@contextmanager
def progress_shown() -> Iterator[Callable[[str, int, int, str], None]]:
    """Give a function to call with stage, steps done, steps in all and a word on them."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

    bars = Progress(
        TextColumn("{task.description:>24}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[pace]}"),
        console=Console(stderr=True),
    )
    with bars:
        tasks: dict[str, tuple[Pace, int]] = {}

        def show(stage: str, done: int, total: int, word: str) -> None:
            now = time.monotonic()
            if stage not in tasks:
                tasks[stage] = Pace(done, now), bars.add_task(stage, pace="")
            pace, task = tasks[stage]
            words = pace.words(done, total, word, now)
            bars.update(task, completed=done, total=total, pace=words)  # type: ignore[arg-type]

        yield show


def _lines() -> Callable[[str, int, int, str], None]:
    stages: dict[str, tuple[Pace, float]] = {}

    def show(stage: str, done: int, total: int, word: str) -> None:
        now = time.monotonic()
        pace, last = stages.setdefault(stage, (Pace(done, now), now))
        if done >= total or now - last > _SECONDS_A_LINE:
            stages[stage] = pace, now
            words = pace.words(done, total, word, now)
            unit = f" {word}" if word.isalpha() else ""
            click.echo(f"{stage}: {done} of {total}{unit}" + (words and f", {words}"), err=True)

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
