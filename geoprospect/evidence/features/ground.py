"""The ground as a space in metres, in which straight distances are taken and turned into ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from rasterio.crs import CRS

from geoprospect.grid import Grid, Places
from geoprospect.grid.crs import metres_per_unit
from geoprospect.grid.places import ellipsoid_axes
from geoprospect.typing import Floats


@dataclass(frozen=True)
class Ground:
    """The ground of a CRS: a plane, or the surface of an ellipsoid where the CRS is geographic.

    Attributes
    ----------
    crs : rasterio.crs.CRS
        The CRS.

    Examples
    --------
    >>> ground = Ground(CRS.from_epsg(4326))
    >>> ends = ground.space(np.array([[-133.0, 60.0], [-131.0, 60.0]]))
    >>> ground.ways(ends[:1], ends[1:]).round(2).tolist()
    [111595.75]
    """

    crs: CRS

    @property
    def metres_per_unit(self) -> float:
        """The length of a unit of a CRS that is not geographic."""
        return metres_per_unit(self.crs)

    def space(self, places: Floats) -> Floats:
        """Give coordinates in metres, shape (n, 3), of coordinates in the CRS, shape (n, 2)."""
        straight = Places(places[:, 0], places[:, 1], self.crs).straight
        if straight.shape[1] == 3:
            return straight
        return np.column_stack([straight, np.zeros(len(straight))])

    def ways(self, starts: Floats, ends: Floats) -> Floats:
        """Give the lengths of the shortest ways over ground between pairs of places in space.

        Notes
        -----
        In a geographic CRS a way is an arc whose radius is that of the ellipsoid's normal section
        at its middle (Euler's formula): within 1 mm of the geodesic up to 500 km, and within 3 cm
        up to 1000 km.
        """
        across = ends - starts
        chord = np.linalg.norm(across, axis=1)
        if not self.crs.is_geographic:
            return np.asarray(chord)
        wide, high = ellipsoid_axes(self.crs)
        squared = 1 - (high / wide) ** 2
        middle = (starts + ends) / 2
        up = middle / np.array([wide, wide, high]) ** 2
        with np.errstate(invalid="ignore", divide="ignore"):  # at a pole, where no way leads east
            sine = up[:, 2] ** 2 / (up**2).sum(axis=1)
            east = (up[:, 0] * across[:, 1] - up[:, 1] * across[:, 0]) / (
                np.hypot(up[:, 0], up[:, 1]) * chord
            )
        east = np.nan_to_num(east) ** 2
        prime = wide / np.sqrt(1 - squared * sine)
        meridian = prime * (1 - squared) / (1 - squared * sine)
        radius = 1 / ((1 - east) / meridian + east / prime)
        return np.asarray(2 * radius * np.arcsin(np.minimum(1.0, chord / (2 * radius))))

    def compass(self, places: Floats, steps: Floats) -> tuple[Floats, Floats]:
        """Give how far steps lead to the east and to the north.

        Parameters
        ----------
        places : ndarray of float64, shape (n, 3)
            Where, in space.
        steps : ndarray of float64, shape (n, 3)
            Steps in space.

        Returns
        -------
        east, north : ndarray of float64, shape (n,)
            In metres.
        """
        if not self.crs.is_geographic:
            return steps[:, 0], steps[:, 1]
        wide, high = ellipsoid_axes(self.crs)
        up = places / np.array([wide, wide, high]) ** 2
        up /= np.linalg.norm(up, axis=1)[:, None]
        east = np.column_stack([-up[:, 1], up[:, 0], np.zeros(len(up))])
        east /= np.linalg.norm(east, axis=1)[:, None]
        north = np.cross(up, east)
        return (steps * east).sum(axis=1), (steps * north).sum(axis=1)

    def chord(self, way: float) -> float:
        """Give the straight line under a way over ground."""
        if not self.crs.is_geographic:
            return way
        wide, high = ellipsoid_axes(self.crs)
        width = 2 * (2 * wide + high) / 3
        return float(width * np.sin(min(way / width, np.pi / 2)))


def cell_side(grid: Grid) -> float:
    """Give the shorter side of a cell in the middle of a grid, in metres.

    Examples
    --------
    >>> from affine import Affine
    >>> round(cell_side(Grid(CRS.from_epsg(4326), Affine(1, 0, 0, 0, -1, 61), (2, 2))))
    56639
    """
    row, column = grid.shape[0] // 2, grid.shape[1] // 2
    middle = grid.places([row, row], [column, column])
    beside = grid.places([row + 1, row], [column, column + 1])
    return float(middle.apart(beside).min())
