"""The census: how many valid cells each row of a stack holds, and drawing from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from rasterio.windows import Window

from geoprospect.errors import EvidenceError
from geoprospect.evidence.remote.address import without_secrets
from geoprospect.grid import Grid
from geoprospect.typing import Bools, Ints, Values


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


@dataclass(frozen=True)
class Census:
    """Counts of valid cells, small enough to hold for any raster.

    Valid cells have ranks: 0, 1, 2, … row by row over the whole grid, whatever the windows.

    Attributes
    ----------
    size : tuple of int
        (rows, columns) of the windows they were counted in.
    counts : ndarray of int64, shape (rows, windows side by side)
        Cells valid in all layers, of each row of the grid within each window.
    per_layer : ndarray of int64, shape (n_layers,)
        Valid cells of each layer by itself.

    Examples
    --------
    >>> from affine import Affine
    >>> from rasterio.crs import CRS
    >>> grid = Grid(CRS.from_epsg(3578), Affine.scale(1200, -1200), (1, 4))
    >>> valid = np.array([[True, False, True, True]])
    >>> values = np.where(valid, 7.0, np.nan)[None].astype("float32")
    >>> census = Census.take([Block(Window(0, 0, 4, 1), values)], grid, (1, 4))
    >>> census.n_valid, census.draw(9, seed=0).tolist()
    (3, [0, 1, 2])
    """

    size: tuple[int, int]
    counts: Ints
    per_layer: Ints

    @classmethod
    def take(cls, blocks: Iterable[Block], grid: Grid, size: tuple[int, int]) -> Census:
        """Count the valid cells of blocks that cover a grid.

        Parameters
        ----------
        blocks : iterable of Block
            One for each of ``grid.windows(size)``; they are let go one by one.
        grid : Grid
            The grid.
        size : tuple of int
            (rows, columns) of the windows.
        """
        rows, columns = grid.shape
        counts = np.zeros((rows, -(-columns // size[1])), dtype=np.int64)
        per_layer: Ints = np.zeros(1, dtype=np.int64)
        for block in blocks:
            window = block.window
            piece = slice(window.row_off, window.row_off + window.height)
            counts[piece, window.col_off // size[1]] = block.valid.sum(axis=1)
            per_layer = per_layer + np.isfinite(block.values).sum(axis=(1, 2))
        return cls(size, counts, per_layer)

    def check(self, paths: Mapping[str, str | None]) -> None:
        """Refuse layers without a cell to use.

        Parameters
        ----------
        paths : mapping of str to str or None
            Names of the layers, in the order they were counted in, to their files.

        Raises
        ------
        EvidenceError
            If a layer has no valid cell, or no cell is valid in all of them.
        """
        for (name, path), count in zip(paths.items(), self.per_layer, strict=True):
            if count == 0:
                raise EvidenceError(
                    "the layer holds no valid cell",
                    path=path and without_secrets(path),
                    layer=name,
                    mend="check its nodata value and mask, or leave the layer out",
                )
        if self.n_valid == 0:
            counts = zip(paths, self.per_layer, strict=True)
            raise EvidenceError(
                "no cell is valid in all layers",
                found=", ".join(f"{name} {count} valid cells" for name, count in counts),
                mend="use layers that cover the same ground",
            )

    @property
    def n_valid(self) -> int:
        """Cells valid in all layers."""
        return int(self.counts.sum())

    @cached_property
    def _ends(self) -> Ints:
        """Rank after the last valid cell of each row within each window."""
        return np.cumsum(self.counts.ravel()).reshape(self.counts.shape)

    def draw(self, n: int, *, seed: int) -> Ints:
        """Draw ranks at random, without replacement, sorted; all of them if there are fewer.

        Parameters
        ----------
        n : int
            How many cells.
        seed : int
            Seed of the draw.
        """
        return _distinct(np.random.default_rng(seed), min(n, self.n_valid), self.n_valid)

    def locate(self, ranks: Ints, window: Window) -> list[tuple[slice, int, Ints]]:
        """Find which of some cells lie in a window.

        Parameters
        ----------
        ranks : ndarray of int64
            Ranks of valid cells, sorted.
        window : rasterio.windows.Window
            One of ``grid.windows(size)``.

        Returns
        -------
        list of (slice, int, ndarray of int64)
            For each row of the window that holds any: which of `ranks` they are, the row within
            the window, and which of the row's valid cells in the window, counted from 0.
        """
        piece = slice(window.row_off, window.row_off + window.height)
        ends = self._ends[piece, window.col_off // self.size[1]]
        firsts = ends - self.counts[piece, window.col_off // self.size[1]]
        start, stop = np.searchsorted(ranks, firsts), np.searchsorted(ranks, ends)
        return [
            (slice(start[row], stop[row]), int(row), ranks[start[row] : stop[row]] - firsts[row])
            for row in np.flatnonzero(stop > start)
        ]


def _distinct(generator: np.random.Generator, n: int, total: int) -> Ints:
    """Draw n of the numbers 0 … total - 1, sorted, in memory that grows with n only."""
    if n > total // 2:
        kept = np.ones(total, dtype=bool)
        kept[_distinct(generator, total - n, total)] = False
        return np.flatnonzero(kept)
    drawn = np.empty(0, dtype=np.int64)
    while drawn.size < n:
        # Never more than are lacking: every set of n is then as likely as any other.
        drawn = np.unique(np.append(drawn, generator.integers(total, size=n - drawn.size)))
    return drawn
