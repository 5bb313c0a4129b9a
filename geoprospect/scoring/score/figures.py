"""The figures of a map at some points."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geoprospect.intervals import Interval
from geoprospect.scoring.counting.ranks import Ranks
from geoprospect.scoring.counting.scoremap import Scores
from geoprospect.scoring.measures.boyce import Boyce
from geoprospect.scoring.measures.classification import Classification
from geoprospect.scoring.measures.ratecurve import RateCurve
from geoprospect.scoring.measures.uncertainty import Capture, Uncertainty
from geoprospect.typing import Ints

THRESHOLD = 0.5  # a score from here on calls a cell an occurrence
BEST_AREA = 0.1
PARTS_HELD = (0.5, 0.8, 0.9)  # of the occurrences


@dataclass(frozen=True)
class Figures:
    """The figures of a map at some points.

    Attributes
    ----------
    curve : RateCurve
        Of the occurrences, with its uncertainty.
    uncertainty : Uncertainty
        That of the curve.
    boyce : Boyce
        The continuous Boyce index of the occurrences.
    n_non_occurrences : int
        Non-occurrences on valid cells.
    classification : Classification or None
        ROC, precision-recall, Brier score, log loss and reliability; None without
        non-occurrences.
    confusion : dict of str to int, or None
        Points by true or false (t, f) and called occurrence or not (p, n): tn, fp, fn, tp. A
        score of at least 0.5 calls an occurrence. None without non-occurrences, and for scores
        that do not lie from 0 to 1.
    """

    curve: RateCurve
    uncertainty: Uncertainty
    boyce: Boyce
    n_non_occurrences: int
    classification: Classification | None
    confusion: dict[str, int] | None

    @classmethod
    def of(cls, ranks: Ranks, scores: Scores, label: Ints, groups: Ints | None = None) -> Figures:
        """Compute the figures.

        Parameters
        ----------
        ranks : Ranks
            As `survey` counts them, for these occurrences or more.
        scores : ndarray, shape (n,)
            The map's scores at the points.
        label : ndarray of int64, shape (n,)
            1 for an occurrence, 0 for a non-occurrence.
        groups : ndarray of int64, shape (n,), optional
            The cluster of each point; each occurrence is its own if not given.

        Raises
        ------
        ScoreError
            If there is no occurrence.

        Examples
        --------
        >>> from geoprospect.scoring.counting.levels import survey
        >>> cells = np.linspace(0, 1, 101)
        >>> points, label = np.array([0.9, 0.8, 0.1]), np.array([1, 1, 0])
        >>> figures = Figures.of(survey(lambda: [cells], points, 101), points, label)
        >>> round(figures.curve.auc, 3), figures.roc_auc, figures.confusion["tp"]
        (0.847, 1.0, 2)
        """
        at_points = scores[label == 1]
        clusters = None
        if groups is not None:
            clusters = np.asarray(np.unique(groups[label == 1], return_inverse=True)[1], np.int64)
        curve = RateCurve.of(ranks, at_points)
        uncertainty = Uncertainty.of(ranks, at_points, clusters)
        n_others = int((label == 0).sum())
        confusion = None
        if n_others and ((scores >= 0) & (scores <= 1)).all():
            from sklearn.metrics import confusion_matrix  # noqa: PLC0415 - slow to import

            counts = confusion_matrix(label, scores >= THRESHOLD, labels=[0, 1]).ravel().tolist()
            confusion = dict(zip(("tn", "fp", "fn", "tp"), counts, strict=True))
        return cls(
            replace(curve, uncertainty=uncertainty),
            uncertainty,
            Boyce.of(ranks, at_points),
            n_others,
            Classification.of(scores, label) if n_others else None,
            confusion,
        )

    @property
    def roc_auc(self) -> float | None:
        """Area under the ROC curve; None without non-occurrences."""
        return None if self.classification is None else self.classification.roc_auc

    @property
    def n_cells(self) -> int:
        """Valid cells of the map."""
        return self.curve.n_cells

    @property
    def n_occurrences(self) -> int:
        """Occurrences on valid cells."""
        return self.curve.n_occurrences

    @property
    def auc(self) -> float:
        """Area under the rate curve."""
        return self.curve.auc

    @property
    def auc_interval(self) -> Interval:
        """95% interval of the area under the rate curve."""
        return self.uncertainty.auc

    @property
    def p_value(self) -> float:
        """Chance that occurrences placed at random reach the area under the rate curve."""
        return self.uncertainty.p_value

    @property
    def n_clusters(self) -> int:
        """Clusters of occurrences."""
        return self.uncertainty.n_clusters

    @property
    def captures(self) -> tuple[Capture, ...]:
        """What the best parts of the area hold."""
        return self.uncertainty.captures

    @property
    def best_tenth(self) -> Capture:
        """What the best tenth of the area holds."""
        return next(capture for capture in self.captures if capture.area == BEST_AREA)

    @property
    def captured_in_best_tenth(self) -> float:
        """Fraction of the occurrences that the best tenth of the area holds, on the curve."""
        return self.curve.captured_in(BEST_AREA)

    @property
    def area_holding(self) -> dict[str, float]:
        """Fraction of the area that holds "50%", "80%" and "90%" of the occurrences."""
        return {f"{part:.0%}": self.curve.area_holding(part) for part in PARTS_HELD}

    @property
    def called(self) -> dict[str, float] | None:
        """`confusion`, with the threshold from which scores call an occurrence."""
        counts = self.confusion
        return None if counts is None else {"threshold": THRESHOLD, **counts}

    def rows(self) -> list[tuple[str, str]]:
        """Give all figures as rows of a table: name and text, empty where there is no figure."""
        curve, sure, boyce = self.curve, self.uncertainty, self.boyce.index
        rows = [
            ("occurrences", f"{curve.n_occurrences}"),
            ("non-occurrences", f"{self.n_non_occurrences}"),
            ("area under the rate curve", f"{curve.auc:.3f} ({sure.auc:.2f})"),
            ("p against random placement", f"{sure.p_value:.2g}"),
        ]
        for capture in sure.captures:
            share = f"{capture.captured:.0%} ({capture.interval:.0%}), ×{capture.efficiency:.1f}"
            rows.append(
                (f"captured in the top {capture.area:.0%} of area (× better than chance)", share)
            )
        for part in (0.5, 0.8, 0.9):
            rows.append(
                (
                    f"area needed to capture {part:.0%} of occurrences",
                    f"{curve.area_holding(part):.1%}",
                )
            )
        rows.append(("continuous Boyce index", "" if boyce is None else f"{boyce:.2f}"))
        measured = self.classification
        for name, value in (
            ("area under the ROC curve", measured and measured.roc_auc),
            ("average precision", measured and measured.average_precision),
            ("Brier score", measured and measured.brier),
            ("log loss", measured and measured.log_loss),
        ):
            rows.append((name, "" if value is None else f"{value:.3f}"))
        for key, what in (
            ("tp", "occurrences from 0.5 on"),
            ("fn", "occurrences below 0.5"),
            ("fp", "non-occurrences from 0.5 on"),
            ("tn", "non-occurrences below 0.5"),
        ):
            rows.append((f"{what} ({key})", str((self.confusion or {}).get(key, ""))))
        return rows
