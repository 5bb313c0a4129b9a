"""Derivatives of potential fields: gradient, vertical derivative, tilt and analytic signal."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from rasterio.windows import Window

from geoprospect.errors import EvidenceError
from geoprospect.evidence.column import path_of
from geoprospect.evidence.computed.combined import Combined
from geoprospect.evidence.computed.computedcolumn import OpenComputed
from geoprospect.evidence.tiles import read_in_tiles
from geoprospect.grid import Grid
from geoprospect.grid.crs import metres_per_unit
from geoprospect.typing import Floats, Values

_REACH = 96  # cells about a cell that its vertical derivative is told by
_TILE = 256  # rows and columns that are computed together, wherever a window lies
_KEPT = 8  # tiles of an open column
Form = Literal["horizontal-gradient", "vertical-derivative", "tilt", "analytic-signal"]


@dataclass(frozen=True)
class Derivative(Combined):
    """A derivative of a field such as the magnetic or the gravity anomaly, per metre.

    With f the field, x and y along the grid and z up:

    - *horizontal-gradient*: the square root of (∂f/∂x)² + (∂f/∂y)², by central differences.
    - *vertical-derivative*: -∂f/∂z, positive over a source, from the field at the cells within
      96 of each, by the operator |k| of the wavenumber domain, which ends softly there. So it
      is the same whatever the window; of a point mass as deep as 6 cells it is off
      by less than two thousandths of the greatest.
    - *tilt*: the angle of the two, from -π/2 to π/2 (Miller & Singh 1994).
    - *analytic-signal*: the square root of the sum of their squares (Roest et al. 1992).

    Gaps get no value; for the cells beside them, and at the edges of the grid, the field goes on as
    at the nearest cell.

    Examples
    --------
    >>> from geoprospect.evidence import RasterBand
    >>> Tilt("tilt", (RasterBand("magnetics", "rtp.tif"),)).form
    'tilt'
    """

    form: ClassVar[Form]

    @property
    def _least(self) -> int:
        return 1

    @property
    def _most(self) -> int:
        return 1

    @property
    def halo(self) -> int:
        """Cells about a window that are read with it."""
        return super().halo + self.reach

    @property
    def reach(self) -> int:
        """Cells about a cell that its value hangs on."""
        return 1 if self.form == "horizontal-gradient" else _REACH

    @property
    def settings(self) -> Mapping[str, Any]:
        """The form."""
        return {"form": self.form}

    def open(self, grid: Grid | None = None) -> OpenDerivative:
        """Open the layer.

        Raises
        ------
        EvidenceError
            If the grid counts in degrees.
        """
        opened = OpenDerivative.open(self, grid, reach=self.reach)
        if opened.grid.crs.is_geographic:
            opened.close()
            raise EvidenceError(
                "a derivative cannot be told on a grid in degrees",
                path=path_of(self.of[0]),
                layer=self.name,
                mend='name a grid in metres, as in [grid] crs = "EPSG:…", cell = 500.0',
            )
        return opened

    def compute(self, values: Values, inner: tuple[slice, slice], out: Values) -> None:
        """Leave it to `OpenDerivative`, which knows the size of the cells."""
        raise NotImplementedError


class HorizontalGradient(Derivative):
    """The size of the horizontal gradient."""

    form = "horizontal-gradient"


class VerticalDerivative(Derivative):
    """The first vertical derivative."""

    form = "vertical-derivative"


class Tilt(Derivative):
    """The tilt angle, in radians."""

    form = "tilt"


class AnalyticSignal(Derivative):
    """The amplitude of the analytic signal."""

    form = "analytic-signal"


@dataclass(frozen=True)
class OpenDerivative(OpenComputed):
    """A derivative with its field, open; it is computed in tiles of the grid."""

    _tiles: OrderedDict[tuple[int, int], Values] = field(default_factory=OrderedDict, repr=False)

    @property
    def block_shape(self) -> tuple[int, int]:
        """Rows and columns of a tile."""
        return _TILE, _TILE

    def read(self, window: Window, out: Values) -> None:
        """Read a window, from the tiles that it touches."""
        read_in_tiles(window, out[0], self._kept, side=_TILE, shape=self.grid.shape)

    def _kept(self, tile: Window) -> Values:
        """Give a tile, computed or kept."""
        key = (tile.row_off, tile.col_off)
        if key not in self._tiles:
            self._tiles[key] = self._computed(tile).astype(np.float32)
            if len(self._tiles) > _KEPT:
                self._tiles.popitem(last=False)
        return self._tiles[key]

    def _computed(self, tile: Window) -> Floats:
        """Compute a tile."""
        around, (rows, columns) = self.grid.around(tile, self.reach)
        values = np.empty((1, around.height, around.width), dtype=np.float32)
        self.sources[0].read(around, values)
        # Beyond the edges of the grid there is nothing, as in a gap.
        lacking = [
            (self.reach - part.start, self.reach - (length - part.stop))
            for part, length in ((rows, around.height), (columns, around.width))
        ]
        cells = np.pad(values[0].astype(np.float64), lacking, constant_values=np.nan)
        derivative = self._of(cells)
        here = slice(self.reach, -self.reach)
        return np.where(np.isfinite(cells[here, here]), derivative, np.nan)

    def _of(self, cells: Floats) -> Floats:
        """Give the derivative of a tile with the cells about it, without these."""
        form: Form = self.column.form  # type: ignore[attr-defined]  # opened by `Derivative` alone
        here, (across, down) = slice(self.reach, -self.reach), self._steps
        edge = (
            slice(self.reach - 1, cells.shape[0] - self.reach + 1),
            slice(self.reach - 1, cells.shape[1] - self.reach + 1),
        )
        near = cells[edge]
        horizontal: Floats = np.hypot(
            _slope(near[1:-1], axis=1) / across, _slope(near[:, 1:-1], axis=0) / down
        )
        if form == "horizontal-gradient":
            return horizontal
        if not np.isfinite(cells).any():
            return np.full(horizontal.shape, np.nan)
        gaps = ~np.isfinite(cells)
        if gaps.any():
            from scipy.ndimage import distance_transform_edt  # noqa: PLC0415 - slow to import

            nearest = distance_transform_edt(gaps, return_distances=False, return_indices=True)
            cells = cells[tuple(nearest)]
        from scipy.signal import fftconvolve  # noqa: PLC0415 - a second to import

        # The operator sums to zero: without its level, a field loses no digits.
        level = cells[here, here].mean()
        vertical: Floats = fftconvolve(cells - level, self._operator, mode="valid")
        match form:
            case "vertical-derivative":
                return vertical
            case "tilt":
                return np.asarray(np.arctan2(vertical, horizontal))
            case _:
                return np.asarray(np.hypot(vertical, horizontal))

    @property
    def _steps(self) -> tuple[float, float]:
        """Width and height of a cell, in metres."""
        transform, unit = self.grid.transform, metres_per_unit(self.grid.crs)
        return (
            float(np.hypot(transform.a, transform.d)) * unit,
            float(np.hypot(transform.b, transform.e)) * unit,
        )

    @cached_property
    def _operator(self) -> Floats:
        """The weights of the cells about one, shape (2 reach + 1, 2 reach + 1)."""
        (across, down), n = self._steps, 4 * self.reach
        wavenumbers = (
            2 * np.pi * np.hypot(np.fft.fftfreq(n, down)[:, None], np.fft.fftfreq(n, across))
        )
        whole = np.fft.fftshift(np.fft.ifft2(wavenumbers).real)
        middle = slice(n // 2 - self.reach, n // 2 + self.reach + 1)
        steps = np.arange(-self.reach, self.reach + 1)
        far = np.minimum(np.hypot(steps[:, None], steps) / self.reach, 1)
        # It ends softly; what is lost so is spread wide, so that a level has no derivative and
        # short waves keep theirs.
        weights = whole[middle, middle] * np.cos(np.pi * np.maximum(far - 0.5, 0)) ** 2
        spread = (1 - far**2) ** 2
        return np.asarray(weights - weights.sum() * spread / spread.sum())


def _slope(cells: Floats, *, axis: int) -> Floats:
    """Give the mean of the steps to the next cell and from the one before, of those there are."""
    steps = np.diff(cells, axis=axis)
    before, after = np.delete(steps, -1, axis=axis), np.delete(steps, 0, axis=axis)
    both = np.where(np.isfinite(before), before, after) + np.where(
        np.isfinite(after), after, before
    )
    return np.asarray(both / 2)
