"""Evidence layers read as one aligned stack, window by window."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from rasterio.windows import Window

from geoprospect.evidence.block import Block
from geoprospect.evidence.column import Column, OpenColumn
from geoprospect.evidence.computed.learning import Preparation, learnt_by, settled
from geoprospect.evidence.computed.neighbourhood import Neighbourhood
from geoprospect.evidence.computed.surroundings import Surroundings
from geoprospect.evidence.gathering import numbered
from geoprospect.evidence.opening import open_columns
from geoprospect.evidence.rasters.layers import StackSource, columns_of
from geoprospect.evidence.rasters.raster import whole_blocks
from geoprospect.evidence.reader import CellsDone, Reader
from geoprospect.evidence.selection import Part, Selection
from geoprospect.evidence.showing import stack_html, stack_sentence
from geoprospect.evidence.survey import Survey
from geoprospect.grid import Grid
from geoprospect.typing import Bools, Ints, Values

_T = TypeVar("_T")


class EvidenceStack:
    """Evidence layers on one grid, read in windows; a context manager.

    A cell is valid only where every layer is: a layer is invalid at its nodata value, at NaN and
    infinity, beyond the range of float32, and where a mask or alpha band of its file says so.
    Values are scaled as the file declares (scale and offset of the band). One stack serves one
    thread.

    Attributes
    ----------
    grid : Grid
        The grid that all layers share.

    See Also
    --------
    geoprospect.evidence.open_evidence : opens one, with an example.
    """

    def __init__(self, reader: Reader, owned: Sequence[OpenColumn] = ()) -> None:
        self.grid = reader.grid
        self._reader = reader
        self._owned = tuple(owned)

    @classmethod
    def open(
        cls,
        source: StackSource,
        *,
        names: Sequence[str] = (),
        grid: Grid | None = None,
        preparation: Preparation | None = None,
    ) -> EvidenceStack:
        """Open columns and check that they lie on one grid.

        Columns that must learn something from their values before they can be read, pass over
        them here; see `geoprospect.evidence.computed.learning.settled`.

        Parameters
        ----------
        source, names
            As for `geoprospect.evidence.open_evidence`, which raises the same errors.
        grid : Grid, optional
            The grid to lie on, onto which rasters of others are resampled; by default the first's.
        preparation : mapping, optional
            What such columns learned elsewhere, as the `preparation` of a model or stack.
        """
        columns = settled(columns_of(source), grid, preparation=preparation)
        opened, grid = open_columns(columns, grid)
        whole = Selection.of(Part(*pair) for pair in zip(columns, opened, strict=True))
        return cls(Reader(whole.select(names) if names else whole, grid), opened)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the evidence, in the order of the columns of X."""
        return self._reader.selection.names

    @property
    def n_layers(self) -> int:
        """Number of columns of X."""
        return len(self.names)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that its evidence comes from; some may give more than is selected."""
        return tuple(part.column for part in self._reader.selection.parts)

    @property
    def preparation(self) -> Preparation:
        """What its columns learned from their values, in plain values, by name and kind."""
        return learnt_by(self.columns)

    @property
    def neighbourhood(self) -> Neighbourhood | None:
        """The surroundings that are read with the layers; None where there are none."""
        scales = {x.neighbourhood for x in self.columns if isinstance(x, Surroundings)}
        return scales.pop() if len(scales) == 1 else None

    def __repr__(self) -> str:
        return f"<EvidenceStack: {stack_sentence(self.names, self.grid)}>"

    def _repr_html_(self) -> str:
        """Say in a notebook what it is, and where its columns come from."""
        return stack_html(self.names, self.columns, self.grid)

    def __enter__(self) -> EvidenceStack:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the columns; a selection leaves them to the stack it was made from."""
        for column in self._owned:
            column.close()
        if self._owned:
            self._reader.kept.clear()

    def select(self, names: Iterable[str]) -> EvidenceStack:
        """Give some of the evidence by name, in the order asked for, over the same open columns.

        Parameters
        ----------
        names : iterable of str
            Names of the evidence, surroundings among it; what is not named is left aside.

        Raises
        ------
        LayerNameError
            If a name is missing from the stack or asked for twice.
        """
        return self._view(self._reader.selection.select(names))

    def bare(self) -> EvidenceStack:
        """Give the layers themselves, without what is computed from them.

        Of evidence that is computed from a layer, the layer takes the place.
        """
        return self._view(self._reader.selection.bare())

    def surrounded(self, neighbourhood: Neighbourhood | None) -> EvidenceStack:
        """Give the layers themselves, with the surroundings of their cells if any are asked for."""
        if neighbourhood is None:
            return self.bare()
        return self._view(self._reader.selection.surrounded(neighbourhood, self.grid))

    def _view(self, selection: Selection) -> EvidenceStack:
        """Give a stack over the same open columns, which shares what is known of them."""
        return EvidenceStack(self._reader.of(selection))

    def windows(self, size: tuple[int, int] | None = None) -> Iterator[Window]:
        """Cover the grid with windows, by default of whole blocks, about a million cells."""
        return self.grid.windows(size or self._reader.window_size())

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
        return self._reader.read(window)

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
        inside, numbers = numbered(rows, columns, self.grid.shape)
        X[inside] = self._reader.at(numbers)
        return X, np.logical_and.reduce(np.isfinite(X), axis=1)

    def hidden(self, rows: Ints, columns: Ints) -> Bools:
        """Tell which cells lie outside the study area; False for those off the grid."""
        inside, numbers = numbered(rows, columns, self.grid.shape)
        hidden = np.zeros(rows.size, dtype=bool)
        hidden[inside] = self._reader.hidden(numbers)
        return hidden

    def preload(self, *cells: tuple[Ints, Ints]) -> None:
        """Read the evidence at many cells in one pass, and keep it until the stack is closed.

        Draws and samples of the stack and its selections then read only what is not among them.

        Parameters
        ----------
        *cells : tuple of ndarray of int64
            Rows and columns, as `draw_cells` gives them; those off the grid are left aside.
        """
        numbers = [numbered(*places, self.grid.shape)[1] for places in cells]
        self._reader.gather(np.concatenate([np.empty(0, np.int64), *numbers]))

    def survey(self, progress: CellsDone | None = None) -> Survey:
        """Look at every cell once, for this stack and all its selections of the same layers.

        The values of a small stack stay in memory, so that it is read from disk once.

        Raises
        ------
        EvidenceError
            If a layer has no valid cell, or no cell is valid in all of them.
        """
        return self._reader.survey(progress)

    def once(self, key: Hashable, compute: Callable[[], _T]) -> _T:
        """Give what is computed once for a stack and its selections, and kept until it is closed.

        Parameters
        ----------
        key : hashable
            What it is; with the names of the layers, where it depends on them.
        compute : callable
            Computes it.
        """
        return self._reader.once(key, compute)

    def count_valid(self) -> int:
        """Count the cells at which every layer is valid; see `survey`."""
        return self.survey().n_valid

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
        rows, columns = self.draw_cells(n, seed=seed)
        return self._reader.at(numbered(rows, columns, self.grid.shape)[1]), rows, columns

    def draw_cells(self, n: int, *, seed: int) -> tuple[Ints, Ints]:
        """Give the rows and columns of the cells that `draw` draws, without their evidence."""
        return self._reader.draw(n, seed=seed)

    def checksums(self) -> dict[str, str]:
        """Give the SHA-256 of each layer in hexadecimal, by name; see `OpenColumn.checksum`."""
        return self._reader.selection.by_layer(lambda column: column.checksum())

    def fingerprints(self) -> dict[str, str]:
        """Give a text for each layer that changes when it does; see `OpenColumn.fingerprint`."""
        return self._reader.selection.by_layer(lambda column: column.fingerprint())

    @property
    def block_shapes(self) -> list[tuple[int, int]]:
        """Rows and columns of a block of each layer's file."""
        return self._reader.selection.block_shapes

    def whole_blocks(self, cells: int) -> tuple[int, int]:
        """Give rows and columns of windows of about so many cells, in whole blocks of the files."""
        return whole_blocks(self.grid.shape, self.block_shapes, cells)
