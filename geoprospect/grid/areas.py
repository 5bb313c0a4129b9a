"""Areas: how much ground each cell of a grid takes, whatever the CRS."""

from __future__ import annotations

import numpy as np
from rasterio.windows import Window

from geoprospect.grid.crs import metres_per_unit
from geoprospect.grid.grid import Grid
from geoprospect.grid.places import ellipsoid_axes
from geoprospect.typing import Floats, Ints

_FINEST = 20  # bits of the units of a cell at the equator
_SUM = 46  # bits of the units of a grid: with as many occurrences, products stay below 2**63


def area_units(grid: Grid, window: Window) -> Ints | None:
    """Weigh the cells of a window by their area on the ground, in whole numbers.

    Whole numbers add up to the same sum in any order, so that what is computed from them does not
    depend on how a map is read.

    Parameters
    ----------
    grid : Grid
        The grid.
    window : rasterio.windows.Window
        A window of the grid.

    Returns
    -------
    ndarray of int64, shape (n_rows, 1) or (n_rows, n_columns), or None
        Areas in a unit of the grid's own, at least 1; None where all cells weigh the same, as in
        a projected CRS.

    Notes
    -----
    In a geographic CRS a cell takes the area of the ellipsoid's surface at its centre (Snyder 1987,
    Map Projections, USGS Professional Paper 1395, eqs 4-19 and 4-20).

    Examples
    --------
    >>> from affine import Affine
    >>> from rasterio.crs import CRS
    >>> grid = Grid(CRS.from_epsg(4326), Affine(30, 0, -60, 0, -30, 75), (2, 4))
    >>> units = area_units(grid, Window(0, 0, 4, 2))
    >>> (units / units[1]).round(2).tolist()  # at 60° and 30° N
    [[0.58], [1.0]]
    """
    if not grid.crs.is_geographic:
        return None
    rows = window.row_off + np.arange(window.height)[:, None]
    tilted = grid.transform.d != 0  # else all cells of a row lie at one latitude
    columns = window.col_off + np.arange(window.width if tilted else 1)[None]
    latitude = grid.centres(rows, columns)[1] * float(grid.crs.units_factor[1])
    units = np.rint(_finest(grid) * _surface(grid, latitude))
    return np.maximum(units, 1).astype(np.int64)


def square_metres(grid: Grid) -> float:
    """Give the ground that a unit of `area_units` stands for, in square metres.

    Where all cells weigh the same the unit is a cell, in the plane of the CRS.

    Examples
    --------
    >>> from affine import Affine
    >>> from rasterio.crs import CRS
    >>> square_metres(Grid(CRS.from_epsg(3578), Affine(1200, 0, 0, 0, -1200, 0), (2, 4)))
    1440000.0
    >>> grid = Grid(CRS.from_epsg(4326), Affine(90, 0, -180, 0, -0.25, 90), (720, 4))
    >>> units = area_units(grid, Window(0, 0, 4, 720)).sum() * 4
    >>> f"{units * square_metres(grid) * 1e-6:.6g}"  # the Earth, in km²
    '5.10066e+08'
    """
    if not grid.crs.is_geographic:
        return grid.cell_area * metres_per_unit(grid.crs) ** 2
    _, polar = ellipsoid_axes(grid.crs)
    at_equator = grid.cell_area * float(grid.crs.units_factor[1]) ** 2 * polar**2
    return at_equator / _finest(grid)


def _finest(grid: Grid) -> float:
    """Give the units of a cell at the equator."""
    return float(2.0 ** min(_FINEST, _SUM - grid.n_cells.bit_length()))


def _surface(grid: Grid, latitude: Floats) -> Floats:
    """Give the area of a cell at a latitude, in radians, against that of one at the equator."""
    across, polar = ellipsoid_axes(grid.crs)
    squared = 1 - (polar / across) ** 2
    return np.asarray(np.cos(latitude) / (1 - squared * np.sin(latitude) ** 2) ** 2)
