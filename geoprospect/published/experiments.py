"""Experiments I, II and III of the published study, run again with several seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from geoprospect.methods import Baseline, each_side_by_side, fit_baseline, fit_baselines
from geoprospect.methods.plan import (
    BaselineMethod,
    BaselineSettings,
    Pretext,
    Strategy,
    TransferPlan,
)
from geoprospect.methods.presets import PAPER_BASELINES, transfer_plan
from geoprospect.methods.transfer import pretrain, transfer
from geoprospect.network import Network, Schedule
from geoprospect.published.figures import MethodResult, Points, Trial
from geoprospect.published.tables import PublishedTable, Study
from geoprospect.published.weights import PublishedNetwork, read_encoders, read_published
from geoprospect.typing import Ints, Progress, Values

NETWORKS: dict[str, tuple[Pretext, Strategy]] = {
    "FDE-LP": ("reconstruction", "linear-probing"),
    "FDE-FT": ("reconstruction", "fine-tuning"),
    "GCP-LP": ("lithology", "linear-probing"),
    "GCP-FT": ("lithology", "fine-tuning"),
    "from scratch": ("none", "from-scratch"),
}
BASELINES: dict[str, BaselineMethod] = {
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

    def plan(self, pretext: Pretext, strategy: Strategy) -> TransferPlan:
        """Give the study's plan, its epochs cut where less effort is asked for."""
        plan = transfer_plan(pretext, strategy, preset="paper", members=self.seeds, seed=self.seed)
        return replace(
            plan,
            training=self._cut(plan.training),
            pretraining=plan.pretraining and self._cut(plan.pretraining),
        )

    @property
    def baselines(self) -> BaselineSettings:
        """The study's settings of the baselines, cut likewise."""
        full = PAPER_BASELINES
        trees = max(1, round(full.trees * self.effort))
        return replace(full, schedule=self._cut(full.schedule), trees=trees)

    def _cut(self, schedule: Schedule) -> Schedule:
        return replace(schedule, epochs=max(1, round(int(np.max(schedule.epochs)) * self.effort)))

    def encoders(self, pretext: Pretext) -> list[Network]:
        """Teach encoders a pretext task, one a seed."""
        study = self.study
        strategy: Strategy = "from-scratch" if pretext == "none" else "fine-tuning"
        plan = self.plan(pretext, strategy)
        cells, rock_class = study.training.P, None
        if pretext == "lithology":
            cells, rock_class = study.lithology.P, study.lithology.label
        elif pretext == "reconstruction":
            cells = np.concatenate([study.random.P, study.lithology.P, study.training.P])
        return pretrain(
            plan, cells.astype(np.float32), rock_class, progress=self._told(f"{pretext} pretext")
        )

    def train(
        self,
        method: str,
        encoders: Sequence[Network],
        training: PublishedTable,
        *,
        rate: float | None = None,
        stage: str | None = None,
    ) -> list[Network]:
        """Transfer encoders to training points, one network a seed."""
        plan = self.plan(*NETWORKS[method])
        if rate is not None:
            plan = replace(plan, training=replace(plan.training, rate=rate))
        P = training.P.astype(np.float32)
        told = self._told(stage or method)
        return transfer(plan, encoders, P, training.label, progress=told)[0]

    def result(
        self,
        experiments: tuple[str, ...],
        method: str,
        members: Sequence[Network | Baseline],
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
        members: tuple[Network | Baseline, ...] = (),
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

    def _told(self, stage: str) -> Progress | None:
        progress = self.progress
        if progress is None:
            return None
        return lambda _, done, total, word: progress(stage, done, total, word)


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
    fit_seeds = [seed + k for k in range(seeds)]
    P = study.training.P.astype(np.float32)
    for name, baseline in BASELINES.items():
        fits = fit_baselines(
            baseline,
            P,
            study.training.label,
            seeds=fit_seeds,
            settings=laboratory.baselines,
            progress=progress,
        )
        results.append(laboratory.result(("II",), name, fits))
    for number, table in enumerate(study.scenarios, start=1):
        stage = f"{_BEST}, scenario {number}"
        members = laboratory.train(_BEST, encoders[NETWORKS[_BEST][0]], table, stage=stage)
        results.append(laboratory.result(("III",), _BEST, members, training=table))
    results.extend(_forests(laboratory, fit_seeds))
    results.extend(_tried(laboratory, encoders, known))
    return tuple(results)


def _forests(laboratory: _Laboratory, seeds: Sequence[int]) -> Iterator[MethodResult]:
    """Fit the forests of Experiment III, which are many: only their scores come back."""
    study, trials = laboratory.study, list[Trial]()
    points = [Points.of(study, table) for table in study.scenarios]
    tasks = [
        (table.P.astype(np.float32), table.label, seed, at.P, laboratory.baselines)
        for table, at in zip(study.scenarios, points, strict=True)
        for seed in seeds
    ]
    for scores in each_side_by_side(_forest_scores, tasks):
        trials.append(points[len(trials) // len(seeds)].trial_of(scores))
        if laboratory.progress is not None:
            laboratory.progress("random forest, scenarios", len(trials), len(tasks), "fits")
    for number, table in enumerate(study.scenarios):
        ours = tuple(trials[number * len(seeds) : (number + 1) * len(seeds)])
        yield laboratory.compared(("III",), "random forest", ours, table)


def _forest_scores(
    P: Values, label: Ints, seed: int, at: Values, settings: BaselineSettings
) -> Values:
    return fit_baseline("random-forest", P, label, seed=seed, settings=settings).predict(at)[:, 0]


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
        if rate == transfer_plan(pretext, strategy, preset="paper").training.rate:
            rate = None
        starts: list[tuple[list[str], Sequence[Network]]] = []
        if rate is not None:
            starts.append(([], encoders[pretext]))
        if pretext in known:
            starts.append((["study's encoder"], [known[pretext]] * laboratory.seeds))
        for notes, start in starts:
            note = ", ".join([*notes, *([] if rate is None else [f"rate {rate:g}"])])
            stage = f"{method}, tried"
            members = laboratory.train(method, start, training, rate=rate, stage=stage)
            yield laboratory.result(("tried",), method, members, note=note)
