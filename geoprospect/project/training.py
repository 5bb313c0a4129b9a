"""The ensemble of a project: its members fitted, each on the points that are for it."""

from __future__ import annotations

from dataclasses import replace

from geoprospect.model import ProspectivityModel, fit
from geoprospect.project.inputs import Inputs
from geoprospect.typing import Progress


def train_ensemble(inputs: Inputs, *, progress: Progress | None = None) -> ProspectivityModel:
    """Fit a project's model; see `geoprospect.model.fit`.

    Parameters
    ----------
    inputs : Inputs
        What was read of the project.
    progress : callable, optional
        Called with the stage, the steps done, the steps in all and a word on them.

    Raises
    ------
    GeoprospectError
        If points or settings do not allow a training.
    """
    method = inputs.ensemble
    fitted_on = inputs.fit_inputs([method])
    model = fit(
        fitted_on.stack,
        fitted_on.samples,
        method,
        components=fitted_on.components_for(method),
        rocks=fitted_on.rocks,
        pretext_cells=fitted_on.pretext_cells,
        progress=progress,
    )
    chosen = {} if inputs.choice is None else {"choice": inputs.choice.to_dict()}
    return replace(
        model,
        inputs={**model.inputs, **inputs.checksums(method)},
        settings={**model.settings, **chosen},
    )
