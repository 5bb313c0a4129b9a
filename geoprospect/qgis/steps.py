"""Styles of a band in classes: by shares of the area, by probability."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from geoprospect.qgis.style import VIRIDIS, shaded

BEST = (0.01, 0.05, 0.1, 0.2, 0.5)
"""Shares of the area that a map of prospectivity is told apart by, the best first."""

_SAME = 0.05  # of a share: what is nearer is told as the share itself
_MOST = 7  # classes of probability


@dataclass(frozen=True)
class Steps:
    """A style that gives each range of values a colour of its own.

    Attributes
    ----------
    bounds : tuple of float
        The lowest value of each class but the lowest, ascending.
    labels : tuple of str
        What the classes are called, one more than bounds.

    Examples
    --------
    >>> style = Steps((0.5,), ("low", "high"))(0.0, 1.0, band=1)
    >>> style.count("<item "), 'colorRampType="DISCRETE"' in style
    (2, True)
    """

    bounds: tuple[float, ...]
    labels: tuple[str, ...]

    def __call__(self, minimum: float, maximum: float, *, band: int) -> str:
        """Give the text of the `.qml` file."""
        # A class of QGIS holds its upper bound, and one of ours its lower.
        upper = [repr(_below(bound)) for bound in self.bounds] + ["inf"]
        items = list(zip(upper, self.labels, even_colours(len(upper)), strict=True))
        ends = min(0.0, minimum), max(1.0, maximum)  # as scores and probabilities have them
        return shaded("DISCRETE", items, band=band, ends=ends)


@dataclass(frozen=True)
class AreaShares:
    """A style by shares of the area, which needs to know the score that each begins at.

    Attributes
    ----------
    shares : tuple of float
        Shares of the area that hold the highest scores, ascending.

    Examples
    --------
    >>> AreaShares().broken_at([(0.9, 0.01), (0.5, 0.05), (0.5, 0.05), (0.3, 0.2), (0.1, 0.5)])
    Steps(bounds=(0.1, 0.3, 0.5, 0.9), labels=('the other 50% (below 0.1)',
    'best 50% of the area (from 0.1)', 'best 20% of the area (from 0.3)',
    'best 5% of the area (from 0.5)', 'best 1% of the area (from 0.9)'))
    """

    shares: tuple[float, ...] = BEST

    def broken_at(self, breaks: Sequence[tuple[float, float]]) -> Steps:
        """Give the style of a map.

        Parameters
        ----------
        breaks : sequence of (float, float)
            For each share, the lowest score in it, and the share of the area that such scores and
            higher ones take. Where many cells have one score, it is another than was asked for;
            shares that begin at one score are one class.
        """
        found: dict[float, float] = {}
        for asked, (score, share) in zip(self.shares, breaks, strict=True):
            near = abs(share - asked) <= _SAME * asked
            found.setdefault(score, asked if near else share)
        bounds = sorted(found)
        least = found[bounds[0]]
        labels = [f"the other {_per_cent(1 - least)} (below {_score(bounds[0])})"] + [
            f"best {_per_cent(found[bound])} of the area (from {_score(bound)})" for bound in bounds
        ]
        return Steps(tuple(bounds), tuple(labels))


def percentages(minimum: float, maximum: float, *, band: int) -> str:
    """Give a style of probabilities: classes from 1, 3, 10, 30 … per cent, up to the highest.

    Examples
    --------
    >>> "less than 0.03%" in percentages(1e-9, 0.2, band=1)
    True
    """
    bound = -0.5 + 0.5 * math.ceil(2 * math.log10(max(min(maximum, 1.0), 1e-12)))
    bounds: list[float] = []
    while len(bounds) < _MOST - 1 and (not bounds or bounds[-1] > minimum):
        # Half a decade is 3 times, as scales are commonly written.
        bounds.append(float(f"{10 ** (bound - 0.5 * len(bounds)):.0e}"))
    bounds.reverse()
    ends = [_per_cent(value) for value in bounds]
    labels = [f"less than {ends[0]}"]
    labels += [f"{low[:-1]} to {high}" for low, high in pairwise(ends)]
    return Steps(tuple(bounds), (*labels, f"{ends[-1]} and more"))(minimum, maximum, band=band)


def even_colours(number: int) -> list[str]:
    """Give so many colours of viridis, evenly apart, the dark first."""
    last = len(VIRIDIS) - 1
    return [VIRIDIS[round(step * last / max(number - 1, 1))] for step in range(number)]


def _below(value: float) -> float:
    """Give the greatest number of single precision, as maps hold, that is less than a positive."""
    bits = struct.unpack("<I", struct.pack("<f", value))[0]
    return float(struct.unpack("<f", struct.pack("<I", bits - 1))[0]) if bits else -1e-45


def _per_cent(share: float) -> str:
    """Give a share in per cent.

    Examples
    --------
    >>> [_per_cent(share) for share in (0.01, 0.5, 0.0003, 1.0, 0.0214)]
    ['1%', '50%', '0.03%', '100%', '2.1%']
    """
    return f"{float(f'{100 * share:.2g}'):g}%"


def _score(value: float) -> str:
    """Give a score with as many digits as tell it from 0 and 1."""
    return f"{value:.2g}" if value < 0.95 else f"{value:.{max(2, 1 - _exponent(1 - value))}f}"


def _exponent(value: float) -> int:
    """Give the power of ten of a number, -7 at least."""
    return max(math.floor(math.log10(value)), -7) if value > 0 else 0
