"""The study area: ground that is mapped, and what of it is left out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from rasterio.windows import Window

from geoprospect.errors import GridNeededError
from geoprospect.evidence.studyarea.territory import OpenTerritory, Territory
from geoprospect.grid import Grid
from geoprospect.typing import Bools, Values
from geoprospect.wording import listed


@dataclass(frozen=True)
class StudyArea:
    """A column that gives no evidence, and hides cells: those that are not to be mapped.

    A hidden cell is valid in no layer, so that it has no place in a map, a draw or a figure. What
    surrounds a cell is seen beyond the area too.

    Attributes
    ----------
    area : Territory or None
        What is mapped; None where that is all ground.
    exclude : tuple of Territory
        What is left out of it: parks, water.

    Examples
    --------
    >>> print(StudyArea(Territory("area.gpkg"), (Territory("parks.gpkg"), Territory("lakes.tif"))))
    area.gpkg without parks.gpkg, lakes.tif
    """

    area: Territory | None = None
    exclude: tuple[Territory, ...] = ()
    names: ClassVar[tuple[str, ...]] = ()
    halo: ClassVar[int] = 0

    def __str__(self) -> str:
        less = f" without {listed([str(x) for x in self.exclude])}" if self.exclude else ""
        return f"{self.area or 'all ground'}{less}"

    @property
    def territories(self) -> tuple[Territory, ...]:
        """The area and what is left out."""
        return (*(() if self.area is None else (self.area,)), *self.exclude)

    @property
    def path(self) -> str | None:
        """The file that messages name."""
        return self.paths[0] if self.territories else None

    @property
    def paths(self) -> tuple[str, ...]:
        """All files."""
        return tuple(territory.path for territory in self.territories)

    def open(self, grid: Grid | None = None) -> OpenStudyArea:
        """Open the files.

        Raises
        ------
        GridNeededError
            If there is no grid.
        EvidenceError
            As `Territory.open` says.
        """
        if grid is None:
            raise GridNeededError(
                "a study area has no grid of its own", path=self.path, mend="add a raster layer"
            )
        area = None if self.area is None else self.area.open(grid)
        return OpenStudyArea(self, grid, area, tuple(x.open(grid) for x in self.exclude))


@dataclass(frozen=True)
class OpenStudyArea:
    """A study area, open.

    Attributes
    ----------
    column : StudyArea
        The study area.
    grid : Grid
        The grid.
    area : OpenTerritory or None
        What is mapped.
    exclude : tuple of OpenTerritory
        What is left out.
    """

    column: StudyArea
    grid: Grid
    area: OpenTerritory | None
    exclude: tuple[OpenTerritory, ...]
    block_shape: ClassVar[tuple[int, int]] = (1, 1)

    def hidden(self, window: Window) -> Bools:
        """Tell which cells of a window are not to be mapped, shape (rows, columns)."""
        if self.area is None:
            hidden = np.zeros((window.height, window.width), dtype=bool)
        else:
            hidden = ~self.area.holds(window)
        for territory in self.exclude:
            hidden |= territory.holds(window)
        return hidden

    def read(self, window: Window, out: Values) -> None:
        """Give no evidence."""

    def fingerprint(self) -> str:
        """Give the SHA-256 of the files."""
        opened = (*(() if self.area is None else (self.area,)), *self.exclude)
        parts = [str(self.area is None), *(territory.digest() for territory in opened)]
        parts += [str(territory.where) for territory in self.column.territories]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def checksum(self) -> str:
        """Give the SHA-256 of the files."""
        return self.fingerprint()

    def close(self) -> None:
        """Close the files."""
        for territory in (*(() if self.area is None else (self.area,)), *self.exclude):
            territory.close()
