"""Loops in scalar Python that numba compiles, taking no liberties with rounding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a loop at its first call, or take what an earlier process compiled.

    Where there is no folder that can be written, it is compiled anew in each process.
    """
    try:
        return numba.njit(nogil=True, cache=True, error_model="numpy")(function)  # type: ignore[no-any-return]
    except RuntimeError:  # there is no folder to keep it in that can be written
        return numba.njit(nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]
