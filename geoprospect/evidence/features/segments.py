"""Segments: what lines, outlines and points are made of, straight on the ground they are put on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely

from geoprospect.typing import Bools, Floats, Ints

_HALVINGS = 20  # after which a segment is a millionth of what it was, and left bent
_LOOKS = (0.25, 0.5, 0.75)  # where along a segment it is held against the straight line


@dataclass(frozen=True)
class Segments:
    """Straight pieces of the features of a file.

    Attributes
    ----------
    starts, ends : ndarray of float64, shape (n, k)
        Coordinates; those of a point are the same twice.
    feature : ndarray of int64, shape (n,)
        The feature that each is of, in the order of the features.
    ring : ndarray of int64, shape (n,)
        The outline that each is of, one after another along it; -1 for lines and points.
    """

    starts: Floats
    ends: Floats
    feature: Ints
    ring: Ints

    def __len__(self) -> int:
        return len(self.feature)

    def __getitem__(self, chosen: Bools | Ints) -> Segments:
        starts, ends = self.starts[chosen], self.ends[chosen]
        return Segments(starts, ends, self.feature[chosen], self.ring[chosen])

    @classmethod
    def of(cls, shapes: npt.NDArray[np.object_]) -> Segments:
        """Take features apart: lines, the outlines of polygons, and points.

        Parameters
        ----------
        shapes : ndarray of shapely geometries, shape (n,)
            The features, of any kind.

        Examples
        --------
        >>> square, camp = shapely.box(0, 0, 1, 1), shapely.Point(5, 5)
        >>> segments = Segments.of(np.array([camp, square]))
        >>> segments.feature.tolist(), segments.ring.tolist()
        ([0, 1, 1, 1, 1], [-1, 0, 0, 0, 0])
        """
        feature = np.arange(len(shapes))
        for _ in range(2):  # collections hold multipart features, and these their parts
            shapes, of = shapely.get_parts(shapes, return_index=True)
            feature = feature[of]
        rings, of = shapely.get_rings(shapes, return_index=True)
        kind = shapely.get_type_id(shapes)
        plain = kind != shapely.GeometryType.POLYGON
        parts = np.concatenate([shapes[plain], rings])
        ring = np.append(np.full(np.count_nonzero(plain), -1), np.arange(len(rings)))
        feature = np.concatenate([feature[plain], feature[of]])
        places, part = shapely.get_coordinates(parts, return_index=True)
        together = np.flatnonzero(part[1:] == part[:-1])
        alone = np.flatnonzero(shapely.get_type_id(parts) == shapely.GeometryType.POINT)
        alone = np.flatnonzero(np.isin(part, alone))
        first, last = np.append(together, alone), np.append(together + 1, alone)
        owner = feature[part[first]]
        long = (places[first] != places[last]).any(axis=1) | (first == last)
        first, last, owner = first[long], last[long], owner[long]
        order = np.lexsort((first, owner))
        first, last, owner = first[order], last[order], owner[order]
        return cls(places[first], places[last], owner.astype(np.int64), ring[part[first]])

    def put(
        self, place: Callable[[Floats], Floats], tolerance: float, *, circle: float | None = None
    ) -> Segments:
        """Put them on other ground, cut so short that they are straight there.

        Parameters
        ----------
        place : callable
            Gives the coordinates there of places here, shape (n, k) for shape (n, 2).
        tolerance : float
            How far they may lie off, in the units there.
        circle : float, optional
            What the first coordinate there is counted modulo: longitudes go round.

        Returns
        -------
        Segments
            Without those that the other ground does not reach.

        Examples
        --------
        >>> edge = Segments.of(np.array([shapely.LineString([(0, 0), (4, 0)])]))
        >>> edge.put(lambda xy: np.column_stack([xy[:, 0], xy[:, 0] ** 2]), 0.5).ends.tolist()
        [[1.0, 1.0], [2.0, 4.0], [3.0, 9.0], [4.0, 16.0]]
        """
        here, number, along = self, np.arange(len(self)), np.zeros(len(self))
        done: list[tuple[Segments, Ints, Floats]] = []

        def near(places: Floats, others: Floats) -> Floats:
            if circle is not None:
                places[:, 0] -= circle * np.rint((places[:, 0] - others[:, 0]) / circle)
            return places

        for halving in range(1, _HALVINGS + 1):
            with np.errstate(invalid="ignore"):  # infinite where the other ground does not reach
                starts = place(here.starts)
                ends = near(place(here.ends), starts)
                off = np.zeros(len(here))
                for share in _LOOKS:
                    there = near(place(here.starts + share * (here.ends - here.starts)), starts)
                    there -= starts + share * (ends - starts)
                    off = np.maximum(off, np.linalg.norm(there, axis=1))
            reached = np.isfinite(starts).all(axis=1) & np.isfinite(ends).all(axis=1)
            bent = reached & ~(off <= tolerance) & (halving < _HALVINGS)
            good = reached & ~bent
            straight = replace(here, starts=starts, ends=ends)
            done.append((straight[good], number[good], along[good]))
            if not bent.any():
                break
            here, number, along = here[bent], np.tile(number[bent], 2), along[bent]
            along = np.concatenate([along, along + 0.5**halving])
            middle = (here.starts + here.ends) / 2
            starts = np.concatenate([here.starts, middle])
            ends = np.concatenate([middle, here.ends])
            here = Segments(starts, ends, np.tile(here.feature, 2), np.tile(here.ring, 2))
        order = np.lexsort([np.concatenate([part[k] for part in done]) for k in (2, 1)])
        put = joined([part for part, _, _ in done])[order]
        return put if circle is None else put._unrolled(circle)

    def _unrolled(self, circle: float) -> Segments:
        """Turn longitudes so that each segment of an outline begins where the last one ends."""
        turns = np.zeros(len(self))
        turns[1:] = np.rint((self.starts[1:, 0] - self.ends[:-1, 0]) / circle)
        begins = np.append(True, self.ring[1:] != self.ring[:-1]) | (self.ring < 0)
        turns[begins] = 0
        total = np.cumsum(turns)
        total -= total[np.maximum.accumulate(np.where(begins, np.arange(len(self)), 0))]
        turn = np.column_stack([circle * total, np.zeros(len(self))])
        return replace(self, starts=self.starts - turn, ends=self.ends - turn)


def joined(parts: Sequence[Segments]) -> Segments:
    """Give the segments of several as one."""
    return Segments(
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.ends for part in parts]),
        np.concatenate([part.feature for part in parts]),
        np.concatenate([part.ring for part in parts]),
    )
