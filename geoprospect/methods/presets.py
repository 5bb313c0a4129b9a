"""The settings of a method by name: those we recommend, and those of the published study."""

from __future__ import annotations

from typing import Literal

from geoprospect.methods.plan import (
    BaselineSettings,
    Pretext,
    Strategy,
    TransferPlan,
    contradiction,
)
from geoprospect.network import Schedule
from geoprospect.network.builders import PAPER_WIDTHS

Preset = Literal["recommended", "paper"]

_WHOLE = 10_000_000  # rows of a batch that holds all of them
_PAPER_PRETRAINING: dict[Pretext, Schedule] = {
    "reconstruction": Schedule("mean-squared-error", 1e-3, 10_000, 500, held_back=0.2),
    "lithology": Schedule("categorical-crossentropy", 1e-3, 32, 1000, held_back=0.2),
}
_PRETRAINING: dict[Pretext, Schedule] = {
    "reconstruction": Schedule("mean-squared-error", 1e-3, _WHOLE, 400),
    "lithology": Schedule("categorical-crossentropy", 1e-3, _WHOLE, 3000),
}
_STEPS: dict[Pretext, int] = {"reconstruction": 250, "lithology": 100, "none": 250}
_OF_THE_HEAD = 50  # of these, where rock classes were taught and the encoder is tuned

PAPER_BASELINES = BaselineSettings(
    schedule=Schedule("binary-crossentropy", 1e-3, 82, 6000),
    trees=2000,
    leaf=1,
    costs=(0.1, 1.0, 10.0, 100.0),
    gammas=(1.0, 0.1, 0.01, 0.001),
    kernels=("rbf", "linear", "poly", "sigmoid"),
    class_weights=False,
    rotated=True,
)
RECOMMENDED_BASELINES = BaselineSettings(
    schedule=Schedule("binary-crossentropy", 1e-2, _WHOLE, 1000),
    trees=500,
    leaf=3,
    costs=(1.0,),
    gammas=("scale",),
    kernels=("rbf",),
    class_weights=True,
    rotated=False,
)


def transfer_plan(
    pretext: Pretext,
    strategy: Strategy,
    *,
    preset: Preset = "recommended",
    members: int = 10,
    seed: int = 0,
) -> TransferPlan:
    """Give the plan of a pretext task and a strategy.

    Parameters
    ----------
    pretext : {"reconstruction", "lithology", "none"}
        The pretext task; "none" only from scratch.
    strategy : {"fine-tuning", "linear-probing", "from-scratch"}
        The strategy.
    preset : {"recommended", "paper"}
        Whose settings: ours, or those of Mantilla-Dulcey et al. (2024), Gondwana Research,
        doi 10.1016/j.gr.2024.09.004.
    members, seed : int
        Networks of the ensemble, and the seed of everything random.

    Raises
    ------
    TrainingError
        If the pretext task and the strategy contradict each other.

    Notes
    -----
    Ours is one wide layer of cosines, whose initial weights are random Fourier features (Rahimi &
    Recht 2007, Random features for large-scale kernel machines): before training it is a kernel
    machine. Its few steps, each on all points, end before it fits them too closely; where rock
    classes were taught, sooner, and the head learns first, lest the encoder forget them. It was
    chosen among some 500 variants by cross-validation in space, in k-means regions with a buffer
    on the published study's points; its figures were then taken in other regions.

    Examples
    --------
    >>> plan = transfer_plan("lithology", "linear-probing", preset="paper")
    >>> plan.training.rate, plan.class_weights, plan.pretraining.batch
    (0.001, False, 32)
    """
    if (pretext == "none") != (strategy == "from-scratch"):
        raise contradiction(pretext, strategy)
    if preset == "paper":
        tuned = strategy == "fine-tuning"
        penalty = 0.0 if strategy == "from-scratch" else 0.01
        return TransferPlan(
            pretext,
            strategy,
            members,
            seed,
            pretraining=_PAPER_PRETRAINING.get(pretext),
            training=Schedule("binary-crossentropy", 1e-5 if tuned else 1e-3, 82, 6000),
            class_weights=tuned,
            l1=penalty,
            l2=penalty,
            widths=PAPER_WIDTHS,
            activation="relu",
        )
    head = _OF_THE_HEAD if (pretext, strategy) == ("lithology", "fine-tuning") else 0
    return TransferPlan(
        pretext,
        strategy,
        members,
        seed,
        pretraining=_PRETRAINING.get(pretext),
        training=Schedule("binary-crossentropy", 1e-3, _WHOLE, _STEPS[pretext] - head),
        class_weights=True,
        l1=0.0,
        l2=0.0,
        widths=(200,),
        activation="cosine",
        head_epochs=head,
    )
