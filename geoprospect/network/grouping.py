"""Inputs that come and go together: those of a group, one after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoprospect.typing import Ints


@dataclass(frozen=True)
class Grouping:
    """An order of inputs in which those of each group lie together.

    Attributes
    ----------
    order : ndarray of int64, shape (n_inputs,)
        The inputs, those of the first group first.
    bounds : ndarray of int64, shape (n_groups + 1,)
        Where in that order each group begins, and the last ends.

    Examples
    --------
    >>> grouping = Grouping.of(np.array([1, 0, 1]))
    >>> grouping.order.tolist(), grouping.bounds.tolist(), grouping.n_coalitions
    ([1, 0, 2], [0, 1, 3], 4)
    """

    order: Ints
    bounds: Ints

    @classmethod
    def of(cls, group_of: Ints) -> Grouping:
        """Order inputs by the group of each, counted from 0; every group has one."""
        bounds = np.concatenate([[0], np.cumsum(np.bincount(group_of))])
        return cls(np.argsort(group_of, kind="stable"), bounds)

    @property
    def n_coalitions(self) -> int:
        """Number of coalitions of groups."""
        return int(2 ** (len(self.bounds) - 1))
