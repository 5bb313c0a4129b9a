"""How a command ends: with its results or in one line, whatever a library or a stream does."""

from __future__ import annotations

import errno
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from geoprospect import __version__
from geoprospect.cli import stopping
from geoprospect.errors import without_secrets

_LOG = "geoprospect-error.log"
_LONGEST = 300  # letters of an error's own words in the line
_PRINTERS = ("click", "rich")  # the libraries that write results to stdout
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_STREAMS = ("stdin", "stdout", "stderr")


def told_in_words(line: str, _: int) -> None:
    """Write the line that a command ends with on stderr, if it can be."""
    with suppress(OSError, ValueError):
        click.echo(f"Error: {line}", err=True)


@contextmanager
def ended_in_a_line(tell: Callable[[str, int], None] = told_in_words) -> Iterator[None]:
    """Turn whatever leaves the body into one line on stderr and exit status 1, or a signal's.

    What nobody foresaw is written down with its traceback in a file that the line names. Output
    that cannot be delivered, as on a full disk, is an error too; a reader that has gone away is
    not told of it.

    Parameters
    ----------
    tell : callable
        Tells of an error by its line and the exit status.

    Raises
    ------
    SystemExit
        Always, where the body raises.
    """
    _open_streams()
    try:
        yield
    except SystemExit as stop:
        if (line := _undelivered()) is not None:
            _end(line, 1, tell)
        _let_go("stderr")
        raise SystemExit(stop.code) from None
    except BaseException as error:  # of libraries, some are no Exception
        line = _undelivered(error)
        status = stopping.status() if isinstance(error, KeyboardInterrupt) else 1
        _end(_line(error) if line is None else line, status, tell)


def _open_streams() -> None:
    """Give streams that are closed to the null device, and let any encoding take any letter.

    The number of a closed stream would be that of the next file, which libraries would then write
    their messages into.
    """
    for name in _STREAMS:
        stream = getattr(sys, name)
        if stream is None:
            number = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(number, True)
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(number, mode, encoding="utf-8"))  # noqa: SIM115 - for good
        elif getattr(stream, "errors", None) == "strict" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _undelivered(error: BaseException | None = None) -> str | None:
    """Say why stdout does not take what was written, or give None where it does.

    An error that came out of printing has emptied the stream, and no later one tells of it.
    """
    failure: BaseException | None = None
    if isinstance(error, OSError) and error.filename is None:
        *_, (frame, _) = traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__")).partition(".")[0] in _PRINTERS:
            failure = error
    try:
        sys.stdout.flush()
    except (OSError, ValueError) as late:
        failure = late
    if failure is None:
        return None
    _let_go("stdout")
    if getattr(failure, "errno", None) == errno.EPIPE:
        return ""
    reason = (getattr(failure, "strerror", None) or str(failure)).lower()
    return (
        f"the results cannot be written to standard output: {reason}. To mend it: send them to "
        "another file; files that the command wrote are whole"
    )


def _let_go(name: str) -> None:
    """Send what a broken stream still keeps to nowhere; Python would end with an error of its."""
    stream = getattr(sys, name)
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def _line(error: BaseException) -> str:
    """Say what happened in a line, after writing down the rest."""
    if isinstance(error, KeyboardInterrupt):
        return stopping.told("stopped by Ctrl-C")
    words = str(error).strip().partition("\n")[0][:_LONGEST]
    where = _kept(error)
    trace = "" if where is None else f"; the traceback is in {where}"
    if isinstance(error, MemoryError):
        return (
            f"there is not enough memory{words and f': {words}'}. To mend it: end other programs, "
            f"or take fewer layers, points or cells at a time{trace}"
        )
    if isinstance(error, OSError) and error.errno in _FULL:  # of a library that writes by itself
        name = f"{error.filename}: " if error.filename else ""
        reason = (error.strerror or "the disk is full").lower()
        return f"{name}cannot write: {reason}. To mend it: free some space{trace}"
    what = type(error).__name__ + (words and f": {words}")
    ask = "this file" if where is not None else "this line and the command"
    return without_secrets(
        f"geoprospect did not foresee this: {what}. To mend it: please report it with {ask}"
        + (f": {where}" if where is not None else "")
    )


def _kept(error: BaseException) -> Path | None:
    """Write the traceback into a folder of its own, and give the file; None if that fails."""
    try:
        text = "".join(traceback.format_exception(error))
        folder = Path(tempfile.mkdtemp(prefix="geoprospect-"))
        head = f"geoprospect {__version__}, Python {platform.python_version()}, "
        head += f"{platform.platform()}\n{' '.join(sys.argv)}\n\n"
        path = folder / _LOG
        path.write_text(without_secrets(head + text), encoding="utf-8", errors="backslashreplace")
    except (OSError, MemoryError, RecursionError):
        return None
    return path


def _end(line: str, status: int, tell: Callable[[str, int], None]) -> None:
    """Tell the line, if there is one, and exit."""
    if line:
        tell(" ".join(line.split()), status)
    _let_go("stderr")
    raise SystemExit(status) from None
