"""Trees of segments: boxes in boxes, so that only what is near a place is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoprospect.evidence.features.searching import search_nearest, sum_within
from geoprospect.evidence.features.segments import Segments
from geoprospect.typing import Floats, Ints

_IN_A_LEAF = 4  # segments


@dataclass(frozen=True)
class SegmentTree:
    """A balanced tree of boxes over segments in space.

    Attributes
    ----------
    boxes : ndarray of float64, shape (2 * n_leaves, 7)
        Least and greatest coordinates of each box, and the length of the segments in it; the first
        is box 1, that holds boxes 2 and 3, and so on.
    first : ndarray of int64, shape (n_leaves + 1,)
        The first segment of each leaf.
    pieces : ndarray of float64, shape (n, 8)
        Each segment, leaf by leaf: start, end, length, 1 for points alone, and its number before
        they were ordered.
    feature : ndarray of int64, shape (n,)
        The features that they are of.
    """

    boxes: Floats
    first: Ints
    pieces: Floats
    feature: Ints

    @classmethod
    def over(cls, segments: Segments) -> SegmentTree:
        """Grow the tree of at least one segment.

        Examples
        --------
        >>> camps = np.array([[0.0, 0, 0], [30, 40, 0], [90, 0, 0]])
        >>> tree = SegmentTree.over(Segments(camps, camps, np.arange(3), np.full(3, -1)))
        >>> distance, which = tree.nearest(np.array([[0.0, 10, 0], [60, 0, 0]]))
        >>> distance.tolist(), tree.feature[which].tolist()
        ([10.0, 30.0], [0, 2])
        >>> tree.within(np.array([[0.0, 0, 0]]), 50.0).tolist()
        [2.0]
        """
        n = len(segments)
        levels = max(0, int(np.ceil(np.log2(max(1, n / _IN_A_LEAF)))))
        middles = (segments.starts + segments.ends) / 2
        order = np.arange(n)
        for level in range(levels):
            # Each box is halved across its longest side.
            first = _bounds(n, 2**level)
            part = np.repeat(np.arange(2**level), np.diff(first))
            ordered = middles[order]
            sides = np.maximum.reduceat(ordered, first[:-1]) - np.minimum.reduceat(
                ordered, first[:-1]
            )
            axis = np.argmax(sides, axis=1)[part]
            order = order[np.lexsort((ordered[np.arange(n), axis], part))]
        first = _bounds(n, 2**levels)
        low = np.minimum(segments.starts, segments.ends)[order]
        high = np.maximum(segments.starts, segments.ends)[order]
        lengths = np.linalg.norm(segments.ends - segments.starts, axis=1)
        lengths = lengths if lengths.any() else np.ones(n)
        pieces = np.column_stack([segments.starts, segments.ends, lengths, np.arange(n)])[order]
        boxes = np.zeros((2 ** (levels + 1), 7))
        boxes[2**levels :, :3] = np.minimum.reduceat(low, first[:-1])
        boxes[2**levels :, 3:6] = np.maximum.reduceat(high, first[:-1])
        boxes[2**levels :, 6] = np.add.reduceat(pieces[:, 6], first[:-1])
        for level in range(levels - 1, -1, -1):
            inner = boxes[2 ** (level + 1) : 2 ** (level + 2)].reshape(-1, 2, 7)
            outer = boxes[2**level : 2 ** (level + 1)]
            outer[:, :3] = inner[..., :3].min(axis=1)
            outer[:, 3:6] = inner[..., 3:6].max(axis=1)
            outer[:, 6] = inner[..., 6].sum(axis=1)
        return cls(boxes, first, pieces, segments.feature[order])

    @property
    def starts(self) -> Floats:
        """Where the segments start, shape (n, 3)."""
        return self.pieces[:, :3]

    @property
    def ends(self) -> Floats:
        """Where the segments end, shape (n, 3)."""
        return self.pieces[:, 3:6]

    def nearest(self, places: Floats) -> tuple[Floats, Ints]:
        """Give the straight distance to the nearest segment, and its row among the pieces.

        Parameters
        ----------
        places : ndarray of float64, shape (n, 3)
            The places, in metres.
        """
        distance, which = np.empty(len(places)), np.empty(len(places), np.int64)
        search_nearest(places, self.boxes, self.first, self.pieces, distance, which)
        return np.sqrt(distance), which

    def feet(self, places: Floats, which: Ints) -> Floats:
        """Give where segments are nearest to places, shape (n, 3)."""
        starts = self.starts[which]
        along = self.ends[which] - starts
        squared = (along**2).sum(axis=1)
        share = ((places - starts) * along).sum(axis=1) / np.where(squared > 0, squared, 1.0)
        return np.asarray(starts + np.clip(share, 0.0, 1.0)[:, None] * along)

    def within(self, places: Floats, radius: float) -> Floats:
        """Give the length of segments within a radius of places, or the number of points."""
        found = np.empty(len(places))
        sum_within(places, radius, self.boxes, self.first, self.pieces, found)
        return found


def _bounds(n: int, parts: int) -> Ints:
    """Give where so many parts of n things begin and end."""
    return np.arange(parts + 1, dtype=np.int64) * n // parts
