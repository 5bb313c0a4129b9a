"""Pretext tasks, and the transfer of what they taught to the scarce labelled points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from geoprospect.errors import TrainingError
from geoprospect.methods.plan import TransferPlan
from geoprospect.network import Network, Schedule
from geoprospect.network.backend import keras
from geoprospect.network.builders import (
    autoencoder,
    encoder,
    encoder_of,
    lithology_classifier,
    prospectivity_classifier,
    prospectivity_network,
)
from geoprospect.network.training import Copies, History, class_weights, train
from geoprospect.typing import Progress, Values


def pretrain(
    plan: TransferPlan,
    P: Values,
    rock_class: npt.NDArray[np.int64] | None = None,
    *,
    progress: Progress | None = None,
) -> list[keras.Sequential]:
    """Teach one encoder a member the pretext task.

    Parameters
    ----------
    plan : TransferPlan
        The plan; without a pretext task the encoders come back untaught.
    P : ndarray of float32, shape (n, n_components)
        Components of unlabelled cells (reconstruction) or of the rock-class points (lithology).
    rock_class : ndarray of int64, shape (n,), optional
        Codes 0 … k - 1 of the rock classes, for the lithology task.
    progress : callable, optional
        Called with the stage, the epochs done, the epochs in all and a word on the loss.

    Returns
    -------
    list of keras.Sequential
        The encoders, one a member.

    Raises
    ------
    TrainingError
        If the lithology task lacks rock classes, or the training fails.
    """
    encoders = [
        encoder(P.shape[1], widths=plan.widths, activation=plan.activation, seed=seed)
        for seed in _seeds(plan, "encoder")
    ]
    if plan.pretraining is None:
        return encoders
    if plan.pretext == "reconstruction":
        networks = [
            autoencoder(part, seed=seed)
            for part, seed in zip(encoders, _seeds(plan, "pretext head"), strict=True)
        ]
        target = P
    else:
        if rock_class is None or len(np.unique(rock_class)) < 2:
            raise TrainingError(
                "the lithology pretext task needs points of at least two rock classes",
                mend="give them as `lithology` under [points], or choose another pretext task",
            )
        n_classes = int(rock_class.max()) + 1
        networks = [
            lithology_classifier(part, n_classes, seed=seed)
            for part, seed in zip(encoders, _seeds(plan, "pretext head"), strict=True)
        ]
        target = np.eye(n_classes, dtype=np.float32)[rock_class]
    train(
        networks,
        P,
        target,
        schedule=plan.pretraining,
        seeds=_seeds(plan, "pretext order"),
        progress=_staged(progress, f"{plan.pretext} pretext"),
    )
    # The networks hold copies of the encoders, and these are what was taught.
    return [
        encoder_of(network, n_layers=len(part.layers))
        for network, part in zip(networks, encoders, strict=True)
    ]


def transfer(
    plan: TransferPlan,
    encoders: Sequence[keras.Sequential],
    P: Values,
    label: npt.NDArray[np.int64],
    *,
    rows: npt.NDArray[np.bool_] | None = None,
    progress: Progress | None = None,
) -> tuple[list[Network], History]:
    """Train the prospectivity networks on the labelled points.

    Parameters
    ----------
    plan : TransferPlan
        The plan.
    encoders : sequence of keras.Sequential
        One encoder a member, as `pretrain` gives them.
    P : ndarray of float32, shape (n, n_components)
        Components at the training points.
    label : ndarray of int64, shape (n,)
        1 at occurrences, 0 at non-occurrences.
    rows : ndarray of bool, shape (members, n), optional
        The points that each member sees; all of them by default.
    progress : callable, optional
        Called with the stage, the epochs done, the epochs in all and a word on the loss.

    Returns
    -------
    members : list of Network
        The trained networks.
    history : History
        Their learning curves; not those of the epochs of the head alone.

    Raises
    ------
    TrainingError
        If a class has no point, or the training fails.
    """
    seen = np.ones((plan.members, len(label)), bool) if rows is None else rows
    weights = np.stack([_weights(plan, label, member) for member in seen])
    networks = [
        prospectivity_network(part, seed=seed)
        for part, seed in zip(encoders, _seeds(plan, "head"), strict=True)
    ]

    def trained(schedule: Schedule, stage: str, *, frozen: bool) -> History:
        form = prospectivity_classifier(encoders[0], l1=plan.l1, l2=plan.l2, frozen=frozen)
        return train(
            Copies(form, networks),
            P,
            label.astype(np.float32),
            schedule=schedule,
            seeds=_seeds(plan, "order"),
            sample_weight=weights,
            progress=_staged(progress, stage),
        )

    probing = plan.strategy == "linear-probing"
    if plan.head_epochs and not probing:
        alone = replace(plan.training, epochs=plan.head_epochs)
        trained(alone, f"{plan.strategy}, the head alone", frozen=True)
    history = trained(plan.training, plan.strategy, frozen=probing)
    return networks, history


def _weights(
    plan: TransferPlan, label: npt.NDArray[np.int64], seen: npt.NDArray[np.bool_]
) -> Values:
    """Weigh the points that a member sees; the others weigh 0."""
    counts = np.bincount(label[seen], minlength=2)
    if not counts.all():
        raise TrainingError(
            "training needs occurrences and non-occurrences",
            found=f"{counts[1]} occurrences, {counts[0]} non-occurrences",
            mend="give points of both labels as `training` under [points]",
        )
    return class_weights(label, rows=seen) if plan.class_weights else seen.astype(np.float32)


def _seeds(plan: TransferPlan, purpose: str) -> list[int]:
    """Give a seed a member, different for each purpose, the same for the first members of any."""
    root = np.random.SeedSequence([plan.seed, *purpose.encode()])
    return [int(child.generate_state(1)[0]) for child in root.spawn(plan.members)]


def _staged(progress: Progress | None, stage: str) -> Callable[[int, int, float], None] | None:
    if progress is None:
        return None
    return lambda epoch, epochs, loss: progress(stage, epoch, epochs, f"loss {loss:.4f}")
