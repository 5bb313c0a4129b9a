"""A map as a list of parts, each written by itself: what threads, clusters and resumption share."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import rasterio
import rasterio.windows
from rasterio.errors import RasterioError
from rasterio.windows import Window

from geoprospect.evidence import Context, EvidenceStack, Layer
from geoprospect.grid import Grid
from geoprospect.mapping.engine import Engine, Kind
from geoprospect.mapping.statistics import Statistics
from geoprospect.output import raster_written

NODATA = -9999.0
BLOCK = 256  # rows and columns of a block of the map
_LASTING = {"compress": "deflate", "zlevel": 1, "predictor": 3}


@dataclass(frozen=True)
class PartFigures:
    """What is known of a part once it is written.

    Attributes
    ----------
    statistics : tuple of Statistics
        Of each band.
    n_beyond : int
        Valid cells where some layer leaves its range at the training points.
    checksum : int
        CRC-32 of the part's cells.
    """

    statistics: tuple[Statistics, ...]
    n_beyond: int
    checksum: int

    def to_json(self) -> str:
        """Give the figures as JSON, all digits kept."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> PartFigures:
        """Read what `to_json` gave.

        Raises
        ------
        ValueError, KeyError, TypeError
            If the text was cut short.
        """
        content = json.loads(text)
        statistics = tuple(Statistics(**band) for band in content["statistics"])
        return cls(statistics, int(content["n_beyond"]), int(content["checksum"]))


@dataclass(frozen=True)
class Job:
    """A map to be made, told by description, so that it travels to other machines.

    Attributes
    ----------
    layers : tuple of Layer
        The evidence, in the order of the model.
    context : Context or None
        The surroundings that are read with it.
    grid : Grid
        The grid of evidence and map.
    size : (int, int)
        Rows and columns of a part.
    folder : str
        Where the parts are written.
    n_bands : int
        Bands of the map.
    engine : {"compiled", "numpy"}
        What scores the cells.
    compressed : bool
        Whether the parts are to last.
    cache : int
        Bytes of the file blocks that GDAL keeps in a process.
    """

    layers: tuple[Layer, ...]
    context: Context | None
    grid: Grid
    size: tuple[int, int]
    folder: str
    n_bands: int
    engine: Kind
    compressed: bool
    cache: int

    @cached_property
    def windows(self) -> Sequence[Window]:
        """The window of each part."""
        (rows, columns), (height, width) = self.grid.shape, self.size
        return [
            Window(left, top, min(width, columns - left), min(height, rows - top))
            for top in range(0, rows, height)
            for left in range(0, columns, width)
        ]

    def open_evidence(self) -> EvidenceStack:
        """Open the layers; each thread needs a stack of its own."""
        layers = {layer.name: layer for layer in self.layers}
        return EvidenceStack.open(layers, context=self.context)

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

    def is_whole(self, number: int) -> bool:
        """Tell whether a part is written; its cells are read again, for power may have failed."""
        try:
            figures = self.figures(number)
            if not figures.statistics[0].n:
                return True
            with rasterio.open(self.raster(number)) as raster:
                return zlib.crc32(raster.read()) == figures.checksum
        except (OSError, RasterioError, ValueError, KeyError, TypeError):
            return False

    def _note(self, number: int) -> Path:
        return self.raster(number).with_suffix(".json")

    def write(self, number: int, stack: EvidenceStack, engine: Engine) -> None:
        """Read, score and write a part; its figures, written last, tell that it is whole.

        Parameters
        ----------
        number : int
            The part.
        stack : EvidenceStack
            The job's layers, open in this thread.
        engine : Engine
            The job's engine.
        """
        # The evidence, by far the largest, is let go as soon as it is scored.
        bands, beyond = engine.score(stack.read(self.windows[number]), self.n_bands, nodata=NODATA)
        figures = PartFigures(
            tuple(Statistics.of(band[band != NODATA]) for band in bands),
            beyond,
            zlib.crc32(bands.data),
        )
        # Several processes may be at the same part, when a cluster believes one of them dead.
        own = f".{os.getpid()}-{number}"
        if figures.statistics[0].n:
            unfinished = Path(self.folder) / f"{own}.tif"
            with (
                raster_written(self.raster(number)),
                rasterio.open(unfinished, "w", **self._profile(number)) as raster,
            ):
                raster.write(bands)
            os.replace(unfinished, self.raster(number))
        unfinished = Path(self.folder) / f"{own}.json"
        unfinished.write_text(figures.to_json())
        os.replace(unfinished, self._note(number))

    def _profile(self, number: int) -> dict[str, Any]:
        window = self.windows[number]
        profile = {
            "driver": "GTiff",
            "dtype": "float32",
            "count": self.n_bands,
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
