"""The figures that methods are compared by."""

from __future__ import annotations

from typing import Literal, NamedTuple

from geoprospect.intervals import Difference, Interval
from geoprospect.typing import Floats

Figure = Literal["rate_area", "auc", "average_precision"]
FIGURES: dict[Figure, str] = {
    "rate_area": "area under the prediction-rate curve",
    "auc": "area under the ROC curve",
    "average_precision": "average precision",
}


class MethodFigures(NamedTuple):
    """What a method scored: its figures by repeat, their means, intervals and differences.

    The area under the prediction-rate curve is None where no ground was scored; the differences
    from the null, and from the best method, are None for these themselves.
    """

    auc: Floats
    average_precision: Floats
    rate_area: Floats | None
    auc_within_folds: float
    mean: dict[Figure, float]
    interval: dict[Figure, Interval]
    against_null: dict[Figure, Difference] | None
    against_best: dict[Figure, Difference] | None
