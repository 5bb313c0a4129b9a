"""Pretext tasks, and the transfer of what they taught to the scarce labelled points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from geoprospect.errors import TrainingError
from geoprospect.methods.plan import TransferPlan
from geoprospect.methods.stages import under_stage
from geoprospect.network import Network, Schedule
from geoprospect.network.builders import (
    autoencoder,
    encoder,
    encoder_of,
    lithology_classifier,
    prospectivity_network,
)
from geoprospect.network.training import Ensemble, History, Training, class_weights, train
from geoprospect.typing import Progress, Values


def pretrain(
    plan: TransferPlan,
    P: Values,
    rock_class: npt.NDArray[np.int64] | None = None,
    *,
    progress: Progress | None = None,
) -> list[Network]:
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
    list of Network
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
    training = train(
        Ensemble(networks, _seeds(plan, "pretext order")),
        P,
        target,
        schedule=plan.pretraining,
        progress=under_stage(progress, f"{plan.pretext} pretext"),
    )
    return [
        encoder_of(network, n_layers=len(part.layers))
        for network, part in zip(training.networks, encoders, strict=True)
    ]


def transfer(
    plan: TransferPlan,
    encoders: Sequence[Network],
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
    encoders : sequence of Network
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
    networks: Sequence[Network] = [
        prospectivity_network(part, seed=seed)
        for part, seed in zip(encoders, _seeds(plan, "head"), strict=True)
    ]

    def trained(schedule: Schedule, stage: str, n_frozen: int) -> Training:
        return train(
            Ensemble(networks, _seeds(plan, "order"), n_frozen, plan.l1, plan.l2),
            P,
            label.astype(np.float32),
            schedule=schedule,
            sample_weight=weights,
            progress=under_stage(progress, stage),
        )

    n_encoder, probing = len(encoders[0].layers), plan.strategy == "linear-probing"
    if plan.head_epochs and not probing:
        alone = replace(plan.training, epochs=plan.head_epochs)
        networks = trained(alone, f"{plan.strategy}, the head alone", n_encoder).networks
    training = trained(plan.training, plan.strategy, n_encoder if probing else 0)
    return [*training.networks], training.history


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
    return class_weights(label, mask=seen) if plan.class_weights else seen.astype(np.float32)


def _seeds(plan: TransferPlan, purpose: str) -> list[int]:
    """Give a seed a member, different for each purpose, the same for the first members of any."""
    root = np.random.SeedSequence([plan.seed, *purpose.encode()])
    return [int(child.generate_state(1)[0]) for child in root.spawn(plan.members)]
