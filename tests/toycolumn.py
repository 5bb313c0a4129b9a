"""A kind of evidence of one's own, known by public names alone: distance from a place."""

import hashlib
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from geoprospect.errors import GridNeededError


@dataclass(frozen=True)
class Distance:
    """Distance from a place, in metres, computed from the grid alone."""

    name: str
    easting: float
    northing: float
    halo: ClassVar[int] = 0

    @property
    def names(self):
        return (self.name,)

    def open(self, grid):
        if grid is None:
            raise GridNeededError("a distance has no grid of its own", layer=self.name)
        return OpenDistance(self, grid)


@dataclass(frozen=True)
class OpenDistance:
    column: Distance
    grid: object
    block_shape: ClassVar[tuple[int, int]] = (16, 16)

    def read(self, window, out):
        rows, columns = np.mgrid[window.toslices()]
        easting, northing = self.grid.centres(rows, columns)
        out[0] = np.hypot(easting - self.column.easting, northing - self.column.northing)

    def fingerprint(self):
        return repr(self.column)

    def checksum(self):
        return hashlib.sha256(repr(self.column).encode()).hexdigest()

    def close(self):
        pass
