"""Rasters read on another grid: their cells resampled tile by tile, by GDAL's warper."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from affine import Affine
from rasterio.enums import Resampling as Algorithm
from rasterio.io import MemoryFile
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window, transform

from geoprospect.evidence.tiles import read_in_tiles
from geoprospect.grid import Grid
from geoprospect.grid.layout import circle
from geoprospect.grid.relation import Spacing, in_cells
from geoprospect.typing import Bools, Floats, Values

Resampling: TypeAlias = Literal[
    "continuous",
    "classes",
    "nearest",
    "bilinear",
    "cubic",
    "cubic_spline",
    "lanczos",
    "average",
    "mode",
    "sum",
    "min",
    "max",
    "med",
]
"""How cells become those of another grid; the first two are chosen for each grid, see `chosen`."""

# GDAL follows the way between two CRS at some places, and goes straight between these as long as
# that is within a tolerance. On 2000 x 2000 cells of 50 m from UTM to Albers, of noise whose
# neighbours differ by 1, its own tolerance of an eighth of a cell moved values by up to 0.96;
# 0.001 took 0.9 times as long for 0.023, 0.0001 1.2 times for 0.0015, each cell by itself 6 times.
TOLERANCE = (
    1e-4  # of a cell of the raster: smooth layers change by less than 0.00001 of their range
)
_TILE = 512  # cells along a tile, and
_READ = 2048  # cells along what is read of the raster for it
_COARSER = 1.5  # times: from here on, cells are averaged rather than taken between four
# GDAL averages over upright boxes between two corners of a cell, none where rows are turned by 45
# degrees, but sums over the cells themselves: an average is then a sum divided by that of ones.
_UPRIGHT = 10.0  # degrees, up to which it is GDAL's own
_EQUAL = 0.05  # of a cell: closer to one than this, cells count as equally large
_STEPS = 16  # by which the places of a tile are followed into the raster
_REACH = {"bilinear": 1, "cubic": 2, "cubic_spline": 2, "lanczos": 3}  # cells about a place


def chosen(resampling: Resampling, between: Spacing) -> Resampling:
    """Choose how a layer is resampled, where that is left to its kind and the grids.

    Parameters
    ----------
    resampling : Resampling
        ``continuous``: the average where the grid's cells are more than 1.5 times as long as the
        layer's, else between the four nearest cells. ``classes``: the class most frequent, or the
        nearest. Anything else is taken as it is.
    between : Spacing
        How the cells of the grid lie among those of the layer.

    Examples
    --------
    >>> chosen("continuous", Spacing(np.diag([4.0, 4.0])))
    'average'
    >>> chosen("classes", Spacing(np.diag([0.5, 0.5])))
    'nearest'
    """
    coarser = between.coarser > _COARSER
    if resampling == "classes":
        return "mode" if coarser else "nearest"
    if resampling == "continuous":
        return "average" if coarser else "bilinear"
    return resampling


@dataclass(frozen=True)
class _Places:
    """Places on a raster, as `geoprospect.grid.relation.in_cells` gives them."""

    columns: Floats
    rows: Floats
    turns: Floats

    @property
    def known(self) -> Bools:
        """Which of them the raster's CRS reaches."""
        return np.asarray(np.isfinite(self.columns) & np.isfinite(self.rows))


@dataclass(frozen=True)
class _Side:
    """A side of 180°: whole circles that its longitudes are turned by, and its columns."""

    turn: int
    first: float = -np.inf
    last: float = np.inf

    def holds(self, places: _Places) -> Bools:
        """Tell which places are on it."""
        on = places.known & (places.turns == self.turn)
        between = (places.columns >= self.first) & (places.columns < self.last)
        return np.asarray(on & between)


@dataclass(frozen=True)
class Warp:
    """The way from the cells of a raster to those of another grid.

    Tiles are fixed to the grid and always computed whole, so that a cell does not hang on the
    window that it is read in.

    Attributes
    ----------
    source : Grid
        The grid of the raster.
    grid : Grid
        The other.
    resampling : Resampling
        How, as `chosen` gives it.
    between : Spacing
        How the cells of the grid lie among those of the raster.
    """

    source: Grid
    grid: Grid
    resampling: Resampling
    between: Spacing

    @cached_property
    def side(self) -> int:
        """Cells along a tile: fewer where the grid is much coarser than the raster."""
        return 1 << int(np.clip(math.log2(_READ / max(self.between.along)), 0, math.log2(_TILE)))

    def read(self, window: Window, out: Values, read_source: Callable[[Window], Values]) -> None:
        """Read a window of the grid.

        Parameters
        ----------
        window : rasterio.windows.Window
            A window of the grid.
        out : ndarray of float32, shape (rows, columns)
            Receives the values, NaN where there are none.
        read_source : callable
            Reads a window of the raster: float32, NaN where invalid.
        """
        read_in_tiles(
            window,
            out,
            lambda tile: self._tile(tile, read_source),
            side=self.side,
            shape=self.grid.shape,
        )

    def _tile(self, tile: Window, read_source: Callable[[Window], Values]) -> Values:
        """Compute a tile; where it lies across 180°, each side of that by itself."""
        out = np.full((tile.height, tile.width), np.nan, dtype=np.float32)
        steps = np.linspace(0, 1, _STEPS + 1)
        places = self._places(tile, steps * tile.height, steps * tile.width)
        sides = self._sides(places)
        for side in sides:
            on = side.holds(places)
            part = self._around(places.columns[on], places.rows[on], sure=bool(on.all()))
            values = None if part is None else read_source(part)
            if part is None or values is None or np.isnan(values).all():
                continue
            warped = self._resampled(values, part, side.turn, tile)
            if len(sides) == 1:
                return warped
            centres = (np.arange(n) + 0.5 for n in out.shape)
            cells = side.holds(self._places(tile, *centres)).reshape(out.shape)
            np.copyto(out, warped, where=cells)
        return out

    def _places(self, tile: Window, down: Floats, across: Floats) -> _Places:
        """Give where rows and columns of a tile meet, on the raster."""
        rows, columns = np.meshgrid(tile.row_off + down, tile.col_off + across, indexing="ij")
        return _Places(*in_cells(columns.ravel(), rows.ravel(), self.grid, self.source))

    def _sides(self, places: _Places) -> list[_Side]:
        """Give the sides of 180° that places lie on: of the tile's CRS, or of a whole globe."""
        around = circle(self.source.crs) * abs((~self.source.transform).a)  # in columns
        sides: list[_Side] = []
        for turn in np.unique(places.turns[places.known]):
            side = _Side(int(turn))
            columns = places.columns[side.holds(places)]
            if around and np.ptp(columns) > around / 2:
                middle = self.source.shape[1] / 2
                sides += [_Side(int(turn), -np.inf, middle), _Side(int(turn), middle, np.inf)]
            else:
                sides.append(side)
        return sides

    def _around(self, columns: Floats, rows: Floats, *, sure: bool) -> Window | None:
        """Give the window of the raster about places, with what resampling reaches beyond."""
        (height, width), along = self.source.shape, self.between.along
        ends = []
        for places, most, cells in ((columns, width, along[0]), (rows, height, along[1])):
            reach = _REACH.get(self.resampling, 1) * max(1.0, cells) + 2
            # Ways between places are all but straight; where some are lost, a step more is read.
            reach += float(np.ptp(places)) / (4 * _STEPS if sure else _STEPS / 2)
            ends.append((max(0, math.floor(places.min() - reach)), math.ceil(places.max() + reach)))
            ends[-1] = (ends[-1][0], min(most, ends[-1][1]))
        (left, right), (top, bottom) = ends
        if left >= right or top >= bottom:
            return None
        return Window(left, top, right - left, bottom - top)

    def _resampled(self, values: Values, part: Window, turn: int, tile: Window) -> Values:
        """Resample a part of the raster onto a tile."""
        if self.resampling != "average" or self.between.turned <= _UPRIGHT:
            return self._warped(values, part, turn, tile, self.resampling)
        ones = np.where(np.isnan(values), np.float32(np.nan), np.float32(1))
        areas = self._warped(ones, part, turn, tile, "sum")
        with np.errstate(divide="ignore", invalid="ignore"):
            averages = self._warped(values, part, turn, tile, "sum") / areas
        return np.where(areas > 0, averages, np.float32(np.nan))

    def _warped(
        self, values: Values, part: Window, turn: int, tile: Window, algorithm: Resampling
    ) -> Values:
        """Let GDAL resample a part of the raster onto a tile."""
        place = Affine.translation(-turn * circle(self.source.crs), 0) * transform(
            part, self.source.transform
        )
        # The scale is told, for else GDAL takes it from the boxes of each tile and its part.
        scales = [
            1.0 if abs(cells - 1) <= _EQUAL else min(1.0, 1 / cells) for cells in self.between.along
        ]
        height, width = values.shape
        with MemoryFile() as file:
            profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "nodata": math.nan}
            size = {"height": height, "width": width}
            with file.open(transform=place, **size, **profile) as raster:
                raster.write(values, 1)
            with (
                file.open() as raster,
                WarpedVRT(
                    raster,
                    src_crs=self.source.crs,
                    crs=self.grid.crs,
                    transform=transform(tile, self.grid.transform),
                    height=tile.height,
                    width=tile.width,
                    resampling=Algorithm[algorithm],
                    tolerance=TOLERANCE,
                    src_nodata=math.nan,
                    nodata=math.nan,
                    XSCALE=scales[0],
                    YSCALE=scales[1],
                ) as warped,
            ):
                warped_values: Values = warped.read(1)
                return warped_values
