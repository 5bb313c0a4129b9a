"""The order of rows: which of them a member trains on, and in what batches, epoch by epoch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int32]


class BatchOrder:
    """The batches of one member, drawn from NumPy's generator, so that any machine gives the same.

    Parameters
    ----------
    rows : array_like of int, shape (n,)
        The rows that the member may see.
    batch : int
        Rows of a batch; an epoch's last batch has those left over.
    held_back : float
        Fraction of the rows kept out of all batches; above 0, at least one row.
    seed : int
        Seed of the member.

    Attributes
    ----------
    training, held_back : ndarray of int32
        The rows trained on and those held back, each in ascending order.

    Examples
    --------
    >>> order = BatchOrder(range(10), batch=3, held_back=0.2, seed=0)
    >>> len(order.training), len(order.held_back), order.n_batches
    (8, 2, 3)
    >>> epoch = order.draw(1)[0]
    >>> sorted(int(row) for row in epoch[epoch >= 0]) == order.training.tolist()
    True
    """

    def __init__(
        self, rows: npt.ArrayLike, *, batch: int, held_back: float = 0.0, seed: int = 0
    ) -> None:
        self._random = np.random.default_rng(seed)
        shuffled = self._random.permutation(np.asarray(rows, dtype=np.int32))
        n_held = max(1, round(held_back * len(shuffled))) if held_back else 0
        self.held_back: Indices = np.sort(shuffled[:n_held])
        self.training: Indices = np.sort(shuffled[n_held:])
        self.batch = batch

    @property
    def n_batches(self) -> int:
        """Batches of an epoch."""
        return -(-len(self.training) // self.batch)

    def draw(self, epochs: int) -> Indices:
        """Draw the next epochs.

        Parameters
        ----------
        epochs : int
            How many; two calls with 1 give the same as one call with 2.

        Returns
        -------
        ndarray of int32, shape (epochs, n_batches, batch)
            Rows, each once an epoch; -1 fills up the last batch.
        """
        drawn = np.full((epochs, self.n_batches * self.batch), -1, np.int32)
        repeated = np.broadcast_to(self.training, (epochs, len(self.training)))
        drawn[:, : len(self.training)] = self._random.permuted(repeated, axis=1)
        return drawn.reshape(epochs, self.n_batches, self.batch)

    def sizes(self) -> npt.NDArray[np.int64]:
        """Give the number of rows of each batch of an epoch."""
        return np.minimum(self.batch, len(self.training) - self.batch * np.arange(self.n_batches))
