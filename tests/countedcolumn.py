"""A column that counts the cells read from it, for tests of how often evidence is read."""

from dataclasses import dataclass

from rasterio.env import getenv, hasenv

from geoprospect.evidence import Column, OpenColumn

CELLS: dict[tuple[str, ...], int] = {}
CACHES: set[object] = set()


@dataclass(frozen=True)
class Counted:
    """Another column, whose readings are counted in `CELLS`, by its names."""

    column: Column

    @property
    def names(self):
        return self.column.names

    @property
    def halo(self):
        return self.column.halo

    def open(self, grid):
        CELLS[self.names] = 0
        return OpenCounted(self, self.column.open(grid))


@dataclass(frozen=True)
class OpenCounted:
    column: Counted
    opened: OpenColumn

    def __getattr__(self, name):
        return getattr(self.opened, name)

    def read(self, window, out):
        CELLS[self.column.names] += window.width * window.height
        CACHES.add(getenv().get("GDAL_CACHEMAX") if hasenv() else None)
        self.opened.read(window, out)


def times_read(stack):
    """Give how often the grid of a stack was read from its most read column."""
    return max(CELLS.values()) / stack.grid.n_cells
