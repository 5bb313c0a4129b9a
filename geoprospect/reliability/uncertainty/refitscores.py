"""The scores that refits give to cells, and where each has its best tenth of the area."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from geoprospect.evidence import EvidenceStack
from geoprospect.model import ForwardPass
from geoprospect.model.model import ProspectivityModel
from geoprospect.model.refitting import Design
from geoprospect.typing import Floats, Values

BEST = 0.1
"""The share of the area that is called best."""

_AT_ONCE = 2**13  # cells scored at a time: the members' scores of more would fill the memory
_WORTH_COMPILING = 2**22  # cells times networks from which the loop saves more than it costs
_LOOKED_AT = 2**18  # valid cells that tell thresholds; of fewer, all


@dataclass(frozen=True)
class RefitScores:
    """The scores of cells by each member of refits.

    Attributes
    ----------
    model : ProspectivityModel
        The refits, as `Refitting` gives them.
    compiled : bool
        Whether networks are scored by the compiled loop. Scores differ by rounding (1e-7), so
        thresholds and cells of one raster are scored in one way.
    """

    model: ProspectivityModel
    compiled: bool = False

    @classmethod
    def quickest(cls, model: ProspectivityModel, n_cells: int) -> RefitScores:
        """Score a grid of so many cells in the way that is quicker for it."""
        networks = len(model.forward_pass().networks)
        return cls(model, n_cells * networks >= _WORTH_COMPILING)

    @cached_property
    def design(self) -> Design:
        """How the members are laid out."""
        return Design.of(self.model)

    @cached_property
    def _forward(self) -> ForwardPass:
        return self.model.forward_pass()

    @cached_property
    def _loops(self) -> tuple[Any, ...]:
        return self._forward.compiled_each(self.model.ranges) if self.compiled else ()

    def pieces(self, X: Values) -> Iterator[tuple[slice, Values]]:
        """Score evidence of shape (n, n_names), some thousand cells at a time.

        Yields
        ------
        cells : slice
            Which of the n.
        scores : ndarray of float32, shape (refits, parts, members, cells)
        """
        for start in range(0, len(X), _AT_ONCE):
            cells = slice(start, min(start + _AT_ONCE, len(X)))
            yield cells, self.design.grouped(self._forward.predict_each(X[cells], self._loops))

    def means(self, X: Values) -> Values:
        """Give the score of each refit, the mean of its members, shape (refits, n)."""
        means = np.empty((self.design.refits, len(X)), np.float32)
        for cells, scores in self.pieces(X):
            means[:, cells] = refit_means(scores)
        return means


def refit_means(scores: Values) -> Values:
    """Give the mean of each refit's members as float32, as which it is held against thresholds."""
    means: Values = scores.mean(axis=(1, 2), dtype=np.float64).astype(np.float32)
    return means


@dataclass(frozen=True)
class BestTenth:
    """The least score of each refit's best tenth of the area.

    Attributes
    ----------
    thresholds : ndarray of float32, shape (refits,)
        A cell of this score or a higher one is among the best of the refit.
    n_cells : int
        Cells that it was taken from.
    whole : bool
        Whether these are all valid cells, so that the tenths are exact; of a sample of 262,144
        the standard error of their area is 0.06% of all.
    """

    thresholds: Values
    n_cells: int
    whole: bool

    @classmethod
    def of(cls, refits: RefitScores, evidence: EvidenceStack, *, seed: int = 0) -> BestTenth:
        """Take the thresholds from all valid cells, or from 262,144 drawn at random.

        Parameters
        ----------
        refits : RefitScores
            The refits.
        evidence : EvidenceStack
            The evidence, in the order of their model.
        seed : int
            Seed of the draw; with that of a run, the cells are those that it read to draw
            non-occurrences from.

        Raises
        ------
        EvidenceError
            If no cell is valid.
        """
        X, _, _ = evidence.draw(_LOOKED_AT, seed=seed)
        means = refits.means(X)
        rank = len(X) - max(1, round(BEST * len(X)))
        thresholds: Values = np.partition(means, rank, axis=1)[:, rank]
        return cls(thresholds, len(X), len(X) < _LOOKED_AT)


def ends(means: Values, confidence: float = 0.9) -> tuple[Floats, Floats]:
    """Give the ends between which a further refit's score lies with a probability.

    The quantiles are those of Weibull and Gumbel, for which the share of refits on either side is
    right on the average, however few refits there are (Hyndman & Fan 1996, Sample quantiles in
    statistical packages, The American Statistician 50, 361-365, type 6).

    Parameters
    ----------
    means : ndarray of float32, shape (refits, n)
        The scores of each refit.
    confidence : float
        The probability.

    Examples
    --------
    >>> low, high = ends(np.arange(1, 20, dtype=np.float32)[:, None])
    >>> low.tolist(), high.tolist()
    ([1.0], [19.0])
    """
    ordered = np.sort(means, axis=0).astype(np.float64)
    n = len(ordered)
    found = []
    for share in ((1 - confidence) / 2, (1 + confidence) / 2):
        place = min(max(share * (n + 1) - 1, 0), n - 1)
        below = min(int(place), n - 2)
        part = place - below
        found.append((1 - part) * ordered[below] + part * ordered[below + 1])
    return found[0], found[1]
