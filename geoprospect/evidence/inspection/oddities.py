"""What is odd about the values of a layer, in words, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from geoprospect.evidence.computed.transforms import TRANSFORMS, UnfitError
from geoprospect.evidence.inspection.profile import Profile, skewness
from geoprospect.typing import Values
from geoprospect.wording import counted

_SKEWED = 2.0  # an exponential distribution's
_FAR = 10.0  # distances of the quartiles, beyond them
_MOSTLY = 0.5  # share of the cells with one value
_NEARLY_ALL = 0.99


def oddities(profile: Profile, *, codes: bool = False) -> Iterator[str]:
    """Say what is odd about the values of a layer, besides their skew.

    Parameters
    ----------
    profile : Profile
        What they are like.
    codes : bool
        Whether they lie as codes of classes do.

    Examples
    --------
    >>> from geoprospect.evidence.survey import LayerSurvey
    >>> values = np.array([0, 0, 0, 2, 5, 0.5], "f4")
    >>> list(oddities(Profile.of(values, LayerSurvey().with_cells(values))))
    []
    >>> values = np.array([0, 0, 0, 0, 2.5, 5], "f4")
    >>> list(oddities(Profile.of(values, LayerSurvey().with_cells(values))))
    ['67% of the cells hold 0']
    """
    survey, (value, share) = profile.survey, profile.commonest
    if profile.is_constant:
        yield f"one value everywhere, {value:g}"
        return
    for mark, n in survey.fills.found().items():
        yield f"{mark:g} in {counted(n, 'cell')}, far off the others: a fill value?"
    if codes:
        yield "lies in patches as codes of classes do"
    if profile.is_binary:
        if max(share, 1 - share) >= _NEARLY_ALL:
            yield f"{_percent(share)} of the cells hold {value:g}"
        return
    if share > _MOSTLY:
        nearly = ", so it is nearly constant" if share >= _NEARLY_ALL else ""
        yield f"{_percent(share)} of the cells hold {value:g}{nearly}"
    if profile.integers and not codes:
        how_many = "" if survey.distinct is None else f", {len(survey.distinct)} of them"
        yield f"whole numbers alone{how_many}"
    if not survey.fills.found():
        yield from _outliers(profile)


def _outliers(profile: Profile) -> Iterator[str]:
    """Tell ends that lie far beyond the quartiles."""
    ends = (("least", profile.survey.minimum), ("greatest", profile.survey.maximum))
    for (which, end), far in zip(ends, profile.reach, strict=True):
        if far > _FAR:
            yield (
                f"the {which}, {end:.4g}, lies {far:.0f} times the interquartile range "
                "beyond the quartiles"
            )


def better_transform(values: Values, profile: Profile) -> tuple[str, float] | None:
    """Give the transform that levels a skewed layer best, and its skewness then.

    The logarithm is tried first, of values with a sign the signed one, and where it does not take
    off half of the skew, the rank.

    Parameters
    ----------
    values : ndarray of float32, shape (n,)
        Its values at some cells.
    profile : Profile
        What they are like.

    Returns
    -------
    tuple of (str, float) or None
        None where the layer is not skewed, or nothing helps.

    Examples
    --------
    >>> from geoprospect.evidence.survey import LayerSurvey
    >>> values = np.exp(np.linspace(-4, 4, 99)).astype("f4")
    >>> profile = Profile.of(values, LayerSurvey().with_cells(values))
    >>> round(profile.skewness, 1), better_transform(values, profile)[0]
    (2.2, 'log')
    """
    if not is_skewed(profile):
        return None
    ordered = np.sort(values).astype(np.float64)
    for name in ("log" if profile.survey.minimum >= 0 else "signed-log", "rank"):
        try:
            left = skewness(TRANSFORMS[name]().learn(ordered).apply(ordered))
        except UnfitError:
            continue
        if abs(left) <= abs(profile.skewness) / 2:
            return name, left
    return None


def is_skewed(profile: Profile) -> bool:
    """Whether a layer is more skewed than an exponential distribution, by values that vary.

    A layer of 0 and 1, of nearly one value or with fill values is not told by its skew.
    """
    told = profile.commonest[1] < _NEARLY_ALL and not profile.survey.fills.found()
    return told and not profile.is_binary and abs(profile.skewness) > _SKEWED


def _percent(share: float) -> str:
    """Write a share, not as all where it is less."""
    return f"{share:.0%}" if share < 0.995 or share == 1 else f"{np.floor(share * 1e4) / 1e4:.2%}"
