"""Narrow and wide layers, which lie differently in the compiled loop."""

from __future__ import annotations

_NARROW = 16  # units of a narrow layer, at most
_LANES = 8  # wide layers are filled up to a multiple of it with units that stay 0


def is_wide(width: int) -> bool:
    """Tell whether a layer of so many units is wide."""
    return width > _NARROW


def filled(width: int) -> int:
    """Give the columns of so many values and a 1; whole lanes, if they are many.

    Examples
    --------
    >>> filled(4), filled(100)
    (5, 104)
    """
    return -(-(width + 1) // _LANES) * _LANES if is_wide(width) else width + 1


def table_width(n_inputs: int) -> int:
    """Give the columns of a table's inputs: many are followed by a 1 and zeros, few are not."""
    return filled(n_inputs) if is_wide(n_inputs) else n_inputs
