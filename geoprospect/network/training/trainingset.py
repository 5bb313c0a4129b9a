"""The samples that an ensemble is trained on: inputs, wanted outputs and weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.errors import TrainingError
from geoprospect.network.network import Network
from geoprospect.network.schedule import Loss
from geoprospect.typing import Ints, Values


@dataclass(frozen=True)
class TrainingSet:
    """Samples for all members of an ensemble alike, or different ones for each.

    Attributes
    ----------
    X : ndarray of float32, shape (1 or members, n, n_inputs)
    y : ndarray of float32, shape (1 or members, n, n_outputs)
    weight : ndarray of float32, shape (1 or members, n)
        A member never sees samples of weight 0.
    """

    X: Values
    y: Values
    weight: Values

    @classmethod
    def of(
        cls,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        weight: npt.ArrayLike | None,
        *,
        shape: tuple[int, int],
        n_members: int,
        loss: Loss,
    ) -> TrainingSet:
        """Check arrays against networks of so many inputs and outputs.

        Raises
        ------
        TrainingError
            If shapes do not fit, a value is not finite, a weight is negative, or the loss needs
            outputs from 0 to 1 and there are others.
        """
        inputs, outputs = np.asarray(X, np.float32), np.asarray(y, np.float32)
        weights = np.ones(len(inputs)) if weight is None else np.asarray(weight)
        n_rows, (n_inputs, n_outputs) = len(inputs), shape
        if outputs.ndim == 1:
            outputs = outputs[:, None]
        wanted: dict[str, tuple[npt.NDArray[Any], list[tuple[int, ...]]]] = {
            "X": (inputs, [(n_rows, n_inputs)]),
            "y": (outputs, [(n_rows, n_outputs), (n_members, n_rows, n_outputs)]),
            "sample_weight": (weights, [(n_rows,), (n_members, n_rows)]),
        }
        for name, (array, shapes) in wanted.items():
            if array.shape not in shapes:
                raise TrainingError(
                    f"{name} does not fit the networks or the samples",
                    found=f"shape {array.shape}",
                    expected=" or ".join(str(fitting) for fitting in shapes),
                )
            if not np.isfinite(array).all():
                bad = np.argwhere(~np.isfinite(array))
                raise TrainingError(
                    f"{name} holds values that are not finite",
                    found=f"{len(bad)}, the first one at {tuple(int(k) for k in bad[0])}",
                    mend="leave out the samples that lack a value",
                )
        if (weights < 0).any():
            raise TrainingError("a sample of negative weight", found=weights.min(), expected="0 up")
        if loss != "mean-squared-error" and not ((outputs >= 0) & (outputs <= 1)).all():
            raise TrainingError(
                f"the loss {loss} needs outputs from 0 to 1",
                found=f"{outputs.min():g} to {outputs.max():g}",
                mend="give labels 0 and 1, or a column of 0 and 1 for each class",
            )
        return cls(
            inputs[None],
            outputs.reshape(-1, n_rows, n_outputs),
            weights.reshape(-1, n_rows).astype(np.float32),
        )

    @property
    def n_rows(self) -> int:
        """Number of samples."""
        return int(self.X.shape[1])

    def rows(self, member: int) -> Ints:
        """Give the samples that a member may see."""
        return np.flatnonzero(self.weight[member % len(self.weight)])

    def seen(self) -> TrainingSet:
        """Leave out of each member's samples those that it never sees, where these differ."""
        rows = [self.rows(member) for member in range(len(self.weight))]
        most = max(map(len, rows))
        if len(rows) == 1 or most == self.n_rows:
            return self
        kept = np.zeros((len(rows), most), np.int64)
        weight = np.zeros((len(rows), most), np.float32)
        for number, mine in enumerate(rows):
            kept[number, : len(mine)] = mine
            weight[number, : len(mine)] = self.weight[number, mine]
        members = np.arange(len(rows))[:, None]
        return TrainingSet(
            self.X[members % len(self.X), kept], self.y[members % len(self.y), kept], weight
        )

    def entering(self, networks: Sequence[Network]) -> TrainingSet:
        """Put what each member's network makes of the inputs in their place."""
        inputs = [network.predict(self.X[k % len(self.X)]) for k, network in enumerate(networks)]
        return replace(self, X=np.stack(inputs))

    def columns(self) -> Sequence[tuple[Values, Values, Values]]:
        """Give inputs, outputs and weights as the compiled loop takes them.

        Returns
        -------
        sequence of tuple of ndarray of float32
            For all members, or for each: shapes (n_inputs, n), (n_outputs, n) and (n,).
        """
        X, y = (np.ascontiguousarray(part.transpose(0, 2, 1)) for part in (self.X, self.y))
        number = max(len(X), len(y), len(self.weight))
        return [
            (X[k % len(X)], y[k % len(y)], self.weight[k % len(self.weight)]) for k in range(number)
        ]
