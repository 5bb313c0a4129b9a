"""The plan of a training: pretext task, strategy and schedules, with the published settings."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from geoprospect.errors import TrainingError

Loss = Literal["mean-squared-error", "categorical-crossentropy", "binary-crossentropy"]
Pretext = Literal["reconstruction", "lithology", "none"]
Strategy = Literal["fine-tuning", "linear-probing", "from-scratch"]
BaselineMethod = Literal["logistic-regression", "random-forest", "svm"]


@dataclass(frozen=True)
class Schedule:
    """How a network is optimised, by Adam (Kingma & Ba 2015).

    Attributes
    ----------
    loss : str
        "mean-squared-error", "categorical-crossentropy" or "binary-crossentropy".
    rate : float
        Learning rate.
    batch : int
        Rows of a batch.
    epochs : int
        Passes over the rows.
    held_back : float
        Fraction of each member's rows kept out of training, on which the loss is followed.
    patience : int, optional
        Stop a member when its held-back loss has not improved for so many epochs, and keep its
        best weights.
    """

    loss: Loss
    rate: float
    batch: int
    epochs: int
    held_back: float = 0.0
    patience: int | None = None


_PRETRAINING: dict[Pretext, Schedule] = {
    "reconstruction": Schedule("mean-squared-error", 1e-3, 10_000, 500, held_back=0.2),
    "lithology": Schedule("categorical-crossentropy", 1e-3, 32, 1000, held_back=0.2),
}


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

    def to_dict(self) -> dict[str, Any]:
        """Give the plan as plain values."""
        return asdict(self)


def published_plan(
    pretext: Pretext, strategy: Strategy, *, members: int = 1, seed: int = 0
) -> TransferPlan:
    """Give the plan of a pretext task and a strategy with the settings of the published study.

    The settings are those of Mantilla-Dulcey et al. (2024), Gondwana Research,
    doi 10.1016/j.gr.2024.09.004.

    Raises
    ------
    TrainingError
        If the pretext task and the strategy contradict each other.

    Examples
    --------
    >>> plan = published_plan("lithology", "linear-probing")
    >>> plan.training.rate, plan.class_weights, plan.pretraining.batch
    (0.001, False, 32)
    """
    if (pretext == "none") != (strategy == "from-scratch"):
        raise contradiction(pretext, strategy)
    tuned = strategy == "fine-tuning"
    penalty = 0.0 if strategy == "from-scratch" else 0.01
    return TransferPlan(
        pretext,
        strategy,
        members,
        seed,
        pretraining=_PRETRAINING.get(pretext),
        training=Schedule("binary-crossentropy", 1e-5 if tuned else 1e-3, 82, 6000),
        class_weights=tuned,
        l1=penalty,
        l2=penalty,
    )


@dataclass(frozen=True)
class BaselineSettings:
    """The settings of the baselines; by default those of the published study.

    Attributes
    ----------
    schedule : Schedule
        The optimisation of the logistic regression, which is one sigmoid unit.
    trees : int
        Trees of the random forest.
    costs, gammas : tuple of float
        C and gamma of the support vector machine, tried in a grid.
    kernels : tuple of str
        Its kernels, tried likewise.
    """

    schedule: Schedule = Schedule("binary-crossentropy", 1e-3, 82, 6000)
    trees: int = 2000
    costs: tuple[float, ...] = (0.1, 1.0, 10.0, 100.0)
    gammas: tuple[float, ...] = (1.0, 0.1, 0.01, 0.001)
    kernels: tuple[str, ...] = ("rbf", "linear", "poly", "sigmoid")


@dataclass(frozen=True)
class BaselinePlan:
    """Which baseline to fit, how many times, and how.

    Attributes
    ----------
    method : {"logistic-regression", "random-forest", "svm"}
        The baseline.
    members : int
        Fits of the ensemble, each with its own seed.
    seed : int
        Seed of the first member; the others count on from it.
    settings : BaselineSettings
        The settings.
    """

    method: BaselineMethod
    members: int = 1
    seed: int = 0
    settings: BaselineSettings = BaselineSettings()

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
