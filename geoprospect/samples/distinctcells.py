"""Distinct cells: points that share a cell have one evidence, and count once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoprospect.samples.labelled import Samples
from geoprospect.typing import Ints


@dataclass(frozen=True)
class DistinctCells:
    """The cells that points lie in, each once.

    Attributes
    ----------
    samples : Samples
        One point a cell, in the order of the points: the first occurrence in it, or else its
        first point. So a cell with points of both labels counts as an occurrence.
    representatives : ndarray of int64, shape (n_cells,)
        These points among all.
    cell : ndarray of int64, shape (n,)
        The cell of each point, counted from 0 in the order of `samples`.
    conflicting : int
        Cells with points of both labels.
    """

    samples: Samples
    representatives: Ints
    cell: Ints
    conflicting: int

    @classmethod
    def of(cls, samples: Samples) -> DistinctCells:
        """Find the cells of occurrences and non-occurrences."""
        order = np.lexsort((np.arange(len(samples)), -samples.label, samples.cells))
        _, start, group = np.unique(samples.cells[order], return_index=True, return_inverse=True)
        first = order[start]
        rank = np.empty(len(first), np.int64)
        representatives = np.sort(first)
        rank[np.argsort(first)] = np.arange(len(first))
        cell = np.empty(len(samples), np.int64)
        cell[order] = rank[group]
        occurrences = np.bincount(cell, samples.label)
        mixed = (occurrences > 0) & (occurrences < np.bincount(cell))
        return cls(samples.part(representatives), representatives, cell, int(mixed.sum()))

    def sentence(self) -> str | None:
        """Say how many points share cells; None where none do."""
        if len(self.samples) == len(self.cell):
            return None
        return f"{len(self.cell)} points lie in {len(self.samples)} cells; a cell counts once."
