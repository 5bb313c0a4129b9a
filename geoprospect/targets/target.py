"""Targets: where to go first, each with what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from geoprospect.grid import Grid
from geoprospect.targets.cut import Cut
from geoprospect.targets.deposits import deposits_in
from geoprospect.wording import counted

_ROUNDED = 6  # significant digits in JSON and tables


@dataclass(frozen=True)
class Target:
    """Cells that touch each other and reach the threshold.

    Attributes
    ----------
    rank : int
        1 for the greatest gain.
    shortlist : int or None
        Its number on the shortlist, counted in the order of rank.
    ground : {"new", "known"}
        Whether a known occurrence lies in it.
    area_km2 : float
        Ground that its cells take, in km².
    cells : int
        How many.
    max_score, mean_score : float
        Greatest and mean score of its cells.
    gain : float
        What targets are ranked by: expected deposits per km², where the map is calibrated; else
        the mean score above the threshold.
    deposits, dep_low, dep_high : float or None
        Expected deposits, and the 95% interval of their number; None without a calibration.
    uncertain : float or None
        Mean uncertainty of the score over its cells; None where it is not known.
    inside_aoa : float or None
        Share of its ground inside the area of applicability; None where that is not known.
    n_known : int
        Cells with a known occurrence.
    km_known, km_roads, km_claims : float or None
        Distance to the nearest known occurrence, road and claim, in km over ground from the centre
        of the nearest cell; 0 where one lies in the target; None where none is given.
    easting, northing : float
        Centre of the cell with the greatest score, in the CRS of the map.
    longitude, latitude : float
        The same, in WGS 84.
    reasons : str or None
        The layers that lead to its scores, in words: of the first hundred and those on the
        shortlist.
    """

    rank: int
    shortlist: int | None
    ground: str
    area_km2: float
    cells: int
    max_score: float
    mean_score: float
    gain: float
    deposits: float | None
    dep_low: float | None
    dep_high: float | None
    uncertain: float | None
    inside_aoa: float | None
    n_known: int
    km_known: float | None
    km_roads: float | None
    km_claims: float | None
    easting: float
    northing: float
    longitude: float
    latitude: float
    reasons: str | None = None


@dataclass(frozen=True)
class Targets:
    """The targets of a map.

    Attributes
    ----------
    map_path : str
        The map.
    cut : Cut
        The threshold, and what it comes from.
    targets : tuple of Target
        In the order of their rank.
    area_km2 : float
        Ground of all valid cells, in km².
    left_out : int
        Targets beyond those that are listed.
    apart : float
        Distance that targets on the shortlist keep, in km.
    squares : tuple of float
        Sums of the squared probabilities, a target; for intervals of several together.
    grid : Grid
        The grid of the map.
    outlines : ndarray of shapely.MultiPolygon
        The outline of each target, in cells: across and down from the corner of the grid.
    """

    map_path: str
    cut: Cut
    targets: tuple[Target, ...]
    area_km2: float
    left_out: int
    apart: float
    squares: tuple[float, ...]
    grid: Grid = field(repr=False)
    outlines: Any = field(repr=False)

    @property
    def calibrated(self) -> bool:
        """Whether deposits are expected in numbers."""
        return any(target.deposits is not None for target in self.targets)

    @property
    def shortlist(self) -> tuple[Target, ...]:
        """The targets on the shortlist."""
        return tuple(target for target in self.targets if target.shortlist is not None)

    def expected(self, targets: Sequence[Target]) -> tuple[float, float, float]:
        """Give the deposits expected in several targets, with the 95% interval of their number."""
        squares = sum(self.squares[target.rank - 1] for target in targets)
        total = sum(target.deposits or 0.0 for target in targets)
        one = deposits_in(np.array([total]), np.array([squares]))
        return float(one.expected[0]), float(one.low[0]), float(one.high[0])

    @property
    def ranked_by(self) -> str:
        """What the order is by, in words."""
        if self.calibrated:
            return "expected deposits per km²"
        return "mean score above the threshold (no calibration tells deposits)"

    def lines(self) -> list[str]:
        """Say what was found, in sentences."""
        area = sum(target.area_km2 for target in self.targets)
        known = sum(target.ground == "known" for target in self.targets)
        n = len(self.targets)
        lines = [
            f"{counted(n, 'target')} from a score of {self.cut.threshold:.4g} on "
            f"({self.cut.rule}): {area:.4g} km², {area / self.area_km2:.1%} of the area; "
            f"{n - known} on new ground, {known} with known occurrences",
            f"ranked by {self.ranked_by}; the best cells of those on the shortlist lie at least "
            f"{self.apart:.3g} km apart",
        ]
        if self.left_out:
            lines.append(f"{counted(self.left_out, 'target')} of lower rank are left out")
        if self.calibrated and self.shortlist:
            total, low, high = self.expected(self.shortlist)
            lines.append(
                f"the shortlist is expected to hold {total:.2g} deposits "
                f"(95% interval {low:.0f} to {high:.0f}), known ones among them"
            )
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Give figures and targets as plain values, for JSON."""
        return {
            "map": self.map_path,
            "threshold": rounded(self.cut.threshold),
            "rule": self.cut.rule,
            "ranked_by": self.ranked_by,
            "area_km2": rounded(self.area_km2),
            "apart_km": rounded(self.apart),
            "left_out": self.left_out,
            "targets": [plain(target) for target in self.targets],
        }


def plain(target: Target) -> dict[str, Any]:
    """Give a target as plain values, its figures to six digits; coordinates as they are."""
    places = ("easting", "northing", "longitude", "latitude")
    return {
        name: value if name in places else rounded(value) for name, value in asdict(target).items()
    }


def rounded(value: Any) -> Any:
    """Round a number to six significant digits, and leave anything else as it is.

    Examples
    --------
    >>> rounded(0.123456789), rounded(12), rounded(None)
    (0.123457, 12, None)
    """
    return float(f"{value:.{_ROUNDED}g}") if isinstance(value, float) else value
