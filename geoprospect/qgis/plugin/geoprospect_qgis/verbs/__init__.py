"""The algorithms, in the order of the work."""

from .crossvalidation import Crossval
from .install import Install
from .maps import Explain, Map, Score
from .products import Applicability, Contributions, Importance, Targets, Uncertainty
from .projects import Check, Init, Run

ALGORITHMS = (
    Install, Init, Check, Run, Map, Score, Crossval, Explain, Contributions, Importance,
    Applicability, Uncertainty, Targets,
)  # fmt: skip
