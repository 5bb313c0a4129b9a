"""Bands of rasters as columns of evidence."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field
from rasterio.windows import Window

from geoprospect.errors import EvidenceError
from geoprospect.evidence.files import RasterFile
from geoprospect.evidence.local import is_local
from geoprospect.evidence.raster import checksum_of_cells, read_band
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
    """

    name: str
    path: str
    band: Annotated[int, Field(ge=1)] = _NOT_GIVEN
    nodata: float | None = None
    intended: bool = field(default=False, repr=False)
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

    def open(self, grid: Grid | None = None) -> OpenRasterBand:
        """Open the file.

        Raises
        ------
        EvidenceError
            If the file is missing or unreadable, lacks the band or a CRS, or holds complex
            numbers.
        """
        file = RasterFile.open(self.path, layer=self.name)
        try:
            self._check(file.dataset)
        except EvidenceError:
            file.close()
            raise
        return OpenRasterBand(self, file, Grid.of(file.dataset))

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

    def __reduce__(self) -> tuple[type[RasterBand], tuple[str, str, int, float | None, bool]]:
        path = os.path.abspath(self.path) if is_local(self.path) else self.path
        return RasterBand, (self.name, path, self.band, self.nodata, self.intended)


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
        """Read a window; see `geoprospect.evidence.raster.read_band`."""
        column = self.column
        read_band(
            self.file.dataset,
            column.band,
            window,
            layer=column.name,
            out=out[0],
            nodata=column.nodata,
        )

    def fingerprint(self) -> str:
        """Give the SHA-256 of what tells the layer from a changed one, without reading it all.

        That is its structure, and the sizes and times of its files (with masks and sidecars), or
        some cells where it has no plain files.
        """
        dataset, band = self.file.dataset, self.column.band
        structure = [
            *(dataset.width, dataset.height, dataset.crs.to_wkt(), list(dataset.transform)),
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
