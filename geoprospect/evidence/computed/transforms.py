"""Transforms of a layer's values, each of what the one before gives: all of them are monotone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, Protocol, Self, TypeAlias

import numpy as np

from geoprospect.typing import Floats, Values

_KNOTS = 1025  # of the empirical distribution that a rank is told by


class UnfitError(ValueError):
    """Values that a transform cannot take; the message says which, and the mend what to do."""

    def __init__(self, problem: str, mend: str) -> None:
        super().__init__(problem)
        self.mend = mend


class Transform(Protocol):
    """A transform of values; it learns from them before it is applied."""

    kind: ClassVar[str]

    @property
    def learnt(self) -> Mapping[str, Any] | None:
        """What it learned, in plain values; None before."""
        ...

    def learn(self, values: Floats) -> Self:
        """Learn from valid values, shape (n,), sorted, least and greatest of all among them.

        Raises
        ------
        UnfitError
            If it cannot be applied to them.
        """
        ...

    def apply(self, values: Floats) -> Floats:
        """Transform values; NaN stays NaN."""
        ...


@dataclass(frozen=True)
class Log:
    """The decimal logarithm of values that are not negative.

    Where there are zeros, these and all below half the least positive value count as that half, as
    geochemists do below the limit of detection.

    Examples
    --------
    >>> log = Log().learn(np.array([0.0, 2.0, 100.0]))
    >>> log.apply(np.array([0.0, 1.0, 100.0])).tolist()
    [0.0, 0.0, 2.0]
    """

    least: float | None = None
    kind: ClassVar[str] = "log"

    @property
    def learnt(self) -> Mapping[str, Any] | None:
        """The least value that is told apart."""
        return None if self.least is None else {"least": self.least}

    def learn(self, values: Floats) -> Log:
        """Find the least positive value; negative ones have no logarithm."""
        if values[0] < 0:
            raise UnfitError(
                f"negative values have no logarithm (the least is {values[0]:g})",
                "if they mean no value, declare it with nodata = …; else write "
                'transform = "signed-log"',
            )
        positive = values[values > 0]
        if not positive.size:
            raise UnfitError("it holds no positive value", "leave the transform out")
        return Log(float(positive[0]) / (2 if values[0] == 0 else 1))

    def apply(self, values: Floats) -> Floats:
        """Give log10."""
        return np.asarray(np.log10(np.maximum(values, self.least or 0.0)))


@dataclass(frozen=True)
class SignedLog:
    """The logarithm of size, with the sign: sign(x) log10(1 + |x| / s), s the median of |x|.

    Examples
    --------
    >>> signed = SignedLog().learn(np.array([-9.0, -1.0, 0.0, 1.0, 9.0]))
    >>> signed.apply(np.array([-9.0, 9.0])).tolist()
    [-1.0, 1.0]
    """

    scale: float | None = None
    kind: ClassVar[str] = "signed-log"

    @property
    def learnt(self) -> Mapping[str, Any] | None:
        """The size that is halfway."""
        return None if self.scale is None else {"scale": self.scale}

    def learn(self, values: Floats) -> SignedLog:
        """Find the median size, or that of the values that are not zero where most are."""
        sizes = np.abs(values)
        if not sizes.any():
            raise UnfitError("it holds zeros alone", "leave the layer out")
        return SignedLog(float(np.median(sizes) or np.median(sizes[sizes > 0])))

    def apply(self, values: Floats) -> Floats:
        """Give the signed logarithm."""
        return np.asarray(np.sign(values) * np.log10(1 + np.abs(values) / (self.scale or 1.0)))


@dataclass(frozen=True)
class Clip:
    """Values cut at two quantiles.

    Examples
    --------
    >>> clip = Clip(0.25, 0.75).learn(np.array([0.0, 1.0, 2.0, 3.0, 100.0]))
    >>> clip.apply(np.array([0.0, 2.0, 100.0])).tolist()
    [1.0, 2.0, 3.0]
    """

    low: float = 0.01
    high: float = 0.99
    limits: tuple[float, float] | None = None
    kind: ClassVar[str] = "clip"

    @property
    def learnt(self) -> Mapping[str, Any] | None:
        """The values at the two quantiles."""
        return None if self.limits is None else {"limits": list(self.limits)}

    def learn(self, values: Floats) -> Clip:
        """Find the quantiles."""
        low, high = np.quantile(values, [self.low, self.high]).tolist()
        if low == high:
            raise UnfitError(
                f"its values between the quantiles {self.low:g} and {self.high:g} are all {low:g}",
                "widen the quantiles, or leave the transform out",
            )
        return Clip(self.low, self.high, (low, high))

    def apply(self, values: Floats) -> Floats:
        """Cut."""
        return np.asarray(np.clip(values, *(self.limits or ())))


@dataclass(frozen=True)
class Robust:
    """Values less their median, in units of the distance between their quartiles.

    Examples
    --------
    >>> Robust().learn(np.array([0.0, 1.0, 2.0, 3.0, 100.0])).apply(np.array([0.0, 4.0])).tolist()
    [-1.0, 1.0]
    """

    centre: float | None = None
    spread: float | None = None
    kind: ClassVar[str] = "robust"

    @property
    def learnt(self) -> Mapping[str, Any] | None:
        """Median, and distance between the quartiles."""
        return None if self.centre is None else {"centre": self.centre, "spread": self.spread}

    def learn(self, values: Floats) -> Robust:
        """Find the quartiles."""
        low, centre, high = np.quantile(values, [0.25, 0.5, 0.75]).tolist()
        if low == high:
            raise UnfitError(
                f"half of its values are {low:g}, so that their quartiles tell no scale",
                'write transform = "rank", or leave it out',
            )
        return Robust(centre, high - low)

    def apply(self, values: Floats) -> Floats:
        """Scale."""
        return np.asarray((values - (self.centre or 0.0)) / (self.spread or 1.0))


@dataclass(frozen=True)
class Rank:
    """The share of the ground where the layer is lower, from 0 to 1; ties count half.

    Examples
    --------
    >>> Rank().learn(np.array([1.0, 2.0, 2.0, 7.0])).apply(np.array([0.0, 2.0, 7.0])).tolist()
    [0.0, 0.5, 1.0]
    """

    knots: tuple[float, ...] | None = None
    shares: tuple[float, ...] | None = None
    kind: ClassVar[str] = "rank"

    @property
    def learnt(self) -> Mapping[str, Any] | None:
        """Values, and the share of the ground below each."""
        if self.knots is None or self.shares is None:
            return None
        return {"knots": list(self.knots), "shares": list(self.shares)}

    def learn(self, values: Floats) -> Rank:
        """Tell the distribution by all values, or a thousand of its quantiles."""
        distinct = np.unique(values)
        if distinct.size > _KNOTS:
            picked = np.linspace(0, values.size - 1, _KNOTS).round().astype(int)
            distinct = np.unique(values[picked])
        below = values.searchsorted(distinct, "left") + values.searchsorted(distinct, "right") - 1
        shares = below / 2 / max(values.size - 1, 1)
        return Rank(tuple(distinct.tolist()), tuple(shares.tolist()))

    def apply(self, values: Floats) -> Floats:
        """Give the shares, in between as a straight line goes."""
        ranks = np.interp(values, self.knots or (), self.shares or ())
        return np.asarray(np.where(np.isnan(values), np.nan, ranks))


AnyTransform: TypeAlias = Log | SignedLog | Clip | Robust | Rank
TransformName: TypeAlias = Literal["log", "signed-log", "clip", "robust", "rank"]
TRANSFORMS: dict[str, type[AnyTransform]] = {
    cls.kind: cls for cls in (Log, SignedLog, Clip, Robust, Rank)
}


def learned_in_turn(
    transforms: Sequence[AnyTransform], values: Values
) -> tuple[tuple[AnyTransform, ...], Floats]:
    """Let each transform learn from what those before it give.

    Parameters
    ----------
    transforms : sequence of transform
        In the order in which they are applied.
    values : ndarray of float32, shape (n,)
        Valid values, sorted.

    Returns
    -------
    learned : tuple of transform
        The transforms, with what they learned.
    values : ndarray of float64, shape (n,)
        What they make of the values.

    Raises
    ------
    UnfitError
        If one cannot be applied.
    """
    learned: list[AnyTransform] = []
    given = values.astype(np.float64)
    for transform in transforms:
        learned.append(transform.learn(given))
        given = learned[-1].apply(given)
    return tuple(learned), given


def with_learnt(transform: AnyTransform, learnt: Mapping[str, Any]) -> AnyTransform:
    """Give a transform that knows what it learned before.

    Examples
    --------
    >>> with_learnt(Log(), {"least": 0.5})
    Log(least=0.5)
    """
    plain = {name: tuple(x) if isinstance(x, list) else x for name, x in learnt.items()}
    return type(transform)(**{**asdict(transform), **plain})
