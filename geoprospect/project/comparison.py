"""The methods of a project compared under the same spatial folds, with a null beside them."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from geoprospect.crossval import (
    Comparison,
    DistinctCells,
    FoldScheme,
    coordinates_alone,
    cross_validate,
    prepare_apart,
)
from geoprospect.errors import EvidenceError, ProjectError, TrainingError
from geoprospect.evidence import evidence_range
from geoprospect.methods import Method, Preparation, method_names, registered_method
from geoprospect.methods.stages import under_stage
from geoprospect.project.file import Project
from geoprospect.project.inputs import Inputs
from geoprospect.samples import Samples
from geoprospect.typing import Bools, Progress
from geoprospect.wording import listed

_LOGGER = logging.getLogger(__name__)


def compare_methods(
    project: Project,
    scheme: FoldScheme,
    methods: Sequence[str] | Literal["all"] = (),
    *,
    exclude_held_out: bool = False,
    progress: Progress | None = None,
) -> Comparison:
    """Cross-validate methods on a project's training points, all under the same folds.

    Points that share a cell count once, those outside all polygons not at all. Blocks without a
    size get the range of the evidence's variogram; intervals rest on clusters of points no wider
    than that. Strategies share what was learned of a pretext task.

    Parameters
    ----------
    project : Project
        The project; its settings hold for each method that has them. Its number of members is
        that of networks, and of its own method: other baselines are fitted once, for fits of
        theirs hardly differ, unless non-occurrences are drawn for each member.
    scheme : FoldScheme
        How points are held out.
    methods : sequence of str
        Names as `method_names` gives them: with the project's settings, or those of the published
        study where the project does not change them; "all" for all with the project's settings;
        by default the project's own method alone. A result bears the name asked for.
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
    asked_for = method_names() if methods == "all" else tuple(methods)
    for asked in asked_for:
        registered_method(asked)  # a name that is not known shows before anything is read
    notes = _Notes()
    with Inputs(project) as inputs:
        samples, masks = _cells(inputs, scheme, notes)
        near = _range(inputs, notes)
        scheme = _settled(scheme, samples, near)
        _LOGGER.info(f"cross-validation: {scheme.sentence()}")
        preparations = _Preparations(inputs, samples, scheme, exclude_held_out)
        results = []
        names: Sequence[str | None] = asked_for or (None,)
        for name in names:
            try:
                method = _method(project, name, each=masks is not None)
                result = cross_validate(
                    method,
                    samples,
                    inputs.components_for(method).transform(samples.X),
                    scheme,
                    masks=masks,
                    preparation=preparations.of(method, progress),
                    progress=progress if name is None else under_stage(progress, name),
                )
                results.append(replace(result, method=name or result.method))
            except (ProjectError, TrainingError) as error:
                if len(asked_for) < 2:
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
class _Preparations:
    """What methods prepared, learned once for all that can share it."""

    inputs: Inputs
    samples: Samples
    scheme: FoldScheme
    exclude_held_out: bool
    known: dict[Hashable, Preparation] = field(default_factory=dict)

    def of(self, method: Method, progress: Progress | None) -> Preparation:
        """Give what a method prepared, by itself or another of the same key."""
        n_inputs = len(self.inputs.components.names)
        if method.pretext == "none":
            return method.prepare(None, n_inputs, progress=progress)
        key = (type(method), method.preparation_key)
        if key not in self.known:
            cells = self.inputs.cells_of_pretext(method)
            if self.exclude_held_out and cells is not None:
                self.known[key] = prepare_apart(
                    method, self.samples, self.scheme, cells, progress=progress
                )
            else:
                self.known[key] = method.prepare(cells, n_inputs, progress=progress)
        return self.known[key]


def _method(project: Project, name: str | None, *, each: bool) -> Method:
    """Give a method by name, or the project's own.

    Where each member learns from points of its own, every method has all of them.
    """
    if name is None:
        return project.method()
    registered, _ = registered_method(name)
    alike = registered.members == 1 and registered.name != project.model.strategy
    return project.method(name, members=1 if alike and not each else None)


def _cells(inputs: Inputs, scheme: FoldScheme, notes: _Notes) -> tuple[Samples, Bools | None]:
    """Give the cells that are held out, each once, and those that each member learns from."""
    points, masks = inputs.points, inputs.masks
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
    if masks is not None:
        notes.add(
            f"each member learns from the non-occurrences of a draw of its own; figures are of "
            f"the {(samples.label == 0).sum()} cells of all {len(masks)} draws."
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
    return samples, None if masks is None else masks[:, kept]


def _range(inputs: Inputs, notes: _Notes) -> float:
    try:
        return evidence_range(inputs.evidence)
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
        folds, split_masks = scheme.splits(samples)
        return replace(scheme, folds=len(split_masks) // len(folds))
    scheme.splits(samples)
    return scheme
