"""The standard deviation of a score, and what of it is due to few data and what to seeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoprospect.model.refitting import Design
from geoprospect.typing import Floats, Values


@dataclass(frozen=True)
class Spread:
    """The standard deviation of a map's score, and the two parts that its square is the sum of.

    Attributes
    ----------
    in_all, data, seeds : ndarray of float64, shape (n,)
        In all; what is due to few data; what is due to the seeds of the members.
    """

    in_all: Floats
    data: Floats
    seeds: Floats

    @classmethod
    def of(cls, scores: Values, design: Design) -> Spread:
        """Tell apart what varies between refits and what varies within them.

        Parameters
        ----------
        scores : ndarray of float32, shape (refits, parts, members, n)
            The scores of cells by each member.
        design : Design
            The layout.

        Notes
        -----
        The law of total variance, with unbiased variances of both, as in an analysis of variance
        of random effects (Searle, Casella & McCulloch 1992, Variance Components, chapter 3). The
        mean of a refit varies with its points, and by a share of its few members' seeds; that
        share is taken off again, and what the seeds move the map, which has more members, is
        added. Where this leaves less than nothing for the data, it is taken for nothing.

        Examples
        --------
        >>> scores = np.array([0.1, 0.3, 0.5, 0.7]).reshape(2, 1, 2, 1)
        >>> spread = Spread.of(scores, Design(2, 2, of_map=(10.0,)))
        >>> np.square([spread.in_all, spread.data, spread.seeds]).round(4).ravel().tolist()
        [0.072, 0.07, 0.002]
        """
        exact = scores.astype(np.float64)
        between = exact.mean(axis=(1, 2)).var(axis=0, ddof=1)
        within = np.zeros((design.parts, scores.shape[-1]))  # of each part
        if design.members > 1:
            within = exact.var(axis=2, ddof=1).mean(axis=0) / design.parts**2
        data = np.maximum(between - within.sum(axis=0) / design.members, 0)
        seeds = (within / np.array(design.of_map)[:, None]).sum(axis=0)
        return cls(np.sqrt(data + seeds), np.sqrt(data), np.sqrt(seeds))
