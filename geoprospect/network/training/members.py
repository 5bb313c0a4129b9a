"""The members that are trained together, and what has to fit into a group of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geoprospect.network.dense import Dense
from geoprospect.network.training.batches import BatchOrder


@dataclass(frozen=True)
class Member:
    """One member before its training.

    Attributes
    ----------
    layers : tuple of Dense
        The layers that the compiled loop runs.
    order : BatchOrder
        Its rows.
    number : int
        Its number, by which it finds its table where these differ.
    """

    layers: tuple[Dense, ...]
    order: BatchOrder
    number: int


@dataclass(frozen=True)
class GroupSize:
    """What has to fit into a group: members, batches of an epoch, rows of a batch, rows held back.

    Examples
    --------
    >>> orders = [BatchOrder(range(n), batch=3, held_back=0.5) for n in (8, 12)]
    >>> GroupSize.of(orders, members=1)
    GroupSize(members=1, batches=2, batch=3, held_back=6)
    """

    members: int
    batches: int
    batch: int
    held_back: int

    @classmethod
    def of(cls, orders: Sequence[BatchOrder], *, members: int) -> GroupSize:
        """Give the size for so many members with any of these orders."""
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
