"""The schedule of a training: loss, rate, batches and epochs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Loss = Literal["mean-squared-error", "categorical-crossentropy", "binary-crossentropy"]


@dataclass(frozen=True)
class Schedule:
    """How a network is optimised, by Adam (Kingma & Ba 2015).

    Attributes
    ----------
    loss : str
        "mean-squared-error", "categorical-crossentropy" or "binary-crossentropy".
    rate : float
        Learning rate.
    batch : int
        Rows of a batch.
    epochs : int
        Passes over the rows.
    held_back : float
        Fraction of each member's rows kept out of training, on which the loss is followed.
    patience : int, optional
        Stop a member when its held-back loss has not improved for so many epochs, and keep its
        best weights.
    """

    loss: Loss
    rate: float
    batch: int
    epochs: int
    held_back: float = 0.0
    patience: int | None = None
