"""The score of a map at points, with its leak audit, in figures and words."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from geoprospect.samples.audit import Audit
from geoprospect.scoring.measures.predictionarea import PredictionArea
from geoprospect.scoring.measures.ratecurve import RateCurve
from geoprospect.scoring.measures.uncertainty import N_PLACEMENTS
from geoprospect.scoring.score.figures import BEST_AREA, THRESHOLD, Figures
from geoprospect.scoring.score.leaks import LeakAudit, ScoredPoints, length
from geoprospect.scoring.score.paired import PairedDifference
from geoprospect.typing import Floats

CurveKind = Literal["success-rate", "prediction-rate"]


class Headline(NamedTuple):
    """The points that a score is quoted for, its sentence, and the figures of these points."""

    points: ScoredPoints
    sentence: str
    figures: Figures


@dataclass(frozen=True, repr=False)
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
    non_occurrences : tuple of ndarray of float64
        Easting and northing of the non-occurrences.
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
    non_occurrences: tuple[Floats, Floats] = (np.empty(0), np.empty(0))

    def __repr__(self) -> str:
        return f"{Path(self.map_path).name} at {Path(self.points_path).name}: {self.sentence()}"

    def _repr_html_(self) -> str:
        """Show the headline in a notebook: a table with intervals, and the sentence below."""
        _, figures = self.headline
        rows = [
            ("area under the rate curve", f"{figures.auc:.2f}", f"{figures.auc_interval:.2f}"),
            *(
                (
                    f"captured in the top {part.area:.0%} of area",
                    f"{part.captured:.0%}",
                    f"{part.interval:.0%}",
                )
                for part in figures.captures
            ),
        ]
        body = "".join(
            f"<tr><th>{name}</th><td>{value}</td><td>{interval}</td></tr>"
            for name, value, interval in rows
        )
        return (
            "<table><thead><tr><th></th><th>figure</th><th>95% interval</th></tr></thead>"
            f"<tbody>{body}</tbody></table><p>{escape(repr(self))}.</p>"
        )

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
        figures: dict[ScoredPoints, Figures] = {"all": self.figures}
        if self.leaks is not None and self.leaks.without_repeats is not None:
            figures["without_repeats"] = self.leaks.without_repeats
        if self.leaks is not None and self.leaks.without_near is not None:
            figures["without_near"] = self.leaks.without_near
        return figures

    def describe(self, points: ScoredPoints) -> str:
        """Name the points of some figures, for a table or a legend."""
        if points == "without_near" and self.leaks is not None:
            return f"farther than {length(self.leaks.distance or 0)} from training points"
        if points == "without_repeats":
            return "excluding points that share a cell with training data"
        return f"all {self.role} points"

    def curves(self) -> dict[str, RateCurve]:
        """Give the rate curves to draw, by name: the headline's, and those of other points or maps.

        Where the map is compared with others, the curves are those of the maps at the
        occurrences of the headline, by the maps' names.
        """
        name, figures = self.headline
        if self.against:
            curves = [figures.curve, *(pair.other_curve for pair in self.against)]
            return dict(zip(self.names_of_maps(), curves, strict=True))
        everything = {f"{self.role} occurrences": self.curve}
        if name == "all":
            return everything
        return {f"{self.role}, {self.describe(name)}": figures.curve} | everything

    def names_of_maps(self) -> list[str]:
        """Name this map and those it is compared with by their files, with folders where needed."""
        paths = [self.map_path, *(pair.other_path for pair in self.against)]
        for depth in range(1, max(len(Path(path).parts) for path in paths) + 1):
            names = ["/".join(Path(path).parts[-depth:]) for path in paths]
            if len({*names}) == len(names):
                return names
        return [f"map {number}: {Path(path).name}" for number, path in enumerate(paths, start=1)]

    @property
    def quoted(self) -> Headline:
        """The headline with its sentence."""
        points, figures = self.headline
        return Headline(points, self.sentence(), figures)

    @property
    def known_leaks(self) -> LeakAudit:
        """The leak audit; an empty one if no training points are known."""
        return self.leaks or LeakAudit()

    def to_dict(self) -> dict[str, Any]:
        """Give the score for JSON, as `geoprospect.scoring.score_schema` describes it."""
        from geoprospect.scoring.records import ScoreRecord  # noqa: PLC0415 - pydantic is slow

        return ScoreRecord.plain(self)

    def sentence(self) -> str:
        """Say the score in one sentence of plain words."""
        name, figures = self.headline
        n, sure = figures.curve.n_occurrences, figures.uncertainty
        what = f"{n} {self.role} occurrences" if n > 1 else f"only {self.role} occurrence"
        if name != "all":
            what += f"{',' if name == 'without_repeats' else ''} {self.describe(name)}"
        tenth = figures.best_tenth
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
        lines = self.audit.lines()
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
