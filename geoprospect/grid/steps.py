"""Steps from cell to cell, of a length and a direction on the ground."""

from __future__ import annotations

import numpy as np

from geoprospect.grid.crs import metres_per_unit
from geoprospect.grid.grid import Grid
from geoprospect.grid.places import Places, ellipsoid_axes
from geoprospect.typing import Floats, Ints


def steps(grid: Grid, rows: Ints, length: Floats, direction: Floats) -> tuple[Ints, Ints]:
    """Give the whole steps that lead farthest along lengths and directions.

    Parameters
    ----------
    grid : Grid
        The grid.
    rows : ndarray of int64, shape (n,)
        The rows that steps start from, of the middle column: degrees of longitude shrink towards
        the poles.
    length : ndarray of float64, shape (n,)
        In metres.
    direction : ndarray of float64, shape (n,)
        In radians counter-clockwise from east.

    Returns
    -------
    down, across : ndarray of int64, shape (n,)
        Rows and columns to go.

    Examples
    --------
    >>> from affine import Affine
    >>> from rasterio.crs import CRS
    >>> grid = Grid(CRS.from_epsg(4326), Affine(0.01, 0, -133, 0, -0.01, 61), (100, 100))
    >>> east = steps(grid, np.array([100]), np.array([5580.0]), np.array([0.0]))
    >>> [part.tolist() for part in east]  # 0.1 degrees at 60° N
    [[0], [10]]
    """
    a, b, _, d, e, _ = grid.transform[:6]
    wanted = length * np.stack([np.cos(direction), np.sin(direction)]) / _unit_lengths(grid, rows)
    across, down = np.rint(np.linalg.solve([[a, b], [d, e]], wanted)).astype(np.int64)
    return down, across


def step_lengths(grid: Grid, rows: Ints, columns: Ints, down: Ints, across: Ints) -> Floats:
    """Give how far steps lead on the ground.

    Parameters
    ----------
    grid : Grid
        The grid.
    rows, columns : ndarray of int64, shape (n,)
        The cells that they start from.
    down, across : ndarray of int64, shape (n,)
        Rows and columns to go.

    Returns
    -------
    ndarray of float64, shape (n,)
        In metres.
    """
    if grid.crs.is_geographic:
        return grid.places(rows, columns).apart(grid.places(rows + down, columns + across))
    a, b, _, d, e, _ = grid.transform[:6]
    length = np.hypot(a * across + b * down, d * across + e * down) * metres_per_unit(grid.crs)
    return np.asarray(length, dtype=np.float64)


def size_range(grid: Grid) -> tuple[float, float]:
    """Give the shorter edge of the middle cell, and the longer diagonal of the grid, in metres.

    Examples
    --------
    >>> from affine import Affine
    >>> from rasterio.crs import CRS
    >>> size_range(Grid(CRS.from_epsg(3578), Affine(1200, 0, 0, 0, -1200, 0), (30, 40)))
    (1200.0, 60000.0)
    """
    rows, columns = grid.shape
    a, b, c, d, e, f = grid.transform[:6]
    if grid.crs.is_geographic:
        across, down = np.array([0, columns, columns, 0]), np.array([0, 0, rows, rows])
        ends = Places(c + a * across + b * down, f + d * across + e * down, grid.crs)
        middle = _unit_lengths(grid, np.array([rows // 2]))[:, 0]
        edges = (np.linalg.norm(middle * edge) for edge in ([a, d], [b, e]))
        return float(min(edges)), float(ends[:2].apart(ends[2:]).max())
    unit = metres_per_unit(grid.crs)
    diagonals = (np.hypot(columns * a + s * rows * b, columns * d + s * rows * e) for s in (1, -1))
    return float(min(np.hypot(a, d), np.hypot(b, e)) * unit), float(max(diagonals) * unit)


def _unit_lengths(grid: Grid, rows: Ints) -> Floats:
    """Give how long a unit of easting and one of northing are, shape (2, n) or (1, 1), in metres.

    In a geographic CRS they are the arcs of the ellipsoid's parallel and meridian in the middle
    of the rows (Snyder 1987, Map Projections, USGS Professional Paper 1395, eqs 4-18 to 4-21).
    """
    if not grid.crs.is_geographic:
        return np.array([[metres_per_unit(grid.crs)]])
    across, polar = ellipsoid_axes(grid.crs)
    radians = float(grid.crs.units_factor[1])
    latitude = grid.centres(rows, np.full(len(rows), grid.shape[1] // 2))[1] * radians
    squared = 1 - (polar / across) ** 2
    bulge = 1 - squared * np.sin(latitude) ** 2
    parallel = across * np.maximum(np.cos(latitude), 1e-6) / np.sqrt(bulge)  # never 0 at a pole
    meridian = across * (1 - squared) / bulge**1.5
    return np.stack([parallel, meridian]) * radians
