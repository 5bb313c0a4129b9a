"""Methods compared under the same spatial folds, with a null beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from geoprospect.crossval.ablation import Ablation
from geoprospect.crossval.comparison import Comparison
from geoprospect.crossval.folds import FoldScheme
from geoprospect.crossval.footing import Footing
from geoprospect.crossval.heldout import HeldOutScores
from geoprospect.crossval.validate import coordinates_folded, score_held_out
from geoprospect.evidence import EvidenceStack
from geoprospect.evidence.leavingout import computed_still
from geoprospect.methods import Method
from geoprospect.model import FitInputs, method_for
from geoprospect.samples import DrawnSamples, Samples
from geoprospect.typing import Progress
from geoprospect.wording import counted, listed


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
    without: Iterable[str] = (),
    exclude_held_out: bool = False,
    progress: Progress | None = None,
) -> Comparison:
    """Cross-validate methods on what they are fitted on; see `compare`.

    Each method is scored without some layers too, for each entry of `without`, which names one or
    several with commas between them; see `layers_left`.
    """
    ablated = {layers: inputs.without(layers) for layers in without}  # unknown names show first
    footing = Footing.of(inputs, scheme)
    options: dict[str, Any] = {"exclude_held_out": exclude_held_out, "progress": progress}
    results = footing.score(inputs, methods, **options)
    ablations = []
    n_layers = len(inputs.stack.names)
    for layers, fewer in ablated.items():
        n_left_out = n_layers - len(fewer.stack.names)
        footing.notes.add(
            f"without {layers}, {n_left_out} of {counted(n_layers, 'input')} left out: components "
            "are those of the others; points, folds, draws and ground stay as they are."
        )
        still = computed_still(inputs.stack, fewer.stack.names)
        if still:
            footing.notes.add(
                f"{listed(still)}, computed from what is left out with {layers}, stays: to leave "
                f'it out too, write --without "{layers},{still[0]}".'
            )
        scored = footing.score(fewer, methods, without=layers, **options)
        ablations.append(Ablation.of(layers, scored))
    null = coordinates_folded(footing.folded, seed=scheme.seed)
    return Comparison(
        footing.scheme,
        footing.folded.samples,
        results,
        null,
        footing.cluster_width,
        tuple(footing.notes.lines),
        footing.folded.ground,
        tuple(ablations),
    )
