"""The training of an ensemble: every member in one compiled program, in its own order of rows.

The arithmetic is that of Keras' `fit` with Adam; the order of the rows comes from NumPy's
generators, so that it is the same on every machine.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import repeat

import numpy as np
import numpy.typing as npt

from geoprospect.errors import TrainingError
from geoprospect.network import Dense, Network, Schedule
from geoprospect.network.backend import keras
from geoprospect.network.training.architecture import Architecture, Pairs, dense_layers
from geoprospect.network.training.batches import BatchOrder
from geoprospect.network.training.copies import Copies
from geoprospect.network.training.group import Member, MemberGroup, Room
from geoprospect.network.training.history import History
from geoprospect.network.training.trainingset import TrainingSet
from geoprospect.typing import Values

LossProgress = Callable[[int, int, float], None]

_KEPT_BYTES = 256 << 20  # of what leaves frozen layers; beyond it, they run in every step
_CALL_SECONDS = 0.7  # of one call of the program: how often progress is told


def class_weights(label: npt.ArrayLike, *, rows: npt.NDArray[np.bool_] | None = None) -> Values:
    """Weigh the samples so that every class counts alike: total / (classes · n_class).

    Parameters
    ----------
    label : array_like of int, shape (n,)
        Classes; 0 and 1 of non-occurrences and occurrences, for instance.
    rows : ndarray of bool, shape (n,), optional
        The samples that a member sees; the others weigh 0 and do not count.

    Returns
    -------
    ndarray of float32, shape (n,)
        Weights whose mean over the samples seen is 1.

    Raises
    ------
    TrainingError
        If the samples seen are of one class only.

    Examples
    --------
    >>> class_weights([0, 0, 0, 1]).tolist()
    [0.6666666865348816, 0.6666666865348816, 0.6666666865348816, 2.0]
    """
    labels = np.asarray(label)
    seen = np.ones(len(labels), bool) if rows is None else rows
    classes, code, count = np.unique(labels[seen], return_inverse=True, return_counts=True)
    if len(classes) < 2:
        raise TrainingError(
            "class weights need samples of at least two classes",
            found=f"{len(code)} samples of {len(classes)} class",
            mend="give samples of every class, or train without class weights",
        )
    weights = np.zeros(len(labels), np.float32)
    weights[seen] = (len(code) / (len(classes) * count))[code]
    return weights


def train(
    networks: Sequence[keras.Sequential] | Copies,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    schedule: Schedule,
    seeds: Sequence[int],
    sample_weight: npt.ArrayLike | None = None,
    progress: LossProgress | None = None,
) -> History:
    """Train the members of an ensemble, each in place from its own initial weights.

    Parameters
    ----------
    networks : sequence of keras.Sequential, or Copies
        The members: dense layers of one architecture. Layers with `trainable=False` keep their
        weights; L1 and L2 penalties on kernels are honoured.
    X : array_like, shape (n, n_inputs)
        Inputs, for all members.
    y : array_like, shape (n,), (n, n_outputs) or (members, n, n_outputs)
        What the network shall give; one-hot for rock classes.
    schedule : Schedule
        Loss, rate, batch, epochs, rows held back, patience.
    seeds : sequence of int
        A seed a member, for its order of rows and the rows it holds back.
    sample_weight : array_like, shape (n,) or (members, n), optional
        Weights of the samples. A member never sees those of weight 0: they fill no batch, so
        that a fold or a bootstrap replicate is simply another member.
    progress : callable, optional
        Called about once a second with the epochs done, the epochs in all and the mean loss.

    Returns
    -------
    History
        The learning curves.

    Raises
    ------
    TrainingError
        If the arrays do not fit the networks, a network is no chain of dense layers, or a loss
        becomes infinite. The networks are then as they were; likewise on KeyboardInterrupt.

    Notes
    -----
    Adam is Keras' (Kingma & Ba 2015, Adam: a method for stochastic optimization). A batch's loss
    is the weighted sum over its rows, divided by their number. The same seeds give the same
    weights to the bit on the same machine.

    Examples
    --------
    >>> from geoprospect.network.builders import logistic_regression
    >>> X = np.linspace(-1, 1, 40, dtype=np.float32)[:, None]
    >>> network = logistic_regression(1)
    >>> schedule = Schedule("binary-crossentropy", rate=0.1, batch=8, epochs=20)
    >>> history = train([network], X, X[:, 0] > 0, schedule=schedule, seeds=[0])
    >>> bool(history.loss[0, -1] < history.loss[0, 0])
    True
    """
    architecture, members, tables = _members(networks, X, y, schedule, seeds, sample_weight)
    size = -(-len(members) // min(_n_cores(), len(members)))
    room = Room.of([member.order for member in members], members=size)
    groups = [
        MemberGroup(architecture, members[k : k + size], tables, schedule=schedule, room=room)
        for k in range(0, len(members), size)
    ]
    curves = _run(groups, schedule, progress)
    trained = [pairs for group in groups for pairs in group.weights()]
    _keep(networks, trained)
    return History.of(curves, held_back=schedule.held_back > 0)


def _keep(networks: Sequence[keras.Sequential] | Copies, trained: Sequence[Pairs]) -> None:
    """Put trained weights in the place of those before."""
    if isinstance(networks, Copies):
        for number, pairs in enumerate(trained):
            layers = networks.networks[number].layers
            rest = zip(layers[-len(pairs) :], pairs, strict=True)
            learned = [replace(layer, kernel=kernel, bias=bias) for layer, (kernel, bias) in rest]
            networks.networks[number] = Network((*layers[: -len(pairs)], *learned))
        return
    for network, pairs in zip(networks, trained, strict=True):
        for layer, pair in zip(dense_layers(network)[-len(pairs) :], pairs, strict=True):
            if layer.trainable:
                layer.set_weights(list(pair)[: 1 + layer.use_bias])


def _run(
    groups: Sequence[MemberGroup], schedule: Schedule, progress: LossProgress | None
) -> npt.NDArray[np.float64]:
    """Run the epochs; gives the losses of shape (epochs, 2, members)."""
    curves: list[npt.NDArray[np.float64]] = []
    done, count = 0, 1
    with ThreadPoolExecutor(len(groups)) as pool:
        while done < schedule.epochs and not all(group.at_rest for group in groups):
            count = min(count, schedule.epochs - done, groups[0].capacity)
            started = time.perf_counter()
            # The first call compiles the program, which is then there for the other groups.
            call = pool.map if done else map
            parts = list(call(MemberGroup.advance, groups, repeat(count)))
            curves.append(np.concatenate(parts, axis=2))
            seconds = time.perf_counter() - started
            _check_finite(curves[-1], done)
            done += count
            if progress is not None:
                losses = curves[-1][:, 0]
                last = losses[np.flatnonzero((losses >= 0).any(axis=1))[-1]]
                progress(done, schedule.epochs, float(last[last >= 0].mean()))
            if done > 1:
                count = max(1, min(8 * count, int(count * _CALL_SECONDS / seconds)))
    return np.concatenate(curves)


def _check_finite(curves: npt.NDArray[np.float64], done: int) -> None:
    wrong = np.argwhere(~np.isfinite(curves))
    if len(wrong):
        epoch, _, member = wrong[0]
        raise TrainingError(
            f"the loss of member {member + 1} is no longer finite in epoch {done + epoch + 1}",
            mend="lower the learning rate, or standardise the inputs",
        )


def _n_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _members(
    networks: Sequence[keras.Sequential] | Copies,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    schedule: Schedule,
    seeds: Sequence[int],
    sample_weight: npt.ArrayLike | None,
) -> tuple[Architecture, list[Member], Values]:
    """Check what is given; gives what is to be trained, the members, and the tables they read."""
    _check_schedule(schedule)
    if not len(networks) or len(seeds) != len(networks):
        raise TrainingError(
            "every member needs a network and a seed",
            found=f"{len(networks)} networks, {len(seeds)} seeds",
        )
    whole, chains = _taken_apart(networks)
    whole.check_loss(schedule.loss)
    samples = TrainingSet.of(
        X,
        y,
        sample_weight,
        shape=(whole.layers[0].n_inputs, whole.layers[-1].n_outputs),
        n_members=len(networks),
        loss=schedule.loss,
    )
    frozen = whole.n_frozen
    values = len(chains) * samples.n_rows * whole.layers[frozen - 1].n_outputs
    if frozen and 4 * values > _KEPT_BYTES:
        frozen = 0  # they stay in the program, which does not train them
    elif frozen:
        # What leaves the frozen layers never changes: it takes the inputs' place.
        samples = samples.entering([Network(chain[:frozen]) for chain in chains])
    members = []
    for number, (chain, seed) in enumerate(zip(chains, seeds, strict=True)):
        order = BatchOrder(
            samples.rows(number),
            batch=min(schedule.batch, samples.n_rows),
            held_back=schedule.held_back,
            seed=seed,
        )
        if not len(order.training):
            raise TrainingError(
                f"member {number + 1} has no sample to train on",
                found=f"{len(order.held_back)} samples held back",
                mend="give it samples of a weight above 0, or hold back fewer",
            )
        pairs = [(layer.kernel, layer.bias) for layer in chain[frozen:]]
        members.append(Member(pairs, order, number))
    return Architecture(whole.layers[frozen:]), members, samples.tables()


def _taken_apart(
    networks: Sequence[keras.Sequential] | Copies,
) -> tuple[Architecture, list[tuple[Dense, ...]]]:
    """Give the one architecture of networks, and the layers of each."""
    if isinstance(networks, Copies):
        return Architecture.of(networks.form), [network.layers for network in networks.networks]
    whole = Architecture.of(networks[0])
    for number, network in enumerate(networks[1:], start=2):
        if Architecture.of(network) != whole:
            raise TrainingError(
                f"member {number} is of another architecture than member 1",
                expected="layers of the same kind and size in every member",
            )
    return whole, [Network.of(network).layers for network in networks]


def _check_schedule(schedule: Schedule) -> None:
    rules = [
        ("rate", "a number above 0", 0 < schedule.rate < np.inf),
        ("batch", "1 or more", schedule.batch >= 1),
        ("epochs", "1 or more", schedule.epochs >= 1),
        ("held_back", "from 0 to below 1", 0 <= schedule.held_back < 1),
        ("patience", "1 or more", schedule.patience is None or schedule.patience >= 1),
    ]
    for name, expected, held in rules:
        if not held:
            raise TrainingError(
                f"a schedule whose {name} cannot be used",
                found=getattr(schedule, name),
                expected=expected,
            )
    if schedule.patience is not None and not schedule.held_back:
        raise TrainingError(
            "patience needs rows held back, on which the loss is followed",
            found=f"patience {schedule.patience}, held_back 0",
            mend="hold back a fraction of the rows, 0.2 for instance, or leave patience out",
        )
