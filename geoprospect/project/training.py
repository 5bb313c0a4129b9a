"""The ensemble of a project: its members trained, each on the points that are for it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from geoprospect.errors import EvidenceError
from geoprospect.evidence.variogram import evidence_range
from geoprospect.methods import (
    Baseline,
    each_side_by_side,
    fit_baseline,
    fit_baselines,
    logistic_regressions,
)
from geoprospect.methods.plan import BaselinePlan
from geoprospect.methods.transfer import pretrain, transfer
from geoprospect.model.model import ProspectivityModel
from geoprospect.network import Network
from geoprospect.project.inputs import TrainingInputs
from geoprospect.typing import Ints, Progress, Values

_LOGGER = logging.getLogger(__name__)


def train_ensemble(read: TrainingInputs, *, progress: Progress | None = None) -> ProspectivityModel:
    """Train the members of a project's model, each on the points that are for it.

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
    plan = read.project.plan()
    points, components = read.points, read.components_for(plan)
    members: Sequence[Network | Baseline]
    if isinstance(plan, BaselinePlan):
        seen = "" if components is read.components else ", on the layers as they are, not rotated"
        _LOGGER.info(f"model: {plan.method}, {plan.members} members{seen}")
        members = _baselines(plan, read, progress)
    else:
        _LOGGER.info(f"model: {plan.pretext} pretext, {plan.strategy}, {plan.members} members")
        encoders = pretrain(plan, *read.pretext(plan), progress=progress)
        members, history = transfer(
            plan, encoders, read.P(plan), points.label, rows=read.seen, progress=progress
        )
        for line in history.lines():
            _LOGGER.info(line)
    distinct = np.unique(np.column_stack([points.rows, points.columns]), axis=0)
    return ProspectivityModel(
        components,
        tuple(members),
        np.stack([points.X.min(axis=0), points.X.max(axis=0)], axis=1),
        plan.to_dict() | _evidence_range(read),
        read.checksums(plan),
        tuple((int(row), int(column)) for row, column in distinct),
        grid=read.stack.grid,
        context=read.stack.neighbourhood,
    )


def _evidence_range(read: TrainingInputs) -> dict[str, float]:
    """Give the range of the evidence's variogram, or nothing where too few cells tell it."""
    try:
        return {"evidence_range": evidence_range(read.stack.bare())}
    except EvidenceError as error:
        _LOGGER.warning(f"evidence: its range is not known: {error}")
        return {}


def _baselines(
    plan: BaselinePlan, read: TrainingInputs, progress: Progress | None
) -> list[Network | Baseline]:
    """Fit a baseline once a member: on the same points, or each on its own."""
    points, rows, P = read.points, read.seen, read.P(plan)
    seeds = range(plan.seed, plan.seed + plan.members)
    if rows is None:
        return fit_baselines(
            plan.method,
            P,
            points.label,
            seeds=seeds,
            settings=plan.settings,
            progress=progress,
        )
    if plan.method == "logistic-regression":
        return [*logistic_regressions(P, points.label, rows, seeds, plan.settings, progress)]
    tasks = [
        (plan, seed, P[seen], points.label[seen]) for seed, seen in zip(seeds, rows, strict=True)
    ]
    fitted: list[Network | Baseline] = []
    for member in each_side_by_side(_fitted, tasks):
        fitted.append(member)
        if progress is not None:
            progress(plan.method, len(fitted), len(tasks), "fits")
    return fitted


def _fitted(plan: BaselinePlan, seed: int, P: Values, label: Ints) -> Network | Baseline:
    return fit_baseline(plan.method, P, label, seed=seed, settings=plan.settings)
