"""The schedule of a training: loss, rate, batches and epochs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from geoprospect.errors import TrainingError

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

    Examples
    --------
    >>> Schedule("binary-crossentropy", rate=1e-3, batch=82, epochs=6000).check()
    """

    loss: Loss
    rate: float
    batch: int
    epochs: int
    held_back: float = 0.0
    patience: int | None = None

    def check(self) -> None:
        """Check that a training can follow the schedule.

        Raises
        ------
        TrainingError
            If a number is out of its range, or there is patience without rows held back.
        """
        rules = [
            ("rate", "a number above 0", 0 < self.rate < math.inf),
            ("batch", "1 or more", self.batch >= 1),
            ("epochs", "1 or more", self.epochs >= 1),
            ("held_back", "from 0 to below 1", 0 <= self.held_back < 1),
            ("patience", "1 or more", self.patience is None or self.patience >= 1),
        ]
        for name, expected, is_met in rules:
            if not is_met:
                raise TrainingError(
                    f"a schedule whose {name} cannot be used",
                    found=getattr(self, name),
                    expected=expected,
                )
        if self.patience is not None and not self.held_back:
            raise TrainingError(
                "patience needs rows held back, on which the loss is followed",
                found=f"patience {self.patience}, held_back 0",
                mend="hold back a fraction of the rows, 0.2 for instance, or leave patience out",
            )
