"""Methods compared under the same spatial folds, with a null beside them."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from geoprospect.crossval.comparison import Comparison
from geoprospect.crossval.folded import Folded
from geoprospect.crossval.folds import FoldScheme
from geoprospect.crossval.ground import Ground
from geoprospect.crossval.heldout import HeldOutScores
from geoprospect.crossval.validate import (
    coordinates_folded,
    prepare_apart,
    score_folded,
    score_held_out,
)
from geoprospect.errors import EvidenceError, TrainingError
from geoprospect.evidence import EvidenceStack, evidence_range
from geoprospect.methods import Method, Preparation
from geoprospect.methods.stages import under_stage
from geoprospect.model import FitInputs, method_for
from geoprospect.samples import DistinctCells, DrawnSamples, Samples
from geoprospect.typing import Bools, Progress
from geoprospect.wording import listed

_LOGGER = logging.getLogger(__name__)
# Width of a cluster, of the evidence's range. Intervals of nominal 95% hold the truth in 90-100% of
# draws with half the range, in 97-100%, a quarter wider, with all (`tests/test_coverage.py`).
_CLUSTER = 0.5


def compare(
    stack: EvidenceStack,
    samples: Samples | DrawnSamples,
    methods: Mapping[str, Method] | Iterable[str],
    scheme: FoldScheme | None = None,
    *,
    rocks: Samples | None = None,
    exclude_held_out: bool = False,
    progress: Progress | None = None,
) -> Comparison:
    """Cross-validate methods on the same points, all under the same folds.

    Points that share a cell count once, those outside all polygons not at all. Blocks without a
    size get the range of the evidence's variogram; intervals rest on clusters of points no wider
    than half of that. Methods share what was learned of a pretext task.

    Parameters
    ----------
    stack : EvidenceStack
        The evidence.
    samples : Samples or DrawnSamples
        Occurrences and non-occurrences; or occurrences with several draws of non-occurrences.
    methods : mapping of str to Method, or iterable of str
        The methods by the names of their results; or names such as "random-forest" and
        "paper-svm", whose settings are those recommended, or published.
    scheme : FoldScheme, optional
        How points are held out; by default in five k-means regions, three times.
    rocks : Samples, optional
        Points of rock classes, for the lithology pretext task.
    exclude_held_out : bool
        Keep cells held out, and those within the buffer, from the pretext task too. It sees no
        label of an occurrence in any case.
    progress : callable, optional
        Called with the stage, the steps done, the steps in all and a word on them.

    Returns
    -------
    Comparison

    Raises
    ------
    GeoprospectError
        If evidence, points, settings or folds do not allow it. Of several methods, one that
        cannot be trained is left out instead, and `Comparison.notes` says so.

    Examples
    --------
    >>> import tempfile
    >>> import geoprospect as gp
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = gp.sample_project(folder)
    ...     with gp.open_evidence(f"{folder}/sample_rasters") as stack:
    ...         samples = gp.read_samples(f"{folder}/data/training.gpkg", stack)
    ...         scheme = gp.FoldScheme(folds=2, repeats=1)
    ...         comparison = gp.compare(stack, samples, ["svm"], scheme)
    >>> comparison.best.method, bool(comparison.best.auc.mean() > 0.7)
    ('svm', True)
    """
    if not isinstance(methods, Mapping):
        methods = {name: method_for(name, samples, rocks) for name in methods}
    inputs = FitInputs.of(stack, samples, rocks=rocks)
    return compare_on(
        inputs,
        methods,
        scheme or FoldScheme(),
        exclude_held_out=exclude_held_out,
        progress=progress,
    )


def cross_validate(
    stack: EvidenceStack,
    samples: Samples | DrawnSamples,
    method: Method | str,
    scheme: FoldScheme | None = None,
    *,
    rocks: Samples | None = None,
    progress: Progress | None = None,
) -> HeldOutScores:
    """Train a method on all folds but one, and score that one; for all folds and repeats.

    Parameters
    ----------
    stack, samples, scheme, rocks, progress
        As for `compare`.
    method : Method or str
        The method, or the name of one with its recommended settings.

    Returns
    -------
    HeldOutScores
        The scores of all points; the figures are those of distinct cells.

    Raises
    ------
    GeoprospectError
        If evidence, points, settings or folds do not allow it.

    Examples
    --------
    >>> import tempfile
    >>> import geoprospect as gp
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = gp.sample_project(folder)
    ...     with gp.open_evidence(f"{folder}/sample_rasters") as stack:
    ...         samples = gp.read_samples(f"{folder}/data/training.gpkg", stack)
    ...         held_out = gp.cross_validate(stack, samples, "svm", gp.FoldScheme(folds=2))
    >>> held_out.auc.shape, bool(held_out.auc.min() > 0.7)
    ((3,), True)
    """
    method = method_for(method, samples, rocks)
    inputs = FitInputs.of(stack, samples, rocks=rocks, seed=method.seed)
    return held_out_scores(inputs, method, scheme or FoldScheme(), progress=progress)


def held_out_scores(
    inputs: FitInputs, method: Method, scheme: FoldScheme, *, progress: Progress | None = None
) -> HeldOutScores:
    """Cross-validate a method on what methods are fitted on; see `cross_validate`."""
    X = inputs.X(method)
    preparation = method.prepare(inputs.cells_of_pretext(method), X.shape[1], progress=progress)
    return score_held_out(
        method,
        inputs.points,
        X,
        scheme,
        masks=inputs.masks,
        preparation=preparation,
        progress=progress,
    )


def compare_on(
    inputs: FitInputs,
    methods: Mapping[str, Method],
    scheme: FoldScheme,
    *,
    exclude_held_out: bool = False,
    progress: Progress | None = None,
) -> Comparison:
    """Cross-validate methods on what they are fitted on; see `compare`."""
    notes = _Notes()
    samples, masks = _cells(inputs, scheme, notes)
    near = _range(inputs, notes)
    scheme = _settled(scheme, samples, near)
    _LOGGER.info(f"cross-validation: {scheme.sentence()}")
    drawn = inputs.samples if isinstance(inputs.samples, DrawnSamples) else None
    within = None if drawn is None else drawn.rule.within
    folds, learned = scheme.splits(samples)
    ground = Ground.of(inputs.stack, samples, scheme, folds, within=within)
    notes.add(ground.sentence())
    folded = Folded(samples, folds, learned, masks, ground)
    preparations = _Preparations(inputs, samples, scheme, exclude_held_out)
    results = []
    for name, method in methods.items():
        try:
            result = score_folded(
                method,
                folded,
                inputs.components_for(method).transform(folded.X),
                preparation=preparations.of(method, progress),
                progress=under_stage(progress, name),
            )
            results.append(replace(result, method=name))
        except TrainingError as error:
            if len(methods) < 2:
                raise
            notes.add(f"the method {name} is left out: {error}.")
    if not results:
        raise TrainingError("no method could be trained", found=notes.lines[-1])
    null = coordinates_folded(folded, seed=scheme.seed)
    near *= _CLUSTER
    return Comparison(scheme, samples, tuple(results), null, near, tuple(notes.lines), ground)


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


def _cells(inputs: FitInputs, scheme: FoldScheme, notes: _Notes) -> tuple[Samples, Bools | None]:
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


def _range(inputs: FitInputs, notes: _Notes) -> float:
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
