"""Grids laid out over ground: the cells of a lattice that hold it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
from affine import Affine
from rasterio.crs import CRS

from geoprospect.grid.crs import transformed
from geoprospect.grid.grid import Grid
from geoprospect.typing import Floats

_EDGE = 256  # steps along an edge of a grid, by which its ground is told in another CRS
_LINES = 16  # lines across it, for ground about a pole
_SNAP = 1e-6  # in cells: what is closer than this to an edge between cells lies on it

Extent = Literal["union", "intersection"]
Box: TypeAlias = Floats
"""First column, first row, last column and last row of a lattice, in cells; shape (4,)."""


def circle(crs: CRS) -> float:
    """Give a whole circle in units of a CRS; 0 where it is not geographic.

    Examples
    --------
    >>> circle(CRS.from_epsg(4326)), circle(CRS.from_epsg(3578))
    (360.0, 0.0)
    """
    if not crs.is_geographic:
        return 0.0
    return round(2 * np.pi / float(crs.units_factor[1]), 9)


def box_of_bounds(bounds: Sequence[float], crs: CRS, lattice: Affine) -> Box:
    """Give the box of a lattice that bounds cut out.

    Parameters
    ----------
    bounds : sequence of float
        West, south, east and north; in a geographic CRS, an east below the west lies a circle on.
    crs : rasterio.crs.CRS
        The CRS of bounds and lattice.
    lattice : affine.Affine
        From (column, row) to (easting, northing).

    Examples
    --------
    >>> box = box_of_bounds((175, 10, -175, 12), CRS.from_epsg(4326), Affine.scale(1, -1))
    >>> box.tolist()
    [175.0, -12.0, 185.0, -10.0]
    """
    west, south, east, north = bounds
    if east < west:
        east += circle(crs)
    return _box(np.array([west, east, east, west]), np.array([south, south, north, north]), lattice)


def box_of_grid(grid: Grid, crs: CRS, lattice: Affine) -> Box | None:
    """Give the box of a lattice in another CRS that the ground of a grid takes.

    Parameters
    ----------
    grid : Grid
        The grid.
    crs : rasterio.crs.CRS
        The CRS of the lattice.
    lattice : affine.Affine
        From (column, row) to (easting, northing).

    Returns
    -------
    Box or None
        None where the CRS does not reach any of the ground.

    Examples
    --------
    >>> grid = Grid(CRS.from_epsg(3578), Affine(100, 0, 5000, 0, -100, 9000), (20, 10))
    >>> box_of_grid(grid, grid.crs, Affine.scale(500, -500)).tolist()
    [10.0, -18.0, 12.0, -14.0]
    """
    easting, northing = _places(grid)
    x, y = transformed(easting, northing, grid.crs, crs)
    finite = np.isfinite(x) & np.isfinite(y)
    if not finite.any():
        return None
    x, y = x[finite], y[finite]
    if crs.is_geographic:
        # Longitudes go on across 180°, as those of the grid do, or else from its middle.
        near = easting[finite] if grid.crs.is_geographic else np.full_like(x, x[len(x) // 2])
        x = x + circle(crs) * np.rint((near - x) / circle(crs))
    return _box(x, y, lattice)


def _places(grid: Grid) -> tuple[Floats, Floats]:
    """Give places along the edges of a grid and along lines across it."""
    steps, lines = np.linspace(0, 1, _EDGE + 1), np.linspace(0, 1, _LINES + 1)
    along = [np.meshgrid(steps, lines), np.meshgrid(lines, steps)]
    across = np.concatenate([x.ravel() for x, _ in along]) * grid.shape[1]
    down = np.concatenate([y.ravel() for _, y in along]) * grid.shape[0]
    a, b, c, d, e, f = grid.transform[:6]
    return c + a * across + b * down, f + d * across + e * down


def _box(x: Floats, y: Floats, lattice: Affine) -> Box:
    """Give the box of a lattice that holds places."""
    a, b, c, d, e, f = (~lattice)[:6]
    columns, rows = a * x + b * y + c, d * x + e * y + f
    return np.array([columns.min(), rows.min(), columns.max(), rows.max()])


def joined(boxes: Sequence[Box], extent: Extent, period: float = 0.0) -> Box:
    """Give the box that holds all boxes, or that all share; then it may be empty.

    Parameters
    ----------
    boxes : sequence of Box
        At least one.
    extent : {"union", "intersection"}
        Which.
    period : float
        Columns of a whole circle; boxes are turned by it to lie near the first. 0 turns none.

    Examples
    --------
    >>> boxes = [np.array([170.0, 0, 190, 9]), np.array([-180.0, 0, -175, 9])]
    >>> joined(boxes, "intersection", period=360).tolist()
    [180.0, 0.0, 185.0, 9.0]
    """
    turned = np.array(boxes)
    if period:
        middles = turned[:, [0, 2]].mean(axis=1)
        turned[:, [0, 2]] += period * np.rint((middles[0] - middles) / period)[:, None]
    first, last = turned[:, :2], turned[:, 2:]
    if extent == "union":
        return np.concatenate([first.min(axis=0), last.max(axis=0)])
    return np.concatenate([first.max(axis=0), last.min(axis=0)])


def laid_out(crs: CRS, lattice: Affine, box: Box) -> Grid:
    """Give the grid of all cells of a lattice that a box reaches into.

    Parameters
    ----------
    crs : rasterio.crs.CRS
        The CRS.
    lattice : affine.Affine
        From (column, row) to (easting, northing).
    box : Box
        What the cells are to hold; an edge less than a millionth of a cell beyond one between
        cells lies on that.

    Examples
    --------
    >>> grid = laid_out(CRS.from_epsg(3578), Affine.scale(500, -500), np.array([3.2, -9, 5, -7.5]))
    >>> grid.shape, grid.transform.c, grid.transform.f
    ((2, 2), 1500.0, 4500.0)
    """
    left, top = np.floor(box[:2] + _SNAP)
    right, bottom = np.ceil(box[2:] - _SNAP)
    shape = (int(bottom - top), int(right - left))
    return Grid(crs, lattice * Affine.translation(float(left), float(top)), shape)
