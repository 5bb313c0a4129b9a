"""How good a map is: rate curves and other figures at known points, over valid cells only."""

from geoprospect.samples.source import PointsSource
from geoprospect.scoring.figures import Figures
from geoprospect.scoring.paired import PairedDifference
from geoprospect.scoring.ratecurve import RateCurve, rate_curve, rate_curve_of
from geoprospect.scoring.score import CurveKind, Score
from geoprospect.scoring.scorer import score_map
from geoprospect.scoring.survey import uncertainty_of
from geoprospect.scoring.uncertainty import Uncertainty

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
