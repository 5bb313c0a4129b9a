"""The score of a map at points: rate curve, ROC and confusion matrix, in figures and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sklearn.metrics import confusion_matrix, roc_auc_score

from geoprospect.grid import Floats, Ints
from geoprospect.samples.audit import Audit, listed
from geoprospect.scoring.ratecurve import Ranks, RateCurve
from geoprospect.scoring.scoremap import Scores

CurveKind = Literal["success-rate", "prediction-rate"]
THRESHOLD = 0.5  # a score from here on calls a cell an occurrence
BEST_AREA = 0.1
HELD = (0.5, 0.8, 0.9)


@dataclass(frozen=True)
class Figures:
    """The figures of a map at some points.

    Attributes
    ----------
    curve : RateCurve
        Of the occurrences.
    n_non_occurrences : int
        Non-occurrences on valid cells.
    roc_auc : float or None
        Area under the ROC curve; None without non-occurrences.
    confusion : dict of str to int, or None
        Points by true or false (t, f) and called occurrence or not (p, n): tn, fp, fn, tp. A
        score of at least 0.5 calls an occurrence. None without non-occurrences, and for scores
        that do not lie from 0 to 1.
    """

    curve: RateCurve
    n_non_occurrences: int
    roc_auc: float | None
    confusion: dict[str, int] | None

    @classmethod
    def of(cls, ranks: Ranks, scores: Scores, label: Ints) -> Figures:
        """Compute the figures.

        Parameters
        ----------
        ranks : Ranks
            Counted against these scores, or more.
        scores : ndarray, shape (n,)
            The map's scores at the points.
        label : ndarray of int64, shape (n,)
            1 for an occurrence, 0 for a non-occurrence.

        Raises
        ------
        ScoreError
            If there is no occurrence.
        """
        curve = ranks.curve(scores[label == 1])
        n_others = int((label == 0).sum())
        confusion = None
        if n_others and ((scores >= 0) & (scores <= 1)).all():
            counts = confusion_matrix(label, scores >= THRESHOLD, labels=[0, 1]).ravel().tolist()
            confusion = dict(zip(("tn", "fp", "fn", "tp"), counts, strict=True))
        roc_auc = float(roc_auc_score(label, scores)) if n_others else None
        return cls(curve, n_others, roc_auc, confusion)

    def to_dict(self) -> dict[str, Any]:
        """Give the figures for JSON; the keys are those listed under `Score.to_dict`."""
        curve = self.curve
        return {
            "n_cells": curve.n_cells,
            "n_occurrences": curve.n_occurrences,
            "n_non_occurrences": self.n_non_occurrences,
            "auc": curve.auc,
            "captured_in_best_tenth": curve.captured_in(BEST_AREA),
            "area_holding": {f"{held:.0%}": curve.area_holding(held) for held in HELD},
            "roc_auc": self.roc_auc,
            "confusion": self.confusion and {"threshold": THRESHOLD, **self.confusion},
        }


@dataclass(frozen=True)
class Score:
    """What a map scores at a file of points.

    Attributes
    ----------
    map_path, points_path : str
        The files.
    kind : {"success-rate", "prediction-rate"}
        The former for training occurrences, the latter for validation occurrences.
    label : str or None
        The field that told occurrences from non-occurrences; None: all are occurrences.
    audit : Audit
        The points left out, and why, and those that share a cell.
    occurrences : tuple of ndarray of float64
        Easting and northing of the occurrences scored, in the CRS of the map.
    figures : Figures
        Of all points on valid cells.
    repeats : tuple of int, or None
        Rows of the points that share a cell with a training point; None if none were given.
    figures_without_repeats : Figures or None
        Of the other points; None if nothing repeats, or no occurrence is left.
    """

    map_path: str
    points_path: str
    kind: CurveKind
    label: str | None
    audit: Audit
    occurrences: tuple[Floats, Floats]
    figures: Figures
    repeats: tuple[int, ...] | None = None
    figures_without_repeats: Figures | None = None

    @property
    def curve(self) -> RateCurve:
        """The rate curve."""
        return self.figures.curve

    @property
    def auc(self) -> float:
        """Area under the rate curve."""
        return self.curve.auc

    @property
    def auc_without_repeats(self) -> float | None:
        """Area under the rate curve of the occurrences off training cells, if any repeats."""
        others = self.figures_without_repeats
        return None if others is None else others.curve.auc

    @property
    def role(self) -> str:
        """What the points are to the map: "training" or "validation"."""
        return "training" if self.kind == "success-rate" else "validation"

    def to_dict(self) -> dict[str, Any]:
        """Give the score for JSON.

        Returns
        -------
        dict
            - ``map``, ``points``: the files; ``kind``; ``label``: the field, or None.
            - ``n_cells``: valid cells of the map; ``n_occurrences``, ``n_non_occurrences``:
              those scored.
            - ``auc``: area under the rate curve; ``captured_in_best_tenth``: fraction of the
              occurrences in the best tenth of the area; ``area_holding``: fraction of the area
              that holds ``50%``, ``80%`` and ``90%`` of the occurrences.
            - ``roc_auc`` and ``confusion`` (``threshold``, ``tn``, ``fp``, ``fn``, ``tp``), None
              without non-occurrences.
            - ``repeats``: rows that repeat a training cell, or None where no training points were
              given; ``without_repeats``: the figures from ``n_cells`` to ``confusion`` for the
              other points, or None if nothing repeats or no occurrence is left.
            - ``audit``: the points left out, as `Audit.to_dict` gives them.
            - ``curve``: its vertices, ``area`` and ``captured``.
        """
        others = self.figures_without_repeats
        return {
            "map": self.map_path,
            "points": self.points_path,
            "kind": self.kind,
            "label": self.label,
            **self.figures.to_dict(),
            "repeats": None if self.repeats is None else list(self.repeats),
            "without_repeats": None if others is None else others.to_dict(),
            "audit": self.audit.to_dict(),
            "curve": {
                "area": self.curve.area.tolist(),
                "captured": self.curve.captured.tolist(),
            },
        }

    def sentence(self) -> str:
        """Say the score in one sentence of plain words."""
        n = self.curve.n_occurrences
        what = f"{n} {self.role} occurrences" if n > 1 else f"only {self.role} occurrence"
        text = (
            f"the best {BEST_AREA:.0%} of the area holds {self.curve.captured_in(BEST_AREA):.0%} "
            f"of the {what}; area under the curve {self.auc:.2f}"
        )
        if self.auc_without_repeats is not None:
            text += f", or {self.auc_without_repeats:.2f} without those on training cells"
        return text

    def lines(self) -> list[str]:
        """Say in sentences which points were used, left out, or repeat a training cell."""
        lines = [] if self.label else ["No field of labels: all points count as occurrences."]
        lines += self.audit.lines()
        if self.repeats:
            n, rows = len(self.repeats), listed([str(row) for row in self.repeats])
            lines.append(
                f"{n} of the {self.audit.n_kept} points {'lie' if n > 1 else 'lies'} in a cell "
                f"that holds a training point: row{'s' if n > 1 else ''} {rows}."
            )
            if self.figures_without_repeats is None:
                lines.append("No occurrence is left without them.")
        elif self.repeats is not None:
            lines.append("No point lies in a cell that holds a training point.")
        if self.figures.n_non_occurrences and self.figures.confusion is None:
            lines.append(f"The scores leave the range 0 to 1: none is held against {THRESHOLD}.")
        return lines
