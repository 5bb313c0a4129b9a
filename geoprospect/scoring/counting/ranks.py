"""How a map's cells rank against scores, counted exactly in one pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.errors import ScoreError
from geoprospect.typing import Ints


@dataclass(frozen=True)
class Ranks:
    """How many valid cells lie above each score, and how many reach it: all a curve needs.

    Attributes
    ----------
    scores : ndarray, shape (n,)
        Scores in rising order, each once, in the map's dtype.
    above, reaching : ndarray of int64, shape (n,)
        Valid cells with a greater score, and with at least that score.
    n_cells : int
        Valid cells of the map.
    """

    scores: npt.NDArray[Any]
    above: Ints
    reaching: Ints
    n_cells: int

    @classmethod
    def count(cls, parts: Iterable[npt.NDArray[Any]], at_points: npt.NDArray[Any]) -> Ranks:
        """Count the cells of a map that comes in parts.

        Parameters
        ----------
        parts : iterable of ndarray
            The scores of the valid cells, one-dimensional, part by part.
        at_points : ndarray, shape (n_points,)
            The scores to rank the cells against, in the same dtype.

        Raises
        ------
        ScoreError
            If there is no valid cell.
        """
        scores = np.unique(at_points)
        n_bins = scores.size + 1
        above, reaching = np.zeros(n_bins, np.int64), np.zeros(n_bins, np.int64)
        for values in parts:
            above += np.bincount(np.searchsorted(scores, values, "left"), minlength=n_bins)
            reaching += np.bincount(np.searchsorted(scores, values, "right"), minlength=n_bins)
        n_cells = int(above.sum())
        if n_cells == 0:
            raise ScoreError("the map has no valid cell", mend="give a map with scores")
        # Cell bins run from "below all scores" to "beyond all"; sum each bin with those beyond.
        return cls(scores, above[::-1].cumsum()[-2::-1], reaching[::-1].cumsum()[-2::-1], n_cells)

    def vertices(self, at_points: npt.NDArray[Any]) -> tuple[Ints, Ints]:
        """Count cells and occurrences down the map, from none of either to all of both.

        All cells of one score come at once, so that no order among them is made up.

        Parameters
        ----------
        at_points : ndarray, shape (n_occurrences,)
            Scores of the occurrences, one each, among those counted.

        Returns
        -------
        n_cells, n_captured : ndarray of int64, shape (n_vertices,)
            The best cells so far, and the occurrences in them, rising.

        Raises
        ------
        ScoreError
            If there is no occurrence.
        """
        check_any(at_points)
        scores, n_there = np.unique(at_points, return_counts=True)
        at = np.searchsorted(self.scores, scores)[::-1]
        cells = np.column_stack([self.above[at], self.reaching[at]]).ravel()
        captured = np.repeat(np.r_[0, n_there[::-1].cumsum()], 2)[1:-1]
        vertices = np.column_stack(
            [np.r_[0, cells, self.n_cells], np.r_[0, captured, at_points.size]]
        )
        cells, captured = vertices[np.r_[True, np.diff(vertices, axis=0).any(axis=1)]].T
        return cells, captured


def check_any(at_points: npt.NDArray[Any]) -> None:
    """Refuse scores at no occurrence at all.

    Raises
    ------
    ScoreError
        If there is none.
    """
    if at_points.size == 0:
        raise ScoreError("no occurrence lies on a valid cell of the map")
