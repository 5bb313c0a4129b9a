"""The cut: the threshold whose cells hold a share of the area, or of the expected deposits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geoprospect.errors import TargetsError
from geoprospect.targets.settings import DEFAULT_SHARE, TargetSettings
from geoprospect.targets.surface import PROBABILITY, Part, Surface
from geoprospect.typing import Floats, StrPath, Values

_HALF = 2**16  # scores are counted by the upper half of their bits, then by the lower
_DEPOSIT = 2.0**24  # units of a deposit: whole numbers add up to the same sum in any order


class Cut(NamedTuple):
    """Which cells are taken, and why.

    Attributes
    ----------
    threshold : float
        Cells are taken from this score on, smoothed if that is asked for.
    rule : str
        What it comes from, in words.
    """

    threshold: float
    rule: str


def cut(surface: Surface, settings: TargetSettings, crossing: float | None = None) -> Cut:
    """Find the threshold that settings ask for.

    Parameters
    ----------
    surface : Surface
        The map.
    settings : TargetSettings
        The rule.
    crossing : float, optional
        The score at which the prediction-area curves cross, where that is known.

    Raises
    ------
    TargetsError
        If no cell has a score, or reaches the threshold; the crossing or the deposits are not
        known; or several rules are given.
    """
    settings.check(calibrated=surface.calibrated)
    if settings.threshold == "crossing":
        if crossing is None:
            raise TargetsError(
                "where the prediction-area curves cross is not known",
                path=surface.path,
                expected="the folder of a run with scores.json",
                mend="give a score, as in threshold = 0.7, or a share, as in share = 0.02",
            )
        rule = "where the prediction-area curves cross"
        return Cut(_reached(surface, crossing), rule)
    if settings.threshold is not None:
        return Cut(_reached(surface, settings.threshold), "as given")
    if settings.deposits is not None:
        threshold = _quantile(surface, settings.deposits, _deposits)
        return Cut(
            threshold,
            f"the best, which hold {100 * settings.deposits:.3g}% of the expected deposits",
        )
    share = settings.share or DEFAULT_SHARE
    return Cut(_quantile(surface, share, _ground), f"the best {100 * share:.3g}% of the area")


def _ground(part: Part) -> npt.NDArray[np.float64]:
    """Weigh the valid cells by the ground they take."""
    return part.units[part.valid].astype(np.float64)


def _deposits(part: Part) -> npt.NDArray[np.float64]:
    """Weigh the valid cells by the deposits expected in them."""
    probability = np.nan_to_num(part.beside[PROBABILITY][part.valid].astype(np.float64))
    return np.rint(probability * _DEPOSIT)


def _quantile(surface: Surface, share: float, weigh: Callable[[Part], Floats]) -> float:
    """Give the greatest score from which on cells hold a share, exact to the bit."""
    # Sums of whole numbers below 2**53 are exact.
    upper = _counted(_weighed(surface, weigh), lambda keys: keys >> np.uint32(16))
    total = float(upper.sum())
    if total == 0:
        raise _no_score(surface.path)
    wanted = share * total
    above, half = _from_top(upper, wanted, 0.0)
    within = ((k[k >> 16 == half], w[k >> 16 == half]) for k, w in _weighed(surface, weigh))
    _, low = _from_top(_counted(within, lambda keys: keys & np.uint32(_HALF - 1)), wanted, above)
    return float(_scores(np.array([half * _HALF + low], np.uint32))[0])


def _weighed(
    surface: Surface, weigh: Callable[[Part], Floats]
) -> Iterator[tuple[npt.NDArray[np.uint32], Floats]]:
    """Yield keys and weights of the valid cells, window by window."""
    for part in surface.parts():
        yield _keys(part.height[part.valid]), weigh(part)


def _counted(
    weighed: Iterator[tuple[npt.NDArray[np.uint32], Floats]],
    half: Callable[[npt.NDArray[np.uint32]], npt.NDArray[np.uint32]],
) -> Floats:
    """Add up the weights by half of the bits of the keys."""
    counts = np.zeros(_HALF)
    for keys, weights in weighed:
        counts += np.bincount(half(keys).astype(np.int64), weights, minlength=_HALF)
    return counts


def _from_top(counts: Floats, wanted: float, above: float) -> tuple[float, int]:
    """Find the bin in which so much is reached, counted down, and what lies above it."""
    reached = above + np.cumsum(counts[::-1])
    at = int(np.searchsorted(reached, min(wanted, reached[-1])))
    while counts[_HALF - 1 - at] == 0:  # a share so small that it rounds to nothing
        at += 1
    return float(reached[at] - counts[_HALF - 1 - at]), _HALF - 1 - at


def _keys(scores: Values) -> npt.NDArray[np.uint32]:
    """Give whole numbers in the order of scores; −0 counts as 0.

    Examples
    --------
    >>> (np.diff(_keys(np.array([-2, -1, 0, 0.5, 1], np.float32)).astype(int)) > 0).all()
    np.True_
    """
    bits = (scores + np.float32(0)).view(np.uint32)
    return np.where(bits >> 31, ~bits, bits | np.uint32(2**31))


def _scores(keys: npt.NDArray[np.uint32]) -> Values:
    """Give the scores of keys."""
    bits = np.where(keys >> 31, keys & np.uint32(2**31 - 1), ~keys)
    return bits.view(np.float32)


def _reached(surface: Surface, threshold: float) -> float:
    """Give a threshold in the precision of scores, which some cell reaches."""
    told = float(np.float32(threshold))
    greatest = -np.inf
    for part in surface.parts():
        if part.valid.any():
            greatest = max(greatest, float(part.height[part.valid].max()))
            if greatest >= told:
                return told
    if greatest == -np.inf:
        raise _no_score(surface.path)
    smoothed = ", smoothed" if surface.smooth else ""
    raise TargetsError(
        "no cell reaches the threshold",
        path=surface.path,
        found=f"{threshold:.6g}, and scores{smoothed} up to {greatest:.6g}",
        mend=f"lower it, as in threshold = {np.float32(greatest) * np.float32(0.9):.3g}, or take "
        f"a share of the area, as in share = {DEFAULT_SHARE}",
    )


def _no_score(path: StrPath) -> TargetsError:
    """Refuse a map of nodata alone."""
    return TargetsError(
        "no cell of the map has a score",
        path=path,
        mend="give a map of scores or probabilities, as `geoprospect run` leaves",
    )
