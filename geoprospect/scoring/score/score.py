"""The score of a map at points, with its leak audit, in figures and words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from geoprospect.samples.audit import Audit
from geoprospect.scoring.measures.predictionarea import PredictionArea
from geoprospect.scoring.measures.ratecurve import RateCurve
from geoprospect.scoring.measures.uncertainty import N_PLACEMENTS
from geoprospect.scoring.score.figures import BEST_AREA, THRESHOLD, Figures
from geoprospect.scoring.score.leaks import LeakAudit, ScoredPoints, length
from geoprospect.scoring.score.paired import PairedDifference
from geoprospect.typing import Floats

CurveKind = Literal["success-rate", "prediction-rate"]


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
    prediction_area : PredictionArea
        Of the occurrences of the headline.
    leaks : LeakAudit or None
        None if no training points are known.
    against : tuple of PairedDifference
        This map less others, at the occurrences of the headline.
    """

    map_path: str
    points_path: str
    kind: CurveKind
    label: str | None
    audit: Audit
    occurrences: tuple[Floats, Floats]
    figures: Figures
    prediction_area: PredictionArea
    leaks: LeakAudit | None = None
    against: tuple[PairedDifference, ...] = ()

    @property
    def curve(self) -> RateCurve:
        """The rate curve of all occurrences."""
        return self.figures.curve

    @property
    def auc(self) -> float:
        """Area under the rate curve of all occurrences."""
        return self.curve.auc

    @property
    def repeats(self) -> tuple[int, ...] | None:
        """Rows that share a cell with a training point; None if no training points are known."""
        return None if self.leaks is None else self.leaks.repeats

    @property
    def auc_without_repeats(self) -> float | None:
        """Area under the rate curve of the occurrences off training cells, if any repeats."""
        others = None if self.leaks is None else self.leaks.without_repeats
        return None if others is None else others.curve.auc

    @property
    def headline(self) -> tuple[ScoredPoints, Figures]:
        """The figures to be quoted, those without leaks, and the points they are of.

        Those within the distance of a training point are left out if ten occurrences or more are
        left, those that share a cell with one in any case if an occurrence is left.
        """
        name: ScoredPoints = "all" if self.leaks is None else self.leaks.headline
        return name, self.figures_by_points()[name]

    @property
    def role(self) -> str:
        """What the points are to the map: "training" or "validation"."""
        return "training" if self.kind == "success-rate" else "validation"

    def figures_by_points(self) -> dict[ScoredPoints, Figures]:
        """Give the figures of all points, and without leaks where they are others."""
        found: dict[ScoredPoints, Figures] = {"all": self.figures}
        if self.leaks is not None and self.leaks.without_repeats is not None:
            found["without_repeats"] = self.leaks.without_repeats
        if self.leaks is not None and self.leaks.without_near is not None:
            found["without_near"] = self.leaks.without_near
        return found

    def describe(self, points: ScoredPoints) -> str:
        """Name the points of some figures, for a table or a legend."""
        if points == "without_near" and self.leaks is not None:
            return f"farther than {length(self.leaks.distance or 0)}"
        return "off training cells" if points == "without_repeats" else f"all {self.role} points"

    def curves(self) -> dict[str, RateCurve]:
        """Give the rate curves to draw, by name: the headline's, and those of other points or maps.

        Where the map is compared with others, the curves are those of the maps at the
        occurrences of the headline, by the maps' names.
        """
        name, figures = self.headline
        if self.against:
            ours = {Path(self.map_path).name: figures.curve}
            return ours | {Path(one.other_path).name: one.other_curve for one in self.against}
        curves = {f"{self.role} occurrences": self.curve}
        if name == "all":
            return curves
        return {f"{self.role}, {self.describe(name)}": figures.curve} | curves

    def to_dict(self) -> dict[str, Any]:
        """Give the score for JSON, as `score.schema.json` beside this module describes it.

        Returns
        -------
        dict
            - ``map``, ``points``: the files; ``kind``; ``label``: the field, or None.
            - ``headline``: ``points``, one of ``all``, ``without_repeats`` and ``without_near``,
              the points that the score is quoted for; ``sentence``; and of their figures
              ``n_occurrences``, ``auc``, ``auc_interval``, ``p_value``,
              ``captured_in_best_tenth`` and ``interval``.
            - The figures of all points. ``n_cells``: valid cells of the map; ``n_occurrences``,
              ``n_non_occurrences``: those scored; ``auc``: area under the rate curve, with its
              95% ``auc_interval``; ``p_value`` of the area against random placement;
              ``n_clusters`` of occurrences; ``captures``: for the best fractions of the area,
              ``captured`` fraction of the occurrences, its ``interval`` and ``efficiency``;
              ``captured_in_best_tenth``; ``area_holding``: fraction of the area that holds
              ``50%``, ``80%`` and ``90%`` of the occurrences; ``boyce``, as `Boyce.to_dict` has
              it. None without non-occurrences: ``roc_auc``; ``classification``, as
              `Classification.to_dict` has it; ``confusion`` (``threshold``, ``tn``, ``fp``,
              ``fn``, ``tp``).
            - ``repeats``: rows that repeat a training cell, or None where no training points are
              known; ``without_repeats``: the same figures of the other points, or None if nothing
              repeats or no occurrence is left.
            - ``near``: rows within ``near_distance`` (metres) of a training point, or None where
              no distance is known; ``without_near``: likewise.
            - ``prediction_area``, as `PredictionArea.to_dict` has it, of the headline's points.
            - ``against``: for each other ``map`` its ``auc`` at the same occurrences,
              ``auc_difference`` and ``capture_differences``, this map less the other, each
              a ``value`` and ``interval``.
            - ``audit``: the points left out, as `Audit.to_dict` gives them.
            - ``curve``: its vertices, ``area`` and ``captured``, and its ``band``: ``area``,
              ``low`` and ``high``.
        """
        name, figures = self.headline
        leaks = self.leaks or LeakAudit()
        tenth = next(c for c in figures.uncertainty.captures if c.area == BEST_AREA)
        band = zip(("area", "low", "high"), self.figures.uncertainty.band, strict=True)
        return {
            "map": self.map_path,
            "points": self.points_path,
            "kind": self.kind,
            "label": self.label,
            "headline": {
                "points": name,
                "sentence": self.sentence(),
                "n_occurrences": figures.curve.n_occurrences,
                "auc": figures.curve.auc,
                "auc_interval": figures.uncertainty.auc.to_list(),
                "p_value": figures.uncertainty.p_value,
                "captured_in_best_tenth": tenth.captured,
                "interval": tenth.interval.to_list(),
            },
            **self.figures.to_dict(),
            "repeats": None if self.leaks is None else list(leaks.repeats),
            "without_repeats": leaks.without_repeats and leaks.without_repeats.to_dict(),
            "near": None if leaks.near is None else list(leaks.near),
            "near_distance": leaks.distance,
            "without_near": leaks.without_near and leaks.without_near.to_dict(),
            "prediction_area": self.prediction_area.to_dict(),
            "against": [difference.to_dict() for difference in self.against],
            "audit": self.audit.to_dict(),
            "curve": {
                "area": self.curve.area.tolist(),
                "captured": self.curve.captured.tolist(),
                "band": {key: values.tolist() for key, values in band},
            },
        }

    def sentence(self) -> str:
        """Say the score in one sentence of plain words."""
        name, figures = self.headline
        n, sure = figures.curve.n_occurrences, figures.uncertainty
        what = f"{n} {self.role} occurrences" if n > 1 else f"only {self.role} occurrence"
        if name != "all":
            what += f" {self.describe(name)}"
        tenth = next(c for c in sure.captures if c.area == BEST_AREA)
        least = 1 / (1 + N_PLACEMENTS)
        chance = f"p = {sure.p_value:.2g}" if sure.p_value > least else f"p ≤ {least:g}"
        text = (
            f"the best {BEST_AREA:.0%} of the area holds {tenth.captured:.0%} of the {what}, 95% "
            f"interval {tenth.interval:.0%}; area under the curve {figures.curve.auc:.2f} "
            f"({sure.auc:.2f}), {chance} against random placement"
        )
        return text if self.leaks is None else f"{text}; {self.leaks.sentence(self.figures)}"

    def lines(self) -> list[str]:
        """Say in sentences which points were used, left out, or lie on or near training points."""
        lines = [] if self.label else ["No field of labels: all points count as occurrences."]
        lines += self.audit.lines()
        n, n_clusters = self.curve.n_occurrences, self.figures.uncertainty.n_clusters
        if n_clusters < n:
            lines.append(
                f"The {n} occurrences form {n_clusters} cluster{'s' if n_clusters > 1 else ''}, "
                "each resampled as one for the intervals."
            )
        if self.leaks is not None:
            lines += self.leaks.lines(self.audit.n_kept)
        elif self.kind == "prediction-rate":
            lines.append(
                "Training points are not known: give them with --training to see which points "
                "repeat one."
            )
        if self.figures.n_non_occurrences and self.figures.confusion is None:
            lines.append(f"The scores leave the range 0 to 1: none is held against {THRESHOLD}.")
        return lines
