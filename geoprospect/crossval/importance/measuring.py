"""Layers shuffled among points held out in space, and how far the figure drops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from geoprospect.crossval.figures import Figure
from geoprospect.crossval.folded import Folded
from geoprospect.crossval.folds import FoldScheme
from geoprospect.crossval.footing import Footing
from geoprospect.crossval.heldout import HeldOutScores
from geoprospect.crossval.importance.collinear import correlations, groups_of
from geoprospect.crossval.importance.drops import Drop, Importance, widened
from geoprospect.crossval.importance.settings import ImportanceSettings
from geoprospect.crossval.importance.shuffled import FoldedFits, score_shuffled
from geoprospect.evidence.belonging import names_of_layers
from geoprospect.intervals import Bootstrap, Difference, RankingBootstrap, Resampled, clusters
from geoprospect.methods import Method
from geoprospect.methods.stages import under_stage
from geoprospect.model import FitInputs
from geoprospect.samples import DrawnSamples
from geoprospect.typing import Floats, Progress
from geoprospect.wording import counted

_CORRELATED = 5_000  # cells that correlations are taken over
_GROUND = 2_000  # cells that occurrences are ranked against: each is scored in every permutation


def scheme_of(settings: ImportanceSettings, seed: int) -> FoldScheme:
    """Give how points are held out: in regions found by k-means of their coordinates."""
    return FoldScheme(
        "clusters", settings.folds, settings.repeats, buffer=settings.buffer, seed=seed
    )


def layer_importance(
    inputs: FitInputs,
    method: Method,
    settings: ImportanceSettings,
    *,
    progress: Progress | None = None,
) -> Importance:
    """Find out how far the figure of a method drops where a layer tells nothing.

    Parameters
    ----------
    inputs, method, settings, progress
        As for `model_use`.

    Notes
    -----
    Importance by permutation: Breiman (2001), Random forests, Machine Learning 45: 5-32; of the
    model as it is, after Fisher, Rudin & Dominici (2019), Journal of Machine Learning Research
    20(177). Values change places within a fold, so that what a layer tells of one region
    against another is not counted.
    """
    drawn = isinstance(inputs.samples, DrawnSamples)
    footing = Footing.of(inputs, scheme_of(settings, method.seed), ranked=drawn)
    folded, notes = _folded(footing)
    stack = inputs.stack
    place = {name: number for number, name in enumerate(stack.names)}
    layers = {
        layer: [place[name] for name in names] for layer, names in names_of_layers(stack).items()
    }
    X, _, _ = stack.draw(_CORRELATED, seed=method.seed)
    strength = correlations(X, layers)
    groups = groups_of(tuple(layers), strength, settings.correlated)
    sets = [*((layer,) for layer in layers), *groups]
    components = inputs.components_for(method)
    fits = FoldedFits.of(
        method,
        folded,
        components,
        preparation=method.prepare(
            inputs.cells_of_pretext(method), len(components.names), progress=progress
        ),
        progress=under_stage(progress, method.name),
    )
    plain, *shuffled = score_shuffled(
        fits,
        [[column for layer in chosen for column in layers[layer]] for chosen in sets],
        permutations=settings.permutations,
        seed=method.seed,
        progress=progress,
    )
    measure = _Measure.of(plain, folded, footing.cluster_width)
    drops = [measure.drop(chosen, one) for chosen, one in zip(sets, shuffled, strict=True)]
    drops.sort(key=lambda drop: -drop.worth.value)
    return Importance(
        method.name,
        footing.scheme,
        measure.figure,
        measure.value,
        tuple(drop for drop in drops if len(drop.layers) == 1),
        tuple(drop for drop in drops if len(drop.layers) > 1),
        tuple(layers),
        strength,
        settings.correlated,
        settings.permutations,
        measure.bootstrap.n_clusters,
        footing.cluster_width,
        notes,
    )


def _folded(footing: Footing) -> tuple[Folded, tuple[str, ...]]:
    """Give the points in their folds, with ground only where occurrences are ranked against it."""
    folded, ground, lines = footing.folded, footing.folded.ground, footing.notes.lines
    if ground is None:
        return folded, _sentences(lines)
    lines = [line for line in lines if line != ground.sentence()]
    order = np.random.default_rng(footing.scheme.seed).permutation(len(ground.cells))
    chosen = np.sort(order[:_GROUND])
    fewer = replace(ground, cells=ground.cells.part(chosen), folds=ground.folds[:, chosen])
    told = (
        f"each occurrence is ranked against those of {counted(len(chosen), 'valid cell')} that "
        "were held out with it; no cell is taken for barren."
    )
    return replace(folded, ground=fewer), _sentences([*lines, told])


def _sentences(lines: Sequence[str]) -> tuple[str, ...]:
    """Begin lines as sentences."""
    return tuple(line[0].upper() + line[1:] for line in lines)


@dataclass(frozen=True)
class _Measure:
    """The figure of points as they are, and the clusters that intervals rest on."""

    plain: HeldOutScores
    bootstrap: RankingBootstrap

    @classmethod
    def of(cls, plain: HeldOutScores, folded: Folded, near: float) -> _Measure:
        """Cluster the points."""
        samples = folded.samples
        groups = clusters(samples.cells, samples.places.straight, near)
        return cls(plain, RankingBootstrap(groups, samples.label))

    @property
    def figure(self) -> Figure:
        """The figure that drops."""
        return "auc" if self.plain.shares is None else "rate_area"

    @property
    def value(self) -> float:
        """The figure with all layers as they are, mean over the repeats."""
        return float(getattr(self.plain, self.figure).mean())

    def drop(self, layers: tuple[str, ...], other: HeldOutScores) -> Drop:
        """Give how far the figure drops, with its interval."""
        repeats = len(self.plain.scores)
        figures: Floats = getattr(other, self.figure).reshape(-1, repeats)
        drops = getattr(self.plain, self.figure) - figures
        return Drop(layers, *widened(self._difference(other), drops))

    @cached_property
    def _resampled(self) -> Resampled:
        return self.bootstrap.resample(self.plain.scores)

    def _difference(self, other: HeldOutScores) -> Difference:
        """Give the drop with its interval over clusters."""
        if self.plain.shares is not None and other.shares is not None:
            gaps = self.plain.shares.mean(axis=0) - other.shares.mean(axis=0)
            of_occurrences = self.bootstrap.groups[self.bootstrap.label == 1]
            groups = np.unique(of_occurrences, return_inverse=True)[1].ravel()
            return Bootstrap(groups).differences(gaps[:, None])[0]
        theirs = self.bootstrap.resample(other.scores)
        return self.bootstrap.difference(self._resampled, theirs, 0)
