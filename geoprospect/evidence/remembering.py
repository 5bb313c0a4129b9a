"""Open columns that keep their values, so that small rasters are read from disk once."""

from __future__ import annotations

import numpy as np
from rasterio.windows import Window

from geoprospect.evidence.column import OpenColumn
from geoprospect.grid import Grid
from geoprospect.typing import Values


class RememberingColumn:
    """An open column that reads from memory once it was told to remember."""

    def __init__(self, opened: OpenColumn) -> None:
        self._opened = opened
        self._values: Values | None = None

    @property
    def grid(self) -> Grid:
        """The grid that the column lies on."""
        return self._opened.grid

    @property
    def block_shape(self) -> tuple[int, int]:
        """Rows and columns that are read together."""
        return self._opened.block_shape

    @property
    def remembers(self) -> bool:
        """Whether its values are in memory."""
        return self._values is not None

    def remember(self, n_names: int) -> None:
        """Read all its values, unless they are in memory."""
        if self._values is None:
            rows, columns = self.grid.shape
            values = np.empty((n_names, rows, columns), dtype=np.float32)
            self._opened.read(Window(0, 0, columns, rows), values)
            self._values = values

    def read(self, window: Window, out: Values) -> None:
        """Read a window; see `OpenColumn.read`."""
        if self._values is None:
            self._opened.read(window, out)
        else:
            rows, columns = window.toslices()
            out[:] = self._values[:, rows, columns]

    def fingerprint(self) -> str:
        """Give the column's fingerprint."""
        return self._opened.fingerprint()

    def checksum(self) -> str:
        """Give the column's checksum."""
        return self._opened.checksum()

    def close(self) -> None:
        """Close the column and forget its values."""
        self._values = None
        self._opened.close()
