"""Patches: cells that reach a threshold and touch each other, found window by window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoprospect.targets.surface import INSIDE, PROBABILITY, UNCERTAINTY, Part, Surface
from geoprospect.typing import Bools, Floats, Ints

_TOUCHING = np.ones((3, 3), np.int64)  # at an edge or a corner

Labels = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Patches:
    """The patches of a map, and what their cells add up to; each array has a place a patch.

    Attributes
    ----------
    threshold : float
        What their cells reach.
    of : ndarray of int64, shape (n_pieces,)
        The patch of each piece: what of a patch one window holds, counted window by window.
    first : ndarray of int64, shape (n_windows + 1,)
        The first piece of each window.
    cells : ndarray of int64
        Cells.
    units : ndarray of int64
        Ground, in units of the surface.
    score : ndarray of float64
        Sum of the scores.
    greatest : ndarray of float64
        The greatest score.
    peak : ndarray of int64
        The cell that has it, counted row by row; of several the first.
    deposits, squares : ndarray of float64
        Sum of the probabilities, and of their squares; 0 where none are known.
    uncertainty, inside : ndarray of float64
        Mean uncertainty, and share of the ground inside the area of applicability, over the cells
        where they are known; NaN where they are not.
    valid_units : int
        The ground of all valid cells.
    """

    threshold: float
    of: Ints
    first: Ints
    cells: Ints
    units: Ints
    score: Floats
    greatest: Floats
    peak: Ints
    deposits: Floats
    squares: Floats
    uncertainty: Floats
    inside: Floats
    valid_units: int

    def __len__(self) -> int:
        return len(self.cells)

    @classmethod
    def of_surface(cls, surface: Surface, threshold: float) -> Patches:
        """Find the patches in one reading of a map.

        Cells that touch at a corner are of one patch. Memory grows with the number of pieces,
        and with a row of the grid, not with the grid.
        """
        seams = _Seams(surface.grid.shape[1])
        sums: list[Floats] = []
        first, valid_units = [0], 0
        for part in surface.parts():
            taken = part.taken(threshold)
            labels, n = labelled(taken)
            seams.add(labels, part, first[-1])
            sums.append(_sums(part, taken, labels, n, surface.grid.shape[1]))
            first.append(first[-1] + n)
            valid_units += int(part.units[part.valid].sum())
        n_patches, of = seams.joined(first[-1])
        return cls._added(
            np.concatenate(sums, axis=1), of, n_patches, threshold, np.array(first), valid_units
        )

    @classmethod
    def _added(
        cls, sums: Floats, of: Ints, n: int, threshold: float, first: Ints, valid_units: int
    ) -> Patches:
        """Add up the pieces of each patch."""

        def add(row: int) -> Floats:
            return np.bincount(of, sums[row], minlength=n).astype(np.float64)

        order = np.lexsort((sums[4], -sums[3], of))
        best = order[np.searchsorted(of[order], np.arange(n))]
        with np.errstate(invalid="ignore", divide="ignore"):  # NaN where nothing is known
            uncertainty, inside = add(7) / add(8), add(9) / add(10)
        return cls(
            threshold=threshold,
            of=of,
            first=first,
            cells=add(0).astype(np.int64),
            units=add(1).astype(np.int64),
            score=add(2),
            greatest=sums[3][best],
            peak=sums[4][best].astype(np.int64),
            deposits=add(5),
            squares=add(6),
            uncertainty=uncertainty,
            inside=inside,
            valid_units=valid_units,
        )

    def number(self, window: int, labels: Labels) -> Ints:
        """Give the patch of each cell of a window that was labelled anew; -1 for none."""
        of = np.append(-1, self.of[self.first[window] : self.first[window + 1]])
        return np.asarray(of[labels])


def labelled(taken: Bools) -> tuple[Labels, int]:
    """Give the pieces of a window numbers from 1 on, 0 elsewhere."""
    from scipy import ndimage  # noqa: PLC0415 - slow to import

    labels = np.zeros(taken.shape, np.int32)
    return labels, int(ndimage.label(taken, _TOUCHING, output=labels)) if taken.any() else 0


class _Seams:
    """The pairs of pieces that touch across the edges between windows, read row by row."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._above = np.full(width + 2, -1, np.int64)  # the last row of the windows above, padded
        self._below = self._above.copy()  # that of the windows of this row
        self._left = np.empty(0, np.int64)  # the last column of the window before
        self._pairs: list[Ints] = []

    def add(self, labels: Labels, part: Part, first: int) -> None:
        """Hold a window against the one before and those above."""
        pieces = np.where(labels > 0, labels.astype(np.int64) - 1 + first, -1)
        start = int(part.window.col_off)
        stop = start + pieces.shape[1]
        if start == 0:
            self._above, self._below = self._below, np.full_like(self._below, -1)
        else:
            left = np.pad(self._left, 1, constant_values=-1)
            for step in range(3):
                self._pair(pieces[:, 0], left[step : step + len(pieces)])
        for step in range(3):
            self._pair(pieces[0], self._above[start + step : stop + step])
        self._left = pieces[:, -1]
        self._below[start + 1 : stop + 1] = pieces[-1]

    def _pair(self, ours: Ints, theirs: Ints) -> None:
        both = (ours >= 0) & (theirs >= 0)
        if both.any():
            self._pairs.append(np.unique(np.column_stack([ours[both], theirs[both]]), axis=0))

    def joined(self, n: int) -> tuple[int, Ints]:
        """Give the number of patches, and the patch of each of so many pieces."""
        if n == 0:
            return 0, np.empty(0, np.int64)
        from scipy.sparse import coo_array  # noqa: PLC0415 - slow to import
        from scipy.sparse.csgraph import connected_components  # noqa: PLC0415 - slow to import

        pairs = np.concatenate([np.empty((0, 2), np.int64), *self._pairs])
        graph = coo_array((np.ones(len(pairs), np.int8), pairs.T), shape=(n, n))
        n_patches, of = connected_components(graph, directed=False)
        return int(n_patches), of.astype(np.int64)


def _sums(part: Part, taken: Bools, labels: Labels, n: int, width: int) -> Floats:
    """Add up what the pieces of a window hold, shape (11, n)."""
    sums = np.zeros((11, n))
    if n == 0:
        return sums
    piece = labels[taken].astype(np.int64) - 1
    score, units = part.score[taken].astype(np.float64), part.units[taken].astype(np.float64)

    def add(values: Floats | None = None) -> Floats:
        return np.bincount(piece, values, minlength=n).astype(np.float64)

    rows, columns = np.nonzero(taken)
    number = (rows + part.window.row_off) * width + columns + part.window.col_off
    order = np.lexsort((number, -score, piece))
    best = order[np.searchsorted(piece[order], np.arange(n))]
    sums[:5] = add(), add(units), add(score), score[best], number[best]
    if PROBABILITY in part.beside:
        p = np.nan_to_num(part.beside[PROBABILITY][taken].astype(np.float64))
        sums[5:7] = add(p), add(p**2)
    for row, name in ((7, UNCERTAINTY), (9, INSIDE)):
        if name in part.beside:
            values = part.beside[name][taken].astype(np.float64)
            known = np.isfinite(values)
            sums[row] = add(np.where(known, values, 0.0) * units)
            sums[row + 1] = add(known * units)
    return sums
