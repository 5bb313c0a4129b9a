"""Statistics of a band, part by part."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_PIECE = 2**16


@dataclass(frozen=True)
class Statistics:
    """Count, extremes, mean and sum of squared deviations of a band's valid cells.

    Examples
    --------
    >>> parts = [np.array([1.0, 2.0]), np.array([]), np.array([6.0])]
    >>> band = Statistics.merged(Statistics.of(part) for part in parts)
    >>> band.n, band.minimum, band.maximum, band.mean, round(band.std, 3)
    (3, 1.0, 6.0, 3.0, 2.16)
    """

    n: int = 0
    minimum: float = math.inf
    maximum: float = -math.inf
    mean: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, values: npt.NDArray[np.floating]) -> Statistics:
        """Take the statistics of valid cells, in float64, piece by piece to save memory."""
        return cls.merged(
            cls._of_piece(values[start : start + _PIECE]) for start in range(0, values.size, _PIECE)
        )

    @classmethod
    def _of_piece(cls, values: npt.NDArray[np.floating]) -> Statistics:
        mean = float(values.mean(dtype=np.float64))
        deviations = values - np.float64(mean)
        squares = float(np.dot(deviations, deviations))
        return cls(values.size, float(values.min()), float(values.max()), mean, squares)

    @classmethod
    def merged(cls, parts: Iterable[Statistics]) -> Statistics:
        """Merge the statistics of parts, in their order (Chan et al. 1983)."""
        whole = cls()
        for part in parts:
            total = whole.n + part.n
            if part.n:
                shift = part.mean - whole.mean
                whole = cls(
                    total,
                    min(whole.minimum, part.minimum),
                    max(whole.maximum, part.maximum),
                    whole.mean + shift * part.n / total,
                    whole.squares + part.squares + shift**2 * whole.n * part.n / total,
                )
        return whole

    @property
    def std(self) -> float:
        """Standard deviation over the cells."""
        return math.sqrt(self.squares / self.n)

    def tags(self, n_cells: int) -> dict[str, str]:
        """Give GDAL's metadata of a band of so many cells, valid or not; none if none is valid."""
        if not self.n:
            return {}
        return {
            "STATISTICS_MINIMUM": f"{self.minimum:.9g}",
            "STATISTICS_MAXIMUM": f"{self.maximum:.9g}",
            "STATISTICS_MEAN": f"{self.mean:.9g}",
            "STATISTICS_STDDEV": f"{self.std:.9g}",
            "STATISTICS_VALID_PERCENT": f"{100 * self.n / n_cells:.4g}",
        }
