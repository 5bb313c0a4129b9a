"""Open raster files that several columns share: each is opened once and closed with the last."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any

import rasterio
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from geoprospect.evidence.local import is_local
from geoprospect.evidence.rasters.raster import open_raster
from geoprospect.evidence.remote.address import asks_servers
from geoprospect.evidence.remote.raster import RemoteRaster
from geoprospect.output import checksum


class RasterFile:
    """A raster that is open for one or several columns.

    Attributes
    ----------
    path : str
        The file, or any path that GDAL reads.
    dataset : rasterio.DatasetReader
        The open raster.
    """

    def __init__(self, path: str, *, layer: str, crs: CRS | None = None) -> None:
        self.path = path
        self.dataset: Any = open_raster(path, layer=layer, crs=crs)
        self.users = 0

    @classmethod
    def open(cls, path: str, *, layer: str, crs: CRS | None = None) -> RasterFile:
        """Open a raster, or take the one that is open already for a column opened together.

        Raises
        ------
        EvidenceError
            As `geoprospect.evidence.rasters.raster.open_raster` says.
        """
        files = _opened_together.get()
        key = (path, crs)  # without a stated CRS, one that tells none is refused
        file = None if files is None else files.get(key)
        if file is None:
            file = cls(path, layer=layer, crs=crs)
        if files is not None:
            files[key] = file
        file.users += 1
        return file

    def close(self) -> None:
        """Close the raster, if no other column uses it."""
        self.users -= 1
        if not self.users:
            self.dataset.close()

    @cached_property
    def checksum(self) -> str | None:
        """SHA-256 of the file in hexadecimal; None where it is no plain file."""
        return checksum(self.path) if os.path.isfile(self.path) else None


def files_of(path: str) -> list[str]:
    """List the files on this machine that a raster is read from, those of a virtual one too.

    A folder is given as it is; what is no plain file, or cannot be opened, lists nothing more.
    """
    if not is_local(path) or not os.path.exists(path):
        return []
    if os.path.isdir(path):
        return [path]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            opened = RemoteRaster(path) if asks_servers(path) else rasterio.open(path)
            with opened as raster:
                return [path, *raster.files]
    except (RasterioError, UnicodeDecodeError):  # which is told where it is opened as evidence
        return [path]


@contextmanager
def opened_together() -> Iterator[None]:
    """Share the files of columns that are opened inside."""
    if _opened_together.get() is not None:
        yield
        return
    before = _opened_together.set({})
    try:
        yield
    finally:
        _opened_together.reset(before)


_opened_together: ContextVar[dict[tuple[str, CRS | None], RasterFile] | None] = ContextVar(
    "opened_together", default=None
)
