"""Columns that are read with the surroundings of their cells."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rasterio.windows import Window

from geoprospect.evidence.column import Column, OpenColumn
from geoprospect.evidence.computed.neighbourhood import Neighbourhood
from geoprospect.evidence.opening import open_columns
from geoprospect.grid import Grid
from geoprospect.typing import Values


@dataclass(frozen=True)
class Surroundings:
    """Columns and the surroundings of their cells: first the columns, then what is added.

    Attributes
    ----------
    columns : tuple of Column
        The columns that are seen with their surroundings.
    scales, spread
        As for `Neighbourhood`.

    Raises
    ------
    EvidenceError
        As `Neighbourhood` says.

    Examples
    --------
    >>> from geoprospect.evidence import RasterBand
    >>> Surroundings((RasterBand("X1", "X1.tif"),), (2,), spread=True).names
    ('X1', 'X1@2', 'X1@2 spread')
    """

    columns: tuple[Column, ...]
    scales: tuple[int, ...]
    spread: bool = False

    def __post_init__(self) -> None:
        _ = self.neighbourhood

    @property
    def neighbourhood(self) -> Neighbourhood:
        """The scales, and whether spreads are added."""
        return Neighbourhood(self.scales, self.spread)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns and of what is added to them."""
        return self.neighbourhood.names([name for column in self.columns for name in column.names])

    @property
    def halo(self) -> int:
        """Cells about a window that it reads, with what its columns read about theirs."""
        return self.neighbourhood.reach + max(column.halo for column in self.columns)

    def open(self, grid: Grid | None = None) -> OpenSurroundings:
        """Open the columns; see `geoprospect.evidence.opening.open_columns`."""
        return OpenSurroundings(self, *open_columns(self.columns, grid))


@dataclass(frozen=True)
class OpenSurroundings:
    """Open columns that are read with their surroundings.

    Attributes
    ----------
    column : Surroundings
        What is read.
    columns : tuple of OpenColumn
        Its columns, open.
    grid : Grid
        Their grid.
    """

    column: Surroundings
    columns: tuple[OpenColumn, ...]
    grid: Grid

    @property
    def block_shape(self) -> tuple[int, int]:
        """Rows and columns of the largest block of the columns."""
        return max((column.block_shape for column in self.columns), key=math.prod)

    def read(self, window: Window, out: Values) -> None:
        """Read a window of each column once, grown as far as surroundings reach."""
        neighbourhood = self.column.neighbourhood
        around, inner = self.grid.around(window, neighbourhood.reach)
        counts = [len(column.names) for column in self.column.columns]
        values = np.empty((sum(counts), around.height, around.width), dtype=np.float32)
        for column, planes in zip(
            self.columns, np.split(values, np.cumsum(counts)[:-1]), strict=True
        ):
            column.read(around, planes)
        neighbourhood.expand(values, inner, out=out)

    def fingerprint(self) -> str:
        """Give the SHA-256 of the columns' fingerprints and of the scales."""
        return self._digest([column.fingerprint() for column in self.columns])

    def checksum(self) -> str:
        """Give the SHA-256 of the columns' checksums and of the scales."""
        return self._digest([column.checksum() for column in self.columns])

    def _digest(self, parts: list[str]) -> str:
        content = [*parts, list(self.column.scales), self.column.spread]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def close(self) -> None:
        """Close the columns."""
        for column in self.columns:
            column.close()


def surrounded(
    columns: Sequence[Column], neighbourhood: Neighbourhood | None
) -> tuple[Column, ...]:
    """Give columns with the surroundings of their cells, where any are asked for.

    Parameters
    ----------
    columns : sequence of Column
        The layers.
    neighbourhood : Neighbourhood or None
        The scales; None leaves the layers as they are.

    Examples
    --------
    >>> from geoprospect.evidence import RasterBand
    >>> [column] = surrounded([RasterBand("X1", "X1.tif")], Neighbourhood((2,)))
    >>> column.names
    ('X1', 'X1@2')
    """
    if neighbourhood is None:
        return tuple(columns)
    return (Surroundings(tuple(columns), neighbourhood.scales, neighbourhood.spread),)
