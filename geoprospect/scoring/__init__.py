"""How good a map is: rate curves and other figures at known points, over valid cells only."""

from geoprospect.scoring.ratecurve import RateCurve, rate_curve, rate_curve_of
from geoprospect.scoring.score import CurveKind, Figures, Score
from geoprospect.scoring.scorer import PointsSource, score_map

__all__ = [
    "CurveKind",
    "Figures",
    "PointsSource",
    "RateCurve",
    "Score",
    "rate_curve",
    "rate_curve_of",
    "score_map",
]
