"""Loops in scalar Python that numba turns into vector code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a loop at its first call, or take what an earlier process compiled.

    Where there is no folder that can be written, it is compiled anew in each process.
    """
    # Of fast math, fused multiply-add alone: with more, a score could depend on a cell's place.
    return _compiled(function, {"contract"})


def compiled_sums(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a loop likewise, but its sums in an order that makes them vector code.

    The order hangs on how many terms there are, and on nothing else.
    """
    return _compiled(function, {"contract", "reassoc"})


def _compiled(function: Callable[..., Any], fast_math: set[str]) -> Callable[..., Any]:
    options: dict[str, Any] = {"nogil": True, "fastmath": fast_math, "error_model": "numpy"}
    try:
        return numba.njit(cache=True, **options)(function)  # type: ignore[no-any-return]
    except RuntimeError:  # there is no folder to keep it in that can be written
        return numba.njit(**options)(function)  # type: ignore[no-any-return]
