"""Some members of an ensemble that one call of the compiled program trains together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.network import Schedule
from geoprospect.network.backend import tf
from geoprospect.network.training.architecture import Architecture, Pairs
from geoprospect.network.training.batches import BatchOrder, Indices
from geoprospect.network.training.optimiser import BETA_1, BETA_2, program
from geoprospect.typing import Values

_TILE = 512  # rows whose values stay in a core's cache
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


@dataclass(frozen=True)
class Room:
    """What has to fit into a group: members, batches of an epoch, rows of a batch, rows held back.

    Examples
    --------
    >>> orders = [BatchOrder(range(n), batch=3, held_back=0.5) for n in (8, 12)]
    >>> Room.of(orders, members=1)
    Room(members=1, batches=2, batch=3, held_back=6)
    """

    members: int
    batches: int
    batch: int
    held_back: int

    @classmethod
    def of(cls, orders: Sequence[BatchOrder], *, members: int) -> Room:
        """Give room for so many members with any of these orders."""
        return cls(
            members,
            max(order.n_batches for order in orders),
            orders[0].batch,
            max(len(order.held_back) for order in orders),
        )

    @property
    def rows(self) -> int:
        """Rows of an epoch, with those that fill up."""
        return self.members * self.batches * self.batch


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
    room : Room
        What the program is compiled for, the same for all groups of an ensemble.
    """

    def __init__(
        self,
        architecture: Architecture,
        members: Sequence[Member],
        tables: Values,
        *,
        schedule: Schedule,
        room: Room,
    ) -> None:
        self._architecture, self._rate = architecture, schedule.rate
        self._orders = [member.order for member in members]
        self._run = program(architecture, schedule.loss, schedule.patience)
        self._room, self._done = room, 0
        n_rows = tables.shape[1] if len(tables) > 1 else 0
        self._offset = n_rows * np.arange(len(members))
        self._table = tables[0]
        if n_rows:
            own = np.zeros((room.members, *tables.shape[1:]), np.float32)
            own[: len(members)] = tables[[member.number for member in members]]
            self._table = own.reshape(-1, tables.shape[2])
        self.capacity = int(np.clip(_CALL_BYTES // (4 * room.rows), 1, schedule.epochs))
        watched = np.full((room.members, room.held_back), -1, np.int32)
        for member, (order, offset) in enumerate(zip(self._orders, self._offset, strict=True)):
            watched[member, : len(order.held_back)] = order.held_back + offset
        self._watched = _tiled(watched)
        idle = [[(0 * k, 0 * b) for k, b in members[0].weights]] * (room.members - len(members))
        weights = architecture.pack([*(member.weights for member in members), *idle])
        zeros = [np.zeros_like(W) for W in weights]
        patience = schedule.patience or 1
        rest = np.where(np.arange(room.members) < len(members), patience, 0).astype(np.int32)
        self._state: dict[str, Any] = {
            "weights": weights,
            "means": zeros,
            "squares": zeros,
            "rest": rest,
        }
        if schedule.patience:
            self._state |= {"kept": weights, "best": np.full(room.members, np.inf, np.float32)}

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
        room = self._room
        order = np.full((self.capacity, room.batches, room.members, room.batch), -1, np.int32)
        steps = np.zeros((self.capacity, room.batches, 3, room.members), np.float32)
        for member, (rows, offset) in enumerate(zip(self._orders, self._offset, strict=True)):
            drawn = rows.draw(epochs)
            n = rows.n_batches
            order[:epochs, :n, member] = np.where(drawn >= 0, drawn + offset, -1)
            number = (self._done + np.arange(epochs)[:, None]) * n + np.arange(1, n + 1)
            steps[:epochs, :n, 0, member] = self._rate * _correction(number)
            steps[:epochs, :n, 1, member] = 1 / rows.sizes()
            steps[:epochs, :n, 2, member] = rows.sizes() / len(rows.training)
        with tf.device("CPU:0"):  # on a graphics card, steps this small would take far longer
            self._state, losses = self._run(
                self._state, self._table, _tiled(order), steps, self._watched, np.int32(epochs)
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


def _tiled(rows: Indices) -> Indices:
    """Cut the last axis into tiles: (…, members, n) becomes (…, tiles, members, rows of a tile)."""
    *outer, n = rows.shape
    n_tiles = -(-n // _TILE)
    size = -(-n // max(n_tiles, 1))
    missing = np.full((*outer, n_tiles * size - n), -1, np.int32)
    tiles = np.concatenate([rows, missing], axis=-1).reshape(*outer, n_tiles, size)
    return np.ascontiguousarray(np.moveaxis(tiles, -2, -3))


def _correction(number: npt.NDArray[np.int64]) -> Values:
    """Give Adam's correction for its start at zero, in float32 as Keras has it."""
    step, one = number.astype(np.float32), np.float32(1)
    bias_1, bias_2 = (one - np.power(np.float32(beta), step) for beta in (BETA_1, BETA_2))
    return np.asarray(np.sqrt(bias_2) / bias_1, np.float32)
