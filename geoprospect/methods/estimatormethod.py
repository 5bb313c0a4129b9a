"""What methods of scikit-learn have in common: one estimator a fit, fits side by side."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from geoprospect.errors import TrainingError
from geoprospect.methods.estimator import FittedEstimator
from geoprospect.methods.method import Fitted, Preparation, PretextCells, SampleTable, Sees
from geoprospect.methods.options import Pretext
from geoprospect.methods.sidebyside import side_by_side
from geoprospect.typing import Bools, Ints, Progress, StageProgress, Values


@dataclass(frozen=True)
class EstimatorMethod(ABC):
    """A method whose members are estimators of scikit-learn.

    Attributes
    ----------
    name : str
        How project files and results name it.
    members : int
        Fits of the ensemble, each with its own seed.
    seed : int
        Seed of the first member; the others count on from it.
    """

    name: str
    members: int
    seed: int

    def __str__(self) -> str:
        return self.name

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

    @property
    def least(self) -> int:
        """Points of each label that a fit needs."""
        return 1

    @abstractmethod
    def estimator(self, X: Values, label: Ints, seed: int) -> Any:
        """Fit the estimator to points of shape (n, n_inputs) and their labels."""

    def prepare(
        self,
        cells: PretextCells | None,
        n_inputs: int,
        *,
        progress: Progress | None = None,
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
        """Fit an estimator a mask; see `Method.fit`."""
        return Fitted(tuple(self._each(table, masks, [None] * len(masks), progress)))

    def scores(
        self,
        table: SampleTable,
        masks: Bools,
        rows: Values,
        *,
        wanted: Bools | None = None,
        progress: Progress | None = None,
    ) -> Values:
        """Score rows by each fit; see `ScoresApart`."""
        chosen = np.ones((len(masks), len(rows)), bool) if wanted is None else wanted
        scores = np.full(chosen.shape, np.nan, np.float32)
        scores[chosen] = np.concatenate(
            self._each(table, masks, [rows[mine] for mine in chosen], progress)
        )
        return scores

    def settings(self) -> dict[str, Any]:
        """Give the method as plain values, under the names that the project file gives them."""
        values = asdict(self)
        return {
            "strategy": values.pop("name"),
            "members": values.pop("members"),
            "seed": values.pop("seed"),
            "settings": values,
        }

    def check_counts(self, labels: Ints) -> None:
        """Refuse too few points of a label.

        Raises
        ------
        TrainingError
            If a label has fewer points than `least`.
        """
        check_counts(self.name, labels, self.least)

    def _each(
        self,
        table: SampleTable,
        masks: Bools,
        rows: Sequence[Values | None],
        progress: Progress | None,
    ) -> list[Any]:
        """Fit each mask; give the members or, where it has rows, their scores of them."""
        tasks = []
        for number, (mask, its_rows) in enumerate(zip(masks, rows, strict=True)):
            self.check_counts(table.label[mask])
            seed = self.seed + number % self.members
            X = np.asarray(table.X[mask], np.float32)
            tasks.append((self, X, table.label[mask], seed, its_rows))
        return list(side_by_side(_fitted, tasks, progress=_fits(progress, self.name)))


def _fits(progress: Progress | None, name: str) -> StageProgress | None:
    """Tell the fits of a method."""
    return progress and (lambda done, total: progress(name, done, total, "fits"))


def _fitted(
    method: EstimatorMethod, X: Values, label: Ints, seed: int, rows: Values | None
) -> FittedEstimator | Values:
    """Fit one estimator; give it, or its scores of rows."""
    member = FittedEstimator(method.estimator(X, label.astype(np.int64), seed))
    return member if rows is None else member.predict(rows)[:, 0]


def check_counts(name: str, labels: Ints, least: int) -> None:
    """Refuse fewer points of a label than a method of this name needs.

    Raises
    ------
    TrainingError
        If there are fewer.
    """
    counts = np.bincount(labels, minlength=2)
    if counts.min() < least:
        raise TrainingError(
            f"the method {name} needs more points of both labels",
            found=f"{counts[1]} occurrences, {counts[0]} non-occurrences",
            expected=f"at least {least} of each",
        )
