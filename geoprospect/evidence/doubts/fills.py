"""Fill values taken for data: numbers that programs write where they have none."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from shlex import quote

import numpy as np

from geoprospect.errors import without_secrets
from geoprospect.evidence.local import is_local
from geoprospect.typing import Values

_LOGGER = logging.getLogger(__name__)
_HUGE = 1e20  # from here on no quantity of geology, but 1e20, 1e30, -1e32, 1.70141e38, -3.4e38 …
_MARKS = frozenset(
    float(np.float32(mark))
    for mark in (
        *(-999, -999.25, -9999, -99999, -999999, 9999, 99999, 999999),
        *(-(2**15), 1 - 2**15, 2**15 - 1, 2**16 - 1, -(2**31), 2**31 - 1, 2**32 - 1),
    )
)
_ROUNDS = 4  # in which marks are taken off both ends of a window's values
_MOST = 16  # marks of a layer that are counted


def is_mark(value: float) -> bool:
    """Whether a number is one of those that programs write where they have no value.

    Examples
    --------
    >>> [is_mark(value) for value in (-9999.0, float(np.float32(1e20)), -9998.0, float("nan"))]
    [True, True, False, False]
    """
    return value in _MARKS or abs(value) >= _HUGE


@dataclass(frozen=True)
class FillValues:
    """Marks at the ends of a layer's values, and the range of its other values.

    Attributes
    ----------
    counts : tuple of (float, int)
        The marks, and how many cells hold them.
    minimum, maximum : float
        Of the other values; NaN where there are none.

    Examples
    --------
    >>> fills = FillValues().with_values(np.array([-9999, 2, 5, -9999], "f4"))
    >>> fills.found()
    {-9999.0: 2}
    >>> FillValues().with_values(np.array([-9999, -12000, 5000], "f4")).found()
    {}
    """

    counts: tuple[tuple[float, int], ...] = ()
    minimum: float = float("nan")
    maximum: float = float("nan")

    def with_values(self, values: Values) -> FillValues:
        """Add values, NaN where there is none; they are counted only where a mark is at an end."""
        counts, low, high = dict(self.counts), *_ends(values)
        for _ in range(_ROUNDS):
            marks = {end for end in (low, high) if is_mark(end)}
            if not marks or len(counts) > _MOST:
                break
            for mark in marks:
                counts[mark] = counts.get(mark, 0) + int(np.count_nonzero(values == mark))
            values = values[~np.isin(values, np.array([*marks], np.float32))]
            low, high = _ends(values)
        ends = float(np.fmin(self.minimum, low)), float(np.fmax(self.maximum, high))
        return FillValues(tuple(counts.items()), *ends)

    def found(self) -> dict[float, int]:
        """Give the marks that lie farther off the other values than these lie apart."""
        span = self.maximum - self.minimum
        near = (self.minimum - span, self.maximum + span)
        return {mark: n for mark, n in self.counts if not near[0] <= mark <= near[1]}


def fills_of(
    values: Values, ranges: Values, names: Mapping[str, int]
) -> dict[tuple[str, float], int]:
    """Count the fill values in a window, by layer and value.

    Parameters
    ----------
    values : ndarray of float32, shape (n_layers, …)
        The evidence, NaN where it is invalid.
    ranges : ndarray of float32, shape (n_layers, 2)
        Least and greatest value of each layer where a model learned.
    names : mapping of str to int
        The layers to look at, and their places.

    Examples
    --------
    >>> fills_of(np.array([[3, -9999, 4]], "f4"), np.array([[2, 6]], "f4"), {"X1": 0})
    {('X1', -9999.0): 1}
    """
    counts: dict[tuple[str, float], int] = {}
    for name, place in names.items():
        low, high = ranges[place].tolist()
        training_range = (
            FillValues() if is_mark(low) or is_mark(high) else FillValues((), low, high)
        )
        for value, n in training_range.with_values(values[place]).found().items():
            counts[name, value] = n
    return counts


def warn_of_fills(
    counts: Mapping[tuple[str, float], int],
    paths: Mapping[str, str | None],
    once: Callable[[Hashable, Callable[[], None]], None],
) -> None:
    """Warn of what looks like fill values.

    Parameters
    ----------
    counts : mapping of (str, float) to int
        Cells by layer and value, as `fills_of` gives them.
    paths : mapping of str to str or None
        The files of the layers.
    once : callable
        Calls a function unless it has been called under the same key, as `EvidenceStack.once`.
    """
    for (layer, value), n in counts.items():
        sentence = fill_sentence(layer, value, n, path=paths.get(layer))
        once(("fill", layer, value), partial(_LOGGER.warning, sentence))


def fill_sentence(layer: str, value: float, n: int, *, path: str | None) -> str:
    """Say that a layer holds what looks like a fill value, and what to do.

    Examples
    --------
    >>> print(fill_sentence("A", -9999.0, 180, path="a.tif"))
    a.tif: layer A: -9999 in 180 cells is far outside the other values and looks like a fill value \
that the file does not declare; it is taken for data. To mend it: write nodata = -9999 for the \
layer in the project file, or: rio edit-info --nodata -9999 a.tif
    """
    number = shortest(value)
    command = (
        f", or: rio edit-info --nodata {value:.17g} {quote(path)}"
        if path and is_local(path)
        else ""
    )
    return (
        f"{without_secrets(path) + ': ' if path else ''}layer {layer}: {number} in {n} "
        f"cell{'s' if n > 1 else ''} is far outside the other values and looks like a fill value "
        "that the file does not declare; it is taken for data. To mend it: write nodata = "
        f"{number} for the layer in the project file{command}"
    )


def shortest(value: float) -> str:
    """Write a float32 number with as few digits as tell it.

    Examples
    --------
    >>> shortest(-9999.0), shortest(float(np.float32(1e20)))
    ('-9999', '1e+20')
    """
    return f"{float(str(np.float32(value))):.9g}"


def _ends(values: Values) -> tuple[float, float]:
    """Give the least and the greatest value; NaN where there is none."""
    if not values.size:
        return float("nan"), float("nan")
    return float(np.fmin.reduce(values, axis=None)), float(np.fmax.reduce(values, axis=None))
