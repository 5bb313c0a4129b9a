"""The figures of the study: areas under the ROC curve on its sets of points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from geoprospect.network import Scorer
from geoprospect.published.tables import PublishedTable, Study
from geoprospect.typing import Ints, Values

StudyPoints = Literal["training", "validation", "unshared", "slipped"]
SETS: dict[StudyPoints, str] = {
    "training": "training",
    "validation": "validation",
    "unshared": "no shared cell",
    "slipped": "column slip",
}
_SAME = 5e-5  # figures that agree to four digits


@dataclass(frozen=True)
class Points:
    """The points at which a method is scored, one set below the other.

    Attributes
    ----------
    P : ndarray of float32, shape (n, 7)
        Components of the training points, of the validation points, and of the validation points
        with PC5 read in PC6's place, as the study's notebooks did.
    training, validation : ndarray of int64
        The labels.
    unshared : ndarray of bool
        The validation points that share no cell with any training point of the study.
    """

    P: Values
    training: Ints
    validation: Ints
    unshared: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, study: Study, training: PublishedTable) -> Points:
        """Gather the points of a study for a method trained on `training`."""
        validation = study.validation
        slipped = validation.P.copy()
        slipped[:, 5] = slipped[:, 4]
        return cls(
            np.concatenate([training.P, validation.P, slipped]).astype(np.float32),
            training.label,
            validation.label,
            ~validation.within(study.training),
        )

    def trial(self, scorer: Scorer) -> Trial:
        """Score a method at the points."""
        return self.trial_of(scorer.predict(self.P)[:, 0])

    def trial_of(self, scores: Values) -> Trial:
        """Compute the figures of scores at the points, shape (n,)."""
        n_training, n_validation = len(self.training), len(self.validation)
        validation = scores[n_training : n_training + n_validation]
        return Trial(
            {
                "training": _auc(self.training, scores[:n_training]),
                "validation": _auc(self.validation, validation),
                "unshared": _auc(self.validation[self.unshared], validation[self.unshared]),
                "slipped": _auc(self.validation, scores[n_training + n_validation :]),
            },
            tuple(validation.tolist()),
        )


@dataclass(frozen=True)
class Trial:
    """What one fitted network or estimator scores.

    Attributes
    ----------
    auc : dict of str to float or None
        Area under the ROC curve on the points it was trained on ("training"), the validation
        points, those that share no cell with training ("unshared"), and the validation points
        with the notebooks' column slip ("slipped"). None where a label has no point.
    scores : tuple of float
        Scores at the validation points.
    """

    auc: dict[StudyPoints, float | None]
    scores: tuple[float, ...]


@dataclass(frozen=True)
class Spread:
    """Median and range of a figure over seeds."""

    median: float
    least: float
    greatest: float

    def holds(self, figure: float) -> bool:
        """Tell whether a figure lies inside the range, to four digits.

        Examples
        --------
        >>> Spread(0.90, 0.85, 0.92).holds(0.92004), Spread(0.90, 0.85, 0.92).holds(0.9201)
        (True, False)
        """
        return self.least - _SAME <= figure <= self.greatest + _SAME


class SetFigures(NamedTuple):
    """Areas on a set of points: the published one beside ours; None where a label has no point."""

    published: float | None
    median: float | None
    range: tuple[float, float] | None
    published_inside_range: bool | None
    seeds: tuple[float | None, ...]


@dataclass(frozen=True)
class MethodResult:
    """A method of the study: the published weights' figures beside those of networks trained here.

    Attributes
    ----------
    experiments : tuple of str
        The experiments it belongs to: "I", "II", "III", or "tried" for what was tried beside.
    method : str
        As "FDE-FT".
    n_occurrences : int
        Occurrences among its training points.
    ours : tuple of Trial
        One a seed.
    published : Trial or None
        Of the published weights, where they exist.
    weights : str or None
        Their file's name.
    note : str
        How it was trained, where that differs from the study's description.
    members : tuple of Scorer
        What was trained, where it is kept for a map.
    """

    experiments: tuple[str, ...]
    method: str
    n_occurrences: int
    ours: tuple[Trial, ...]
    published: Trial | None = None
    weights: str | None = None
    note: str = ""
    members: tuple[Any, ...] = ()

    def spread(self, points: StudyPoints) -> Spread | None:
        """Give median and range over seeds on a set of points; None if it lacks a label."""
        figures = [value for trial in self.ours if (value := trial.auc[points]) is not None]
        if not figures:
            return None
        return Spread(float(np.median(figures)), min(figures), max(figures))

    def outside(self) -> tuple[StudyPoints, ...]:
        """Name the sets of points on which the published figure lies outside our range."""
        return tuple(points for points in SETS if self.inside(points) is False)

    def rows(self) -> list[list[str]]:
        """Give rows of a table: the study's figures, our medians and our ranges."""
        spreads = [self.spread(points) for points in SETS]
        rows = [
            ["", "ours", *("–" if s is None else f"{s.median:.4f}" for s in spreads)],
            [
                "",
                "range",
                *("–" if s is None else f"{s.least:.3f}–{s.greatest:.3f}" for s in spreads),
            ],
        ]
        if self.published is not None:
            marks = ["*" if self.inside(points) is False else "" for points in SETS]
            figures = [self.published.auc[points] for points in SETS]
            published = [
                "–" if value is None else f"{mark}{value:.4f}"
                for value, mark in zip(figures, marks, strict=True)
            ]
            rows.insert(0, ["", "study's", *published])
        rows[0][0] = self.method
        third = self.experiments == ("III",)
        rows[1][0] = f"{self.n_occurrences} occurrences" if third else self.note
        return rows

    def inside(self, points: StudyPoints) -> bool | None:
        """Tell whether the published figure lies inside our range; None without a figure."""
        published = None if self.published is None else self.published.auc[points]
        spread = self.spread(points)
        return None if published is None or spread is None else spread.holds(published)

    @property
    def by_points(self) -> dict[StudyPoints, SetFigures]:
        """The areas on each set of points."""
        return {points: self._on(points) for points in SETS}

    def _on(self, points: StudyPoints) -> SetFigures:
        """Gather the areas on a set of points."""
        spread = self.spread(points)
        return SetFigures(
            None if self.published is None else self.published.auc[points],
            None if spread is None else spread.median,
            None if spread is None else (spread.least, spread.greatest),
            self.inside(points),
            tuple(trial.auc[points] for trial in self.ours),
        )


def _auc(label: Ints, scores: Values) -> float | None:
    """Give the area under the ROC curve; None where a label has no point."""
    if len(np.unique(label)) < 2:
        return None
    return float(roc_auc_score(label, scores))
