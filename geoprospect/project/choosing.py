"""The choice of a project's method: candidates, and their comparison on its own ground."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from geoprospect.crossval import Choice, FoldScheme, compare_on
from geoprospect.errors import SamplesError, TrainingError
from geoprospect.methods import (
    CORE,
    Average,
    Method,
    balanced,
    registered_method,
    strategy_names,
)
from geoprospect.methods.options import Pretext
from geoprospect.model import FitInputs
from geoprospect.project.file import Project
from geoprospect.samples import DrawnSamples

_LOGGER = logging.getLogger(__name__)
_FEWEST = 10  # cells with occurrences: fewer tell no methods apart
_MEMBERS, _TREES, _DRAWS = 3, 100, 3  # at most, while methods are compared
_TASKS: tuple[Pretext, ...] = ("lithology", "distribution")
_LEFT_OUT = ("from-scratch", "linear-probing")  # fine-tuning stands for what they are variants of


def candidate_names(project: Project) -> tuple[str, ...]:
    """Name the methods that a project's average is chosen from, those of its core last.

    They are fine-tuning after each pretext task that its points allow, or the one that it names,
    and all methods without one.

    Parameters
    ----------
    project : Project
        The project.
    """
    tasks = _TASKS if project.points.lithology is not None else _TASKS[1:]
    if project.model.pretext is not None:
        tasks = (project.model.pretext,)
    tuned = [f"{task}-fine-tuning" for task in tasks if task != "none"]
    plain = [name for name in strategy_names() if not registered_method(name)[0].pretexts]
    others = [name for name in plain if name not in (*_LEFT_OUT, *CORE)]
    return (*tuned, *others, *CORE)


def candidates(project: Project) -> dict[str, Method]:
    """Give the methods that a project's average is chosen from, with few members and trees."""
    model = project.model
    baseline = replace(model.baseline, trees=min(model.baseline.trees or _TREES, _TREES))
    members = min(model.members or _MEMBERS, _MEMBERS)
    small = replace(project, model=replace(model, baseline=baseline, members=None))
    return {
        name: small.method(name, members=members if registered_method(name)[0].members > 1 else 1)
        for name in candidate_names(project)
    }


def choose(inputs: FitInputs, methods: Mapping[str, Method], *, seed: int) -> Choice | None:
    """Compare methods in five k-means regions, twice, and choose one; the log says which.

    Parameters
    ----------
    inputs : FitInputs
        What they are fitted on; of drawn non-occurrences, three draws are compared.
    methods : mapping of str to Method
        The methods.
    seed : int
        Seed of the regions.

    Returns
    -------
    Choice or None
        None where too few cells hold an occurrence, or they allow no regions; the log says so.
    """
    points = inputs.points
    n = len(np.unique(points.cells[points.label == 1]))
    if n < _FEWEST:
        _LOGGER.info(
            f"choice: {n} cells hold an occurrence, fewer than {_FEWEST}: no method is compared, "
            "and the average is taken."
        )
        return None
    if isinstance(inputs.samples, DrawnSamples):
        inputs = replace(
            inputs, samples=replace(inputs.samples, masks=inputs.samples.masks[:_DRAWS])
        )
    try:
        scheme = FoldScheme("clusters", repeats=2, seed=seed)
        choice = Choice.of(compare_on(inputs, methods, scheme))
    except (SamplesError, TrainingError) as error:
        _LOGGER.info(f"choice: no method can be compared, and the average is taken: {error}.")
        return None
    for line in choice.sentences():
        _LOGGER.info(f"choice: {line}")
    return choice


def averaged(project: Project, added: str | None, *, members: int) -> Average:
    """Give the average that was chosen, each part of so many members, with a project's settings.

    Parameters
    ----------
    project : Project
        The project.
    added : str or None
        The method that joins the core, if one does.
    members : int
        Fits of each part.
    """
    options = project.model.options(rock_classes=False)
    core = Average.of(replace(options, pretext="none", members=members))
    core = Average(tuple(balanced(part, project.model.balance) for part in core.parts))
    return core if added is None else core.joined_by(project.method(added, members=members))
