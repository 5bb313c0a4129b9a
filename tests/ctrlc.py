"""Ctrl-C for the processes that tests start."""

import signal
from contextlib import contextmanager


@contextmanager
def heeding_ctrl_c():
    """Start processes that Ctrl-C stops, even where it does not stop the tests.

    A shell without a user starts what it puts in the background with SIGINT ignored, which every
    process started from there inherits; in place of a handler, a new process has the default.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
