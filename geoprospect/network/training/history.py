"""The learning curves of an ensemble, and what they say of its training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geoprospect.typing import Floats, Ints

_FEWEST_EPOCHS = 10  # of a training whose loss can be reported as not falling


@dataclass(frozen=True)
class History:
    """The learning curves of an ensemble.

    Attributes
    ----------
    loss : ndarray of float64, shape (members, epochs)
        Mean loss of the batches as they were trained on, weights and penalties included, as
        Keras has it; NaN after a member has stopped.
    held_back_loss : ndarray of float64, shape (members, epochs), or None
        The same after each epoch on the rows held back; None if there were none.
    epochs_run : ndarray of int64, shape (members,)
        Epochs until each member stopped.
    warnings : tuple of str
        Which members' loss did not fall, and since which epoch.
    """

    loss: Floats
    held_back_loss: Floats | None
    epochs_run: Ints
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, curves: Floats, *, held_back: bool) -> History:
        """Take the curves of the compiled loop.

        Parameters
        ----------
        curves : ndarray of float64, shape (epochs, 2, members)
            Losses in training and on the rows held back; below 0 of members at rest.
        held_back : bool
            Whether rows were held back.
        """
        loss, held_back_loss = np.where(curves < 0, np.nan, curves).transpose(1, 2, 0)
        n_run = np.isfinite(loss).sum(axis=1)
        most = n_run.max()
        loss, held_back_loss = loss[:, :most], held_back_loss[:, :most]
        warnings = tuple(_not_falling(loss, n_run))
        return cls(loss, held_back_loss if held_back else None, n_run, warnings)

    def lines(self) -> list[str]:
        """Say in sentences how the training went."""
        fewest, most = self.epochs_run.min(), self.epochs_run.max()
        epochs = f"{most}" if fewest == most else f"{fewest} to {most}"
        curves = [("loss", self.loss)]
        if self.held_back_loss is not None:
            curves.append(("loss on the rows held back", self.held_back_loss))
        last = (np.arange(len(self.loss)), self.epochs_run - 1)
        sentences = [
            f"{name}: {curve[:, 0].mean():.4g} after epoch 1, {curve[last].mean():.4g} at the end "
            f"({epochs} epochs, mean of {len(curve)} members)"
            for name, curve in curves
        ]
        return [*sentences, *self.warnings]


def _not_falling(loss: Floats, n_run: Ints) -> Iterator[str]:
    """Name the members whose loss at the end is not below that of the first epoch."""
    for member, (curve, n) in enumerate(zip(loss, n_run, strict=True), start=1):
        lowest = int(np.argmin(curve[:n])) + 1
        if n >= _FEWEST_EPOCHS and curve[n - max(1, n // 10) : n].mean() >= curve[0]:
            yield (
                f"member {member}: the loss did not fall: {curve[0]:.4g} in epoch 1, "
                f"{curve[n - 1]:.4g} in epoch {n}, lowest in epoch {lowest}"
            )
