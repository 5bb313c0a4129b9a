"""May it be believed here: dissimilarity to the training cells, and the area of applicability."""

from geoprospect.reliability.applicability.dissimilarity import Applicability
from geoprospect.reliability.applicability.fitting import ModelApplicability, fit_applicability
from geoprospect.reliability.applicability.space import PredictorSpace
from geoprospect.reliability.applicability.writing import (
    ApplicabilitySummary,
    write_applicability,
)

__all__ = [
    "Applicability",
    "ApplicabilitySummary",
    "ModelApplicability",
    "PredictorSpace",
    "fit_applicability",
    "write_applicability",
]
