"""Some members of an ensemble that one call of the compiled loop trains together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from geoprospect.network.backend import tf
from geoprospect.network.dense import Dense
from geoprospect.network.schedule import Schedule
from geoprospect.network.training.architecture import Architecture
from geoprospect.network.training.batches import Indices
from geoprospect.network.training.members import GroupSize, Member
from geoprospect.network.training.optimiser import BETA_1, BETA_2, compiled_run
from geoprospect.typing import Floats, Ints, Values

_TILE = 512  # rows whose values stay in a core's cache
_CALL_BYTES = 16 << 20  # of one call's order of rows


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
    size : GroupSize
        What the loop is compiled for, the same for all groups of an ensemble.

    Attributes
    ----------
    epochs_a_call : int
        Epochs that `advance` can train at most.
    """

    def __init__(
        self,
        architecture: Architecture,
        members: Sequence[Member],
        tables: Values,
        *,
        schedule: Schedule,
        size: GroupSize,
    ) -> None:
        self._architecture, self._rate = architecture, schedule.rate
        self._orders = [member.order for member in members]
        self._run = compiled_run(architecture, schedule.loss, schedule.patience)
        self._size, self._done = size, 0
        n_rows = tables.shape[1] if len(tables) > 1 else 0
        self._offset = n_rows * np.arange(len(members))
        self._table = tables[0]
        if n_rows:
            stacked = np.zeros((size.members, *tables.shape[1:]), np.float32)
            stacked[: len(members)] = tables[[member.number for member in members]]
            self._table = stacked.reshape(-1, tables.shape[2])
        self.epochs_a_call = int(np.clip(_CALL_BYTES // (4 * size.rows), 1, schedule.epochs))
        held_back = np.full((size.members, size.held_back), -1, np.int32)
        for member, (order, offset) in enumerate(zip(self._orders, self._offset, strict=True)):
            held_back[member, : len(order.held_back)] = order.held_back + offset
        self._held_back = _tiled(held_back)
        weights = architecture.pack([member.layers for member in members], n_members=size.members)
        zeros = [np.zeros_like(W) for W in weights]
        patience = schedule.patience or 1
        is_member = np.arange(size.members) < len(members)
        self._state: dict[str, Any] = {
            "weights": weights,
            "means": zeros,
            "squares": zeros,
            "patience_left": np.where(is_member, patience, 0).astype(np.int32),
        }
        if schedule.patience:
            self._state |= {
                "best_weights": weights,
                "best_loss": np.full(size.members, np.inf, np.float32),
            }

    def advance(self, epochs: int) -> Floats:
        """Train some more epochs.

        Parameters
        ----------
        epochs : int
            How many, at most `epochs_a_call`.

        Returns
        -------
        ndarray of float64, shape (epochs, 2, members)
            Losses in training and on the rows held back; below 0 where a member had stopped.
        """
        size = self._size
        order = np.full((self.epochs_a_call, size.batches, size.members, size.batch), -1, np.int32)
        steps = np.zeros((self.epochs_a_call, size.batches, 3, size.members), np.float32)
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
                self._state, self._table, _tiled(order), steps, self._held_back, np.int32(epochs)
            )
        self._done += epochs
        of_members: Values = losses.numpy()[:epochs, :, : len(self._orders)]
        return of_members.astype(np.float64)

    @property
    def has_stopped(self) -> bool:
        """Whether all members have stopped."""
        return not (np.asarray(self._state["patience_left"]) > 0).any()

    def layers(self) -> list[tuple[Dense, ...]]:
        """Give the layers of each member as trained, the best ones where patience is set."""
        last = self._state.get("best_weights", self._state["weights"])
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


def _correction(number: Ints) -> Values:
    """Give Adam's correction for its start at zero, in float32 as Keras has it."""
    step, one = number.astype(np.float32), np.float32(1)
    bias_1, bias_2 = (one - np.power(np.float32(beta), step) for beta in (BETA_1, BETA_2))
    return np.asarray(np.sqrt(bias_2) / bias_1, np.float32)
