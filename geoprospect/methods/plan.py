"""The plan of a training: pretext task, strategy, encoder and schedules, or a baseline's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from geoprospect.errors import TrainingError
from geoprospect.network import EncoderActivation
from geoprospect.network.schedule import Schedule

Pretext = Literal["reconstruction", "lithology", "none"]
Strategy = Literal["fine-tuning", "linear-probing", "from-scratch"]
BaselineMethod = Literal[
    "logistic-regression", "random-forest", "extra-trees", "svm", "gaussian-process"
]


@dataclass(frozen=True)
class TransferPlan:
    """How the encoder is taught and transferred to the points.

    Attributes
    ----------
    pretext : {"reconstruction", "lithology", "none"}
        Task of the pretraining (the paper's FDE and GCP); "none" only from scratch.
    strategy : {"fine-tuning", "linear-probing", "from-scratch"}
        Whether all weights, the head alone, or an untaught network learns the points.
    members : int
        Networks of the ensemble; each has its own initial weights and shuffling.
    seed : int
        Seed of everything random.
    pretraining : Schedule, optional
        The optimisation of the pretext task.
    training : Schedule
        The optimisation on the labelled points.
    class_weights : bool
        Weight the classes by total / (2 · n_class).
    l1, l2 : float
        Penalties on the kernel of the head.
    widths : tuple of int
        Units of the encoder's layers.
    activation : {"relu", "cosine"}
        That of the encoder's first layer; the others have ReLU.
    head_epochs : int
        Epochs in which fine-tuning trains the head alone, before it trains all layers (Kumar et
        al. 2022, Fine-tuning can distort pretrained features and underperform
        out-of-distribution).
    """

    pretext: Pretext
    strategy: Strategy
    members: int
    seed: int
    pretraining: Schedule | None
    training: Schedule
    class_weights: bool
    l1: float
    l2: float
    widths: tuple[int, ...]
    activation: EncoderActivation
    head_epochs: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Give the plan as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class BaselineSettings:
    """The settings of the baselines.

    Attributes
    ----------
    schedule : Schedule
        The optimisation of the logistic regression, which is one sigmoid unit.
    trees : int
        Trees of a forest.
    leaf : int
        Points that a leaf of a tree holds at least.
    costs : tuple of float
        C of the support vector machine, tried in a grid.
    gammas : tuple of float or "scale"
        Its gamma, tried likewise; "scale" is 1 / (n_components · variance).
    kernels : tuple of str
        Its kernels, tried likewise.
    class_weights : bool
        Weight the classes by total / (2 · n_class); a Gaussian process knows no weights.
    rotated : bool
        Whether trees, which split along axes, see the principal components as other methods do,
        or the standardised layers themselves.
    """

    schedule: Schedule
    trees: int
    leaf: int
    costs: tuple[float, ...]
    gammas: tuple[float | Literal["scale"], ...]
    kernels: tuple[str, ...]
    class_weights: bool
    rotated: bool


@dataclass(frozen=True)
class BaselinePlan:
    """Which baseline to fit, how many times, and how.

    Attributes
    ----------
    method : {"logistic-regression", "random-forest", "extra-trees", "svm", "gaussian-process"}
        The baseline.
    members : int
        Fits of the ensemble, each with its own seed.
    seed : int
        Seed of the first member; the others count on from it.
    settings : BaselineSettings
        The settings.
    """

    method: BaselineMethod
    members: int
    seed: int
    settings: BaselineSettings

    def to_dict(self) -> dict[str, Any]:
        """Give the plan as plain values, the method under the name the project file gives it."""
        content = asdict(self)
        return {"strategy": content.pop("method"), **content}


def contradiction(pretext: Pretext, strategy: Strategy | BaselineMethod) -> TrainingError:
    """Give the error for a pretext task and a strategy that do not go together."""
    return TrainingError(
        "the pretext task and the strategy contradict each other",
        found=f'pretext = "{pretext}", strategy = "{strategy}"',
        expected='a pretext task for "fine-tuning" and "linear-probing", "none" for the others',
        mend="set both under [model]",
    )
