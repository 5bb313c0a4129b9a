"""Words: how lists, counts and the like are written in sentences."""

from __future__ import annotations

from collections.abc import Sequence

_SHOWN = 20  # items in a sentence


def listed(items: Sequence[str], separator: str = ", ") -> str:
    """Join items, the first twenty of them at most, saying how many are not shown.

    Examples
    --------
    >>> listed(["3", "7"])
    '3, 7'
    >>> listed(["x"] * 23, "")
    'xxxxxxxxxxxxxxxxxxxx and 3 more'
    """
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return separator.join(items[:_SHOWN]) + more


def counted(n: int, noun: str) -> str:
    """Write a number of things, with an s where there is not one of them.

    Examples
    --------
    >>> counted(1, "point"), counted(3, "point")
    ('1 point', '3 points')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
