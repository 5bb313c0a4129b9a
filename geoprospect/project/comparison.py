"""The methods of a project compared under the same spatial folds, with a null beside them."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from geoprospect.crossval import (
    Comparison,
    DistinctCells,
    FoldScheme,
    PretextCells,
    coordinates_alone,
    cross_validate,
    teach,
)
from geoprospect.crossval.validate import Pretext
from geoprospect.errors import EvidenceError, ProjectError, TrainingError
from geoprospect.evidence.variogram import evidence_range
from geoprospect.methods.plan import BaselinePlan, TransferPlan
from geoprospect.network import Network
from geoprospect.project.file import Project
from geoprospect.project.inputs import TrainingInputs
from geoprospect.samples import Samples
from geoprospect.typing import Bools, Progress
from geoprospect.wording import listed

_LOGGER = logging.getLogger(__name__)

# The methods, as the project file names them.
METHODS: dict[str, dict[str, str]] = {
    "reconstruction-linear-probing": {"pretext": "reconstruction", "strategy": "linear-probing"},
    "reconstruction-fine-tuning": {"pretext": "reconstruction", "strategy": "fine-tuning"},
    "lithology-linear-probing": {"pretext": "lithology", "strategy": "linear-probing"},
    "lithology-fine-tuning": {"pretext": "lithology", "strategy": "fine-tuning"},
    "from-scratch": {"pretext": "none", "strategy": "from-scratch"},
    "logistic-regression": {"pretext": "none", "strategy": "logistic-regression"},
    "random-forest": {"pretext": "none", "strategy": "random-forest"},
    "svm": {"pretext": "none", "strategy": "svm"},
    "extra-trees": {"pretext": "none", "strategy": "extra-trees"},
    "gaussian-process": {"pretext": "none", "strategy": "gaussian-process"},
}
# Those of the published study, with its settings.
PAPER_METHODS: dict[str, dict[str, str]] = {
    f"paper-{name}": changes | {"settings": "paper"}
    for name, changes in METHODS.items()
    if name not in ("extra-trees", "gaussian-process")
}


def compare_methods(
    project: Project,
    scheme: FoldScheme,
    methods: Sequence[str] = (),
    *,
    exclude_held_out: bool = False,
    progress: Progress | None = None,
) -> Comparison:
    """Cross-validate methods on a project's training points, all under the same folds.

    Points that share a cell count once, those outside all polygons not at all. Blocks without a
    size get the range of the evidence's variogram; intervals rest on clusters of points no wider
    than that. Strategies share what a pretext task taught.

    Parameters
    ----------
    project : Project
        The project; its settings hold for each method that has them. Its number of members is
        that of networks, and of its own method: other baselines are fitted once, for fits of
        theirs hardly differ, unless non-occurrences are drawn for each member.
    scheme : FoldScheme
        How points are held out.
    methods : sequence of str
        Names among `METHODS`, which have the project's settings, and `PAPER_METHODS`, which
        have those of the published study where the project does not change them; by default the
        project's own method alone. A result bears the name asked for.
    exclude_held_out : bool
        Keep cells held out, and those within the buffer, from the pretext task too. It sees no
        label of an occurrence in any case.
    progress : callable, optional
        As for `train_model`.

    Raises
    ------
    GeoprospectError
        If evidence, points, settings or folds do not allow it. Of several methods, one that
        cannot be trained is left out instead, and `Comparison.notes` says so.
    """
    unknown = [name for name in methods if name not in METHODS | PAPER_METHODS]
    if unknown:
        raise ProjectError(
            "no such method",
            found=unknown[0],
            expected=f"{', '.join(METHODS)}; or one of the published study as it was there: "
            f"{', '.join(PAPER_METHODS)}",
        )
    notes = _Notes()
    with project.open_evidence() as stack:
        read = TrainingInputs.read(project, stack)
        samples, seen = _cells(read, scheme, notes)
        near = _range(read, notes)
        scheme = _settled(scheme, samples, near)
        _LOGGER.info(f"cross-validation: {scheme.sentence()}")
        encoders = _Encoders(read, samples, scheme, exclude_held_out)
        results = []
        names: Sequence[str | None] = methods or [None]
        for name in names:
            try:
                plan = _plan(project, name, each=seen is not None)
                P = read.components_for(plan).transform(samples.X)
                taught = encoders.of(plan, progress) if isinstance(plan, TransferPlan) else None
                told = _renamed(progress, name)
                result = cross_validate(
                    plan, samples, P, scheme, seen=seen, encoders=taught, progress=told
                )
                results.append(replace(result, method=name or result.method))
            except (ProjectError, TrainingError) as error:
                if len(methods) < 2:
                    raise
                notes.add(f"the method {name} is left out: {error}.")
    if not results:
        raise TrainingError("no method could be trained", path=project.path, found=notes.lines[-1])
    null = coordinates_alone(samples, scheme)
    return Comparison(scheme, samples, tuple(results), null, near, tuple(notes.lines))


@dataclass(frozen=True)
class _Notes:
    """What the reader of a comparison should know, each line logged as it is found."""

    lines: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        """Keep a line, and log it."""
        self.lines.append(line)
        _LOGGER.info("cross-validation: %s", line)


@dataclass(frozen=True)
class _Encoders:
    """Encoders that strategies share: taught once for each pretext task."""

    read: TrainingInputs
    samples: Samples
    scheme: FoldScheme
    exclude_held_out: bool
    known: dict[Hashable, list[Network]] = field(default_factory=dict)

    def of(self, plan: TransferPlan, progress: Progress | None) -> list[Network]:
        """Give the encoders of a plan; see `teach`."""
        form = (plan.widths, plan.activation)
        key = (plan.pretext, plan.pretraining, form, plan.members, plan.seed)
        if key not in self.known:
            self.known[key] = teach(
                plan, self.samples, self.scheme, self._pretext(plan), progress=progress
            )
        return self.known[key]

    def _pretext(self, plan: TransferPlan) -> Pretext:
        P, rock_class = self.read.pretext(plan)
        if not self.exclude_held_out or plan.pretext == "none":
            return P, rock_class
        if plan.pretext == "lithology":
            rocks = self.read.rocks
            return PretextCells(P, rock_class, rocks.rows, rocks.columns)
        project = self.read.project
        _, rows, columns = self.read.stack.draw(project.model.pretext_cells, seed=plan.seed)
        return PretextCells(P, rock_class, rows, columns)


def _plan(project: Project, method: str | None, *, each: bool) -> TransferPlan | BaselinePlan:
    """Give the plan of a method by name, or the project's own.

    Where each member learns from points of its own, every method has all of them.
    """
    if method is None:
        return project.plan()
    changed = project.model.model_copy(update=(METHODS | PAPER_METHODS)[method])
    plan = project.model_copy(update={"model": changed}).plan()
    if isinstance(plan, BaselinePlan) and plan.method != project.model.strategy and not each:
        return replace(plan, members=1)
    return plan


def _renamed(progress: Progress | None, name: str | None) -> Progress | None:
    """Tell the progress of a method under the name asked for, which tells the paper's apart."""
    if progress is None or name is None:
        return progress
    return lambda _, done, total, word: progress(name, done, total, word)


def _cells(read: TrainingInputs, scheme: FoldScheme, notes: _Notes) -> tuple[Samples, Bools | None]:
    """Give the cells that are held out, each once, and those that each member learns from."""
    points, seen = read.points, read.seen
    distinct = DistinctCells.of(points)
    samples, kept = distinct.samples, distinct.representatives
    if len(samples) < len(points):
        notes.add(f"{len(points)} points lie in {len(samples)} cells; a cell counts once.")
    if distinct.conflicting:
        groups = [", ".join(map(str, rows)) for rows in samples.audit.conflicting]
        notes.add(
            f"{distinct.conflicting} of the cells hold points of both labels and count as "
            f"occurrences: rows {listed(groups, '; ')}."
        )
    if seen is not None:
        notes.add(
            f"each member learns from the non-occurrences of a draw of its own; figures are of "
            f"the {(samples.label == 0).sum()} cells of all {len(seen)} draws."
        )
    if scheme.kind == "leave-one-region-out" and scheme.regions is not None:
        region, _ = scheme.regions.of(samples)
        outside = samples.source[region < 0]
        if outside.size:
            notes.add(
                f"{outside.size} cells outside all regions are left out: rows "
                f"{listed([str(row) for row in outside])}."
            )
        inside = np.flatnonzero(region >= 0)
        samples, kept = samples.part(inside), kept[inside]
    return samples, None if seen is None else seen[:, kept]


def _range(read: TrainingInputs, notes: _Notes) -> float:
    try:
        return evidence_range(read.stack)
    except EvidenceError as error:
        notes.add(
            f"the evidence has no range, so intervals resample each point by itself: {error}."
        )
        return 0.0


def _settled(scheme: FoldScheme, samples: Samples, near: float) -> FoldScheme:
    """Fill in the size of blocks and the number of polygons; refuse folds that cannot be."""
    if scheme.kind == "blocks" and scheme.size is None and near > 0:
        scheme = replace(scheme, size=near)
    if scheme.kind == "leave-one-region-out":
        scheme = replace(scheme, repeats=1)
        folds, rows = scheme.splits(samples)
        return replace(scheme, folds=len(rows) // len(folds))
    scheme.splits(samples)
    return scheme
