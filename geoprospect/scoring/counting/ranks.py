"""How a map's cells rank against scores: the area above each, exact and in one pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from geoprospect.errors import ScoreError
from geoprospect.typing import Ints


class Cells(NamedTuple):
    """Valid cells of a map.

    Attributes
    ----------
    scores : ndarray, shape (n,)
        Their scores.
    units : ndarray of int64, shape (n,), or None
        Their areas, as `geoprospect.grid.area_units` gives them; None where each counts as 1.
    """

    scores: npt.NDArray[Any]
    units: Ints | None = None


Part: TypeAlias = npt.NDArray[Any] | Cells  # the scores alone where cells weigh the same


def cells_of(part: Part) -> Cells:
    """Give the cells of a part of a map."""
    return part if isinstance(part, Cells) else Cells(part)


@dataclass(frozen=True)
class Ranks:
    """How much area lies above each score, and how much reaches it: all a curve needs.

    Area is counted in cells where all weigh the same, else in the units of
    `geoprospect.grid.area_units`.

    Attributes
    ----------
    scores : ndarray, shape (n,)
        Scores in rising order, each once, in the map's dtype.
    above, reaching : ndarray of int64, shape (n,)
        Area of the valid cells with a greater score, and with at least that score.
    n_cells : int
        Valid cells of the map.
    area : int
        Their area.
    """

    scores: npt.NDArray[Any]
    above: Ints
    reaching: Ints
    n_cells: int
    area: int

    @classmethod
    def count(cls, parts: Iterable[Part], at_points: npt.NDArray[Any]) -> Ranks:
        """Count the cells of a map that comes in parts.

        Parameters
        ----------
        parts : iterable of ndarray or Cells
            The scores of the valid cells, one-dimensional, part by part; with their areas where
            these differ.
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
        n_cells = 0
        for values, units in map(cells_of, parts):
            n_cells += values.size
            # As floats, whole numbers below 2**53 add up exactly.
            greater = np.bincount(np.searchsorted(scores, values, "left"), units, n_bins)
            as_great = np.bincount(np.searchsorted(scores, values, "right"), units, n_bins)
            above += greater.astype(np.int64)
            reaching += as_great.astype(np.int64)
        area = int(above.sum())
        if n_cells == 0:
            raise ScoreError("the map has no valid cell", mend="give a map with scores")
        # Cell bins run from "below all scores" to "beyond all"; sum each bin with those beyond.
        above, reaching = (counts[::-1].cumsum()[-2::-1] for counts in (above, reaching))
        return cls(scores, above, reaching, n_cells, area)

    def vertices(self, at_points: npt.NDArray[Any]) -> tuple[Ints, Ints]:
        """Count area and occurrences down the map, from none of either to all of both.

        All cells of one score come at once, so that no order among them is made up.

        Parameters
        ----------
        at_points : ndarray, shape (n_occurrences,)
            Scores of the occurrences, one each, among those counted.

        Returns
        -------
        area, n_captured : ndarray of int64, shape (n_vertices,)
            Area of the best cells so far, and the occurrences in them, rising.

        Raises
        ------
        ScoreError
            If there is no occurrence.
        """
        check_any(at_points)
        scores, n_there = np.unique(at_points, return_counts=True)
        at = np.searchsorted(self.scores, scores)[::-1]
        area = np.column_stack([self.above[at], self.reaching[at]]).ravel()
        captured = np.repeat(np.r_[0, n_there[::-1].cumsum()], 2)[1:-1]
        vertices = np.column_stack([np.r_[0, area, self.area], np.r_[0, captured, at_points.size]])
        area, captured = vertices[np.r_[True, np.diff(vertices, axis=0).any(axis=1)]].T
        return area, captured


def check_any(at_points: npt.NDArray[Any]) -> None:
    """Refuse scores at no occurrence at all.

    Raises
    ------
    ScoreError
        If there is none.
    """
    if at_points.size == 0:
        raise ScoreError("no occurrence lies on a valid cell of the map")
