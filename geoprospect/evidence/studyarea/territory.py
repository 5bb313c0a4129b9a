"""Territories: ground told by polygons, or by a raster that is not 0 there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from rasterio.windows import Window

from geoprospect.errors import EvidenceError, without_secrets
from geoprospect.evidence.features.source import FeatureSource
from geoprospect.evidence.local import is_local
from geoprospect.evidence.rasters.files import RasterFile
from geoprospect.evidence.rasters.layers import RASTER_SUFFIXES
from geoprospect.evidence.rasters.raster import checksum_of_cells, read_band
from geoprospect.grid import Grid, same_crs, transformed
from geoprospect.typing import Bools, Values

if TYPE_CHECKING:  # slow to import, and most maps need no vectors
    from geoprospect.evidence.features.tracing import TracedFeatures

_CELLS = 2**22  # of the raster, read together


@dataclass(frozen=True)
class Territory:
    """Ground told by a file, in any CRS; a cell of a grid belongs to it if its centre does.

    Pickled, it bears its absolute path.

    Attributes
    ----------
    path : str
        A vector file of polygons; or a raster, whose cells belong to it that are valid and not 0.
    layer : str, optional
        The layer of a vector file with several.
    where : str, optional
        A condition that chooses among polygons, as ``kind = 'park'``.
    crs : str, optional
        The CRS of polygons, in place of that of their file.

    Examples
    --------
    >>> str(Territory("/data/geology.gpkg", where="kind = 'park'"))
    'geology.gpkg'
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    path: str
    layer: str | None = None
    where: str | None = None
    crs: str | None = None

    def __str__(self) -> str:
        return Path(without_secrets(self.path)).name

    def open(self, grid: Grid) -> OpenTerritory:
        """Open the file.

        Raises
        ------
        EvidenceError
            If it cannot be read, holds anything but polygons, or is a raster of which a layer or
            a part is asked for.
        """
        if Path(without_secrets(self.path).removesuffix("?…")).suffix.lower() in RASTER_SUFFIXES:
            return self._opened_raster(grid)
        from geoprospect.evidence.features.reading import of_layer  # noqa: PLC0415 - slow to import
        from geoprospect.evidence.features.tracing import trace  # noqa: PLC0415 - as above

        with of_layer(None):
            traced = trace(FeatureSource(self.path, self.layer, self.where, self.crs), grid)
        if (traced.dimensions != 2).any():
            raise EvidenceError(
                "a study area is told by polygons or by a raster",
                path=self.path,
                found="points or lines",
                mend="give a file of polygons, or a raster that is 0 or nodata elsewhere",
            )
        return PolygonTerritory(traced)

    def _opened_raster(self, grid: Grid) -> RasterTerritory:
        """Open a raster."""
        for setting in ("layer", "where", "crs"):
            if getattr(self, setting) is not None:
                raise EvidenceError(
                    f"{setting} is a setting of polygons, and this is a raster",
                    path=self.path,
                    mend="leave it out, or give a file of polygons",
                )
        file = RasterFile.open(self.path, layer="study area")
        return RasterTerritory(file, Grid.of(file.dataset), grid)

    def __getstate__(self) -> dict[str, Any]:
        path = os.path.abspath(self.path) if is_local(self.path) else self.path
        return vars(self) | {"path": path}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)


class OpenTerritory(Protocol):
    """Ground, open, that tells which cells of a grid are on it."""

    def holds(self, window: Window) -> Bools:
        """Tell which cells of a window have their centre on it, shape (rows, columns)."""
        ...

    def digest(self) -> str:
        """Give a SHA-256 that changes with the file."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


@dataclass(frozen=True)
class PolygonTerritory:
    """Polygons on a grid.

    Attributes
    ----------
    traced : TracedFeatures
        The polygons.
    """

    traced: TracedFeatures

    def holds(self, window: Window) -> Bools:
        """Tell which cells have their centre in a polygon."""
        held: Bools = self.traced.polygons.holding(window) >= 0
        return held

    def digest(self) -> str:
        """Give the SHA-256 of the polygons."""
        return self.traced.digest

    def close(self) -> None:
        """Let the polygons go."""


@dataclass(frozen=True)
class RasterTerritory:
    """A raster on a grid of its own, and the grid whose cells are asked for.

    Attributes
    ----------
    file : RasterFile
        The raster.
    lattice : Grid
        The grid of the raster.
    grid : Grid
        The grid asked for.
    """

    file: RasterFile
    lattice: Grid
    grid: Grid

    def holds(self, window: Window) -> Bools:
        """Tell which cells have their centre in a cell that is valid and not 0."""
        if self.lattice.difference(self.grid) is None:
            return _on(read_band(self.file.dataset, 1, window))
        held = np.zeros((window.height, window.width), dtype=bool)
        self._look(window, held)
        return held

    def _look(self, window: Window, held: Bools) -> None:
        """Look the centres of cells up; by halves, where they lie far apart in the raster."""
        rows, columns = (np.arange(part.start, part.stop) for part in window.toslices())
        easting, northing = self.grid.centres(rows[:, None], columns[None])
        if not same_crs(self.grid.crs, self.lattice.crs):
            places = easting.ravel(), northing.ravel()
            moved = transformed(*places, self.grid.crs, self.lattice.crs)
            easting, northing = (axis.reshape(held.shape) for axis in moved)
        down, across, inside = self.lattice.cells(easting, northing)
        if not inside.any():
            return
        top, left = int(down[inside].min()), int(across[inside].min())
        height, width = int(down[inside].max()) - top + 1, int(across[inside].max()) - left + 1
        if height * width > _CELLS and held.size > 1:
            for part, half in _halves(window, held):
                self._look(part, half)
            return
        cells = read_band(self.file.dataset, 1, Window(left, top, width, height))
        held[inside] = _on(cells[down[inside] - top, across[inside] - left])

    def digest(self) -> str:
        """Give the SHA-256 of the file, or of its cells where it is no plain file."""
        return self.file.checksum or checksum_of_cells(self.file.dataset, 1)

    def close(self) -> None:
        """Close the raster."""
        self.file.close()


def _on(values: Values) -> Bools:
    """Tell which values are valid and not 0."""
    return np.asarray(np.isfinite(values) & (values != 0))


def _halves(window: Window, held: Bools) -> Iterator[tuple[Window, Bools]]:
    """Give both halves of a window, cut across its longer side, with their cells."""
    if window.height >= window.width:
        cut = window.height // 2
        yield Window(window.col_off, window.row_off, window.width, cut), held[:cut]
        rest = window.height - cut
        yield Window(window.col_off, window.row_off + cut, window.width, rest), held[cut:]
    else:
        cut = window.width // 2
        yield Window(window.col_off, window.row_off, cut, window.height), held[:, :cut]
        rest = window.width - cut
        yield Window(window.col_off + cut, window.row_off, rest, window.height), held[:, cut:]
