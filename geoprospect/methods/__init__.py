"""Methods that learn prospectivity from labelled points."""

from geoprospect.methods.baseline import Baseline
from geoprospect.methods.fitting import fit_baseline, fit_baselines, logistic_regressions
from geoprospect.methods.sidebyside import each_side_by_side

__all__ = [
    "Baseline",
    "each_side_by_side",
    "fit_baseline",
    "fit_baselines",
    "logistic_regressions",
]
