"""The raster of uncertainty: how far each cell's score may be off, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from geoprospect.evidence import Block
from geoprospect.mapping import MAGMA, NODATA, Band, Kernel, KernelResult, Ramp, Words
from geoprospect.mapping.travelling import described, model_of
from geoprospect.reliability.uncertainty.refitscores import (
    BestTenth,
    RefitScores,
    ends,
    refit_means,
)
from geoprospect.reliability.uncertainty.spread import Spread

SURE, OPEN = "best for sure", "best perhaps"
"""What the kernel counts: cells among the best of 95% of the refits, and of 5 to 95%."""

_SURE = 0.95


class UncertaintyKernel(Kernel):
    """How sure a cell's score is, over all refits of the method.

    Parameters
    ----------
    refits : RefitScores
        The refits; evidence comes in the order of their model's layers.
    tenth : BestTenth
        Where each refit has its best tenth of the area.
    threshold : float
        The score that a band tells the probability of being above.
    """

    BANDS: ClassVar[dict[str, int]] = {"std": 1, "best": 7}
    """Numbers of some bands, from 1, for what reads the raster."""

    def __init__(self, refits: RefitScores, tenth: BestTenth, threshold: float) -> None:
        self._refits, self._tenth, self._threshold = refits, tenth, threshold

    @property
    def bands(self) -> tuple[Band, ...]:
        """Standard deviation and its two parts, an interval, and two probabilities."""
        others = (
            "standard deviation due to few data",
            "standard deviation due to the seeds of the members",
            "lower end of the 90% interval",
            "upper end of the 90% interval",
            f"probability that the score is above {self._threshold:g}",
            "probability of being in the best 10% of the area",
        )
        return (
            Band("standard deviation of the score", style=Ramp(MAGMA, low=0.0)),
            *(Band(name, style=None) for name in others),
        )

    @property
    def words(self) -> Words:
        """What the bands tell."""
        return Words(
            "Uncertainty of the score",
            "How far a cell's score varies over refits on resampled points. Bands 1 to 3: its "
            "standard deviation in all, due to few data and due to seeds; 4 and 5: its 90% "
            "interval; 6 and 7: how often it is above a threshold and in the best 10% of the area.",
        )

    def bytes_a_cell(self) -> int:
        """Give the memory of the valid cells' evidence; members are scored in small pieces."""
        return 4 * 2 * len(self._refits.model.names)

    def tags(self) -> dict[str, str]:
        """Give what the metadata say of the refits, and how exactly the best tenth is known."""
        design, tenth = self._refits.design, self._tenth
        return self._refits.model.tags() | {
            "GEOPROSPECT_REFITS": str(design.refits),
            "GEOPROSPECT_MEMBERS_OF_A_REFIT": str(design.parts * design.members),
            "GEOPROSPECT_BEST_TENTH_FROM": f"{'all' if tenth.whole else 'a sample of'} "
            f"{tenth.n_cells} valid cells",
        }

    def description(self) -> dict[str, Any] | None:
        """Give the refits' folder and identity, and thresholds; None without a folder."""
        model = described(self._refits.model)
        return model and model | {
            "compiled": self._refits.compiled,
            "threshold": self._threshold,
            "thresholds": self._tenth.thresholds.tolist(),
            "cells": [self._tenth.n_cells, self._tenth.whole],
        }

    @classmethod
    def of(cls, description: Mapping[str, Any]) -> UncertaintyKernel:
        """Load the refits of a description.

        Raises
        ------
        ModelError
            If they cannot be read, or are others by now.
        """
        n_cells, whole = description["cells"]
        tenth = BestTenth(
            np.array(description["thresholds"], np.float32),
            n_cells,
            whole,
        )
        refits = RefitScores(model_of(description), description["compiled"])
        return cls(refits, tenth, description["threshold"])

    def __call__(self, block: Block) -> KernelResult:
        """Tell the uncertainty of a window's cells."""
        X = block.X
        found = np.empty((len(self.bands), len(X)), np.float32)
        thresholds = self._tenth.thresholds[:, None]
        for cells, scores in self._refits.pieces(X):
            spread, means = Spread.of(scores, self._refits.design), refit_means(scores)
            found[:, cells] = (
                spread.in_all,
                spread.data,
                spread.seeds,
                *ends(means),
                (means > self._threshold).mean(axis=0),
                (means >= thresholds).mean(axis=0),
            )
        best = found[-1]
        sure = int((best >= _SURE).sum())
        counts = {SURE: sure, OPEN: int((best > 1 - _SURE).sum()) - sure}
        bands = np.full((len(found), *block.valid.shape), NODATA, np.float32)
        bands[:, block.valid] = found
        return KernelResult(bands, counts)
