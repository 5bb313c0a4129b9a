"""Signals that end a command as Ctrl-C does: what is half-written is removed, and a line said."""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_NAMES = ("SIGTERM", "SIGHUP")  # of a batch system or `kill`, and of a terminal that is closed
_SECONDS_TO_END = 10.0
_received: list[signal.Signals] = []


@contextmanager
def signals_heeded() -> Iterator[None]:
    """Raise KeyboardInterrupt where one of these signals arrives, unless it is ignored.

    So it is under `nohup`. More of them are left aside for ten seconds while the command ends; a
    later one is heeded again, for a library may have swallowed the first.
    """
    owner = os.getpid()
    heard = -math.inf
    before = dict[signal.Signals, Any]()

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal heard
        if os.getpid() != owner:  # a process forked from the command, which is to end at once
            os._exit(128 + number)
        now = time.monotonic()
        if now - heard < _SECONDS_TO_END:
            return
        heard = now
        _received.append(signal.Signals(number))
        raise KeyboardInterrupt

    try:
        for name in _NAMES:
            heeded = getattr(signal, name, None)  # Windows has no SIGHUP
            if heeded is not None and signal.getsignal(heeded) is signal.SIG_DFL:
                before[heeded] = signal.signal(heeded, stop)
    except ValueError:  # only the main thread hears of signals
        pass
    try:
        yield
    finally:
        for heeded, handler in before.items():
            signal.signal(heeded, handler)


def told(reason: str) -> str:
    """Name the signal in the words of how a command was stopped."""
    return reason.replace("Ctrl-C", _received[-1].name) if _received else reason


def status() -> int:
    """Give the exit status of a command that was stopped: that of shells for a signal."""
    return 128 + _received[-1] if _received else 1
