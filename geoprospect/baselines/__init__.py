"""Baselines that learn from the points alone, behind the same `predict` as the networks."""

from geoprospect.baselines.baseline import Baseline
from geoprospect.baselines.fitting import fit_baseline, fit_baselines, logistic_regressions
from geoprospect.baselines.sidebyside import each_side_by_side

__all__ = [
    "Baseline",
    "each_side_by_side",
    "fit_baseline",
    "fit_baselines",
    "logistic_regressions",
]
