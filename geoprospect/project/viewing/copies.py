"""Small copies, in memory, of large rasters without overviews: to look at all of one at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.io import DatasetReader, MemoryFile

from geoprospect.typing import Floats

_SIDE = 2048  # cells a side of a copy, at most: more than a screen shows
_SMALL = 4_000_000  # cells that are read in no time
_SAMPLED = 64  # blocks that stand for a raster without overviews
_EACH = 256  # cells a side, at most, taken of a block
_NOTHING = float(np.finfo(np.float32).min)


def is_slow(raster: DatasetReader) -> bool:
    """Tell whether a look at all of a raster reads all of its cells, which are many."""
    return raster.width * raster.height > _SMALL and not raster.overviews(1)


@dataclass(frozen=True)
class SmallCopy:
    """A band of a raster, small enough to be looked at whole; kept from the first look on.

    Attributes
    ----------
    path : str
        The raster.
    band : int
        Counted from 1.
    """

    path: str
    band: int
    _making: Any = field(default_factory=Lock, repr=False, compare=False)

    @property
    def file(self) -> MemoryFile:
        """A GeoTIFF of one band on the same ground, of at most 2,048 cells a side.

        Of several cells it has that in their middle.
        """
        with self._making:  # a page asks for all of its tiles at once
            return self._made

    @cached_property
    def _made(self) -> MemoryFile:
        with rasterio.open(self.path, NUM_THREADS="ALL_CPUS") as raster:
            rows, columns = (max(1, round(n / shrinkage(raster))) for n in raster.shape)
            values = raster.read(
                self.band, out_shape=(rows, columns), masked=True, resampling=Resampling.nearest
            )
            scale = rasterio.Affine.scale(raster.width / columns, raster.height / rows)
            profile = {"height": rows, "width": columns, "count": 1, "dtype": "float32",
                       "tiled": True, "nodata": _NOTHING, "crs": raster.crs,
                       "transform": raster.transform * scale}  # fmt: skip
        copy = MemoryFile()
        with copy.open(driver="GTiff", **profile) as small:
            small.write(values.astype(np.float32).filled(_NOTHING), 1)
        return copy


def shrinkage(raster: DatasetReader) -> float:
    """Tell how many cells of a raster a cell of its small copy is wide."""
    return max(1.0, max(int(n) for n in raster.shape) / _SIDE)


def sampled_values(raster: DatasetReader, band: int) -> Floats:
    """Read some blocks of a band, drawn at random, thinned out; cells without a value left out."""
    windows = [window for _, window in raster.block_windows(band)]
    n = min(_SAMPLED, len(windows))
    parts = []
    for number in np.random.default_rng(0).choice(len(windows), n, replace=False):
        window = windows[number]
        shape = tuple(min(_EACH, int(n)) for n in (window.height, window.width))
        values = raster.read(
            band, window=window, out_shape=shape, masked=True, resampling=Resampling.nearest
        )
        parts.append(values.astype(np.float64).compressed())
    return np.concatenate(parts)
