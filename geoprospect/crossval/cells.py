"""Distinct cells: points that share a cell have one evidence, and count once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoprospect.samples import Samples
from geoprospect.typing import Floats, Ints


@dataclass(frozen=True)
class DistinctCells:
    """The cells that points lie in, each once.

    Attributes
    ----------
    samples : Samples
        One point a cell, in the order of the points: the first occurrence in it, or else its
        first point. So a cell with points of both labels counts as an occurrence.
    kept : ndarray of int64, shape (n_cells,)
        These points among all.
    number : ndarray of int64, shape (n,)
        The cell of each point, counted from 0.
    conflicting : int
        Cells with points of both labels.
    """

    samples: Samples
    kept: Ints
    number: Ints
    conflicting: int

    @classmethod
    def of(cls, samples: Samples) -> DistinctCells:
        """Find the cells of occurrences and non-occurrences."""
        order = np.lexsort((np.arange(len(samples)), -samples.label, samples.cells))
        _, start, group = np.unique(samples.cells[order], return_index=True, return_inverse=True)
        first = order[start]
        rank = np.empty(len(first), np.int64)
        kept = np.sort(first)
        rank[np.argsort(first)] = np.arange(len(first))
        number = np.empty(len(samples), np.int64)
        number[order] = rank[group]
        held = np.bincount(number, samples.label)
        mixed = (held > 0) & (held < np.bincount(number))
        return cls(samples.part(kept), kept, number, int(mixed.sum()))


def centres(samples: Samples) -> Floats:
    """Give the centres of the samples' cells, shape (n, 2): points of a cell are never parted."""
    return np.column_stack(samples.grid.centres(samples.rows, samples.columns))
