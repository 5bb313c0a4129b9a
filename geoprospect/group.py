"""Some members of an ensemble that one call of the compiled program trains together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.architecture import Architecture, Array, Pairs
from geoprospect.batches import BatchOrder
from geoprospect.optimiser import BETA_1, BETA_2, NEVER, program
from geoprospect.plan import Schedule

_CALL_BYTES = 16 << 20  # of one call's order of rows


@dataclass(frozen=True)
class Member:
    """One member before its training.

    Attributes
    ----------
    weights : list of (ndarray, ndarray)
        Kernel and bias of each layer.
    order : BatchOrder
        Its rows.
    number : int
        Its number, by which it finds its table where each has its own.
    """

    weights: Pairs
    order: BatchOrder
    number: int


class MemberGroup:
    """Members that are trained together, and what is known of them between calls.

    Parameters
    ----------
    architecture : Architecture
        What they all are.
    members : sequence of Member
        The members.
    tables : ndarray of float32, shape (1 or members, n, n_inputs + 1 + n_outputs + 1)
        Inputs, 1, outputs and weight of each sample, for all or for each.
    schedule : Schedule
        Loss, rate, batch and epochs.
    size : int
        Members that the program is compiled for; those lacking are idle.
    """

    def __init__(
        self,
        architecture: Architecture,
        members: Sequence[Member],
        tables: Array,
        *,
        schedule: Schedule,
        size: int,
    ) -> None:
        self._architecture, self._rate = architecture, schedule.rate
        self._orders = [member.order for member in members]
        self._run = program(architecture, schedule.loss, patience=schedule.patience)
        own = tables[[m.number for m in members]] if len(tables) > 1 else tables
        self._table = own.reshape(-1, tables.shape[2])
        self._offset = np.arange(len(members)) * (tables.shape[1] if len(tables) > 1 else 0)
        self._size, self._done = size, 0
        self._n_batches = max(order.n_batches for order in self._orders)
        self._batch = self._orders[0].batch
        self.capacity = int(
            np.clip(_CALL_BYTES // (4 * size * self._n_batches * self._batch), 1, schedule.epochs)
        )
        self._watched = np.full((size, max(len(o.held_back) for o in self._orders)), -1, np.int32)
        for member, (order, offset) in enumerate(zip(self._orders, self._offset, strict=True)):
            self._watched[member, : len(order.held_back)] = order.held_back + offset
        idle = [[(0 * k, 0 * b) for k, b in members[0].weights]] * (size - len(members))
        weights = architecture.pack([*(member.weights for member in members), *idle])
        zeros = [np.zeros_like(W) for W in weights]
        patience = schedule.patience or NEVER
        rest = np.where(np.arange(size) < len(members), patience, 0).astype(np.int32)
        self._state: dict[str, Any] = {
            "weights": weights,
            "means": zeros,
            "squares": zeros,
            "rest": rest,
        }
        if schedule.patience:
            self._state |= {"kept": weights, "best": np.full(size, np.inf, np.float32)}

    def advance(self, epochs: int) -> npt.NDArray[np.float64]:
        """Train some more epochs.

        Parameters
        ----------
        epochs : int
            How many, at most `capacity`.

        Returns
        -------
        ndarray of float64, shape (epochs, 2, members)
            Losses in training and on the rows held back; below 0 where a member had stopped.
        """
        order = np.full((self.capacity, self._n_batches, self._size, self._batch), -1, np.int32)
        steps = np.zeros((self.capacity, self._n_batches, 3, self._size), np.float32)
        for member, (rows, offset) in enumerate(zip(self._orders, self._offset, strict=True)):
            drawn = rows.draw(epochs)
            n = rows.n_batches
            order[:epochs, :n, member] = np.where(drawn >= 0, drawn + offset, -1)
            number = (self._done + np.arange(epochs)[:, None]) * n + np.arange(1, n + 1)
            steps[:epochs, :n, 0, member] = self._rate * _correction(number)
            steps[:epochs, :n, 1, member] = 1 / rows.sizes()
            steps[:epochs, :n, 2, member] = rows.sizes() / len(rows.training)
        self._state, losses = self._run(
            self._state, self._table, order, steps, self._watched, np.int32(epochs)
        )
        self._done += epochs
        found: npt.NDArray[np.float64] = losses.numpy()[:epochs, :, : len(self._orders)]
        return found.astype(np.float64)

    @property
    def at_rest(self) -> bool:
        """Whether all members have stopped."""
        return not (np.asarray(self._state["rest"]) > 0).any()

    def weights(self) -> list[Pairs]:
        """Give the kernels and biases of each member, the best ones where patience is set."""
        last = self._state.get("kept", self._state["weights"])
        packed = [np.asarray(W)[: len(self._orders)] for W in last]
        return self._architecture.unpack(packed)


def _correction(number: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Give Adam's correction for its start at zero, in float32 as Keras has it."""
    step, one = number.astype(np.float32), np.float32(1)
    bias_1, bias_2 = (one - np.power(np.float32(beta), step) for beta in (BETA_1, BETA_2))
    return np.sqrt(bias_2) / bias_1
