"""A map as a list of parts, each written by itself: what threads, clusters and resumption share."""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.windows
from rasterio.errors import RasterioError
from rasterio.windows import Window

from geoprospect.errors import EvidenceError
from geoprospect.evidence import Column, EvidenceStack
from geoprospect.grid import Grid
from geoprospect.mapping.kernel import NODATA, Kernel, KernelResult
from geoprospect.mapping.statistics import Statistics
from geoprospect.output import move_raster, raster_written, write_for_good

BLOCK = 256  # rows and columns of a block of the map
_LASTING = {"compress": "deflate", "zlevel": 1, "predictor": 3}


def _checksum(figures: Any) -> int:
    """Give the CRC-32 of plain values; JSON gives back every number as it was."""
    return zlib.crc32(json.dumps(figures).encode())


@dataclass(frozen=True)
class PartFigures:
    """What is known of a part once it is written.

    Attributes
    ----------
    statistics : tuple of Statistics
        Of each band.
    counts : dict of str to int
        What the kernel counted.
    checksum : int
        CRC-32 of the part's cells.
    """

    statistics: tuple[Statistics, ...]
    counts: dict[str, int]
    checksum: int

    def to_json(self) -> str:
        """Give the figures as JSON, all digits kept, with a checksum of their own."""
        figures = asdict(self)
        return json.dumps({"figures": figures, "checksum": _checksum(figures)})

    @classmethod
    def from_json(cls, text: str) -> PartFigures:
        """Read what `to_json` gave.

        Raises
        ------
        ValueError, KeyError, TypeError
            If the text was cut short or changed.
        """
        told = json.loads(text)
        content = told["figures"]
        if told["checksum"] != _checksum(content):
            raise ValueError("the figures are not those that were written")
        statistics = tuple(Statistics(**band) for band in content["statistics"])
        return cls(statistics, dict(content["counts"]), int(content["checksum"]))

    @property
    def empty(self) -> bool:
        """Whether no cell of any band has a value."""
        return not any(band.n for band in self.statistics)


@dataclass(frozen=True)
class Job:
    """A map to be made, told by description, so that it travels to other machines.

    Attributes
    ----------
    columns : tuple of Column
        The columns of the evidence.
    names : tuple of str
        What is read of them, in the order that the kernel takes it.
    grid : Grid
        The grid of evidence and map.
    size : (int, int)
        Rows and columns of a part.
    folder : str
        Where the parts are written.
    compressed : bool
        Whether the parts are to last.
    cache : int
        Bytes of the file blocks that GDAL keeps in a process.
    """

    columns: tuple[Column, ...]
    names: tuple[str, ...]
    grid: Grid
    size: tuple[int, int]
    folder: str
    compressed: bool
    cache: int

    @cached_property
    def windows(self) -> Sequence[Window]:
        """The window of each part."""
        return list(self.grid.windows(self.size))

    def open_evidence(self) -> EvidenceStack:
        """Open the evidence; each thread needs a stack of its own."""
        return EvidenceStack.open(self.columns, names=self.names, grid=self.grid)

    def raster(self, number: int) -> Path:
        """Give the GeoTIFF of a part; there is none where no cell is valid."""
        return Path(self.folder) / f"part-{number:06d}.tif"

    def figures(self, number: int) -> PartFigures:
        """Give the figures of a part that is written.

        Raises
        ------
        OSError, ValueError, KeyError, TypeError
            If it is not.
        """
        return PartFigures.from_json(self._note(number).read_text())

    def is_whole(self, number: int, n_bands: int) -> bool:
        """Tell whether a part is written; its cells are read again, for power may have failed."""
        window = self.windows[number]
        try:
            figures = self.figures(number)
            if len(figures.statistics) != n_bands or figures.empty:
                return len(figures.statistics) == n_bands
            with rasterio.open(self.raster(number)) as raster:
                if (raster.count, *raster.shape) != (n_bands, window.height, window.width):
                    return False
                return zlib.crc32(raster.read()) == figures.checksum
        except (OSError, RasterioError, ValueError, KeyError, TypeError, RecursionError):
            return False

    def _note(self, number: int) -> Path:
        return self.raster(number).with_suffix(".json")

    def write(self, number: int, stack: EvidenceStack, kernel: Kernel) -> None:
        """Read, compute and write a part; its figures, written last, tell that it is whole.

        Parameters
        ----------
        number : int
            The part.
        stack : EvidenceStack
            The job's layers, open in this thread.
        kernel : Kernel
            What computes it.
        """
        with np.errstate(over="ignore", invalid="ignore"):  # found below, with their place
            result = self._computed(number, stack, kernel)
            bands = result.bands
            statistics = tuple(Statistics.of(band[band != NODATA]) for band in bands)
        figures = PartFigures(statistics, dict(result.counts), zlib.crc32(bands.data))
        if not np.isfinite([band.mean for band in figures.statistics]).all():
            raise self._not_finite(number, stack, result)
        # Several processes may be at the same part, when a cluster believes one of them dead.
        stem = f".{os.getpid()}-{number}"
        with raster_written(self.raster(number)):
            if not figures.empty:
                unfinished = Path(self.folder) / f"{stem}.tif"
                with rasterio.open(unfinished, "w", **self._profile(number, len(bands))) as raster:
                    raster.write(bands)
                self._check_cells(unfinished, figures, bands.nbytes)
                move_raster(unfinished, self.raster(number))
            unfinished = Path(self.folder) / f"{stem}.json"
            write_for_good(unfinished, figures.to_json())
            os.replace(unfinished, self._note(number))

    def _check_cells(self, raster: Path, figures: PartFigures, size: int) -> None:
        """Refuse a raster that was cut short, of which GDAL says nothing when it closes a file."""
        if self.compressed:
            with rasterio.open(raster) as written:
                whole = zlib.crc32(written.read()) == figures.checksum
        else:
            whole = raster.stat().st_size >= size
        if not whole:
            raise OSError(errno.EFBIG, "the file was cut short")

    def _not_finite(self, number: int, stack: EvidenceStack, result: KernelResult) -> EvidenceError:
        """Give the error of a part that has a cell without a number."""
        window = self.windows[number]
        row, column = np.argwhere(~np.isfinite(result.bands).all(axis=0))[0]
        cell = Window(window.col_off + int(column), window.row_off + int(row), 1, 1)
        values = stack.read(cell).values.ravel()
        layer = int(np.argmax(np.nan_to_num(np.abs(values))))
        return EvidenceError(
            f"the kernel gives no number in {np.sum(~np.isfinite(result.bands))} cells of the "
            f"window of {window.height} x {window.width} cells from row {window.row_off}, column "
            f"{window.col_off}, the first at row {cell.row_off}, column {cell.col_off}",
            layer=stack.names[layer],
            found=f"{values[layer]:.9g} there, the largest of all layers",
            mend="if that is a fill value, declare it as the layer's nodata; else look at the "
            "model's files, and train it anew",
        )

    def _computed(self, number: int, stack: EvidenceStack, kernel: Kernel) -> KernelResult:
        """Read and compute a part; the evidence, by far the largest, is then let go."""
        window = self.windows[number]
        around, inner = self.grid.around(window, kernel.halo)
        result = kernel(replace(stack.read(around), inner=inner))
        shape = (len(kernel.bands), window.height, window.width)
        if result.bands.shape != shape or result.bands.dtype != np.float32:
            raise ValueError(
                f"{kernel!r} gave {result.bands.dtype} of shape {result.bands.shape}, "
                f"not float32 of shape {shape}"
            )
        return KernelResult(np.ascontiguousarray(result.bands), result.counts)

    def _profile(self, number: int, n_bands: int) -> dict[str, Any]:
        window = self.windows[number]
        profile = {
            "driver": "GTiff",
            "dtype": "float32",
            "count": n_bands,
            "height": window.height,
            "width": window.width,
            "crs": self.grid.crs,
            "transform": rasterio.windows.transform(window, self.grid.transform),
            "nodata": NODATA,
            "interleave": "band",
        }
        if min(window.height, window.width) >= BLOCK:
            # As the finished file is, which makes it quicker to put together.
            profile |= {"tiled": True, "blockxsize": BLOCK, "blockysize": BLOCK}
        return profile | (_LASTING if self.compressed else {})
