"""How the cells of one grid lie among those of another."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from affine import Affine
from rasterio.errors import RasterioError

from geoprospect.grid.crs import same_coordinates, transformed
from geoprospect.grid.grid import Grid
from geoprospect.grid.layout import circle
from geoprospect.grid.places import Places
from geoprospect.typing import Floats

_SAME = 1e-3  # of a cell: cells closer than this are one; as in `Grid.difference`
_LOOKS = 17  # cells down and across at which grids are compared
_STEP = 0.5  # of a cell, from its centre: by which it is told how large it is elsewhere


@dataclass(frozen=True)
class SameCells:
    """Where the cells of a grid are found in another with the same cells but another extent.

    Attributes
    ----------
    row, column : int
        The row and column there of the first cell.
    down, across : {1, -1}
        The step there to the next row, and column.
    """

    row: int
    column: int
    down: int
    across: int


def same_plane(first: Grid, other: Grid) -> bool:
    """Whether the CRS of two grids give the ground of the first the same coordinates."""
    rows, columns = first.shape
    corners = ((0, 0), (columns, 0), (0, rows), (columns, rows), (columns / 2, rows / 2))
    easting, northing = np.array([first.transform * corner for corner in corners]).T
    return same_coordinates(first.crs, other.crs, easting, northing)


def same_cells(grid: Grid, other: Grid) -> list[SameCells]:
    """Find the cells of a grid in another whose cells are the same, to a thousandth of a cell.

    Parameters
    ----------
    grid, other : Grid
        The grids, whose CRS give the same coordinates.

    Returns
    -------
    list of SameCells
        None where the cells differ. In a geographic CRS there may be several, a circle apart.

    Examples
    --------
    >>> from rasterio.crs import CRS
    >>> crs = CRS.from_epsg(3578)
    >>> whole = Grid(crs, Affine(100, 0, 0, 0, -100, 9000), (90, 90))
    >>> part = Grid(crs, Affine(100, 0, 500, 0, -100, 8000), (10, 10))
    >>> same_cells(part, whole)
    [SameCells(row=10, column=5, down=1, across=1)]
    >>> same_cells(Grid(crs, Affine(100, 0, 550, 0, -100, 8000), (10, 10)), whole)
    []
    """
    whole = circle(other.crs)
    found = []
    for turn in (0,) if not whole else (0, -1, 1):
        onto = ~other.transform * Affine.translation(turn * whole, 0) * grid.transform
        if {round(onto.a) ** 2, round(onto.e) ** 2} != {1}:
            continue
        exact = Affine(round(onto.a), 0, round(onto.c), 0, round(onto.e), round(onto.f))
        rows, columns = grid.shape
        corners = ((0, 0), (columns, 0), (0, rows), (columns, rows))
        if all(math.dist(onto * place, exact * place) <= _SAME for place in corners):
            across, down = int(exact.a), int(exact.e)
            # Edges are turned round with the cells: the first cell then lies before the edge.
            row, column = int(exact.f) - (down < 0), int(exact.c) - (across < 0)
            found.append(SameCells(row, column, down, across))
    return found


def into(x: Floats, y: Floats, grid: Grid, other: Grid) -> tuple[Floats, Floats]:
    """Turn coordinates of a grid's CRS into those of another, as GDAL does.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        Easting and northing in the CRS of the grid.
    grid, other : Grid
        The grids.

    Returns
    -------
    x, y : ndarray of float64, shape (n,)
        Infinite where the other CRS does not reach.
    """
    if grid.crs == other.crs:
        return x, y
    from rasterio.warp import transform  # noqa: PLC0415 - slow to import, and grids mostly agree

    try:
        across, down = transform(grid.crs, other.crs, x, y)
    except RasterioError:  # of a place that it does not reach; pyproj goes on with the others
        return transformed(x, y, grid.crs, other.crs)
    return np.asarray(across), np.asarray(down)


@dataclass(frozen=True)
class Spacing:
    """How a step from cell to cell of a grid counts in cells of another.

    Attributes
    ----------
    jacobian : ndarray of float64, shape (2, 2)
        Columns and rows of the other for a step to the next column, and to the next row; in the
        middle of the ground that both share.
    """

    jacobian: Floats

    @property
    def along(self) -> tuple[float, float]:
        """Columns, and rows, of the other that a cell of the grid spans, as if it were upright."""
        return float(np.hypot(*self.jacobian[0])), float(np.hypot(*self.jacobian[1]))

    @property
    def coarser(self) -> float:
        """How many times longer than those of the other the edges of the grid's cells are."""
        return math.sqrt(abs(np.linalg.det(self.jacobian)))

    @property
    def turned(self) -> float:
        """The angle between the rows of both, in degrees, from 0 to 45."""
        (a, _), (d, _) = self.jacobian
        angle = math.degrees(math.atan2(d, a))
        return abs((angle + 45) % 90 - 45)


def spacing(grid: Grid, other: Grid) -> Spacing | None:
    """Compare the cells of two grids where they overlap; None where they do not.

    Parameters
    ----------
    grid, other : Grid
        The grids.

    Examples
    --------
    >>> from rasterio.crs import CRS
    >>> crs = CRS.from_epsg(3578)
    >>> fine = Grid(crs, Affine(50, 0, 0, 0, -50, 9000), (180, 180))
    >>> between = spacing(Grid(crs, Affine(200, 0, 0, 0, -200, 9000), (30, 30)), fine)
    >>> between.along, round(between.coarser, 6), between.turned
    ((4.0, 4.0), 4.0, 0.0)
    """
    places = _shared(grid, other)
    if places is None:
        return None
    down, across = places
    columns, rows, _ = in_cells(
        np.concatenate([across + step for step in (-_STEP, _STEP, 0.0, 0.0)]),
        np.concatenate([down + step for step in (0.0, 0.0, -_STEP, _STEP)]),
        grid,
        other,
    )
    found = np.stack([columns, rows]).reshape(2, 4, -1)
    steps = np.stack([found[:, 1] - found[:, 0], found[:, 3] - found[:, 2]], axis=1)
    whole = np.isfinite(steps).all(axis=(0, 1))
    if not whole.any():
        return None
    return Spacing(np.median(steps[:, :, whole], axis=2))


def in_cells(across: Floats, down: Floats, grid: Grid, other: Grid) -> tuple[Floats, ...]:
    """Turn places on a grid, in cells, into columns and rows of another, in fractions of cells.

    Parameters
    ----------
    across, down : ndarray of float64, shape (n,)
        The places, in columns and rows of the grid.
    grid, other : Grid
        The grids.

    Returns
    -------
    columns, rows : ndarray of float64, shape (n,)
        The places on the other; not finite where its CRS does not reach.
    turns : ndarray of float64, shape (n,)
        Whole circles by which longitudes were turned to lie within half of one of its middle.
    """
    a, b, c, d, e, f = grid.transform[:6]
    x, y = into(c + a * across + b * down, f + d * across + e * down, grid, other)
    turns = np.zeros(x.shape)
    a, b, c, d, e, f = (~other.transform)[:6]
    with np.errstate(invalid="ignore"):
        if whole := circle(other.crs):
            middle = (other.transform * (other.shape[1] / 2, other.shape[0] / 2))[0]
            turns = np.rint((middle - x) / whole)
            x = x + whole * turns
        return a * x + b * y + c, d * x + e * y + f, turns


def _shared(grid: Grid, other: Grid) -> tuple[Floats, Floats] | None:
    """Give rows and columns of places on a grid that lie on another too; None without such."""
    for first, second in ((grid, other), (other, grid)):
        looks = [(np.arange(_LOOKS) + 0.5) * n / _LOOKS for n in first.shape]
        down, across = (x.ravel() for x in np.meshgrid(*looks, indexing="ij"))
        columns, rows, _ = in_cells(across, down, first, second)
        with np.errstate(invalid="ignore"):
            on = (columns >= 0) & (columns <= second.shape[1])
            on &= (rows >= 0) & (rows <= second.shape[0])
        if on.any():
            found = (down, across) if first is grid else (rows, columns)
            return found[0][on], found[1][on]
    return None


@dataclass(frozen=True)
class Offset:
    """How far the cells of a grid lie from the nearest of another, in the middle of both.

    Attributes
    ----------
    east, north : float
        Metres on the ground from the centre of the grid's cell to the nearest centre of the other.
    cells : tuple of float or None
        The same in columns and rows of the grid, where cells are equally large and upright.
    """

    east: float
    north: float
    cells: tuple[float, float] | None

    def __str__(self) -> str:
        words = []
        for metres, positive, negative in (
            (self.east, "east", "west"),
            (self.north, "north", "south"),
        ):
            size = f"{abs(metres):.0f}" if abs(metres) >= 100 else f"{abs(metres):.3g}"
            words.append(f"{size} m {positive if metres >= 0 else negative}")
        part = "" if self.cells is None else " ({:.2g} and {:.2g} of a cell)".format(*self.cells)
        return " and ".join(words) + part


def offset(grid: Grid, other: Grid) -> Offset | None:
    """Measure how far the cells of a grid lie from those of another; None where none is near.

    Examples
    --------
    >>> from rasterio.crs import CRS
    >>> crs = CRS.from_epsg(3578)
    >>> whole = Grid(crs, Affine(100, 0, 0, 0, -100, 9000), (90, 90))
    >>> print(offset(whole, Grid(crs, Affine(100, 0, 40, 0, -100, 9000), (90, 90))))
    40 m east and 0 m north (0.4 and 0 of a cell)
    """
    places, between = _shared(grid, other), spacing(grid, other)
    if places is None or between is None:
        return None
    middle = len(places[0]) // 2
    row, column = (np.floor(x[middle : middle + 1]) for x in places)
    columns, rows, turns = in_cells(column + 0.5, row + 0.5, grid, other)
    if not np.isfinite(columns + rows).all():
        return None
    x, y = other.centres(np.floor(rows), np.floor(columns))
    x, y = into(x - turns * circle(other.crs), y, other, grid)
    here = grid.centres(row, column)
    x = grid.wrapped(x, y)
    apart = [
        Places(*here, grid.crs).apart(Places(*there, grid.crs))[0] * sign
        for there, sign in (
            ((x, here[1]), np.sign(x - here[0])[0]),
            ((here[0], y), np.sign(y - here[1])[0]),
        )
    ]
    cells = None
    if same_plane(grid, other) and np.allclose(np.abs(between.jacobian), np.eye(2), atol=_SAME):
        a, b, c, d, e, f = (~grid.transform)[:6]
        found = (a * x + b * y + c - column - 0.5)[0], (d * x + e * y + f - row - 0.5)[0]
        cells = (abs(float(found[0])), abs(float(found[1])))
    return Offset(float(apart[0]), float(apart[1]), cells)
