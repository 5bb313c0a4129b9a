"""Programs run beside QGIS: what they tell comes to the dialog, and cancelling stops them."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
from contextlib import suppress
from typing import NamedTuple

from qgis.core import QgsProcessingException

from . import environment

_WINDOWS = os.name == "nt"
_SECONDS_BETWEEN = 0.1  # looks at whether the user has cancelled
_SECONDS_TO_END = 12.0  # in which a program may remove what it has half written
_TIMES_ASKED = 3  # to end, for a library may swallow the first signal


class Ended(NamedTuple):
    """How a program has ended: its output, its exit status, and the error that it told."""

    output: str
    status: int
    error: str


def geoprospect(arguments, feedback):
    """Run geoprospect; progress, log and warnings go to the feedback.

    Returns
    -------
    Ended or None
        None where the user has cancelled.

    Raises
    ------
    QgsProcessingException
        If the program is missing, or ends with an error, in its own words.
    """
    if missing := environment.what_is_missing():
        raise QgsProcessingException(missing)
    command = [environment.program(), *arguments, "--progress", "json"]
    ended = run(command, feedback, EventTeller(feedback))
    if ended is not None and ended.error:
        raise QgsProcessingException(ended.error)
    return ended


def run(command, feedback, tell):
    """Run a program and hand each line of its stderr to `tell`; None where it was cancelled.

    Parameters
    ----------
    command : list of str
        The program and its arguments.
    feedback : QgsProcessingFeedback
        Says whether the user has cancelled.
    tell : callable
        Called with each line, in this thread; gives the error that the line tells, if any.
    """
    kinds = {"creationflags": subprocess.CREATE_NO_WINDOW} if _WINDOWS else {}
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment.variables(),
            start_new_session=not _WINDOWS,
            **kinds,
        )
    except OSError as error:
        raise QgsProcessingException(f"{command[0]} cannot be run: {error.strerror}") from error
    lines, output, error, cancelled = queue.Queue(), [], "", False
    listeners = [
        threading.Thread(target=_listen, args=(process.stderr, lines.put), daemon=True),
        threading.Thread(target=_listen, args=(process.stdout, output.append), daemon=True),
    ]
    for listener in listeners:
        listener.start()
    while listeners[0].is_alive() or not lines.empty():
        if feedback.isCanceled() and not cancelled:
            cancelled = True
            threading.Thread(target=_stop, args=(process,), daemon=True).start()
        with suppress(queue.Empty):
            error = tell(lines.get(timeout=_SECONDS_BETWEEN).rstrip("\r\n")) or error
    status = process.wait()
    listeners[1].join()
    return None if cancelled else Ended("".join(output), status, error)


def _listen(stream, take):
    """Hand on the lines of a pipe until it is closed."""
    with stream:
        for line in stream:
            take(line.decode("utf-8", "replace"))


def _stop(process):
    """End a program cleanly, and where it does not end, with all that it has started."""
    for _ in range(_TIMES_ASKED):
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_SECONDS_TO_END)
            break
    with suppress(OSError):
        if _WINDOWS:
            if process.poll() is None:
                tree = ["taskkill", "/T", "/F", "/PID", str(process.pid)]
                subprocess.run(tree, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        else:
            os.killpg(process.pid, signal.SIGKILL)  # the session that it was started in


class EventTeller:
    """Tells the events of `--progress json` to the dialog."""

    def __init__(self, feedback):
        self._feedback = feedback
        self._stage = ""

    def __call__(self, line):
        """Tell a line; give the error that it holds."""
        try:
            event = json.loads(line)
            kind, text = event["event"], event["text"]
        except (ValueError, KeyError, TypeError):
            kind, text = "log", line
        if kind == "error":
            return text
        if kind == "warning":
            self._feedback.pushWarning(text)
        elif kind == "progress":
            self._show(event)
        elif text.strip():
            self._feedback.pushInfo(text)
        return ""

    def _show(self, event):
        """Move the bar, and name the stage when it begins."""
        if event["stage"] != self._stage:
            self._stage = event["stage"]
            self._feedback.setProgressText(self._stage)
        self._feedback.setProgress(100 * event["done"] / max(event["total"], 1))
