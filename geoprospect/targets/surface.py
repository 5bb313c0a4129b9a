"""The surface that targets are cut from: scores, smoothed if asked, with what lies beside them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from rasterio.windows import Window

from geoprospect.evidence import EvidenceStack, RasterBand
from geoprospect.evidence.rasters.raster import little_cache, open_raster
from geoprospect.grid import Grid, area_units
from geoprospect.grid.areas import square_metres
from geoprospect.typing import Bools, Ints, StageProgress, StrPath, Values

Layers: TypeAlias = dict[str, "RasterBand | StrPath"]

SCORE, PROBABILITY, UNCERTAINTY, INSIDE = "score", "probability", "uncertainty", "inside"
_CALIBRATED = "GEOPROSPECT_CALIBRATION"  # a tag of calibrated maps
_REACH = 4.0  # scales that a Gaussian mean is taken over


@dataclass(frozen=True)
class Part:
    """What a window holds.

    Attributes
    ----------
    window : rasterio.windows.Window
        Where it lies.
    score : ndarray of float32, shape (rows, columns)
        The score of the map, NaN where it has none.
    height : ndarray of float32, shape (rows, columns)
        What is held against the threshold: the score, or its smoothed mean.
    units : ndarray of int64, shape (rows, columns)
        The ground that each cell takes, in units of `Surface.unit_area`.
    beside : dict of str to ndarray of float32
        Probability, uncertainty and applicability where they are known, NaN where not.
    """

    window: Window
    score: Values
    height: Values
    units: Ints
    beside: dict[str, Values]

    @cached_property
    def valid(self) -> Bools:
        """Where there is a score."""
        return np.asarray(np.isfinite(self.score))

    def taken(self, threshold: float) -> Bools:
        """Tell the cells that reach a threshold."""
        return np.asarray(self.valid & (self.height >= np.float32(threshold)))


@dataclass(frozen=True)
class Surface:
    """The open map, read in windows.

    Attributes
    ----------
    stack : EvidenceStack
        The map as `score`, and beside it what else is known on its grid.
    path : str
        The map's file, for messages.
    smooth : float
        Scale of the Gaussian mean, in cells; 0 for none.
    progress : callable, optional
        Called with the cells done and the cells in all, of one reading.
    size : tuple of int, optional
        Rows and columns of a window; whole blocks of about a million cells if not given.
    """

    stack: EvidenceStack
    path: str
    smooth: float = 0.0
    progress: StageProgress | None = None
    size: tuple[int, int] | None = None

    @classmethod
    @contextmanager
    def open(
        cls,
        layers: Layers,
        *,
        smooth: float = 0.0,
        progress: StageProgress | None = None,
        size: tuple[int, int] | None = None,
    ) -> Iterator[Surface]:
        """Open the map and what lies beside it.

        Parameters
        ----------
        layers : dict of str to path-like or RasterBand
            The map as `score`; perhaps `probability`, `uncertainty` and `inside`.
        smooth, progress, size
            As above.

        Raises
        ------
        EvidenceError
            If one cannot be read, or lies on another grid.
        """
        bands = {
            name: RasterBand(name, str(band)) if not isinstance(band, RasterBand) else band
            for name, band in layers.items()
        }
        with little_cache(), EvidenceStack.open(tuple(bands.values())) as stack:
            yield cls(stack, bands[SCORE].path, smooth, progress, size)

    @property
    def grid(self) -> Grid:
        """The grid of the map."""
        return self.stack.grid

    @property
    def unit_area(self) -> float:
        """The ground that a unit stands for, in km²."""
        return square_metres(self.grid) * 1e-6

    @property
    def calibrated(self) -> bool:
        """Whether probabilities are known."""
        return PROBABILITY in self.stack.names

    def windows(self) -> list[Window]:
        """Give the windows, row by row."""
        return list(self.stack.windows(self.size))

    def parts(self) -> Iterator[Part]:
        """Read the map once, telling progress."""
        done = 0
        for window in self.windows():
            yield self.read(window)
            done += window.width * window.height
            if self.progress is not None:
                self.progress(done, self.grid.n_cells)

    def read(self, window: Window) -> Part:
        """Read a window."""
        halo = round(_REACH * self.smooth)
        around, inner = self.grid.around(window, halo)
        values = dict(zip(self.stack.names, self.stack.read(around).values, strict=True))
        height = values[SCORE] if not self.smooth else smoothed(values[SCORE], self.smooth)
        units = area_units(self.grid, window)
        shape = (int(window.height), int(window.width))
        return Part(
            window,
            values[SCORE][inner],
            height[inner],
            np.broadcast_to(np.ones(1, np.int64) if units is None else units, shape),
            {name: layer[inner] for name, layer in values.items() if name != SCORE},
        )


def smoothed(score: Values, scale: float) -> Values:
    """Give the Gaussian mean of the valid cells about each cell, NaN where it has no score.

    Parameters
    ----------
    score : ndarray of float32, shape (rows, columns)
        Scores, NaN where there is none.
    scale : float
        Standard deviation of the weights, in cells; they reach four times as far.

    Examples
    --------
    >>> smoothed(np.array([[1, 0, np.nan, 1]], np.float32), 0.5).astype(float).round(3).tolist()
    [[0.881, 0.119, nan, 1.0]]
    """
    from scipy import ndimage  # noqa: PLC0415 - slow to import

    valid = np.isfinite(score)
    reach = {"sigma": scale, "mode": "constant", "radius": round(_REACH * scale)}
    weight = ndimage.gaussian_filter(valid.astype(np.float64), **reach)
    total = ndimage.gaussian_filter(np.where(valid, score, 0.0).astype(np.float64), **reach)
    mean = np.full(score.shape, np.nan, np.float32)
    mean[valid] = total[valid] / weight[valid]
    return mean


def layers_of_map(path: StrPath, *, probabilities: bool = False) -> Layers:
    """Give the layers of a map alone.

    Parameters
    ----------
    path : path-like
        The raster; its first band is taken.
    probabilities : bool
        Whether it holds probabilities of a deposit in a cell. The calibrated maps that geoprospect
        makes say so themselves.

    Raises
    ------
    EvidenceError
        If it cannot be read.
    """
    with open_raster(path) as raster:
        told = raster.tags().get(_CALIBRATED) is not None
    return {SCORE: path, PROBABILITY: path} if probabilities or told else {SCORE: path}
