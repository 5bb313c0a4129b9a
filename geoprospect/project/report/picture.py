"""Rasters of a run as a page shows them: no larger than a screen, and written compactly."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from affine import Affine
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.windows import Window

from geoprospect.errors import EvidenceError
from geoprospect.grid import Grid, area_units
from geoprospect.typing import Floats

_WHOLE = 25_000_000  # cells, up to which the middle one is read, not an overview's
_LEVEL = 4  # of deflation: half the time of 6, and a hundredth larger
_STEPS = 2**16 - 1  # that a number may take; 0 is no value
_ROOM = 1.05  # how much more than its share a part of the area may take
_SHARES = (0.001, 0.002, 0.005, *np.arange(1, 101) / 100)


@dataclass(frozen=True)
class Picture:
    """The pixels that a page shows of a map, north up where the grid is not rotated.

    Attributes
    ----------
    grid : Grid
        The grid of the map.
    shape : tuple of int
        Rows and columns of the pixels.
    flipped : tuple of bool
        Whether rows, and columns, of the grid run the other way.

    Examples
    --------
    >>> from rasterio.crs import CRS
    >>> grid = Grid(CRS.from_epsg(3578), Affine(1200, 0, 0, 0, -1200, 0), (3000, 1500))
    >>> picture = Picture.of(grid, 1000)
    >>> picture.shape, picture.cells_a_side, picture.transform.a
    ((1000, 500), (3.0, 3.0), 3600.0)
    """

    grid: Grid
    shape: tuple[int, int]
    flipped: tuple[bool, bool]

    @classmethod
    def of(cls, grid: Grid, longest: int) -> Picture:
        """Give the picture of a grid, of a pixel a cell or at most so many pixels a side."""
        shrink = max(1.0, max(grid.shape) / longest)
        rows, columns = (max(1, round(n / shrink)) for n in grid.shape)
        upright = grid.transform.b == 0 == grid.transform.d
        flips = (upright and grid.transform.e > 0, upright and grid.transform.a < 0)
        return cls(grid, (rows, columns), flips)

    @property
    def exact(self) -> bool:
        """Whether each pixel is a cell."""
        return self.shape == self.grid.shape

    @property
    def cells_a_side(self) -> tuple[float, float]:
        """How many cells a pixel is high and wide."""
        return self.grid.shape[0] / self.shape[0], self.grid.shape[1] / self.shape[1]

    @cached_property
    def transform(self) -> Affine:
        """From column and row of the pixels to easting and northing."""
        down, across = self.cells_a_side
        affine = self.grid.transform * Affine.scale(across, down)
        rows, columns = self.shape
        if self.flipped[0]:
            affine = affine * Affine.translation(0, rows) * Affine.scale(1, -1)
        if self.flipped[1]:
            affine = affine * Affine.translation(columns, 0) * Affine.scale(-1, 1)
        return affine

    @cached_property
    def _back(self) -> Affine:
        inverse: Affine = ~self.transform
        return inverse

    def read(self, path: Path, bands: Sequence[int]) -> npt.NDArray[np.float32]:
        """Read bands of a raster on the grid.

        Parameters
        ----------
        path : Path
            The raster.
        bands : sequence of int
            The bands, counted from 1.

        Returns
        -------
        ndarray of float32, shape (n_bands, rows, columns)
            NaN where a cell has no value. Of several cells a pixel has the one in its middle; of a
            very large raster, that of the file's overview.

        Raises
        ------
        EvidenceError
            If the raster cannot be read.
        """
        options = {"OVERVIEW_LEVEL": "NONE"} if self.grid.n_cells <= _WHOLE else {}
        try:
            with rasterio.open(path, **options) as raster:
                values = raster.read(
                    list(bands),
                    out_shape=(len(bands), *self.shape),
                    masked=True,
                    resampling=Resampling.nearest,
                )
        except RasterioError as error:
            raise EvidenceError(
                "the raster cannot be read", path=path, found=str(error), mend="make it again"
            ) from error
        pixels = values.astype(np.float32).filled(np.nan)
        rows, columns = (slice(None, None, -1 if flip else 1) for flip in self.flipped)
        upright: npt.NDArray[np.float32] = pixels[:, rows, columns]
        return upright

    def places(self, easting: Floats, northing: Floats) -> tuple[Floats, Floats]:
        """Give columns and rows of points, fractions counted, from the upper left corner."""
        back = self._back
        x, y = np.asarray(easting) - self.transform.c, np.asarray(northing) - self.transform.f
        return back.a * x + back.b * y, back.d * x + back.e * y

    def area_steps(self, scores: npt.NDArray[np.float32]) -> list[tuple[float, float]]:
        """Give how much of the area, best cells first, reaches which score.

        Returns
        -------
        list of (float, float)
            Fraction of the area of the valid pixels, and the least score of that part. Pixels of
            one score that take more than the fraction has room for are none of that part.
        """
        valid = np.isfinite(scores)
        here = Grid(self.grid.crs, self.transform, self.shape)
        units = area_units(here, Window(0, 0, self.shape[1], self.shape[0]))
        if units is None:  # a sort alone takes a tenth of the time that an order takes
            ordered = np.sort(scores[valid])[::-1]
            reached = np.arange(1, ordered.size + 1) / ordered.size
        else:
            areas = np.broadcast_to(units, scores.shape)[valid]
            order = np.argsort(-scores[valid], kind="stable")
            ordered, reached = scores[valid][order], np.cumsum(areas[order]) / areas.sum()
        shares = np.array(_SHARES)
        at = np.minimum(np.searchsorted(reached, shares - 1e-12), ordered.size - 1)
        least = ordered[at].astype(np.float64)
        first, last = (np.searchsorted(-ordered, -ordered[at], side) for side in ("left", "right"))
        pixel = reached[at] - np.where(at > 0, reached[at - 1], 0)
        higher = np.where(first > 0, ordered[first - 1], least + 1)
        crowded = reached[last - 1] > shares * _ROOM + pixel
        least = np.where(crowded, (least + higher) / 2, least)  # a page knows scores in steps
        return [(float(share), float(score)) for share, score in zip(_SHARES, least, strict=True)]


def packed_numbers(values: npt.NDArray[np.floating[Any]]) -> dict[str, Any]:
    """Write numbers compactly: in 65,535 steps over their range, row by row as differences.

    Parameters
    ----------
    values : ndarray of float, shape (rows, columns)
        NaN where there is none.

    Returns
    -------
    dict
        `low` and `high`, the values of steps 1 and 65,535; `data`, base64 of the deflated lower
        and then upper bytes of the differences, modulo 65,536, of each step from that on its
        left. Step 0 is no value.

    Examples
    --------
    >>> packed = packed_numbers(np.array([[0.0, 1.0, np.nan]]))
    >>> zlib.decompress(base64.b64decode(packed["data"])).hex()
    '01fe0100ff00'
    """
    valid = np.isfinite(values)
    low, high = (
        (float(x) for x in (values[valid].min(), values[valid].max()))
        if valid.any()
        else (
            0.0,
            1.0,
        )
    )
    span = (high - low) or 1.0
    steps = np.zeros(values.shape, np.uint16)
    steps[valid] = np.rint((values[valid].astype(np.float64) - low) / span * (_STEPS - 1)) + 1
    differences = np.diff(steps, axis=1, prepend=np.uint16(0))
    raw = (differences & 0xFF).astype(np.uint8).tobytes() + (differences >> 8).astype(
        np.uint8
    ).tobytes()
    return {"low": low, "high": low + span, "data": _deflated(raw)}


def packed_classes(values: npt.NDArray[np.floating[Any]]) -> dict[str, Any]:
    """Write numbers of classes, from 1 to 255, as bytes; 0 is none."""
    numbers = np.nan_to_num(values, nan=0.0)
    return {"data": _deflated(np.clip(np.rint(numbers), 0, 255).astype(np.uint8).tobytes())}


def _deflated(raw: bytes) -> str:
    return base64.b64encode(zlib.compress(raw, _LEVEL)).decode()
