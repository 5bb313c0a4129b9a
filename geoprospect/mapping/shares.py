"""Scores at which the best shares of an area begin, found in little memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import numpy as np

from geoprospect.typing import Ints, Values

Parts: TypeAlias = Callable[[], Iterable[tuple[Values, Ints | None]]]
"""What gives the values of all valid cells, part by part, with their areas, or None where these
are all the same; called twice."""

_HALF = 16  # bits of a number: the upper ones in a first reading, the lower ones in a second
_BINS = 2**_HALF


def breaks(parts: Parts, shares: Sequence[float]) -> list[tuple[float, float]]:
    """Find the scores at which the best shares of an area begin, exactly.

    Parameters
    ----------
    parts : callable
        Gives the scores, float32 and none below 0, with the areas of their cells.
    shares : sequence of float
        Shares of the area, above 0 and up to 1, that hold the highest scores.

    Returns
    -------
    list of (float, float)
        For each share, the score whose cells and all better ones take the area nearest to it, and
        the share that they take. It is another than was asked for where many cells have one score.

    Examples
    --------
    >>> scores = np.array([0.1, 0.2, 0.2, 0.9], np.float32)
    >>> [(round(x, 3), share) for x, share in breaks(lambda: [(scores, None)], (0.25, 0.6))]
    [(0.9, 0.25), (0.2, 0.75)]
    """
    upper = np.zeros(_BINS)
    for values, areas in parts():
        upper += np.bincount(_bits(values) >> _HALF, weights=areas, minlength=_BINS)
    total = upper.sum()
    above = np.append(np.cumsum(upper[::-1])[::-1], 0.0)  # the area from each bin on
    filled = np.flatnonzero(upper)
    wanted = [share * total for share in shares]
    # The bin that a share begins in, and the next one, which may come nearer to it.
    first = [int(np.flatnonzero(above[filled] >= min(area, total))[-1]) for area in wanted]
    near = [filled[number : number + 2].tolist() for number in first]
    lower = {number: np.zeros(_BINS) for pair in near for number in pair}
    for values, areas in parts():
        bits = _bits(values)
        high = bits >> _HALF
        for number in lower:
            here = high == number
            weights = None if areas is None else areas[here]
            lower[number] += np.bincount(bits[here] & (_BINS - 1), weights=weights, minlength=_BINS)
    found = []
    for area, pair in zip(wanted, near, strict=True):
        scores, taken = np.empty(0, np.int64), np.empty(0)
        for number in pair:
            present = np.flatnonzero(lower[number])
            scores = np.append(scores, (number << _HALF) + present)
            from_on = np.cumsum(lower[number][present][::-1])[::-1]
            taken = np.append(taken, above[number + 1] + from_on)
        best = int(np.argmin(np.abs(taken - area)))
        score = scores[best : best + 1].astype(np.uint32).view(np.float32)
        found.append((float(score[0]), float(taken[best] / total)))
    return found


def _bits(values: Values) -> Ints:
    """Give the bits of numbers of single precision that are not below 0; -0 counts as 0."""
    bits: Ints = np.abs(np.ascontiguousarray(values)).view(np.uint32).astype(np.int64)
    return bits
