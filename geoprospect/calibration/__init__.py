"""Calibration: from prospectivity to the probability of a deposit in a cell."""

from geoprospect.calibration.curve import Calibration
from geoprospect.calibration.probability import (
    ProbabilityKernel,
    ProbabilitySummary,
    write_probability,
)

__all__ = ["Calibration", "ProbabilityKernel", "ProbabilitySummary", "write_probability"]
