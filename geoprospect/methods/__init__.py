"""Methods that learn prospectivity from labelled points: the registry, and ours.

A method is a file with a frozen dataclass (see `Method`) and a line here.
"""

from functools import partial

from geoprospect.methods.boosting import Boosting
from geoprospect.methods.estimator import FittedEstimator
from geoprospect.methods.forest import Forest
from geoprospect.methods.gaussianprocess import GaussianProcess
from geoprospect.methods.logisticregression import LogisticRegression
from geoprospect.methods.mean import CORE, MEMBERS, Average
from geoprospect.methods.members import Member, register_member_format
from geoprospect.methods.method import (
    Fitted,
    HeedsNames,
    Method,
    Preparation,
    PretextCells,
    SampleTable,
    scores_of_fits,
)
from geoprospect.methods.options import MethodOptions, Pretext
from geoprospect.methods.registry import (
    method_named,
    method_names,
    register_method,
    registered_method,
    strategy_names,
    taken_by,
)
from geoprospect.methods.resampled import Resampled, balanced
from geoprospect.methods.sidebyside import side_by_side
from geoprospect.methods.svm import SupportVectorMachine
from geoprospect.methods.transfer import Transfer

_TASKS: tuple[Pretext, ...] = ("distribution", "reconstruction", "lithology")
register_method(
    "linear-probing", partial(Transfer.of, "linear-probing"), members=10, pretexts=_TASKS,
    in_paper=True,
)  # fmt: skip
register_method(
    "fine-tuning", partial(Transfer.of, "fine-tuning"), members=10, pretexts=_TASKS, in_paper=True
)
register_method("from-scratch", partial(Transfer.of, "from-scratch"), members=10, in_paper=True)
register_method("logistic-regression", LogisticRegression.of, in_paper=True)
register_method(
    "random-forest", partial(Forest.of, "random-forest"), takes=Forest.takes, in_paper=True
)
register_method("svm", SupportVectorMachine.of, takes=SupportVectorMachine.takes, in_paper=True)
register_method("extra-trees", partial(Forest.of, "extra-trees"), takes=Forest.takes)
register_method("boosting", Boosting.of, members=10, takes=Boosting.takes)
register_method("gaussian-process", GaussianProcess.of)
register_method(
    "average", Average.of, members=MEMBERS, pretexts=("none", *_TASKS), takes=Average.takes
)

__all__ = [
    "CORE",
    "MEMBERS",
    "Average",
    "Boosting",
    "Fitted",
    "FittedEstimator",
    "Forest",
    "GaussianProcess",
    "HeedsNames",
    "LogisticRegression",
    "Member",
    "Method",
    "MethodOptions",
    "Preparation",
    "PretextCells",
    "Resampled",
    "SampleTable",
    "SupportVectorMachine",
    "Transfer",
    "balanced",
    "method_named",
    "method_names",
    "register_member_format",
    "register_method",
    "registered_method",
    "scores_of_fits",
    "side_by_side",
    "strategy_names",
    "taken_by",
]
