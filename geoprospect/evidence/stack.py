"""Evidence layers read as one aligned stack, window by window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from rasterio.windows import Window

from geoprospect.errors import LayerNameError
from geoprospect.evidence import identity
from geoprospect.evidence.census import Block, Census
from geoprospect.evidence.context import Context
from geoprospect.evidence.layers import Layer, StackSource, find_layers, open_layers
from geoprospect.evidence.raster import read_band, whole_blocks
from geoprospect.grid import Grid
from geoprospect.typing import Bools, Ints, Values

_WINDOW_CELLS = 2**20  # cells of a window, and
_WINDOW_VALUES = 2**23  # values of all its layers, 32 MiB
_SAMPLE_CELLS = 2**18  # cells of the neighbourhoods whose points are read together


class EvidenceStack:
    """Evidence layers on one grid, read in windows; a context manager.

    A cell is valid only where every layer is: a layer is invalid at its nodata value, at NaN and
    infinity, beyond the range of float32, and where a mask or alpha band of its file says so.
    Values are scaled as the file declares (scale and offset of the band). One stack serves one
    thread.

    Attributes
    ----------
    layers : tuple of Layer
        The layers, in the order of the columns of X.
    grid : Grid
        The grid that all layers share.
    context : Context or None
        The surroundings that are read as columns of their own after the layers.

    Examples
    --------
    >>> import tempfile, rasterio
    >>> from affine import Affine
    >>> profile = dict(driver="GTiff", height=2, width=3, count=1, dtype="int16", nodata=-1,
    ...                crs="EPSG:3578", transform=Affine(1200, 0, 159050, 0, -1200, 977582))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     layers = {"X1": [[1, 2, 3], [4, 5, 6]], "X2": [[0, 0, -1], [7, 8, 9]]}
    ...     for name, cells in layers.items():
    ...         with rasterio.open(f"{folder}/{name}.tif", "w", **profile) as file:
    ...             file.write(np.array(cells, "int16"), 1)
    ...     with EvidenceStack.open(folder) as stack:
    ...         stack.names, stack.count_valid(), stack.read().X[1].tolist()
    (('X1', 'X2'), 5, [2.0, 0.0])
    """

    def __init__(self, layers: Sequence[Layer], datasets: dict[str, Any], grid: Grid) -> None:
        self.layers = tuple(layers)
        self.grid = grid
        self.context: Context | None = None
        self._datasets = datasets
        self._owner = True

    @classmethod
    def open(cls, source: StackSource, *, context: Context | None = None) -> EvidenceStack:
        """Open layers and check that they lie on one grid.

        Parameters
        ----------
        source : mapping, or path-like
            Layer names to paths or (path, band); a folder of rasters; or one raster with several
            bands. See `geoprospect.evidence.layers.find_layers`.
        context : Context, optional
            The surroundings to read with them.

        Raises
        ------
        EvidenceError
            If a file is missing or unreadable, lacks the band or a CRS, or holds complex numbers.
        GridMismatchError
            If two layers differ in CRS, affine (by a thousandth of a cell) or shape.
        LayerNameError
            If two layers have one name.
        """
        layers = find_layers(source)
        stack = cls(layers, *open_layers(layers))
        stack.context = context
        return stack

    @property
    def names(self) -> tuple[str, ...]:
        """Layer names, and those of their surroundings, in the order of the columns of X."""
        names = tuple(layer.name for layer in self.layers)
        return names if self.context is None else self.context.names(names)

    @property
    def n_layers(self) -> int:
        """Number of columns of X."""
        return len(self.names)

    def __enter__(self) -> EvidenceStack:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files; a selection leaves them to the stack it was made from."""
        if self._owner:
            for dataset in self._datasets.values():
                dataset.close()

    def select(self, names: Iterable[str]) -> EvidenceStack:
        """Give some of the layers by name, in the order asked for, over the same open files.

        Parameters
        ----------
        names : iterable of str
            Layer names, without surroundings; layers not named are left aside.

        Raises
        ------
        LayerNameError
            If a name is missing from the stack or asked for twice.
        """
        wanted = tuple(names)
        by_name = {layer.name: layer for layer in self.layers}
        missing = [name for name in wanted if name not in by_name]
        if missing:
            raise LayerNameError(
                f"the stack lacks layer{'s' if len(missing) > 1 else ''} {', '.join(missing)}",
                found=", ".join(by_name),
                expected=", ".join(wanted),
                mend="give every layer its own name, as it is asked for",
            )
        if len(set(wanted)) != len(wanted) or not wanted:
            raise LayerNameError("every layer must be named once", found=", ".join(wanted) or None)
        return self._view([by_name[name] for name in wanted], self.context)

    def with_context(self, context: Context | None) -> EvidenceStack:
        """Give the same layers with surroundings, or without them."""
        return self._view(self.layers, context)

    def _view(self, layers: Sequence[Layer], context: Context | None) -> EvidenceStack:
        view = EvidenceStack(layers, self._datasets, self.grid)
        view.context, view._owner = context, False
        return view

    def windows(self, size: tuple[int, int] | None = None) -> Iterator[Window]:
        """Cover the grid with windows, by default of whole blocks, about a million cells."""
        return self.grid.windows(size or self._whole_blocks())

    def read(self, window: Window | None = None) -> Block:
        """Read a window, or the whole grid.

        Parameters
        ----------
        window : rasterio.windows.Window, optional
            A window inside the grid.

        Returns
        -------
        Block

        Raises
        ------
        EvidenceError
            If a file cannot be read, naming it.
        ValueError
            If the window does not lie inside the grid.
        """
        rows, columns = self.grid.shape
        window = window or Window(0, 0, columns, rows)
        top, left = int(window.row_off), int(window.col_off)
        height, width = int(window.height), int(window.width)
        if min(top, left, height, width) < 0 or top + height > rows or left + width > columns:
            raise ValueError(f"{window} does not lie inside a grid of {rows} x {columns} cells")
        if self.context is None:
            return Block(window, self._values(window))
        around, inner = self.context.around(window, self.grid.shape)
        return Block(window, self.context.expand(self._values(around), inner))

    def _values(self, window: Window) -> Values:
        values = np.empty((len(self.layers), window.height, window.width), dtype=np.float32)
        for k, layer in enumerate(self.layers):
            dataset = self._datasets[layer.path]
            read_band(dataset, layer.band, window, layer=layer.name, out=values[k])
        return values

    def sample(self, rows: npt.ArrayLike, columns: npt.ArrayLike) -> tuple[Values, Bools]:
        """Read the evidence at cells, going only to the blocks of the files they lie in.

        Parameters
        ----------
        rows, columns : array_like of int, shape (n,)
            Cells, as `Grid.cells` gives them; cells outside the grid are invalid.

        Returns
        -------
        X : ndarray of float32, shape (n, n_layers)
            The evidence, NaN where a layer is invalid.
        valid : ndarray of bool, shape (n,)
            Whether every layer is valid.
        """
        rows, columns = (np.asarray(cells, dtype=np.int64).ravel() for cells in (rows, columns))
        X = np.full((rows.size, self.n_layers), np.nan, dtype=np.float32)
        n_rows, n_columns = self.grid.shape
        inside = (rows >= 0) & (rows < n_rows) & (columns >= 0) & (columns < n_columns)
        height, width = self._whole_blocks(_SAMPLE_CELLS)
        group = (rows // height) * -(-n_columns // width) + columns // width
        order = np.flatnonzero(inside)
        order = order[np.argsort(group[order], kind="stable")]
        for points in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
            if points.size:
                top, left = int(rows[points].min()), int(columns[points].min())
                bottom, right = int(rows[points].max()), int(columns[points].max())
                block = self.read(Window(left, top, right - left + 1, bottom - top + 1))
                X[points] = block.values[:, rows[points] - top, columns[points] - left].T
        return X, np.logical_and.reduce(np.isfinite(X), axis=1)

    def count_valid(self) -> int:
        """Count the cells at which every layer is valid.

        Raises
        ------
        EvidenceError
            If a layer has no valid cell, or no cell is valid in all of them.
        """
        return self._census().n_valid

    def draw(self, n: int, *, seed: int) -> tuple[Values, Ints, Ints]:
        """Draw valid cells at random, without replacement, each as likely as any other.

        The cells depend on the seed and on which cells are valid, not on how files are blocked.

        Parameters
        ----------
        n : int
            How many cells; all valid cells if there are fewer.
        seed : int
            Seed of the draw.

        Returns
        -------
        X : ndarray of float32, shape (m, n_layers)
            The evidence at the cells drawn.
        rows, columns : ndarray of int64, shape (m,)
            The cells, row by row.

        Raises
        ------
        EvidenceError
            If no cell is valid in all layers.
        """
        census, grid = self._census(), self.grid
        ranks = census.draw(n, seed=seed)
        X = np.empty((ranks.size, self.n_layers), dtype=np.float32)
        rows, columns = np.empty(ranks.size, np.int64), np.empty(ranks.size, np.int64)
        for window in grid.windows(census.size):
            found = census.locate(ranks, window)
            if found:
                block = self.read(window)
            for drawn, row, nth in found:
                across = np.flatnonzero(block.valid[row])[nth]
                X[drawn] = block.values[:, row, across].T
                rows[drawn], columns[drawn] = window.row_off + row, window.col_off + across
        return X, rows, columns

    def checksums(self) -> dict[str, str]:
        """Give the SHA-256 of each layer; see `geoprospect.evidence.identity.checksums`."""
        return identity.checksums(self.layers, self._datasets)

    def fingerprints(self) -> dict[str, str]:
        """Tell each layer from a changed one; see `geoprospect.evidence.identity.fingerprints`."""
        return identity.fingerprints(self.layers, self._datasets)

    def _census(self) -> Census:
        """Count valid cells, or say which layer has none; surroundings change nothing there."""
        size = self._whole_blocks()
        census = Census.take(map(self.with_context(None).read, self.windows(size)), self.grid, size)
        census.check(self.layers)
        return census

    @property
    def block_shapes(self) -> list[tuple[int, int]]:
        """Rows and columns of a block of each file."""
        return [self._datasets[x.path].block_shapes[x.band - 1] for x in self.layers]

    def whole_blocks(self, cells: int) -> tuple[int, int]:
        """Give rows and columns of windows of about so many cells, in whole blocks of the files."""
        return whole_blocks(self.grid.shape, self.block_shapes, cells)

    def _whole_blocks(self, cells: int = _WINDOW_CELLS) -> tuple[int, int]:
        return self.whole_blocks(min(cells, _WINDOW_VALUES // self.n_layers))
