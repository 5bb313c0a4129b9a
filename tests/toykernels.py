"""Kernels for the tests of `write_raster`, which other processes can import."""

from dataclasses import asdict, dataclass

import numpy as np

from geoprospect.mapping import NODATA, Band, Kernel, KernelResult


@dataclass(frozen=True)
class Highest(Kernel):
    """The largest value of the first layer about a cell, and how far the cell lies below it."""

    reach: int = 1
    bands = (Band("largest nearby", "m", style=None), Band("depth below it", "m"))

    @property
    def halo(self):
        return self.reach

    def bytes_a_cell(self):
        return 8

    def tags(self):
        return {"REACH": str(self.reach)}

    def description(self):
        return asdict(self)

    @classmethod
    def of(cls, description):
        return cls(**description)

    def __call__(self, block):
        layer = block.values[0]
        padded = np.pad(layer, self.reach, constant_values=np.nan)
        largest = layer.copy()
        for row in range(2 * self.reach + 1):
            for column in range(2 * self.reach + 1):
                shifted = padded[row : row + layer.shape[0], column : column + layer.shape[1]]
                np.fmax(largest, shifted, out=largest)
        bands = np.stack([largest, largest - layer])
        bands[:, np.isnan(layer)] = NODATA
        bands = bands[:, *block.inner]
        counts = {"peaks": int((bands[1] == 0).sum()), "cells": bands[0].size}
        return KernelResult(bands, counts)


@dataclass(frozen=True)
class Unknown(Highest):
    """A kernel that cannot be described."""

    def description(self):
        return None


@dataclass(frozen=True)
class Flawed(Highest):
    """A kernel that gives what it should not."""

    flaw: str = "shape"

    def __call__(self, block):
        bands = super().__call__(block).bands
        flawed = {
            "shape": bands[:1],
            "type": bands.astype(np.float64),
            "nan": np.where(bands == NODATA, np.float32(np.nan), bands),
        }
        return KernelResult(flawed[self.flaw])


@dataclass(frozen=True)
class Nothing(Highest):
    """A kernel whose first band has no value anywhere, and its second in the second row alone."""

    def __call__(self, block):
        result = super().__call__(block)
        result.bands[0] = NODATA
        rows = block.window.row_off + np.arange(block.values.shape[1])[block.inner[0]]
        result.bands[1, rows != 1] = NODATA
        return result
