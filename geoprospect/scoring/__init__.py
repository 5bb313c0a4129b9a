"""How good a map is: rate curves and other figures at known points, over valid cells only."""

from typing import Any

from geoprospect.samples.source import PointsSource
from geoprospect.scoring.measures.ratecurve import RateCurve, rate_curve, rate_curve_of
from geoprospect.scoring.measures.uncertainty import Uncertainty, uncertainty_of
from geoprospect.scoring.score.figures import Figures
from geoprospect.scoring.score.paired import PairedDifference
from geoprospect.scoring.score.score import CurveKind, Score
from geoprospect.scoring.scorer import score_map


def score_schema() -> dict[str, Any]:
    """Give the JSON Schema of `Score.to_dict`: what `geoprospect score --json` prints."""
    from geoprospect.scoring import records  # noqa: PLC0415 - pydantic is slow to import

    return records.score_schema()


__all__ = [
    "CurveKind",
    "Figures",
    "PairedDifference",
    "PointsSource",
    "RateCurve",
    "Score",
    "Uncertainty",
    "rate_curve",
    "rate_curve_of",
    "score_map",
    "score_schema",
    "uncertainty_of",
]
