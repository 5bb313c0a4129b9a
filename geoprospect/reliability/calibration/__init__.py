"""Calibration: from prospectivity to the probability of a deposit in a cell."""

from geoprospect.reliability.calibration.curve import Calibration
from geoprospect.reliability.calibration.probability import (
    ProbabilityKernel,
    ProbabilitySummary,
    write_probability,
)

__all__ = ["Calibration", "ProbabilityKernel", "ProbabilitySummary", "write_probability"]
