"""How good a map is: rate curves and other figures at known points, over valid cells only."""

from geoprospect.samples.source import PointsSource
from geoprospect.scoring.measures.ratecurve import RateCurve, rate_curve, rate_curve_of
from geoprospect.scoring.measures.uncertainty import Uncertainty, uncertainty_of
from geoprospect.scoring.score.figures import Figures
from geoprospect.scoring.score.paired import PairedDifference
from geoprospect.scoring.score.score import CurveKind, Score
from geoprospect.scoring.scorer import score_map

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
    "uncertainty_of",
]
