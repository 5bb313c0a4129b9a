"""What a command tells on stderr for a program that runs it: one JSON object a line."""

from __future__ import annotations

import io
import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from contextvars import ContextVar
from typing import TextIO

from geoprospect.errors import without_secrets
from geoprospect.project.pace import Pace
from geoprospect.typing import Progress

_SECONDS_APART = 0.2  # between events of one stage
_STREAM: ContextVar[TextIO | None] = ContextVar("stream of events", default=None)


@contextmanager
def events_told() -> Iterator[None]:
    r"""Tell progress, log and warnings as JSON on stderr, and nothing else, while the body runs.

    An event is an object on a line of its own, in ASCII, with these fields:

    - ``event``: ``"progress"``, ``"log"``, ``"warning"`` or ``"error"``;
    - ``text``: what a reader would be shown, one line;
    - of progress: ``stage``; ``done`` and ``total``, whole numbers; ``unit``, what is counted,
      such as ``"cells"``, and ``figure``, one to watch, such as ``"loss 0.31"``, either or both of
      which are null;
    - of an error, the last line, with which the command ends: ``status``, its exit status.

    Warnings of Python and lines that other libraries write to stderr come as events too.

    Examples
    --------
    >>> with redirect_stderr(io.StringIO()) as stderr, events_told():
    ...     logging.getLogger("geoprospect").warning("layer X1: no CRS")
    ...     print("reading", file=sys.stderr)
    >>> print(stderr.getvalue(), end="")
    {"event": "warning", "text": "layer X1: no CRS"}
    {"event": "log", "text": "reading"}
    """
    stream, root, others = sys.stderr, logging.getLogger(), _Others()
    token = _STREAM.set(stream)
    root.addHandler(others)
    logging.captureWarnings(True)
    try:
        with redirect_stderr(_Lines()) as lines:
            yield
            lines.close()
    finally:
        logging.captureWarnings(False)
        root.removeHandler(others)
        _STREAM.reset(token)


def events_asked() -> bool:
    """Whether events are told, see `events_told`."""
    return _STREAM.get() is not None


def tell_event(event: str, text: str, **fields: object) -> None:
    """Write an event on stderr, at once; one that cannot be written does not stop the work.

    Parameters
    ----------
    event : str
        What it is.
    text : str
        What a reader would be shown, made one line.
    **fields : object
        What else it tells, as JSON.
    """
    line = json.dumps({"event": event, **fields, "text": " ".join(text.split())})
    with suppress(OSError, ValueError):
        print(line, file=_STREAM.get() or sys.stderr, flush=True)


def record_told(record: logging.LogRecord) -> None:
    """Tell a record of the log, as a warning or a line."""
    event = "warning" if record.levelno >= logging.WARNING else "log"
    tell_event(event, without_secrets(record.getMessage()))


def stage_events() -> Progress:
    """Give a progress that tells an event at a stage's begin and end, and five a second between."""
    stages: dict[str, tuple[Pace, float]] = {}

    def show(stage: str, done: int, total: int, word: str) -> None:
        now = time.monotonic()
        pace, last = stages.get(stage, (Pace(done, now), -_SECONDS_APART))
        if stage in stages and done < total and now - last < _SECONDS_APART:
            return
        stages[stage] = pace, now
        unit = word if word.isalpha() else None
        fields = {"stage": stage, "done": int(done), "total": int(total), "unit": unit}
        text = pace.line(stage, done, total, word, now)
        tell_event("progress", text, **fields, figure=None if unit else word or None)

    return show


class _Others(logging.Handler):
    """Tells warnings that no handler of the library's own hears, as Python would print them."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """Tell it, unless the library's logger has told it."""
        ours = logging.getLogger("geoprospect")
        if not (record.name.partition(".")[0] == ours.name and ours.handlers):
            record_told(record)


class _Lines(io.TextIOBase):
    """A stream whose whole lines are events of the log."""

    encoding = "utf-8"
    _begun = ""

    def writable(self) -> bool:
        """Whether it takes text, which it does."""
        return True

    def write(self, text: str) -> int:
        """Tell the lines that are whole, and keep the rest."""
        *whole, self._begun = (self._begun + text).split("\n")
        for line in filter(str.strip, whole):
            tell_event("log", without_secrets(line))
        return len(text)

    def close(self) -> None:
        """Tell what is left."""
        if not self.closed and self._begun.strip():
            self.write("\n")
        super().close()
