"""The ground that was mapped: beyond it, that there is no feature is not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from rasterio.windows import Window

from geoprospect.evidence.features.burning import NONE
from geoprospect.evidence.features.tracing import TracedFeatures
from geoprospect.grid import Grid
from geoprospect.grid.places import ellipsoid_axes
from geoprospect.typing import Bools, Floats

_LOOKS = 32  # down and across, at which gaps between features are looked for


class Extent(Protocol):
    """Ground that tells which cells are on it."""

    @property
    def digest(self) -> str:
        """A text that changes with it."""
        ...

    def holds(self, window: Window, places: Floats) -> Bools:
        """Tell which cells of a window lie on it.

        Parameters
        ----------
        window : rasterio.windows.Window
            The window.
        places : ndarray of float64, shape (n, 2)
            The centres of its cells, row by row.
        """
        ...


@dataclass(frozen=True)
class Everywhere:
    """All ground."""

    digest: ClassVar[str] = "everywhere"

    def holds(self, window: Window, places: Floats) -> Bools:
        """Tell that all cells lie on it."""
        return np.ones(len(places), dtype=bool)


@dataclass(frozen=True)
class PolygonExtent:
    """Polygons of ground that was mapped.

    Attributes
    ----------
    traced : TracedFeatures
        The polygons.
    """

    traced: TracedFeatures

    @property
    def digest(self) -> str:
        """The SHA-256 of the polygons."""
        return self.traced.digest

    def holds(self, window: Window, places: Floats) -> Bools:
        """Tell which cells have their centre in a polygon."""
        held: Bools = self.traced.polygons.holding(window).ravel() != NONE
        return held


@dataclass(frozen=True)
class BoxExtent:
    """A box about all features, grown by the widest gap between them.

    Ground as far from the features as that is mapped ground inside the box, and so it may be
    outside.

    Attributes
    ----------
    low, high : tuple of float
        Corners of the box before it grew, in the CRS of the grid.
    gap : float
        The widest gap: from a place in the box to the nearest feature, in metres.
    margin : tuple of float
        The same as steps along both coordinates.
    middle, circle : float
        Longitudes count modulo a circle, and from the middle of the grid; 0 where there are none.
    """

    low: tuple[float, float]
    high: tuple[float, float]
    gap: float
    margin: tuple[float, float]
    middle: float = 0.0
    circle: float = 0.0

    @property
    def digest(self) -> str:
        """The box as text."""
        return repr(self)

    @classmethod
    def about(cls, traced: TracedFeatures) -> BoxExtent:
        """Put a box about features."""
        grid = traced.grid
        middle, circle = 0.0, 0.0
        if grid.crs.is_geographic:
            circle = 2 * np.pi / float(grid.crs.units_factor[1])
            middle = (grid.transform * (grid.shape[1] / 2, grid.shape[0] / 2))[0]
        places = np.concatenate([traced.segments.starts, traced.segments.ends])
        places = _turned(places, middle, circle)
        low, high = places.min(axis=0), places.max(axis=0)
        steps = (np.arange(_LOOKS) + 0.5) / _LOOKS
        looks = np.stack(np.meshgrid(*(low + (high - low) * steps[:, None]).T), -1).reshape(-1, 2)
        gap = float(traced.distances(looks)[0].max())
        one = 1 / traced.ground.metres_per_unit
        margin = gap * one, gap * one
        if circle:
            wide = ellipsoid_axes(grid.crs)[0]
            north = gap / wide / float(grid.crs.units_factor[1])
            latitude = (low[1] + high[1]) / 2 * float(grid.crs.units_factor[1])
            margin = north / max(float(np.cos(latitude)), 0.01), north
        x, y = low.tolist(), high.tolist()
        return cls((x[0], x[1]), (y[0], y[1]), gap, margin, middle, circle)

    def holds(self, window: Window, places: Floats) -> Bools:
        """Tell which cells have their centre in the grown box."""
        places = _turned(places, self.middle, self.circle)
        off = np.maximum(np.array(self.low) - places, places - np.array(self.high))
        held: Bools = (off <= np.array(self.margin)).all(axis=1)
        return held

    def misses(self, grid: Grid) -> bool:
        """Whether all of the grown box lies to one side of a grid."""
        low, high = (np.array(x) for x in (self.low, self.high))
        margin = np.array(self.margin)
        corners = np.stack(np.meshgrid(*np.stack([low - margin, high + margin]).T), -1)
        back = ~grid.transform
        places = np.array([back * tuple(corner) for corner in corners.reshape(-1, 2)])
        ends = np.array(grid.shape[::-1])
        return bool((places.max(axis=0) <= 0).any() or (places.min(axis=0) >= ends).any())


def _turned(places: Floats, middle: float, circle: float) -> Floats:
    """Count longitudes from a middle."""
    if not circle:
        return places
    turns = np.rint((places[:, 0] - middle) / circle)
    return np.column_stack([places[:, 0] - circle * turns, places[:, 1]])
