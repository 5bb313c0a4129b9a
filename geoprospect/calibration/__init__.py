"""Calibration: from prospectivity to the probability of a deposit in a cell."""

from geoprospect.calibration.curve import Calibration
from geoprospect.calibration.probability import ProbabilitySummary, write_probability

__all__ = ["Calibration", "ProbabilitySummary", "write_probability"]
