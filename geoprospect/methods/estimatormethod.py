"""What methods of scikit-learn have in common: one estimator a fit, fits side by side."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any

import numpy as np

from geoprospect.errors import TrainingError
from geoprospect.methods.estimator import FittedEstimator
from geoprospect.methods.method import Fitted, Preparation, PretextCells, SampleTable, Sees
from geoprospect.methods.options import Pretext
from geoprospect.methods.sidebyside import side_by_side
from geoprospect.typing import Bools, Ints, Progress, StageProgress, Values

FITTING = Lock()
"""Held through a `fit` of scikit-learn that sets Python's filters of warnings anew, which no other
fit, of whatever method, may see half done."""


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

    def is_seeded(self, label: Ints) -> bool:
        """Tell whether the seed of a fit to points of these labels changes anything."""
        return True

    @property
    def is_python(self) -> bool:
        """Whether fits cannot run in threads side by side.

        Those that are Python for the most part would wait on each other, and warnings that one
        silences would come back while another ends.
        """
        return False

    def told(self, layers: Sequence[str]) -> EstimatorMethod:
        """Give the method with the names of its inputs, where they matter to it."""
        return self

    @abstractmethod
    def estimator(self, X: Values, label: Ints, seed: int) -> Any:
        """Fit the estimator to points of shape (n, n_inputs) and their labels."""

    def scored(self, X: Values, label: Ints, seed: int, rows: Values, *, in_all: int) -> Values:
        """Fit to points and score rows, shape (n_rows, n_inputs).

        Parameters
        ----------
        X, label, seed
            As for `estimator`.
        rows : ndarray of float32, shape (n_rows, n_inputs)
            What to score.
        in_all : int
            Rows that all fits together score: of many, it pays to load what is compiled.

        Returns
        -------
        ndarray of float32, shape (n_rows,)
        """
        return FittedEstimator(self.estimator(X, label, seed)).predict(rows)[:, 0]

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
        """Fit an estimator a mask; see `Method.fit`.

        Fits that cannot differ, of the same points and a seed that changes nothing, are one
        member, so that it is scored once.
        """
        method, each = self.told(table.names), self._each(table, masks)
        keys = [
            (mask.tobytes(), seed if self.is_seeded(label) else None)
            for mask, (_, label, seed) in zip(masks, each, strict=True)
        ]
        distinct = dict(zip(keys, each, strict=True))
        members = side_by_side(
            _fitted,
            [(method, *points) for points in distinct.values()],
            progress=_fits(progress, self.name),
        )
        by_key = dict(zip(distinct, members, strict=True))
        return Fitted(tuple(by_key[key] for key in keys))

    def scores(
        self,
        table: SampleTable,
        masks: Bools,
        rows: Values,
        *,
        wanted: Bools | None = None,
        preparation: Preparation | None = None,
        progress: Progress | None = None,
    ) -> Values:
        """Score rows by each fit; see `ScoresApart`."""
        chosen = np.ones((len(masks), len(rows)), bool) if wanted is None else wanted
        scores = np.full(chosen.shape, np.nan, np.float32)
        method, in_all = self.told(table.names), int(chosen.sum())
        results = side_by_side(
            _scored,
            [
                (method, *points, rows[mine], in_all)
                for points, mine in zip(self._each(table, masks), chosen, strict=True)
            ],
            processes=self.is_python,
            progress=_fits(progress, self.name),
        )
        scores[chosen] = np.concatenate(list(results))
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

    def _each(self, table: SampleTable, masks: Bools) -> list[tuple[Values, Ints, int]]:
        """Give points, labels and seed of each fit."""
        each = []
        for number, mask in enumerate(masks):
            label = table.label[mask]
            self.check_counts(label)
            X = np.asarray(table.X[mask], np.float32)
            each.append((X, label.astype(np.int64), self.seed + number % self.members))
        return each


def _fits(progress: Progress | None, name: str) -> StageProgress | None:
    """Tell the fits of a method."""
    return progress and (lambda done, total: progress(name, done, total, "fits"))


def _fitted(method: EstimatorMethod, X: Values, label: Ints, seed: int) -> FittedEstimator:
    """Fit one estimator."""
    return FittedEstimator(method.estimator(X, label, seed))


def _scored(
    method: EstimatorMethod, X: Values, label: Ints, seed: int, rows: Values, in_all: int
) -> Values:
    """Fit one estimator, and give its scores of rows."""
    return method.scored(X, label, seed, rows, in_all=in_all)


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
