"""Tiles of a raster's band as PNG, and its value at a place; read from the file where one looks."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from matplotlib.colors import to_rgba
from matplotlib.image import imsave

from geoprospect.errors import OutputError
from geoprospect.project.viewing.copies import shrinkage
from geoprospect.project.viewing.layers import ViewLayer
from geoprospect.qgis.style import VIRIDIS

_LIBRARY = "rio_tiler"
_STEPS = 256
_ADVISING = Lock()


def check_tile_library() -> None:
    """Refuse to go on without rio-tiler; to load it takes longer.

    Raises
    ------
    OutputError
        If it is not installed.
    """
    if find_spec(_LIBRARY) is None:
        raise OutputError(
            "a library that cuts rasters into tiles is not installed",
            expected="rio-tiler",
            mend='pip install "geoprospect[view]"',
        )


def tile_library() -> Any:
    """Import rio-tiler's reader of rasters."""
    library = import_module(f"{_LIBRARY}.io").Reader
    advice = import_module(f"{_LIBRARY}.errors").NoOverviewWarning  # such have small copies here
    with _ADVISING:  # added once: to add it again would take it away for a moment
        if not any(told[2] is advice for told in warnings.filters):
            warnings.filterwarnings("ignore", category=advice)
    return library


def tile(layer: ViewLayer, z: int, x: int, y: int) -> bytes:
    """Draw a tile of the web's Mercator grid, 256 pixels a side.

    Parameters
    ----------
    layer : ViewLayer
        The band.
    z, x, y : int
        Zoom, column and row of the tile, counted from the north west.

    Returns
    -------
    bytes
        A PNG, each pixel that of the cell it lies in, transparent where there is no value.
    """
    image = _image(layer, z, x, y)
    if image is None:  # a browser should see nothing there, not an error
        return _png(np.zeros((1, 1, 4), np.uint8))
    image.array.fill_value = 0  # NaN, and what floats alone can hold, are no numbers of colours
    if layer.breaks:
        colours: Any = _classes(layer)
    else:
        image.rescale((layer.limits,))
        colours = dict(enumerate(_ramp()))
    drawn = image.apply_colormap(colours)
    # Not `render`: it silences a warning for the whole process, which threads may not do at once.
    return _png(np.dstack([*drawn.array.data, drawn.alpha_mask]))


def _image(layer: ViewLayer, z: int, x: int, y: int) -> Any:
    """Read a tile, of the small copy where that shows as much; None where no cell reaches it."""
    library = tile_library()
    outside = import_module(f"{_LIBRARY}.errors").TileOutsideBounds
    try:
        with library(layer.path) as raster:
            if layer.copy is None or z > raster.maxzoom - math.log2(shrinkage(raster.dataset)):
                return raster.tile(x, y, z, indexes=layer.band, resampling_method="nearest")
        with library(layer.copy.file.name) as raster:
            return raster.tile(x, y, z, indexes=1, resampling_method="nearest")
    except outside:
        return None


def value(path: str, band: int, longitude: float, latitude: float) -> float | None:
    """Give the value of a band's cell at a place; None where there is none."""
    outside = import_module(f"{_LIBRARY}.errors").PointOutsideBounds
    try:
        with tile_library()(path) as raster:
            told = raster.point(longitude, latitude, indexes=band).array[0]
    except (outside, rasterio.errors.RasterioError):
        return None
    number = math.nan if told is None or getattr(told, "mask", False) else float(told)
    return number if math.isfinite(number) else None


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Write pixels of red, green, blue and opacity, (height, width, 4)."""
    stream = io.BytesIO()
    imsave(stream, pixels, format="png", pil_kwargs={"compress_level": 1})  # the way is short
    return stream.getvalue()


def _classes(layer: ViewLayer) -> Sequence[tuple[tuple[float, float], tuple[int, ...]]]:
    """Give the colours of intervals of values, from each class to the next better one."""
    intervals, top = [], math.inf
    for least, colour, _ in layer.breaks:
        intervals.append(((least, top), _bytes_of(colour)))
        top = least
    return intervals


def _ramp() -> list[tuple[int, ...]]:
    """Give the colours of 256 even steps."""
    stops = [_bytes_of(colour) for colour in VIRIDIS]
    ramp = []
    for step in range(_STEPS):
        place = step / (_STEPS - 1) * (len(stops) - 1)
        low = min(int(place), len(stops) - 2)
        part = place - low
        mixed = zip(stops[low], stops[low + 1], strict=True)
        ramp.append(tuple(round(a + part * (b - a)) for a, b in mixed))
    return ramp


def _bytes_of(colour: str) -> tuple[int, ...]:
    """Give red, green, blue and opacity of a colour, 0 to 255."""
    return tuple(round(255 * part) for part in to_rgba(colour))
