"""Rasters: opening a file and reading a band, with every way of marking invalid cells honoured."""

from __future__ import annotations

import hashlib
import math
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.env import getenv, hasenv
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from geoprospect.errors import EvidenceError
from geoprospect.evidence.local import missing
from geoprospect.evidence.rasters.container import check_archive, check_single, read_elsewhere
from geoprospect.evidence.rasters.placement import check_place
from geoprospect.evidence.remote.address import asks_servers, nested_virtual
from geoprospect.evidence.remote.failure import failure
from geoprospect.evidence.remote.raster import RemoteRaster
from geoprospect.typing import StrPath, Values

_CHECKSUM_CELLS = 2**20  # read at a time
_CACHE = 2**26  # bytes of blocks that GDAL keeps during a pass
_NO_DATA_BEYOND = 1e30
_EXACT = 2**53  # integers up to it are told exactly by numbers of double precision
_ROUNDING = 4 * float(np.finfo(np.float32).eps)  # by which GDAL takes numbers for equal


def open_raster(path: StrPath, *, layer: str | None = None, crs: CRS | None = None) -> Any:
    """Open a raster, quietly, or say why it cannot be an evidence layer.

    Parameters
    ----------
    path : path-like
        The file, or any path that GDAL reads; a server that fails now and then is asked again.
    layer : str, optional
        The layer's name, for the message.
    crs : rasterio.crs.CRS, optional
        The CRS that is stated for it, so that the file need not tell one.

    Returns
    -------
    rasterio.DatasetReader, or RemoteRaster in its place

    Raises
    ------
    EvidenceError
        If the file is missing, unreadable, or has no CRS or no place on the ground, or if its
        server does not answer or denies access.
    """
    name = os.fspath(path)
    if (problem := missing(name)) is not None:
        raise EvidenceError(
            problem, path=name, layer=layer, mend="correct the path, or restore the file"
        )
    check_archive(name, layer=layer)
    if (inner := nested_virtual(name)) is not None:
        # GDAL keeps the inner one open, and once its server has failed takes all of it for nodata.
        raise EvidenceError(
            "a virtual raster of virtual rasters over a network cannot be read safely",
            path=name,
            layer=layer,
            found=f"a server asked through {inner}",
            mend="build it of the rasters themselves, with gdalbuildvrt, or name the inner one",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            dataset = RemoteRaster(name) if asks_servers(name) else rasterio.open(name)
    except (RasterioError, UnicodeDecodeError) as error:  # of a message that cites the file
        raise unreadable(error, path=name, layer=layer) from error
    try:
        check_single(dataset, path=name, layer=layer)
        check_place(dataset, path=name, layer=layer, crs=crs)
    except EvidenceError:
        dataset.close()
        raise
    return dataset


def unreadable(error: Exception, *, path: str, layer: str | None) -> EvidenceError:
    """Turn an error of the reading library into one that names the file and the layer.

    Examples
    --------
    >>> print(unreadable(OSError("strip 3: not enough data"), path="X1.tif", layer="X1"))
    X1.tif: layer X1: cannot be read as a raster: strip 3: not enough data. \
To mend it: check the file, it may be damaged or cut short; copy or export it anew
    """
    if asks_servers(path):
        return failure(error, path=path, layer=layer)
    reason = str(error.__cause__ or error).strip().splitlines() or [type(error).__name__]
    elsewhere = read_elsewhere(path) if "not recognized" in reason[0] else None
    return EvidenceError(
        f"cannot be read as a raster: {reason[0].rstrip('.')}",
        path=path,
        layer=layer,
        mend=elsewhere or "check the file, it may be damaged or cut short; copy or export it anew",
    )


@contextmanager
def little_cache() -> Iterator[None]:
    """Let GDAL keep few blocks inside, unless the user chose how many.

    By itself it keeps as many as fit a twentieth of the machine's memory, which one pass over a
    large raster fills to no one's use.
    """
    if "GDAL_CACHEMAX" in os.environ or (hasenv() and "GDAL_CACHEMAX" in getenv()):
        yield
        return
    with rasterio.Env(GDAL_CACHEMAX=_CACHE):
        yield


def read_band(
    dataset: Any,
    band: int,
    window: Window,
    *,
    layer: str | None = None,
    out: Values | None = None,
    nodata: float | None = None,
) -> Values:
    """Read a window of a band, with NaN where it is invalid.

    Invalid are nodata, NaN, infinity, what a mask or alpha band hides, and what float32 cannot
    hold. Scale and offset of the band are applied.

    Parameters
    ----------
    dataset : rasterio.DatasetReader
        An open raster.
    band : int
        The band, counted from 1.
    window : rasterio.windows.Window
        A window inside the raster.
    layer : str, optional
        The layer's name, for the message.
    out : ndarray of float32, shape (rows, columns), optional
        Receives the values.
    nodata : float, optional
        A value that is invalid besides what the file declares, before scale and offset.

    Returns
    -------
    ndarray of float32, shape (rows, columns)

    Raises
    ------
    EvidenceError
        If the file cannot be read there.
    """
    straight = out if dataset.dtypes[band - 1] == "float32" else None
    try:
        cells = dataset.read(band, window=window, out=straight)
        invalid = _masked(dataset, band, window, cells)
        if nodata is not None:
            invalid = invalid | _equal(cells, nodata)
    except (RasterioError, UnicodeDecodeError) as error:
        raise unreadable(error, path=dataset.name, layer=layer) from error
    scale, offset = dataset.scales[band - 1], dataset.offsets[band - 1]
    with np.errstate(over="ignore", invalid="ignore"):
        if (scale, offset) != (1.0, 0.0):
            cells = cells * np.float64(scale) + offset
        values: Values = cells.astype(np.float32, copy=False)
    if not np.isfinite(values).all():
        invalid = invalid | np.isinf(values)
    if out is not None and values is not out:
        out[:] = values
        values = out
    np.copyto(values, np.nan, where=invalid)
    return values


def whole_blocks(
    shape: tuple[int, int], blocks: Sequence[tuple[int, int]], cells: int
) -> tuple[int, int]:
    """Size windows to at most so many cells, in whole blocks where blocks are not larger.

    Where one file is in rows and another in tiles, no window of whole blocks may be so small.
    Rows are then cut as often as tiles, so that neither is decoded much oftener than the other.

    Parameters
    ----------
    shape : tuple of int
        (rows, columns) of the rasters.
    blocks : sequence of tuple of int
        (rows, columns) of a block of each file.
    cells : int
        Most cells of a window.

    Returns
    -------
    tuple of int
        (rows, columns) of a window.

    Examples
    --------
    >>> whole_blocks((50_000, 40_000), [(256, 256)], 2**20)
    (1024, 1024)
    >>> whole_blocks((50_000, 40_000), [(1, 40_000)], 2**20)
    (26, 40000)
    >>> whole_blocks((50_000, 40_000), [(512, 512), (1, 40_000)], 2**22)
    (256, 13824)
    """
    (rows, columns), (heights, widths) = shape, zip(*blocks, strict=True)
    cells, height, width = max(1, cells), max(heights), min(max(widths), columns)
    if min(widths) < width and height * width > cells:
        cuts = math.ceil(math.sqrt(height * width / cells))
        width = min(widths) * math.ceil(width / cuts / min(widths))
        height = math.ceil(height / math.ceil(height * width / cells))
    width = min(width * max(1, math.isqrt(cells) // width), columns, cells)
    height = min(height * max(1, cells // (width * height)), rows, cells // width)
    return height, width


def checksum_of_cells(dataset: Any, band: int, *, nodata: float | None = None) -> str:
    """Give the SHA-256 of a band's cells, row by row, as float32 with NaN where invalid.

    Parameters
    ----------
    dataset : rasterio.DatasetReader
        An open raster.
    band : int
        The band, counted from 1.
    nodata : float, optional
        As for `read_band`.
    """
    digest = hashlib.sha256()
    step = max(1, _CHECKSUM_CELLS // dataset.width)
    for row in range(0, dataset.height, step):
        window = Window(0, row, dataset.width, min(step, dataset.height - row))
        digest.update(read_band(dataset, band, window, nodata=nodata).tobytes())
    return digest.hexdigest()


def _masked(
    dataset: Any, band: int, window: Window, cells: npt.NDArray[Any]
) -> npt.NDArray[np.bool_]:
    """Find the cells that nodata, a mask or an alpha band marks as invalid.

    The mask that GDAL gives follows one of the three; a file may have several, and all count.
    """
    flags = dataset.mask_flag_enums[band - 1]
    nodata = dataset.nodatavals[band - 1]
    # Beyond 2**53 rasterio tells the value rounded, which other integers may equal; GDAL does not.
    told = cells.dtype.kind == "f" or nodata is None or abs(nodata) <= _EXACT
    alone = flags == [MaskFlags.nodata]
    invalid = _equal(cells, nodata if told or not alone else None)
    if MaskFlags.all_valid not in flags and not (alone and told):
        invalid |= dataset.read_masks(band, window=window) == 0
    colours = dataset.colorinterp
    if ColorInterp.alpha in colours and MaskFlags.alpha not in flags:
        alpha = colours.index(ColorInterp.alpha) + 1
        if alpha != band:
            invalid |= dataset.read(alpha, window=window) == 0
    return invalid


def _equal(cells: npt.NDArray[Any], nodata: float | None) -> npt.NDArray[np.bool_]:
    """Find the cells that hold the nodata value; NaN is told by itself."""
    if nodata is None or math.isnan(nodata):
        return np.zeros(cells.shape, dtype=bool)
    if cells.dtype.kind != "f":
        return np.asarray(cells == nodata)
    # As GDAL does: the value in the header may have been written short.
    kind = np.finfo(cells.dtype)
    margin = max(abs(nodata) * _ROUNDING, _half_a_digit(nodata))
    low, high = np.clip([nodata - margin, nodata + margin], float(kind.min), float(kind.max))
    return np.asarray((cells >= cells.dtype.type(low)) & (cells <= cells.dtype.type(high)))


def _half_a_digit(nodata: float) -> float:
    """Give half a unit of the last digit of a nodata value that no data come near.

    Headers hold -3.4e38 or 1.70141e38 where cells hold all digits. A smaller value may be data.
    """
    if not _NO_DATA_BEYOND <= abs(nodata) < math.inf:
        return 0.0
    with np.errstate(over="ignore"):
        short = np.float32(nodata)  # GDAL turns the value of a float32 band into float32
    exact = math.isinf(short) or short != nodata
    digits = Decimal(repr(float(nodata)) if exact else str(short)).normalize()
    return float(Decimal(5).scaleb(int(digits.as_tuple().exponent) - 1))
