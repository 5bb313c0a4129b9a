"""The profile of a layer: what its values are like, from a survey and cells drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoprospect.evidence.survey import LayerSurvey
from geoprospect.typing import Floats, Values


@dataclass(frozen=True)
class Profile:
    """What the values of a layer are like.

    Attributes
    ----------
    survey : LayerSurvey
        Valid cells, least and greatest value, fill values: of all its cells.
    quartiles : tuple of float
        Lower quartile, median and upper quartile; these and what follows are of cells drawn.
    mean : float
        The mean.
    skewness : float
        Third moment about the mean over the cube of the standard deviation; 0 of a symmetric
        layer, NaN of one value.
    commonest : tuple of (float, float)
        The value that most cells hold, and their share.
    integers : bool
        Whether all are whole numbers.

    Examples
    --------
    >>> values = np.array([0, 0, 0, 8], "f4")
    >>> profile = Profile.of(values, LayerSurvey().with_cells(values))
    >>> profile.quartiles, profile.commonest, round(profile.skewness, 3)
    ((0.0, 0.0, 2.0), (0.0, 0.75), 1.155)
    """

    survey: LayerSurvey
    quartiles: tuple[float, float, float]
    mean: float
    skewness: float
    commonest: tuple[float, float]
    integers: bool

    @classmethod
    def of(cls, values: Values, survey: LayerSurvey) -> Profile:
        """Look at the values of a layer at some valid cells, shape (n,)."""
        exact = values.astype(np.float64)
        low, middle, high = np.quantile(exact, [0.25, 0.5, 0.75]).tolist()
        distinct, counts = np.unique(values, return_counts=True)
        most = int(counts.argmax())
        return cls(
            survey,
            (low, middle, high),
            float(exact.mean()),
            skewness(exact),
            (float(distinct[most]), float(counts[most] / values.size)),
            bool((distinct == np.round(distinct)).all()),
        )

    @property
    def is_constant(self) -> bool:
        """Whether all its cells hold one value."""
        return self.survey.minimum == self.survey.maximum

    @property
    def is_binary(self) -> bool:
        """Whether it holds 0 and 1 alone."""
        return self.survey.distinct == (0.0, 1.0)

    @property
    def reach(self) -> tuple[float, float]:
        """How far its least and greatest value lie beyond the quartiles, in distances of these."""
        low, _, high = self.quartiles
        if low == high:
            return 0.0, 0.0
        ends = (low - self.survey.minimum, self.survey.maximum - high)
        below, above = (end / (high - low) for end in ends)
        return below, above


def skewness(values: Floats) -> float:
    """Give the skewness of values, shape (n,); NaN where they are all alike.

    Examples
    --------
    >>> round(skewness(np.array([0.0, 0.0, 3.0])), 3), skewness(np.array([7.0, 7.0]))
    (0.707, nan)
    """
    if values.min() == values.max():
        return float("nan")
    size = np.abs(values).max()  # numbers near the largest have no cube
    off = values / size - (values / size).mean()
    spread = np.sqrt(np.square(off).mean())
    return float(((off / spread) ** 3).mean()) if spread > 0 else float("nan")
