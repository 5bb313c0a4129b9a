"""Bands of rasters, open, that lie on the grid of a stack rather than on their own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from rasterio.windows import Window

from geoprospect.errors import EvidenceError
from geoprospect.evidence.column import OpenColumn
from geoprospect.evidence.rasters.warping import TOLERANCE, Resampling, Warp, chosen
from geoprospect.grid import Grid, describe_crs, describe_grid
from geoprospect.grid.relation import SameCells, same_cells, same_plane, spacing
from geoprospect.typing import Values

_FINEST = 4096  # cells of a layer along one of the grid, beyond which they fill the memory


class OpenBand(OpenColumn, Protocol):
    """An open band on its own grid."""

    def cells(self, window: Window) -> Values:
        """Read a window, shape (rows, columns), NaN where invalid."""
        ...


def aligned(
    band: OpenBand, grid: Grid, resampling: Resampling, *, path: str, layer: str
) -> OpenColumn:
    """Give a band as it lies on a grid.

    Parameters
    ----------
    band : OpenBand
        The band on its own grid.
    grid : Grid
        The grid.
    resampling : Resampling
        How its cells become those of the grid, where they are not the same.
    path, layer : str
        Its file and name, for messages.

    Raises
    ------
    EvidenceError
        If no ground of the grid is among that of the band, or its cells are too fine.
    """
    if grid.difference(band.grid) is None:
        return band
    source = band.grid
    if same_plane(grid, source):
        source = Grid(grid.crs, source.transform, source.shape)  # whatever its name
        if parts := same_cells(grid, source):
            return OpenPart(band, source, grid, tuple(parts))
    between = spacing(grid, source)
    if between is None:
        raise EvidenceError(
            "the layer shares no ground with the grid",
            path=path,
            layer=layer,
            found="{} x {} cells in {} from {:g}, {:g}".format(
                *source.shape, describe_crs(source.crs), source.transform.c, source.transform.f
            ),
            expected="some of {} x {} cells in {} from {:g}, {:g}".format(
                *grid.shape, describe_crs(grid.crs), grid.transform.c, grid.transform.f
            ),
            mend='leave the layer out; or, if its CRS is wrong, state it: crs = "EPSG:…"',
        )
    if max(between.along) > _FINEST:
        raise EvidenceError(
            "the cells of the layer are too fine for the grid",
            path=path,
            layer=layer,
            found=f"{max(between.along):.0f} of them along a cell of the grid",
            expected=f"at most {_FINEST}",
            mend="average it onto larger cells first (rio warp --resampling average), or give "
            "the grid smaller ones",
        )
    return OpenWarped(band, Warp(source, grid, chosen(resampling, between), between))


@dataclass(frozen=True)
class OpenPart:
    """A band whose cells are those of the grid, but for its extent: they are read as they are.

    Attributes
    ----------
    band : OpenBand
        The band.
    source : Grid
        Its grid, in the CRS of the other.
    grid : Grid
        The grid that it lies on.
    parts : tuple of SameCells
        Where the cells of the grid are in the band.
    """

    band: OpenBand
    source: Grid
    grid: Grid
    parts: tuple[SameCells, ...]

    @property
    def block_shape(self) -> tuple[int, int]:
        """Rows and columns of a block of the band."""
        return self.band.block_shape

    def read(self, window: Window, out: Values) -> None:
        """Read a window; beyond the band there is no value."""
        out[:] = np.nan
        for part in self.parts:
            rows, in_rows = _run(
                window.row_off, window.height, part.row, part.down, self.source.shape[0]
            )
            columns, in_columns = _run(
                window.col_off, window.width, part.column, part.across, self.source.shape[1]
            )
            if len(rows) and len(columns):
                there = Window(min(columns), min(rows), len(columns), len(rows))
                values = self.band.cells(there)[:: part.down, :: part.across]
                out[0, in_rows, in_columns] = values

    def fingerprint(self) -> str:
        """Give the SHA-256 of the band's fingerprint and of the grid."""
        return _digest(self.band, self.grid)

    def checksum(self) -> str:
        """Give the checksum of the band."""
        return self.band.checksum()

    def close(self) -> None:
        """Close the band."""
        self.band.close()


@dataclass(frozen=True)
class OpenWarped:
    """A band resampled onto the grid.

    Attributes
    ----------
    band : OpenBand
        The band.
    warp : Warp
        The way from its cells to those of the grid.
    """

    band: OpenBand
    warp: Warp

    @property
    def grid(self) -> Grid:
        """The grid that it lies on."""
        return self.warp.grid

    @property
    def block_shape(self) -> tuple[int, int]:
        """Rows and columns of a tile."""
        return self.warp.side, self.warp.side

    def read(self, window: Window, out: Values) -> None:
        """Resample a window."""
        self.warp.read(window, out[0], self.band.cells)

    def fingerprint(self) -> str:
        """Give the SHA-256 of the band's fingerprint, of the grid and of the resampling."""
        return _digest(self.band, self.grid, self.warp.resampling, TOLERANCE)

    def checksum(self) -> str:
        """Give the checksum of the band."""
        return self.band.checksum()

    def close(self) -> None:
        """Close the band."""
        self.band.close()


def _digest(band: OpenBand, grid: Grid, *settings: object) -> str:
    content = [band.fingerprint(), describe_grid(grid), *settings]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _run(start: int, length: int, first: int, step: int, most: int) -> tuple[list[int], slice]:
    """Give which of the other's cells some of a grid's are, and the place of these among them."""
    there = first + step * np.arange(start, start + length)
    on = np.flatnonzero((there >= 0) & (there < most))
    if not on.size:
        return [], slice(0, 0)
    return there[on].tolist(), slice(int(on[0]), int(on[-1]) + 1)
