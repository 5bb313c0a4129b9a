"""Memory that was freed, given back to the system between the stages of a work."""

from __future__ import annotations

import ctypes
from contextlib import suppress


def give_back() -> None:
    """Give what is free back to the system, where the C library can be asked to (glibc).

    By itself it keeps, for each thread that ever ran, what lies below anything still in use.
    """
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
