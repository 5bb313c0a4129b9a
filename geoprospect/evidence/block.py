"""The evidence in one window."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from rasterio.windows import Window

from geoprospect.typing import Bools, Values


@dataclass(frozen=True)
class Block:
    """The evidence in one window.

    Attributes
    ----------
    window : rasterio.windows.Window
        Where it lies on the grid.
    values : ndarray of float32, shape (n_layers, rows, columns)
        The evidence, each layer in its own unit; NaN where that layer is invalid.
    inner : tuple of slice
        Rows and columns of the part that is asked about, where more was read with it.
    """

    window: Window
    values: Values
    inner: tuple[slice, slice] = (slice(None), slice(None))

    @cached_property
    def valid(self) -> Bools:
        """Where every layer is valid, shape (rows, columns)."""
        valid: Bools = np.logical_and.reduce(np.isfinite(self.values))
        return valid

    @cached_property
    def X(self) -> Values:  # noqa: N802
        """Evidence of the valid cells, shape (n_valid, n_layers), row by row."""
        return np.ascontiguousarray(self.values[:, self.valid].T)
