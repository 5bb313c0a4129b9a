"""Experiments I, II and III of the published study, run again with several seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geoprospect.methods import (
    Member,
    Method,
    MethodOptions,
    PretextCells,
    SampleTable,
    Transfer,
    method_named,
    scores_of_fits,
)
from geoprospect.methods.options import Pretext
from geoprospect.methods.stages import under_stage
from geoprospect.methods.transfersettings import Strategy
from geoprospect.network import Network, Schedule
from geoprospect.published.figures import MethodResult, Points, Trial
from geoprospect.published.tables import PublishedTable, Study
from geoprospect.published.weights import PublishedNetwork, read_encoders, read_published
from geoprospect.typing import Progress

NETWORKS: dict[str, tuple[Pretext, Strategy]] = {
    "FDE-LP": ("reconstruction", "linear-probing"),
    "FDE-FT": ("reconstruction", "fine-tuning"),
    "GCP-LP": ("lithology", "linear-probing"),
    "GCP-FT": ("lithology", "fine-tuning"),
    "from scratch": ("none", "from-scratch"),
}
BASELINES = {
    "logistic regression": "logistic-regression",
    "random forest": "random-forest",
    "SVM": "svm",
}
_BEST = "FDE-FT"  # what the study takes to its Experiments II and III


@dataclass(frozen=True)
class _Laboratory:
    """What all experiments share: the data, the seeds, the published networks."""

    study: Study
    seeds: int
    seed: int
    published: Mapping[str, PublishedNetwork]
    effort: float
    progress: Progress | None

    def network(self, pretext: Pretext, strategy: Strategy) -> Transfer:
        """Give the study's method, its epochs cut where less effort is asked for."""
        full = Transfer.preset(
            pretext, strategy, preset="paper", members=self.seeds, seed=self.seed
        )
        return replace(
            full,
            training=self._cut(full.training),
            pretraining=full.pretraining and self._cut(full.pretraining),
        )

    def baseline(self, name: str) -> Method:
        """Give the study's baseline, its epochs and trees cut likewise."""
        full = method_named(name, MethodOptions("paper")).settings()["settings"]
        cut: dict[str, Any] = {}
        if "trees" in full:
            cut["baseline"] = {"trees": max(1, round(full["trees"] * self.effort))}
        if "schedule" in full:
            cut["training"] = {"epochs": self._cut(Schedule(**full["schedule"])).epochs}
        return method_named(name, MethodOptions("paper", None, self.seeds, self.seed, **cut))

    def _cut(self, schedule: Schedule) -> Schedule:
        return replace(schedule, epochs=max(1, round(int(np.max(schedule.epochs)) * self.effort)))

    def encoders(self, pretext: Pretext) -> Sequence[Network]:
        """Train encoders on a pretext task, one a seed."""
        study = self.study
        P, rock_class = study.training.P, None
        if pretext == "lithology":
            P, rock_class = study.lithology.P, study.lithology.label
        elif pretext == "reconstruction":
            P = np.concatenate([study.random.P, study.lithology.P, study.training.P])
        cells = PretextCells(P.astype(np.float32), rock_class)
        method = self.network(pretext, "from-scratch" if pretext == "none" else "fine-tuning")
        progress = under_stage(self.progress, f"{pretext} pretext")
        return method.prepare(cells, cells.X.shape[1], progress=progress)

    def train(
        self,
        method: str,
        encoders: Sequence[Network],
        training: PublishedTable,
        *,
        rate: float | None = None,
        stage: str | None = None,
    ) -> tuple[Member, ...]:
        """Transfer encoders to training points, one network a seed."""
        network = self.network(*NETWORKS[method])
        if rate is not None:
            network = replace(network, training=replace(network.training, rate=rate))
        return self.fit(network, training, encoders, stage or method)

    def fit(
        self,
        method: Method,
        training: PublishedTable,
        preparation: Sequence[Network] = (),
        stage: str | None = None,
    ) -> tuple[Member, ...]:
        """Fit a method to training points, one member a seed."""
        table = _sample_table(training)
        masks = table.masks_of_all(self.seeds)
        progress = self.progress if stage is None else under_stage(self.progress, stage)
        return method.fit(table, masks, preparation=preparation, progress=progress).members

    def result(
        self,
        experiments: tuple[str, ...],
        method: str,
        members: Sequence[Member],
        *,
        training: PublishedTable | None = None,
        note: str = "",
    ) -> MethodResult:
        """Score what was trained, beside the published weights."""
        training = training or self.study.training
        points = Points.of(self.study, training)
        trials = tuple(points.trial(member) for member in members)
        kept = tuple(members) if training is self.study.training and not note else ()
        return self.compared(experiments, method, trials, training, note, kept)

    def compared(
        self,
        experiments: tuple[str, ...],
        method: str,
        trials: tuple[Trial, ...],
        training: PublishedTable,
        note: str = "",
        members: tuple[Member, ...] = (),
    ) -> MethodResult:
        """Put trials beside the published weights of the same method and training points."""
        scenarios = [None, *range(1, len(self.study.scenarios) + 1)]
        tables = [self.study.training, *self.study.scenarios]
        scenario = next(k for k, table in zip(scenarios, tables, strict=True) if table is training)
        fitting = [
            network
            for network in self.published.values()
            if (network.method, network.scenario) == (method, scenario)
        ]
        points = Points.of(self.study, training)
        return MethodResult(
            experiments,
            method,
            training.n_occurrences,
            trials,
            points.trial(fitting[0].network) if fitting else None,
            fitting[0].name if fitting else None,
            note,
            members,
        )


def run_experiments(
    study: Study,
    *,
    seeds: int = 10,
    seed: int = 0,
    effort: float = 1.0,
    progress: Progress | None = None,
) -> tuple[MethodResult, ...]:
    """Run the study's three experiments.

    Parameters
    ----------
    study : Study
        The tables and weights.
    seeds : int
        Networks or estimators trained for each method.
    seed : int
        Seed of the seeds.
    effort : float
        Fraction of the study's epochs and trees; below 1 for a trial run.
    progress : callable, optional
        Called with the stage, the steps done, the steps in all and a word on them.

    Returns
    -------
    tuple of MethodResult
        Experiment I compares the five networks; II the best of them, fine-tuning after
        reconstruction, with the three baselines; III it with the forest over the eight scenarios
        of imbalance. The results "tried" start from the encoders of the study's own pretext
        networks, or train at the rate that its weight files record where it is another.

    Raises
    ------
    ModelError
        If a published weight file is damaged or of another shape.
    TrainingError
        If a training fails.
    """
    laboratory = _Laboratory(study, seeds, seed, read_published(study), effort, progress)
    known = read_encoders(study)  # its faults show before the training, not after
    encoders = {
        pretext: laboratory.encoders(pretext)
        for pretext in dict.fromkeys(pretext for pretext, _ in NETWORKS.values())
    }
    results = []
    for method, (pretext, _) in NETWORKS.items():
        experiments = ("I", "II") if method == _BEST else ("I",)
        members = laboratory.train(method, encoders[pretext], study.training)
        results.append(laboratory.result(experiments, method, members))
    for name, baseline in BASELINES.items():
        fits = laboratory.fit(laboratory.baseline(baseline), study.training)
        results.append(laboratory.result(("II",), name, fits))
    for number, table in enumerate(study.scenarios, start=1):
        stage = f"{_BEST}, scenario {number}"
        members = laboratory.train(_BEST, encoders[NETWORKS[_BEST][0]], table, stage=stage)
        results.append(laboratory.result(("III",), _BEST, members, training=table))
    results.extend(_forests(laboratory))
    results.extend(_tried(laboratory, encoders, known))
    return tuple(results)


def _forests(laboratory: _Laboratory) -> Iterator[MethodResult]:
    """Fit the forests of Experiment III, which are many: only their scores are kept."""
    study, forest = laboratory.study, laboratory.baseline("random-forest")
    for number, training in enumerate(study.scenarios, start=1):
        points, table = Points.of(study, training), _sample_table(training)
        scores = scores_of_fits(
            forest,
            table,
            table.masks_of_all(laboratory.seeds),
            points.P,
            progress=under_stage(laboratory.progress, f"random forest, scenario {number}"),
        )
        trials = tuple(points.trial_of(of_fit) for of_fit in scores)
        yield laboratory.compared(("III",), "random forest", trials, training)


def _sample_table(training: PublishedTable) -> SampleTable:
    """Give a published table as methods learn from it."""
    return SampleTable(training.P.astype(np.float32), training.label)


def _tried(
    laboratory: _Laboratory,
    encoders: Mapping[Pretext, Sequence[Network]],
    known: Mapping[str, Network],
) -> Iterator[MethodResult]:
    """Train at the rates that the weight files record, and from the study's own encoders."""
    training = laboratory.study.training
    for network in laboratory.published.values():
        if network.method not in NETWORKS or network.scenario is not None:
            continue
        method, rate = network.method, network.rate
        pretext, strategy = NETWORKS[method]
        if rate == Transfer.preset(pretext, strategy, preset="paper").training.rate:
            rate = None
        starts: list[tuple[list[str], Sequence[Network]]] = []
        if rate is not None:
            starts.append(([], encoders[pretext]))
        if pretext in known:
            starts.append((["study's encoder"], [known[pretext]]))
        for notes, start in starts:
            note = ", ".join([*notes, *([] if rate is None else [f"rate {rate:g}"])])
            stage = f"{method}, tried"
            members = laboratory.train(method, start, training, rate=rate, stage=stage)
            yield laboratory.result(("tried",), method, members, note=note)
