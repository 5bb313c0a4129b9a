"""The ensemble of a project: its members fitted, each on the points that are for it."""

from __future__ import annotations

from dataclasses import replace

from geoprospect.model import ProspectivityModel, fit
from geoprospect.project.inputs import TrainingInputs
from geoprospect.typing import Progress


def train_ensemble(read: TrainingInputs, *, progress: Progress | None = None) -> ProspectivityModel:
    """Fit a project's model; see `geoprospect.model.fit`.

    Parameters
    ----------
    read : TrainingInputs
        What was read of the project.
    progress : callable, optional
        Called with the stage, the steps done, the steps in all and a word on them.

    Raises
    ------
    GeoprospectError
        If points or settings do not allow a training.
    """
    method = read.project.method()
    model = fit(
        read.stack,
        read.drawn or read.points,
        method,
        components=read.components_for(method),
        rocks=read.rocks_for(method),
        pretext_cells=read.project.model.pretext_cells,
        progress=progress,
    )
    return replace(model, inputs={**model.inputs, **read.checksums(method)})
