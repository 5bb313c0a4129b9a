"""The training of an ensemble: every member in one compiled loop, in its own order of rows.

The arithmetic is that of Keras' `fit` with Adam; the order of the rows comes from NumPy's
generators, so that it is the same on every machine.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import methodcaller
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geoprospect.errors import TrainingError
from geoprospect.network.network import Network
from geoprospect.network.schedule import Schedule
from geoprospect.network.training.architecture import Architecture
from geoprospect.network.training.batches import BatchOrder
from geoprospect.network.training.ensemble import Ensemble, Training
from geoprospect.network.training.history import History
from geoprospect.network.training.trainingset import TrainingSet
from geoprospect.typing import Floats, Progress

if TYPE_CHECKING:
    from geoprospect.network.training.member import MemberTraining

_KEPT_BYTES = 256 << 20  # of what leaves frozen layers; beyond it, they run in every step
_CALL_SECONDS = 0.7  # of one call of the compiled loop: how often progress is reported


def train(
    ensemble: Ensemble,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    schedule: Schedule,
    sample_weight: npt.ArrayLike | None = None,
    progress: Progress | None = None,
) -> Training:
    """Train the members of an ensemble, each from its own initial weights.

    Parameters
    ----------
    ensemble : Ensemble
        The members, their seeds, and what is frozen or penalised.
    X : array_like, shape (n, n_inputs)
        Inputs, for all members.
    y : array_like, shape (n,), (n, n_outputs) or (members, n, n_outputs)
        What the network shall give; one-hot for rock classes.
    schedule : Schedule
        Loss, rate, batch, epochs, rows held back, patience.
    sample_weight : array_like, shape (n,) or (members, n), optional
        Weights of the samples. A member never sees those of weight 0: they fill no batch, so
        that a fold or a bootstrap replicate is simply another member.
    progress : callable, optional
        Called about once a second with "training", the epochs done, the epochs in all and the
        mean loss.

    Returns
    -------
    Training
        The trained networks and the learning curves.

    Raises
    ------
    TrainingError
        If the arrays do not fit the networks, the networks differ in more than their weights, or
        a loss becomes infinite.

    Notes
    -----
    Adam is Keras' (Kingma & Ba 2015, Adam: a method for stochastic optimization). A batch's loss
    is the weighted sum over its rows, divided by their number. The same seeds give the same
    weights to the bit on the same machine.

    Examples
    --------
    >>> from geoprospect.network.builders import logistic_regression
    >>> X = np.linspace(-1, 1, 40, dtype=np.float32)[:, None]
    >>> ensemble = Ensemble([logistic_regression(1)], seeds=[0])
    >>> schedule = Schedule("binary-crossentropy", rate=0.1, batch=8, epochs=20)
    >>> training = train(ensemble, X, X[:, 0] > 0, schedule=schedule)
    >>> bool(training.history.loss[0, -1] < training.history.loss[0, 0])
    True
    >>> training.networks[0].predict([[1.0]]) > ensemble.networks[0].predict([[1.0]])
    array([[ True]])
    """
    schedule.check()
    architecture = Architecture.of(ensemble)
    architecture.check_loss(schedule.loss)
    samples = TrainingSet.of(
        X,
        y,
        sample_weight,
        shape=(architecture.layers[0].n_inputs, architecture.layers[-1].n_outputs),
        n_members=len(ensemble),
        loss=schedule.loss,
    ).seen()
    n_once = _layers_run_once(ensemble, samples)
    if n_once:
        encoders = [Network(network.layers[:n_once]) for network in ensemble.networks]
        samples = samples.entering(encoders)
        architecture = architecture.without(n_once)
    members = _members(ensemble, n_once, samples, architecture, schedule)
    curves = _run(members, schedule, progress)
    return Training(
        tuple(
            Network((*network.layers[:n_once], *member.layers()))
            for network, member in zip(ensemble.networks, members, strict=True)
        ),
        History.of(curves, held_back=schedule.held_back > 0),
    )


def _layers_run_once(ensemble: Ensemble, samples: TrainingSet) -> int:
    """Give the number of frozen layers that run once, before the training.

    What leaves them never changes: it takes the inputs' place. Where it would fill the memory,
    they run in every step instead.
    """
    if not ensemble.n_frozen:
        return 0
    width = ensemble.networks[0].layers[ensemble.n_frozen - 1].n_outputs
    n_bytes = 4 * len(ensemble) * samples.n_rows * width
    return ensemble.n_frozen if n_bytes <= _KEPT_BYTES else 0


def _members(
    ensemble: Ensemble,
    n_once: int,
    samples: TrainingSet,
    architecture: Architecture,
    schedule: Schedule,
) -> list[MemberTraining]:
    """Give each member what it trains, from the layer `n_once` on, and its order of rows."""
    from geoprospect.network.training.member import MemberTraining  # noqa: PLC0415 - loads numba

    members, columns = [], samples.columns()
    for number, (network, seed) in enumerate(zip(ensemble.networks, ensemble.seeds, strict=True)):
        rows = samples.rows(number)
        order = BatchOrder(
            rows,
            batch=min(schedule.batch, max(1, len(rows))),
            held_back=schedule.held_back,
            seed=seed,
        )
        if not len(order.training):
            raise TrainingError(
                f"member {number + 1} has no sample to train on",
                found=f"{len(order.held_back)} samples held back",
                mend="give it samples of a weight above 0, or hold back fewer",
            )
        of_member = columns[number % len(columns)]
        layers = network.layers[n_once:]
        members.append(
            MemberTraining(architecture, layers, of_member, order=order, schedule=schedule)
        )
    return members


def _run(
    members: Sequence[MemberTraining], schedule: Schedule, progress: Progress | None
) -> Floats:
    """Run the epochs; gives the losses of shape (epochs, 2, members)."""
    curves: list[Floats] = []
    done, count = 0, 1
    most = min(member.epochs_a_call for member in members)
    with ThreadPoolExecutor(min(_n_cores(), len(members))) as pool:
        while done < schedule.epochs and not all(member.has_stopped for member in members):
            count = min(count, schedule.epochs - done, most)
            started = time.perf_counter()
            # The first call compiles the loop, which is then there for the other members.
            call = pool.map if done else map
            curves.append(np.stack(list(call(methodcaller("advance", count), members)), axis=2))
            seconds = time.perf_counter() - started
            _check_finite(curves[-1], done)
            done += count
            if progress is not None:
                progress("training", done, schedule.epochs, f"loss {_last_loss(curves[-1]):.4f}")
            if done > 1:
                count = max(1, min(8 * count, int(count * _CALL_SECONDS / seconds)))
    return np.concatenate(curves)


def _last_loss(curves: Floats) -> float:
    """Give the mean loss in training of the members that ran in the last epoch that any ran."""
    losses = curves[:, 0]
    last = losses[np.flatnonzero((losses >= 0).any(axis=1))[-1]]
    return float(last[last >= 0].mean())


def _check_finite(curves: Floats, done: int) -> None:
    """Refuse a loss that is not finite, after so many epochs that were."""
    wrong = np.argwhere(~np.isfinite(curves))
    if len(wrong):
        epoch, _, member = wrong[0]
        raise TrainingError(
            f"the loss of member {member + 1} is no longer finite in epoch {done + epoch + 1}",
            mend="lower the learning rate, or standardise the inputs",
        )


def _n_cores() -> int:
    """Give the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
