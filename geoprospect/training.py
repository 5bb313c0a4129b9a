"""The training of an ensemble: every member in one compiled program, in its own order of rows.

The arithmetic is that of `keras.Sequential.fit` with Adam; the order of the rows comes from
NumPy's generators, so that it is the same on every machine.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from geoprospect.errors import TrainingError
from geoprospect.inference import Network
from geoprospect.optimiser import BETA_1, BETA_2, Architecture, LayerForm, program
from geoprospect.plan import Schedule

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int32]
Progress = Callable[[int, int, float], None]

_CALL_SECONDS = 0.7  # of one call of the program: how often progress is told
_CALL_BYTES = 16 << 20  # of one call's order of rows
_OUTPUT = {
    "binary-crossentropy": "sigmoid",
    "categorical-crossentropy": "softmax",
}


@dataclass(frozen=True)
class History:
    """The learning curves of an ensemble.

    Attributes
    ----------
    loss : ndarray of float64, shape (members, epochs)
        Mean loss of the rows as they were trained on, weights and penalties included, as Keras
        tells it; NaN where a member had stopped.
    held_back_loss : ndarray of float64, shape (members, epochs), or None
        The same after each epoch on the rows held back; None if there were none.
    epochs_run : ndarray of int64, shape (members,)
        Epochs until each member stopped.
    warnings : tuple of str
        Members whose loss did not fall, and since which epoch.
    """

    loss: npt.NDArray[np.float64]
    held_back_loss: npt.NDArray[np.float64] | None
    epochs_run: npt.NDArray[np.int64]
    warnings: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Say in words how the training went."""
        last = self.epochs_run - 1
        members = np.arange(len(last))
        runs = np.unique(self.epochs_run)
        said = [
            f"trained {len(last)} members for {' to '.join(str(n) for n in (*runs[:1], *runs[-1:][: len(runs) - 1]))} epochs: "
            f"loss {self.loss[:, 0].mean():.4g} → {self.loss[members, last].mean():.4g}"
        ]
        if self.held_back_loss is not None:
            first, final = self.held_back_loss[:, 0], self.held_back_loss[members, last]
            said.append(f"on the rows held back: loss {first.mean():.4g} → {final.mean():.4g}")
        return [*said, *self.warnings]
