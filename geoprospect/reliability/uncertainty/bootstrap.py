"""The bootstrap of labelled points by cluster: what else might have been known of the ground."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from geoprospect.crossval.clustering import clusters_of
from geoprospect.errors import EvidenceError, SamplesError
from geoprospect.evidence import evidence_range
from geoprospect.model.model import ProspectivityModel
from geoprospect.model.refitting import Refitting
from geoprospect.typing import Ints, StageProgress

_LOGGER = logging.getLogger(__name__)
_KINDS = {1: "occurrences", 0: "non-occurrences"}


@dataclass(frozen=True)
class Resampling:
    """Points drawn again with replacement, clusters of them as one, each label for itself.

    Attributes
    ----------
    groups : ndarray of int64, shape (n,)
        The cluster of each point; no cluster holds points of both labels.
    label : ndarray of int64, shape (n,)
        1 at occurrences, 0 at non-occurrences.
    seed : int
        Seed of the draws.

    Notes
    -----
    The cluster bootstrap (Davison & Hinkley 1997, Bootstrap Methods and their Application,
    section 3.8). Occurrences of one district are no independent witnesses, so they come and go
    together; as many clusters of either label are drawn as there are.

    Examples
    --------
    >>> resampling = Resampling(np.array([0, 0, 1, 2, 3]), np.array([1, 1, 1, 0, 0]), seed=0)
    >>> drawn = resampling.drawn(0).tolist()
    >>> drawn.count(0) == drawn.count(1), drawn.count(3) + drawn.count(4)
    (True, 2)
    """

    groups: Ints
    label: Ints
    seed: int = 0

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return int(self.groups.max()) + 1

    def drawn(self, number: int) -> Ints:
        """Give the points of a draw, by its number, in their order; some come several times."""
        random = np.random.default_rng([self.seed, number, *b"resampling"])
        counts = np.zeros(self.n_clusters, np.int64)
        for value in _KINDS:
            of_label = np.unique(self.groups[self.label == value])
            if len(of_label):
                np.add.at(counts, random.choice(of_label, len(of_label)), 1)
        return np.repeat(np.arange(len(self.groups)), counts[self.groups])


@dataclass(frozen=True)
class ClusterBootstrap:
    """A method fitted again on bootstrap resamples of the clusters of its points.

    Clusters are those that cross-validation resamples, no wider than the range of the evidence.
    Barren points are drawn again likewise, unless they were drawn from the ground.

    Attributes
    ----------
    refitting : Refitting
        The method, and what the map's model was fitted on.
    """

    refitting: Refitting

    @property
    def seed(self) -> int:
        """Seed of the draws, that of the method."""
        return self.refitting.method.seed

    @cached_property
    def near(self) -> float:
        """How wide a cluster is at most, in metres; 0 where the evidence has no range."""
        try:
            return evidence_range(self.refitting.inputs.stack)
        except EvidenceError as error:
            _LOGGER.info(f"uncertainty: points are resampled one by one: {error}")
            return 0.0

    @cached_property
    def resampling(self) -> Resampling:
        """The clusters that are drawn.

        Raises
        ------
        SamplesError
            If the points of a label are one cluster, so that no draw differs.
        """
        samples = self.refitting.known
        groups = np.empty(len(samples), np.int64)
        begun = 0
        for value, kind in _KINDS.items():
            here = samples.label == value
            if not here.any():  # non-occurrences that are drawn anew for each refit
                continue
            found = clusters_of(samples.part(here), self.near)
            if found.max() == 0:
                raise SamplesError(
                    f"the {kind} are one cluster, and drawn again they are the same",
                    path=samples.path,
                    found=f"{here.sum()} {kind} within {self.near:.6g} m",
                    expected="two clusters at least",
                    mend="give points farther apart, or leave out uncertainty",
                )
            groups[here] = begun + found
            begun += int(found.max()) + 1
        return Resampling(groups, samples.label, self.seed)

    @property
    def identity(self) -> str:
        """A text that changes with the points, the method or the layout of the refits."""
        refitting, points = self.refitting, self.refitting.known
        told = repr((refitting.method.settings(), refitting.design)).encode()
        parts = (points.cells, points.label, points.X, self.resampling.groups)
        return hashlib.sha256(told + b"".join(part.tobytes() for part in parts)).hexdigest()

    def fit(self, progress: StageProgress | None = None) -> ProspectivityModel:
        """Fit all refits; see `Refitting.fit`. The model's inputs tell their `identity`."""
        model = self.refitting.fit(self.resampling.drawn, progress)
        return replace(model, inputs={"refits": self.identity})
