"""Stations about a place, and the linear systems that stations which are neighbours share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from geoprospect.typing import Floats, Ints

_BYTES = 2**23  # of systems that are solved together


@dataclass(frozen=True)
class Stations3D:
    """Stations in space, found by nearness.

    Attributes
    ----------
    space : ndarray of float64, shape (n, 3)
        Where they are, in metres.
    values : ndarray of float64, shape (n,)
        What was measured.
    """

    space: Floats
    values: Floats

    @cached_property
    def _tree(self) -> Any:
        from scipy.spatial import cKDTree  # noqa: PLC0415 - slow to import

        return cKDTree(self.space)

    def nearest(self, places: Floats, k: int, *, within: float = np.inf) -> tuple[Floats, Ints]:
        """Give the nearest stations of places, nearest first.

        Parameters
        ----------
        places : ndarray of float64, shape (m, 3)
            The places.
        k : int
            How many; there are as many at least.
        within : float
            In metres: those farther away have an infinite distance, and no number.

        Returns
        -------
        distance : ndarray of float64, shape (m, k)
        which : ndarray of int64, shape (m, k)
        """
        within = np.nextafter(within, np.inf)  # the tree leaves out what is as far
        numbers = np.arange(1, k + 1)
        distance, which = self._tree.query(places, k=numbers, distance_upper_bound=within)
        return distance, which

    def sets(self, places: Floats, k: int) -> Iterator[tuple[Ints, Ints, Ints]]:
        """Give the stations nearest to places, and the places that share them.

        Parameters
        ----------
        places, k
            As for `nearest`.

        Yields
        ------
        members : ndarray of int64, shape (sets, k)
            Stations, in ascending order, so that no place changes how a system is solved.
        chosen : ndarray of int64, shape (n,)
            Places of these sets.
        which : ndarray of int64, shape (n,)
            The set of each.
        """
        _, found = self.nearest(places, k)
        members, which = np.unique(np.sort(found, axis=1), axis=0, return_inverse=True)
        which = which.ravel()
        step = max(1, _BYTES // (8 * (k + 3) ** 2))
        for start in range(0, len(members), step):
            part = members[start : start + step]
            chosen = np.flatnonzero((which >= start) & (which < start + len(part)))
            yield part, chosen, which[chosen] - start


def lengths(first: Floats, second: Floats) -> Floats:
    """Give distances between places, shape (…, 3); to the bit, whatever else is asked for."""
    x, y, z = np.moveaxis(first - second, -1, 0)
    return np.asarray(np.sqrt(x * x + y * y + z * z))


def products(rows: Floats, others: Floats) -> Floats:
    """Give the sums of products along the last axis, each in the same order."""
    total = np.zeros(np.broadcast_shapes(rows.shape, others.shape)[:-1])
    for k in range(rows.shape[-1]):
        total += rows[..., k] * others[..., k]
    return total
