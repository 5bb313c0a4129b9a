"""The grid: where the cells of a raster lie on the ground."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine
from rasterio.crs import CRS
from rasterio.windows import Window

from geoprospect.grid.difference import difference, linear
from geoprospect.grid.places import Places
from geoprospect.typing import Bools, Floats, Ints

_SNAP = 1e-6  # in cells: closer than this to an edge between cells lies on the edge


@dataclass(frozen=True)
class Grid:
    """CRS, affine and shape of a raster as one value.

    Attributes
    ----------
    crs : rasterio.crs.CRS
        The coordinate reference system; it needs no EPSG code.
    transform : affine.Affine
        From (column, row) to (easting, northing), upper left corner first; it may be rotated.
    shape : tuple of int
        (rows, columns).

    Examples
    --------
    >>> grid = Grid(CRS.from_epsg(3578), Affine(1200, 0, 159050, 0, -1200, 977582), (110, 118))
    >>> rows, columns, inside = grid.cells([159100.0, 0.0], [977500.0, 0.0])
    >>> rows.tolist(), columns.tolist(), inside.tolist()
    ([0, -1], [0, -1], [True, False])
    >>> easting, northing = grid.centres(0, 0)
    >>> float(easting), float(northing)
    (159650.0, 976982.0)
    >>> grid.n_cells, grid.cell_area
    (12980, 1440000.0)
    """

    crs: CRS
    transform: Affine
    shape: tuple[int, int]

    @classmethod
    def of(cls, dataset: Any) -> Grid:
        """Give the grid of an open rasterio dataset.

        Parameters
        ----------
        dataset : rasterio.DatasetReader or WarpedVRT
            Anything with `crs`, `transform`, `height` and `width`.
        """
        return cls(dataset.crs, dataset.transform, (int(dataset.height), int(dataset.width)))

    @property
    def n_cells(self) -> int:
        """Number of cells, valid or not."""
        return self.shape[0] * self.shape[1]

    @property
    def cell_area(self) -> float:
        """Area of a cell, in squared units of the CRS (square metres, square degrees)."""
        return float(abs(self.transform.determinant))

    @property
    def unit(self) -> str:
        """Unit of easting and northing, as the CRS names it.

        Examples
        --------
        >>> Grid(CRS.from_epsg(3578), Affine.scale(1200, -1200), (2, 2)).unit
        'm'
        """
        if self.crs.is_geographic:
            return "degrees"
        name = str(self.crs.linear_units)
        return "m" if name.lower() in {"metre", "meter"} else name

    def difference(self, other: Grid) -> str | None:
        """Say in words how another grid differs, or None where the two are one grid.

        CRS compare by the coordinates they give, to a millimetre, not by their names or codes;
        affines compare at the four corners of the grid, to a thousandth of a cell.

        Parameters
        ----------
        other : Grid
            The grid to compare.

        Returns
        -------
        str or None
            What differs, this grid first: "shape 110 x 118 against 110 x 120 cells".

        Examples
        --------
        >>> crs = CRS.from_epsg(3578)
        >>> grid = Grid(crs, Affine(1200, 0, 159050, 0, -1200, 977582), (110, 118))
        >>> grid.difference(Grid(crs, Affine(1200, 0, 159650, 0, -1200, 977582), (110, 118)))
        'upper left corner 600 m east and 0 m north of the first'
        """
        return difference(self, other)

    def cells(self, easting: npt.ArrayLike, northing: npt.ArrayLike) -> tuple[Ints, Ints, Bools]:
        """Find the cells that points lie in.

        A point on an edge between cells belongs to the cell right of it or below it; one on the
        right or bottom edge of the grid belongs to the last cell. A millionth of a cell counts
        as on the edge. Longitudes count modulo a circle, see `wrapped`.

        Parameters
        ----------
        easting, northing : array_like of float
            Coordinates in the grid's CRS; NaN where a point has none.

        Returns
        -------
        rows, columns : ndarray of int64
            The cells, counted from the upper left corner; -1 where the point is not inside.
        inside : ndarray of bool
            Whether the point lies on the grid.
        """
        x, y = self.wrapped(easting, northing), np.asarray(northing, dtype=np.float64)
        row, column, inside = self._located(x, y)
        rows = np.where(inside, row, -1).astype(np.int64)
        columns = np.where(inside, column, -1).astype(np.int64)
        return rows, columns, inside

    def wrapped(self, easting: npt.ArrayLike, northing: npt.ArrayLike) -> Floats:
        """Turn longitudes by whole circles where that puts points onto the grid.

        Grids from 0° to 360°, or across 180°, so hold points whose longitudes count from -180°.

        Parameters
        ----------
        easting, northing : array_like of float, shape (n,)
            Coordinates in the grid's CRS; NaN where a point has none.

        Returns
        -------
        ndarray of float64, shape (n,)
            The longitudes; eastings as they are where the CRS is not geographic.

        Examples
        --------
        >>> grid = Grid(CRS.from_epsg(4326), Affine(1, 0, 170, 0, -1, 60), (10, 40))
        >>> grid.wrapped([-175, 175, -90], [55, 55, 55]).tolist()
        [185.0, 175.0, -90.0]
        """
        x, y = np.asarray(easting, dtype=np.float64), np.asarray(northing, dtype=np.float64)
        if not self.crs.is_geographic:
            return x
        circle = 2 * np.pi / float(self.crs.units_factor[1])
        middle = self.transform * (self.shape[1] / 2, self.shape[0] / 2)
        with np.errstate(invalid="ignore"):  # infinite where a point's CRS does not reach
            turned = x - circle * np.rint((x - middle[0]) / circle)
        _, _, before = self._located(x, y)
        _, _, after = self._located(turned, y)
        return np.where(~before & after, turned, x)

    def _located(self, x: Floats, y: Floats) -> tuple[Floats, Floats, Bools]:
        """Give row and column of points, and whether these are of the grid."""
        # The origin is taken off first: far from it, digits of the fraction of a cell would go.
        back = ~linear(self.transform)
        with np.errstate(invalid="ignore", over="ignore"):
            x, y = x - self.transform.c, y - self.transform.f
            across, down = back.a * x + back.b * y, back.d * x + back.e * y
            column, in_width = _floor(across, self.shape[1])
            row, in_height = _floor(down, self.shape[0])
        return row, column, np.asarray(in_width & in_height)

    def centres(self, rows: npt.ArrayLike, columns: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Give the centres of cells.

        Parameters
        ----------
        rows, columns : array_like of int
            Cells, counted from the upper left corner.

        Returns
        -------
        easting, northing : ndarray of float64
            Coordinates in the grid's CRS.
        """
        down = np.asarray(rows, dtype=np.float64) + 0.5
        across = np.asarray(columns, dtype=np.float64) + 0.5
        a, b, c, d, e, f = self.transform[:6]
        return c + (a * across + b * down), f + (d * across + e * down)

    def places(self, rows: npt.ArrayLike, columns: npt.ArrayLike) -> Places:
        """Give the centres of cells as places, between which distances are in metres.

        Parameters
        ----------
        rows, columns : array_like of int, shape (n,)
            Cells, counted from the upper left corner.

        Examples
        --------
        >>> grid = Grid(CRS.from_epsg(4326), Affine(0.01, 0, -133, 0, -0.01, 61), (100, 100))
        >>> corner, other = grid.places([0], [0]), grid.places([0], [10])
        >>> corner.nearest(other).round().tolist()
        [5412.0]
        """
        return Places(*self.centres(rows, columns), self.crs)

    def windows(self, size: tuple[int, int]) -> Iterator[Window]:
        """Cover the grid with windows, row by row; those at the edges may be smaller.

        Parameters
        ----------
        size : tuple of int
            (rows, columns) of a window, at least 1 x 1.

        Raises
        ------
        ValueError
            If a window would hold no cell.

        Examples
        --------
        >>> grid = Grid(CRS.from_epsg(3578), Affine.scale(1200, -1200), (3, 5))
        >>> [(w.row_off, w.col_off, w.height, w.width) for w in grid.windows((2, 4))]
        [(0, 0, 2, 4), (0, 4, 2, 1), (2, 0, 1, 4), (2, 4, 1, 1)]
        """
        (height, width), (rows, columns) = size, self.shape
        if height < 1 or width < 1:
            raise ValueError(f"a window of {height} x {width} cells is empty")
        for row in range(0, rows, height):
            for column in range(0, columns, width):
                yield Window(column, row, min(width, columns - column), min(height, rows - row))

    def around(self, window: Window, halo: int) -> tuple[Window, tuple[slice, slice]]:
        """Grow a window, as far as the grid reaches.

        Parameters
        ----------
        window : rasterio.windows.Window
            A window of the grid.
        halo : int
            Cells to grow it by on every side.

        Returns
        -------
        around : rasterio.windows.Window
            The window to read.
        inner : tuple of slice
            Rows and columns of the first in it.

        Examples
        --------
        >>> grid = Grid(CRS.from_epsg(3578), Affine.scale(1200, -1200), (20, 12))
        >>> grid.around(Window(0, 5, 10, 2), 3)
        (Window(col_off=0, row_off=2, width=12, height=8), (slice(3, 5, None), slice(0, 10, None)))
        """
        top, left = max(window.row_off - halo, 0), max(window.col_off - halo, 0)
        bottom = min(window.row_off + window.height + halo, self.shape[0])
        right = min(window.col_off + window.width + halo, self.shape[1])
        row, column = window.row_off - top, window.col_off - left
        inner = slice(row, row + window.height), slice(column, column + window.width)
        return Window(left, top, right - left, bottom - top), inner


def _floor(position: Floats, n: int) -> tuple[Floats, Bools]:
    """Turn positions along n cells into cell numbers, and say which of them exist."""
    edge = np.rint(position)
    cell = np.where(np.abs(position - edge) <= _SNAP, edge, np.floor(position))
    cell = np.where((cell == n) & (position <= n + _SNAP), n - 1, cell)
    return cell, (cell >= 0) & (cell < n)
