"""Differences of a figure between two maps, or two methods, at the same points."""

from __future__ import annotations

from dataclasses import dataclass

from geoprospect.intervals.interval import Interval


@dataclass(frozen=True)
class Difference:
    """What one map has more than another.

    Attributes
    ----------
    value : float
        The difference; below 0 where the map has less.
    interval : Interval
        Its 95% interval.

    Examples
    --------
    >>> print(Difference(0.05, Interval(-0.02, 0.12)))
    +0.05 (-0.02 to +0.12)
    """

    value: float
    interval: Interval

    def __format__(self, spec: str) -> str:
        return f"{self.value:{spec}} ({self.interval:{spec}})"

    def __str__(self) -> str:
        return format(self, "+z.2f")
