"""Progress on stderr: a bar on a terminal, now and then a line in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

_SECONDS_A_LINE = 15.0


@contextmanager
def progress_shown() -> Iterator[Callable[[str, int, int, str], None]]:
    """Give a function to call with stage, steps done, steps in all and a word on them."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    bars = Progress(
        TextColumn("{task.description:>24}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[word]}"),
        console=Console(stderr=True),
    )
    with bars:
        tasks: dict[str, int] = {}

        def show(stage: str, done: int, total: int, word: str) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, word=word)
            bars.update(tasks[stage], completed=done, total=total, word=word)  # type: ignore[arg-type]

        yield show


def _lines() -> Callable[[str, int, int, str], None]:
    last: dict[str, float] = {}

    def show(stage: str, done: int, total: int, word: str) -> None:
        now = time.monotonic()
        if done >= total or now - last.setdefault(stage, now) > _SECONDS_A_LINE:
            last[stage] = now
            click.echo(f"{stage}: {done} of {total} {word}", err=True)

    return show
