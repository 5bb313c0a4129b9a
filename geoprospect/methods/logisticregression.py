"""Logistic regression: one sigmoid unit, trained as the networks are."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from geoprospect.methods.estimatormethod import check_counts
from geoprospect.methods.method import Fitted, Preparation, PretextCells, SampleTable, Sees
from geoprospect.methods.options import WHOLE_BATCH, MethodOptions, Preset, Pretext
from geoprospect.methods.stages import under_stage
from geoprospect.network import Schedule
from geoprospect.network.builders import logistic_regression
from geoprospect.network.training import Ensemble, class_weights, train
from geoprospect.typing import Bools, Progress

_RECOMMENDED = Schedule("binary-crossentropy", 1e-2, WHOLE_BATCH, 1000)
_PRESETS: dict[Preset, dict[str, Any]] = {
    "recommended": {},
    "paper": {
        "schedule": Schedule("binary-crossentropy", 1e-3, 82, 6000),
        "class_weights": False,
    },
}


@dataclass(frozen=True)
class LogisticRegression:
    """A logistic regression (Cox 1958), fitted by Adam: one sigmoid unit.

    Attributes
    ----------
    members : int
        Units of the ensemble, each with its own seed.
    seed : int
        Seed of the first member; the others count on from it.
    schedule : Schedule
        The optimisation.
    class_weights : bool
        Weight the classes by total / (2 · n_class).

    Examples
    --------
    >>> table = SampleTable(np.array([[0.0], [1.0]], np.float32), np.array([0, 1]))
    >>> units = LogisticRegression(members=2).fit(table, table.masks_of_all(2)).members
    >>> [bool(np.ptp(unit.predict(table.X)) > 0) for unit in units]
    [True, True]
    """

    members: int = 1
    seed: int = 0
    schedule: Schedule = _RECOMMENDED
    class_weights: bool = True

    @classmethod
    def of(cls, options: MethodOptions) -> LogisticRegression:
        """Make the method that a project file asks for."""
        plain = cls(options.members or 1, options.seed, **_PRESETS[options.preset])
        schedule = options.trained(plain.schedule)
        return replace(plain, schedule=schedule, **options.changes("class_weights"))

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """How project files and results name it."""
        return "logistic-regression"

    @property
    def sees(self) -> Sees:
        """Principal components."""
        return "components"

    @property
    def pretext(self) -> Pretext:
        """No pretext task."""
        return "none"

    @property
    def preparation_key(self) -> Hashable:
        """Nothing is prepared."""
        return None

    def prepare(
        self, cells: PretextCells | None, n_inputs: int, *, progress: Progress | None = None
    ) -> Preparation:
        """Prepare nothing."""
        return ()

    def fit(
        self,
        table: SampleTable,
        masks: Bools,
        *,
        preparation: Preparation | None = None,
        progress: Progress | None = None,
    ) -> Fitted:
        """Train a sigmoid unit a mask, all in one compiled program; see `Method.fit`."""
        for mask in masks:
            check_counts(self.name, table.label[mask], 1)
        weights = masks.astype(np.float32)
        if self.class_weights:
            weights = np.stack([class_weights(table.label, mask=mask) for mask in masks])
        X = np.asarray(table.X, np.float32)
        seeds = [self.seed + number % self.members for number in range(len(masks))]
        units = [logistic_regression(X.shape[1], seed=seed) for seed in seeds]
        training = train(
            Ensemble(units, seeds),
            X,
            table.label.astype(np.float32),
            schedule=self.schedule,
            sample_weight=weights,
            progress=under_stage(progress, self.name),
        )
        return Fitted(tuple(training.networks), tuple(training.history.lines()))

    def settings(self) -> dict[str, Any]:
        """Give the method as plain values, under the names that the project file gives them."""
        values = asdict(self)
        members, seed = values.pop("members"), values.pop("seed")
        return {"strategy": self.name, "members": members, "seed": seed, "settings": values}
