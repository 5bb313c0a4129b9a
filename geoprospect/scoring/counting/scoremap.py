"""A map of scores, read cell by cell or part by part, so that memory does not grow with it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from rasterio.errors import RasterioError
from rasterio.windows import Window

from geoprospect.errors import EvidenceError, ScoreError, without_secrets
from geoprospect.evidence import RasterBand
from geoprospect.evidence.doubts.fills import FillValues, is_mark, shortest
from geoprospect.evidence.rasters.raster import (
    little_cache,
    open_raster,
    read_band,
    unreadable,
    whole_blocks,
)
from geoprospect.grid import Grid, area_units
from geoprospect.scoring.counting.ranks import Cells, Part, cells_of

_LOGGER = logging.getLogger(__name__)
MapFile: TypeAlias = str | PathLike[str] | RasterBand
Scores = npt.NDArray[np.floating[Any]]
_PART_CELLS = 2**20  # read at a time: some 30 MB with what is computed from them
_POINT_CELLS = 2**18  # read at most for the points of one neighbourhood


@dataclass(frozen=True)
class ScoreMap:
    """An open raster with a band of scores, greater is better.

    A cell is valid if no nodata value, mask band or alpha excludes it and its score is finite.
    Scale and offset of the band are applied. Scores come as float32, or as float64 where float32
    would make unequal scores equal.

    Attributes
    ----------
    path : str
        The file.
    dataset : rasterio dataset
        The open file.
    band : int
        The band of the scores, counted from 1.
    nodata : float or None
        A value that means no score, besides what the file declares.

    Examples
    --------
    >>> import tempfile, rasterio
    >>> with tempfile.NamedTemporaryFile(suffix=".tif") as file:
    ...     with rasterio.open(file.name, "w", driver="GTiff", height=1, width=3, count=1,
    ...                        dtype="float32", crs="EPSG:3578",
    ...                        transform=rasterio.Affine(1200, 0, 0, 0, -1200, 0)) as dataset:
    ...         dataset.write(np.array([[[0.5, np.nan, 0.25]]], np.float32))
    ...     with ScoreMap.open(file.name) as scores:
    ...         scores.at([0, 0], [0, 1]).tolist(), [p.tolist() for p in scores.valid_parts()]
    ([0.5, nan], [[0.5, 0.25]])
    """

    path: str
    dataset: Any
    band: int = 1
    nodata: float | None = None

    @classmethod
    @contextmanager
    def open(cls, source: MapFile) -> Iterator[ScoreMap]:
        """Open a map; what goes wrong in reading it, now or later, becomes a ScoreError.

        Parameters
        ----------
        source : path-like or RasterBand
            The raster file; its band 1 is taken, unless another one is named.

        Raises
        ------
        ScoreError
            If the map is missing or damaged, has no place on the ground, or holds complex numbers.
        """
        band = source if isinstance(source, RasterBand) else RasterBand("", fspath(source))
        try:
            with little_cache(), open_raster(band.path) as dataset:
                kind = (
                    dataset.dtypes[band.band - 1] if band.band <= dataset.count else "no such band"
                )
                if kind[0] not in "fiu":
                    raise ScoreError("the map holds no scores", path=band.path, found=kind)
                yield cls(band.path, dataset, band.band, band.nodata)
        except EvidenceError as error:
            raise ScoreError(str(error)) from error

    @property
    def grid(self) -> Grid:
        """The grid of the map."""
        return Grid.of(self.dataset)

    def at(self, rows: npt.ArrayLike, columns: npt.ArrayLike) -> Scores:
        """Read the scores of single cells, block by block.

        Parameters
        ----------
        rows, columns : array_like of int, shape (n,)
            The cells.

        Returns
        -------
        ndarray of float32 or float64, shape (n,)
            The scores, NaN where the cell is not valid.

        Raises
        ------
        ScoreError
            If a cell lies outside the map.
        """
        rows, columns = np.asarray(rows, np.int64), np.asarray(columns, np.int64)
        n_rows, n_columns = self.dataset.shape
        outside = (rows < 0) | (rows >= n_rows) | (columns < 0) | (columns >= n_columns)
        if outside.any():
            raise ScoreError(
                "cells lie outside the map", path=self.path, found=f"{outside.sum()} of {rows.size}"
            )
        height, width = self._window_size(_POINT_CELLS)
        group = (rows // height) * (n_columns // width + 1) + columns // width
        order = np.argsort(group, kind="stable")
        scores: Scores = np.full(rows.shape, np.nan, np.float32 if self._exact else np.float64)
        for here in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
            if here.size:
                top, left = int(rows[here].min()), int(columns[here].min())
                bottom, right = int(rows[here].max()), int(columns[here].max())
                values = self._read(Window(left, top, right - left + 1, bottom - top + 1))
                scores[here] = values[rows[here] - top, columns[here] - left]
        return scores

    def valid_parts(self, window: tuple[int, int] | None = None) -> Iterator[Scores]:
        """Yield the scores of the valid cells, window by window.

        Parameters
        ----------
        window : (int, int), optional
            As for `parts`.

        Yields
        ------
        ndarray of float32 or float64, shape (n_valid,)
        """
        for part in self.parts(window):
            yield cells_of(part).scores

    def parts(self, window: tuple[int, int] | None = None) -> Iterator[Part]:
        """Yield the valid cells with their areas on the ground, window by window.

        Parameters
        ----------
        window : (int, int), optional
            Rows and columns of a window; whole blocks of about a million cells if not given.

        Yields
        ------
        ndarray or Cells
            Scores; with areas where these differ, as they do in a geographic CRS.
        """
        for part in self.grid.windows(window or self._window_size(_PART_CELLS)):
            scores = self._read(part)
            valid, units = np.isfinite(scores), area_units(self.grid, part)
            if units is None:
                yield scores[valid]
            else:
                yield Cells(scores[valid], np.broadcast_to(units, scores.shape)[valid])

    def picture(self, longest: int) -> Scores:
        """Read the map thinned out to a picture.

        Parameters
        ----------
        longest : int
            Rows or columns at most; a smaller map is read as it is.

        Returns
        -------
        ndarray of float32 or float64, shape (rows, columns)
            Scores, NaN where the cell is not valid.
        """
        shrink = max(1.0, max(self.dataset.shape) / longest)
        shape = tuple(max(1, round(n / shrink)) for n in self.dataset.shape)
        try:
            values = self.dataset.read(self.band, out_shape=shape, masked=True)
        except RasterioError as error:
            raise unreadable(error, path=self.path, layer=None) from error
        if not self._exact:
            return self._scaled(np.where(np.ma.getmaskarray(values), np.nan, values.data))
        scores: Scores = values.data.astype(np.float32, copy=False)
        scores[np.ma.getmaskarray(values) | ~np.isfinite(scores)] = np.nan
        return scores

    def _read(self, window: Window) -> Scores:
        """Read scores, NaN where not valid."""
        scores: Scores = read_band(self.dataset, self.band, window, nodata=self.nodata)
        if not self._exact:
            values = self._scaled(self.dataset.read(self.band, window=window))
            scores = np.where(np.isnan(scores), np.nan, values)
        return scores

    @property
    def _exact(self) -> bool:
        """Whether float32 holds every score as it is stored."""
        return self._scale == (1.0, 0.0) and np.can_cast(
            self.dataset.dtypes[self.band - 1], np.float32
        )

    @property
    def _scale(self) -> tuple[float, float]:
        """Scale and offset of the band."""
        return self.dataset.scales[self.band - 1], self.dataset.offsets[self.band - 1]

    def _scaled(self, values: npt.NDArray[Any]) -> Scores:
        """Apply scale and offset; infinity is not valid."""
        scale, offset = self._scale
        scaled: Scores = values.astype(np.float64) * scale + offset
        scaled[np.isinf(scaled)] = np.nan
        return scaled

    def warn_of_fills(self, least: float, greatest: float) -> None:
        """Warn where the least or the greatest score looks like a fill value."""
        if not (is_mark(least) or is_mark(greatest)):
            return
        fills = FillValues()
        for part in self.valid_parts():
            fills = fills.with_values(part.astype(np.float32, copy=False))
        for value, n in fills.found().items():
            number = shortest(value)
            _LOGGER.warning(
                f"{without_secrets(self.path)}: {number} in {n} cell{'s' if n > 1 else ''} looks "
                "like a fill value that the map does not declare; these cells are taken for scored "
                f"ones. To mend it: pass --nodata {number}"
            )

    def _window_size(self, cells: int) -> tuple[int, int]:
        return whole_blocks(self.dataset.shape, [self.dataset.block_shapes[self.band - 1]], cells)
