"""The footing that methods are compared on: the same cells, folds, draws and ground for all."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from geoprospect.crossval.folded import Folded
from geoprospect.crossval.folds import FoldScheme
from geoprospect.crossval.ground import Ground
from geoprospect.crossval.heldout import HeldOutScores
from geoprospect.crossval.validate import prepare_apart, score_folded
from geoprospect.errors import EvidenceError, TrainingError
from geoprospect.evidence import evidence_range
from geoprospect.methods import HeedsNames, Method, Preparation, Resampled
from geoprospect.methods.stages import under_stage
from geoprospect.model import FitInputs
from geoprospect.samples import DistinctCells, DrawnSamples, Samples
from geoprospect.typing import Bools, Progress
from geoprospect.wording import listed

_LOGGER = logging.getLogger(__name__)
# Width of a cluster, of the evidence's range. Intervals of nominal 95% hold the truth in 90-100% of
# draws with half the range, in 97-100%, a quarter wider, with all (`tests/test_coverage.py`).
_CLUSTER = 0.5


@dataclass(frozen=True)
class Notes:
    """What the reader of a comparison should know, each line logged as it is found."""

    lines: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        """Keep a line, and log it."""
        self.lines.append(line)
        _LOGGER.info("cross-validation: %s", line)


@dataclass(frozen=True)
class Footing:
    """What methods are compared on.

    Attributes
    ----------
    scheme : FoldScheme
        How points are held out, with the size of blocks and the number of polygons.
    folded : Folded
        The points in their folds, one a cell, and the ground.
    names : tuple of str
        The evidence of these.
    near : float
        The range of the evidence's variogram, in metres; 0 where it has none.
    notes : Notes
        What the reader of a comparison should know.
    """

    scheme: FoldScheme
    folded: Folded
    names: tuple[str, ...]
    near: float
    notes: Notes

    @property
    def cluster_width(self) -> float:
        """How wide clusters of points are at most that intervals rest on, in metres."""
        return _CLUSTER * self.near

    @classmethod
    def of(cls, inputs: FitInputs, scheme: FoldScheme, *, ranked: bool = True) -> Footing:
        """Put the points of a fit into folds, and draw the ground beside them if it is `ranked`.

        Raises
        ------
        SamplesError
            If the points do not allow the folds.
        """
        notes = Notes()
        samples, masks = _cells(inputs, scheme, notes)
        near = _range(inputs, notes)
        scheme = _settled(scheme, samples, near)
        _LOGGER.info(f"cross-validation: {scheme.sentence()}")
        drawn = inputs.samples if isinstance(inputs.samples, DrawnSamples) else None
        within = None if drawn is None else drawn.rule.within
        folds, learned = scheme.splits(samples)
        ground = None
        if ranked:
            ground = Ground.of(inputs.stack, samples, scheme, folds, within=within)
            notes.add(ground.sentence())
        folded = Folded(samples, folds, learned, masks, ground)
        return cls(scheme, folded, inputs.stack.names, near, notes)

    def score(
        self,
        inputs: FitInputs,
        methods: Mapping[str, Method],
        *,
        without: str | None = None,
        exclude_held_out: bool = False,
        progress: Progress | None = None,
    ) -> tuple[HeldOutScores, ...]:
        """Score methods at the points held out.

        Parameters
        ----------
        inputs : FitInputs
            What they are fitted on: all layers, or some of them.
        methods : mapping of str to Method
            The methods by the names of their results.
        without : str, optional
            The layers left out, for what is said of a method.
        exclude_held_out, progress
            As for `compare`.

        Raises
        ------
        TrainingError
            If no method can be trained.
        """
        columns = [self.names.index(name) for name in inputs.stack.names]
        missing = [name for name in self.names if name not in inputs.stack.names]
        preparations = _Preparations(inputs, self.folded.samples, self.scheme, exclude_held_out)
        # A method is told the names of its inputs through the points.
        folded = replace(
            self.folded, samples=replace(self.folded.samples, names=inputs.stack.names)
        )
        results = []
        for name, asked in methods.items():
            told = name if without is None else f"{name} without {without}"
            method = asked.without(missing) if isinstance(asked, HeedsNames) else asked
            try:
                result = score_folded(
                    method,
                    folded,
                    inputs.components_for(method).transform(folded.X[:, columns]),
                    preparation=preparations.of(method, progress),
                    progress=under_stage(progress, told),
                )
                results.append(replace(result, method=name))
            except TrainingError as error:
                if len(methods) < 2:
                    raise
                self.notes.add(f"the method {told} is left out: {error}.")
        if not results:
            raise TrainingError("no method could be trained", found=self.notes.lines[-1])
        return tuple(results)


@dataclass(frozen=True)
class _Preparations:
    """What methods prepared, learned once for all that can share it."""

    inputs: FitInputs
    samples: Samples
    scheme: FoldScheme
    exclude_held_out: bool
    known: dict[Hashable, Preparation] = field(default_factory=dict)

    def of(self, method: Method, progress: Progress | None) -> Preparation:
        """Give what a method prepared, by itself or another of the same key."""
        n_inputs = len(self.inputs.components.names)
        if method.pretext == "none":
            return method.prepare(None, n_inputs, progress=progress)
        # However labels are balanced, what is prepared knows none.
        balanced = isinstance(method, Resampled)
        key = method.preparation_key if balanced else (type(method), method.preparation_key)
        if key not in self.known:
            cells = self.inputs.cells_of_pretext(method)
            if self.exclude_held_out and cells is not None:
                self.known[key] = prepare_apart(
                    method, self.samples, self.scheme, cells, progress=progress
                )
            else:
                self.known[key] = method.prepare(cells, n_inputs, progress=progress)
        return self.known[key]


def _cells(inputs: FitInputs, scheme: FoldScheme, notes: Notes) -> tuple[Samples, Bools | None]:
    """Give the cells that are held out, each once, and those that each member learns from."""
    points, masks = inputs.points, inputs.masks
    distinct = DistinctCells.of(points)
    samples, kept = distinct.samples, distinct.representatives
    shared = distinct.sentence()
    if shared is not None:
        notes.add(shared)
    if distinct.conflicting:
        groups = [", ".join(map(str, rows)) for rows in samples.audit.conflicting]
        notes.add(
            f"{distinct.conflicting} of the cells hold points of both labels and count as "
            f"occurrences: rows {listed(groups, '; ')}."
        )
    if masks is not None:
        notes.add(
            f"non-occurrences were drawn {len(masks)} times, each draw for members of its own; "
            f"ROC and precision figures are of the {(samples.label == 0).sum()} cells of all draws."
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


def _range(inputs: FitInputs, notes: Notes) -> float:
    try:
        return evidence_range(inputs.stack)
    except EvidenceError as error:
        notes.add(f"the evidence has no range, so points are resampled one by one: {error}.")
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
