"""Bands of rasters as columns of evidence."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field
from rasterio.crs import CRS
from rasterio.windows import Window

from geoprospect.errors import EvidenceError
from geoprospect.evidence.column import OpenColumn
from geoprospect.evidence.local import is_local
from geoprospect.evidence.rasters.aligned import aligned
from geoprospect.evidence.rasters.files import RasterFile
from geoprospect.evidence.rasters.placement import stated_crs
from geoprospect.evidence.rasters.raster import checksum_of_cells, read_band
from geoprospect.evidence.rasters.warping import Resampling
from geoprospect.grid import Grid
from geoprospect.typing import Values

_LOOKS = 4  # blocks of a layer that its fingerprint reads where there are no plain files
_CELLS_A_LOOK = 2**12
_NOT_GIVEN = 0


@dataclass(frozen=True)
class RasterBand:
    """One evidence layer: a name for a band of a file.

    Pickled, it bears its absolute path, so that it opens the same file in any folder.

    Attributes
    ----------
    name : str
        The name by which the layer is found, as ``X1``.
    path : str
        The file, or any path that GDAL reads (``/vsizip/…``, ``https://…``, ``s3://…``).
    band : int
        The band, counted from 1; if not given, the first.
    nodata : float or None
        A value that means no value, besides what the file declares.
    intended : bool
        Whether its values are known to be what they seem not to be: quantities. Then no warning
        doubts them.
    resampling : Resampling or None
        How it is read on another grid than its own; None leaves it on its own.
    crs : str or None
        The CRS, where the file tells none, or a wrong one.
    """

    name: str
    path: str
    band: Annotated[int, Field(ge=1)] = _NOT_GIVEN
    nodata: float | None = None
    intended: bool = field(default=False, repr=False)
    resampling: Resampling | None = field(default=None, repr=False)
    crs: str | None = field(default=None, repr=False)
    halo: ClassVar[int] = 0
    band_given: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.band == _NOT_GIVEN:
            object.__setattr__(self, "band", 1)
            object.__setattr__(self, "band_given", False)

    @property
    def names(self) -> tuple[str, ...]:
        """The layer's name alone."""
        return (self.name,)

    @property
    def stated_crs(self) -> CRS | None:
        """The CRS that is stated for it; None where the file's is taken.

        Raises
        ------
        EvidenceError
            If there is no such CRS.
        """
        return None if self.crs is None else stated_crs(self.crs, layer=self.name)

    def resampled(self) -> RasterBand:
        """Give the layer read on the grid of the stack: as a quantity, if it says nothing else."""
        band = self.band if self.band_given else _NOT_GIVEN
        return replace(self, band=band, resampling=self.resampling or "continuous")

    def open(self, grid: Grid | None = None) -> OpenColumn:
        """Open the file.

        Raises
        ------
        EvidenceError
            If the file is missing or unreadable, lacks the band or a CRS, or holds complex
            numbers; or shares no ground with the grid that it is to be read on.
        """
        own = self.open_own()
        if grid is None or self.resampling is None:
            return own
        try:
            return aligned(own, grid, self.resampling, path=self.path, layer=self.name)
        except EvidenceError:
            own.close()
            raise

    def open_own(self) -> OpenRasterBand:
        """Open the file, on its own grid; see `open`."""
        stated = self.stated_crs
        file = RasterFile.open(self.path, layer=self.name, crs=stated)
        try:
            self._check(file.dataset)
        except EvidenceError:
            file.close()
            raise
        grid = Grid.of(file.dataset)
        return OpenRasterBand(self, file, grid if stated is None else replace(grid, crs=stated))

    def _check(self, dataset: Any) -> None:
        """Refuse a band that is not there, or holds no real numbers."""
        if self.band not in dataset.indexes:
            raise EvidenceError(
                f"the raster has no band {self.band}",
                path=self.path,
                layer=self.name,
                found=f"{dataset.count} band{'s' if dataset.count != 1 else ''}",
                mend="correct the band, counted from 1",
            )
        dtype = dataset.dtypes[self.band - 1]
        if dtype.startswith("complex"):
            raise EvidenceError(
                "complex numbers cannot be evidence",
                path=self.path,
                layer=self.name,
                found=dtype,
                expected="integers or real numbers",
                mend="export the amplitude or another real quantity",
            )

    def __reduce__(self) -> tuple[type[RasterBand], tuple[Any, ...]]:
        path = os.path.abspath(self.path) if is_local(self.path) else self.path
        settings = (self.nodata, self.intended, self.resampling, self.crs)
        return RasterBand, (self.name, path, self.band, *settings)


@dataclass(frozen=True)
class OpenRasterBand:
    """A band of an open file.

    Attributes
    ----------
    column : RasterBand
        The band.
    file : RasterFile
        The open file, which other bands may share.
    grid : Grid
        The grid of the file.
    """

    column: RasterBand
    file: RasterFile
    grid: Grid

    @property
    def block_shape(self) -> tuple[int, int]:
        """Rows and columns of a block of the file."""
        height, width = self.file.dataset.block_shapes[self.column.band - 1]
        return int(height), int(width)

    def read(self, window: Window, out: Values) -> None:
        """Read a window; see `geoprospect.evidence.rasters.raster.read_band`."""
        self._read(window, out[0])

    def cells(self, window: Window) -> Values:
        """Read a window, shape (rows, columns), NaN where invalid."""
        return self._read(window, None)

    def _read(self, window: Window, out: Values | None) -> Values:
        column = self.column
        return read_band(
            self.file.dataset,
            column.band,
            window,
            layer=column.name,
            out=out,
            nodata=column.nodata,
        )

    def fingerprint(self) -> str:
        """Give the SHA-256 of what tells the layer from a changed one, without reading it all.

        That is its structure, and the sizes and times of its files (with masks and sidecars), or
        some cells where it has no plain files.
        """
        dataset, band = self.file.dataset, self.column.band
        structure = [
            *(dataset.width, dataset.height, self.grid.crs.to_wkt(), list(dataset.transform)),
            *(band, dataset.dtypes[band - 1], str(dataset.nodatavals[band - 1])),
            *(dataset.scales[band - 1], dataset.offsets[band - 1]),
            *(() if self.column.nodata is None else (self.column.nodata,)),
        ]
        digest = hashlib.sha256(json.dumps(structure).encode())
        files = [Path(name) for name in dataset.files]
        if files and all(path.is_file() for path in files):
            times = [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in files]
            digest.update(json.dumps(times).encode())
            return digest.hexdigest()
        for look in range(_LOOKS):
            row = look * (dataset.height - 1) // (_LOOKS - 1)
            window = Window(0, row, min(dataset.width, _CELLS_A_LOOK), 1)
            digest.update(read_band(dataset, band, window).tobytes())
        return digest.hexdigest()

    def checksum(self) -> str:
        """Give the SHA-256 of the file.

        For a layer that is not a plain file (``/vsizip/…``, ``https://…``) it is that of its
        cells, as float32 with NaN where invalid.
        """
        return self.file.checksum or checksum_of_cells(
            self.file.dataset, self.column.band, nodata=self.column.nodata
        )

    def close(self) -> None:
        """Close the file, if no other band uses it."""
        self.file.close()
