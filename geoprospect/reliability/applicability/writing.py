"""The raster of where a model may be believed, and what it tells in figures and sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from geoprospect.evidence import EvidenceStack
from geoprospect.evidence.belonging import names_of_layers
from geoprospect.mapping import Execution, write_raster
from geoprospect.reliability.applicability.dissimilarity import Applicability
from geoprospect.reliability.applicability.fitting import ModelApplicability
from geoprospect.reliability.applicability.kernel import ApplicabilityKernel
from geoprospect.typing import StageProgress, StrPath

_TOLD = 3  # layers that a sentence names
_LITTLE = 0.0005  # of the map: a share that no sentence tells


@dataclass(frozen=True, eq=False)
class ApplicabilitySummary:
    """What was written.

    Attributes
    ----------
    path : str
        The raster.
    applicability : Applicability
        Training cells, space and threshold.
    inside : float
        Share of the valid ground inside the area of applicability.
    mean_density : float
        Mean local point density of the valid cells.
    beyond : dict of str to float
        Share of the valid ground where each layer leaves its range at the training points.
    """

    path: str
    applicability: Applicability
    inside: float
    mean_density: float
    beyond: dict[str, float]

    def sentences(self) -> list[str]:
        """Say how much of the map may be believed, and which layers go beyond their range.

        The first names the share, the second what inside means, the third the layers.
        """
        applicability = self.applicability
        n = len(applicability.X)
        first = (
            f"{100 * self.inside:.1f}% of the map lies inside the area of applicability; elsewhere "
            "the ground is unlike any that the model was trained on, and its score a guess."
        )
        second = (
            f"Inside is where the nearest of the {n} training cells is no farther than "
            f"{applicability.threshold:.3g} of their mean distance; on average, "
            f"{self.mean_density:.1f} of them are as near."
        )
        far = sorted(self.beyond.items(), key=lambda item: -item[1])
        far = [(name, share) for name, share in far if share >= _LITTLE][:_TOLD]
        third = "No layer leaves its range at the training points in more than 0.05% of the map."
        if far:
            named = [f"{name} in {100 * share:.1f}%" for name, share in far]
            third = f"Beyond the range at the training points: {', '.join(named)} of the map."
        return [first, second, third]

    def to_dict(self) -> dict[str, Any]:
        """Give the figures as plain values, for JSON."""
        applicability = self.applicability
        space, index = applicability.space, applicability.training_index
        quartiles = np.quantile(index, [0, 0.25, 0.5, 0.75, 1]).tolist()
        names = ("minimum", "first_quartile", "median", "third_quartile", "maximum")
        return {
            "inside": self.inside,
            "threshold": applicability.threshold,
            "mean_distance": applicability.mean_distance,
            "training_cells": len(applicability.X),
            "training_index": dict(zip(names, quartiles, strict=True)),
            "mean_training_density": float(applicability.training_density.mean()),
            "mean_density": self.mean_density,
            "weights": dict(zip(space.axes, space.weights.tolist(), strict=True)),
            "beyond_training_range": self.beyond,
        }


def write_applicability(
    fitted: ModelApplicability,
    stack: EvidenceStack,
    path: StrPath,
    *,
    execution: Execution | None = None,
    overwrite: bool = False,
    resume: bool = False,
    progress: StageProgress | None = None,
) -> ApplicabilitySummary:
    """Write where a model may be believed, with a QGIS style that veils the ground outside.

    Parameters
    ----------
    fitted : ModelApplicability
        The model, and where it may be believed.
    stack : EvidenceStack
        The evidence of the ground that it maps; its grid and CRS become the raster's.
    path : path-like
        Where to, as for `geoprospect.mapping.write_raster`. Band 1 is the dissimilarity index,
        band 2 is 1 inside the area of applicability and 0 outside, band 3 the local point density,
        band 4 the number of layers that leave their range at the training points.
    execution, overwrite, resume, progress
        As for `geoprospect.mapping.write_raster`.

    Raises
    ------
    LayerNameError
        If the stack lacks a layer of the model.
    EvidenceError
        If a layer cannot be read, or no cell is valid in every layer.
    OutputError
        As `write_raster` says.
    """
    model, applicability = fitted.model, fitted.applicability
    evidence = model.select(stack)
    places = {name: number for number, name in enumerate(model.names)}
    layers = {
        layer: tuple(places[name] for name in names)
        for layer, names in names_of_layers(evidence).items()
    }
    kernel = ApplicabilityKernel.made(applicability, layers, model.ranges, evidence.grid)
    raster = write_raster(
        evidence,
        kernel,
        path,
        execution=execution,
        overwrite=overwrite,
        resume=resume,
        progress=progress,
    )
    return ApplicabilitySummary(raster.path, applicability, *kernel.shares(raster.counts))
