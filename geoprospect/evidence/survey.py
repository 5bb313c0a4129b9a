"""The survey of a stack: what one pass over its evidence tells, small enough to keep."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from rasterio.windows import Window

from geoprospect.errors import EvidenceError
from geoprospect.evidence.block import Block
from geoprospect.evidence.doubts.fills import FillValues
from geoprospect.evidence.gathering import in_order
from geoprospect.grid import Grid
from geoprospect.typing import Bools, Ints, Values

_DISTINCT = 256  # values of a layer that are listed
_LOOK = 1024  # cells of a window that mostly tell whether a layer has more
_MASK_BYTES = 2**26  # compressed masks that are kept; scattered gaps hardly compress


@dataclass(frozen=True)
class LayerSurvey:
    """What is known of one layer, over all its valid cells.

    Attributes
    ----------
    n_valid : int
        Valid cells of the layer by itself.
    minimum, maximum : float
        Its smallest and largest value, in its own unit; NaN where no cell is valid.
    distinct : tuple of float or None
        All its values, sorted, if they are no more than 256.
    fills : FillValues
        Marks at the ends of its values, such as -9999, that may stand for no value.
    """

    n_valid: int = 0
    minimum: float = float("nan")
    maximum: float = float("nan")
    distinct: tuple[float, ...] | None = ()
    fills: FillValues = field(default=FillValues(), repr=False)

    def with_cells(self, cells: Values) -> LayerSurvey:
        """Add cells, NaN where they are invalid.

        Examples
        --------
        >>> layer = LayerSurvey().with_cells(np.array([3, np.nan], "f4"))
        >>> layer.with_cells(np.array([1, 3], "f4"))
        LayerSurvey(n_valid=3, minimum=1.0, maximum=3.0, distinct=(1.0, 3.0))
        """
        values = cells[np.isfinite(cells)]
        if not values.size:
            return self
        return LayerSurvey(
            self.n_valid + values.size,
            float(np.fmin(self.minimum, values.min())),
            float(np.fmax(self.maximum, values.max())),
            self._distinct_with(self._distinct_with(self.distinct, values[:_LOOK]), values),
            self.fills.with_values(values),
        )

    @staticmethod
    def _distinct_with(
        distinct: tuple[float, ...] | None, values: Values
    ) -> tuple[float, ...] | None:
        """Add values to a list of distinct ones, or give up where they are too many."""
        if distinct is None:
            return None
        united = np.union1d(np.array(distinct, np.float32), values)
        return tuple(united.tolist()) if united.size <= _DISTINCT else None


@dataclass(frozen=True)
class Survey:
    """What one pass over a stack tells of its cells, small enough to hold for any raster.

    Valid cells have ranks: 0, 1, 2, … row by row over the whole grid, whatever the windows.

    Attributes
    ----------
    grid : Grid
        The grid.
    size : tuple of int
        (rows, columns) of the windows that were looked at.
    counts : ndarray of int32, shape (rows, windows side by side)
        Cells valid in all layers, of each row of the grid within each window.
    layers : dict of str to LayerSurvey
        What is known of each layer by itself; of what is computed from layers, nothing is told.
    masks : tuple of bytes or None
        Which cells are valid in all layers, bits compressed, of each window; None where these are
        too many bytes to keep.
    n_hidden : int
        Cells that are hidden in all layers, as those outside of a study area are.

    Examples
    --------
    >>> from affine import Affine
    >>> from rasterio.crs import CRS
    >>> grid = Grid(CRS.from_epsg(3578), Affine.scale(1200, -1200), (1, 4))
    >>> values = np.array([[[7, np.nan, 7, 8]]], np.float32)
    >>> survey = Survey.take([Block(Window(0, 0, 4, 1), values)], ("X1",), grid, (1, 4))
    >>> survey.n_valid, survey.layers["X1"].maximum
    (3, 8.0)
    >>> survey.cells(survey.draw(9, seed=0), lambda window: np.isfinite(values[0]))
    (array([0, 0, 0]), array([0, 2, 3]))
    """

    grid: Grid
    size: tuple[int, int]
    counts: npt.NDArray[np.int32]
    layers: dict[str, LayerSurvey]
    masks: tuple[bytes, ...] | None
    n_hidden: int = 0

    @classmethod
    def take(
        cls, blocks: Iterable[Block], names: Sequence[str], grid: Grid, size: tuple[int, int]
    ) -> Survey:
        """Survey blocks that cover a grid.

        Parameters
        ----------
        blocks : iterable of Block
            One for each of ``grid.windows(size)``; they are let go one by one.
        names : sequence of str
            Names of the layers in the blocks.
        grid : Grid
            The grid.
        size : tuple of int
            (rows, columns) of the windows.
        """
        rows, columns = grid.shape
        counts = np.zeros((rows, -(-columns // size[1])), dtype=np.int32)
        layers = [LayerSurvey()] * len(names)
        masks: list[bytes] | None = []
        n_bytes = 0
        for block in blocks:
            counts[_place(block.window, size)] = block.valid.sum(axis=1)
            pairs = zip(layers, block.values, strict=True)
            layers = [layer.with_cells(cells) for layer, cells in pairs]
            if masks is not None:
                masks.append(zlib.compress(np.packbits(block.valid).tobytes(), 1))
                n_bytes += len(masks[-1])
                masks = masks if n_bytes <= _MASK_BYTES else None
        by_name = dict(zip(names, layers, strict=True))
        return cls(grid, size, counts, by_name, None if masks is None else tuple(masks))

    def check(self, paths: Mapping[str, str | None]) -> None:
        """Refuse layers without a cell to use.

        Parameters
        ----------
        paths : mapping of str to str or None
            Names of the layers, in the order in which messages list them, to their files.

        Raises
        ------
        EvidenceError
            If a layer has no valid cell, or no cell is valid in all of them.
        """
        for name, path in paths.items():
            if not self.layers[name].n_valid:
                raise EvidenceError(
                    "the layer holds no valid cell",
                    path=path,
                    layer=name,
                    mend="check its nodata value and mask, or leave the layer out",
                )
        if self.n_valid == 0:
            raise EvidenceError(
                "no cell is valid in all layers",
                found=", ".join(f"{x} {self.layers[x].n_valid} valid cells" for x in paths),
                mend="use layers that cover the same ground",
            )

    @cached_property
    def n_valid(self) -> int:
        """Cells valid in all layers."""
        return int(self.counts.sum(dtype=np.int64))

    @cached_property
    def _row_starts(self) -> Ints:
        """Rank of the first valid cell of each row."""
        return np.append(0, self.counts.sum(axis=1, dtype=np.int64).cumsum()[:-1])

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

    def cells(self, ranks: Ints, read: Callable[[Window], Bools]) -> tuple[Ints, Ints]:
        """Find the cells of ranks.

        Parameters
        ----------
        ranks : ndarray of int64, shape (n,)
            Ranks of valid cells, sorted.
        read : callable
            Gives which cells of a window are valid in all layers, where masks are not kept.

        Returns
        -------
        rows, columns : ndarray of int64, shape (n,)
            The cells, row by row.
        """
        rows, columns = np.empty(ranks.size, np.int64), np.empty(ranks.size, np.int64)
        for number, window in enumerate(self.grid.windows(self.size)):
            places, nth = self._locate(ranks, window)
            if not places.size:
                continue
            if self.masks is not None:
                valid = _unpacked(self.masks[number], window)
            else:
                valid = read(window)
            down, across = np.divmod(np.flatnonzero(valid)[nth], window.width)
            rows[places] = window.row_off + down
            columns[places] = window.col_off + across
        return rows, columns

    def _locate(self, ranks: Ints, window: Window) -> tuple[Ints, Ints]:
        """Find which ranks lie in a window, and which of its valid cells, row by row, they are."""
        piece, across = _place(window, self.size)
        counts = self.counts[piece, across].astype(np.int64)
        firsts = self._row_starts[piece] + self.counts[piece, :across].sum(axis=1, dtype=np.int64)
        start, stop = ranks.searchsorted(firsts), ranks.searchsorted(firsts + counts)
        n_before = counts.cumsum() - counts
        held = stop - start
        places = np.repeat(start - (held.cumsum() - held), held) + np.arange(held.sum())
        return places, ranks[places] - np.repeat(firsts - n_before, held)


def _place(window: Window, size: tuple[int, int]) -> tuple[slice, int]:
    """Give the rows of a window, and which it is of the windows side by side."""
    return slice(window.row_off, window.row_off + window.height), window.col_off // size[1]


def _unpacked(mask: bytes, window: Window) -> Bools:
    """Give which cells of a window are valid."""
    bits = np.frombuffer(zlib.decompress(mask), np.uint8)
    n = window.height * window.width
    return np.unpackbits(bits, count=n).astype(bool).reshape(window.height, window.width)


def _distinct(generator: np.random.Generator, n: int, total: int) -> Ints:
    """Draw n of the numbers 0 … total - 1, sorted, in memory that grows with n only."""
    if n > total // 2:
        chosen = np.ones(total, dtype=bool)
        chosen[_distinct(generator, total - n, total)] = False
        return np.flatnonzero(chosen)
    drawn = np.empty(0, dtype=np.int64)
    while drawn.size < n:
        # Never more than are lacking: every set of n is then as likely as any other.
        drawn = in_order(np.append(drawn, generator.integers(total, size=n - drawn.size)))
    return drawn
