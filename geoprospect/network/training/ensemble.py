"""An ensemble before and after its training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geoprospect.errors import TrainingError
from geoprospect.network.network import Network
from geoprospect.network.training.history import History


@dataclass(frozen=True)
class Ensemble:
    """Networks of one architecture that are trained together, each with a seed of its own.

    Attributes
    ----------
    networks : sequence of Network
        The members, with their initial weights.
    seeds : sequence of int
        A seed a member, for its order of rows and the rows it holds back.
    n_frozen : int
        Layers from the input on that training leaves as they are, an encoder for instance.
    l1, l2 : float
        Penalty on the kernel of the last layer.

    Raises
    ------
    TrainingError
        If there is no member, a member lacks a seed, no layer is left to train, or a penalty is
        negative.

    Examples
    --------
    >>> from geoprospect.network.builders import logistic_regression
    >>> len(Ensemble([logistic_regression(3, seed=seed) for seed in (0, 1)], [0, 1]))
    2
    """

    networks: Sequence[Network]
    seeds: Sequence[int]
    n_frozen: int = 0
    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        if not len(self.networks) or len(self.seeds) != len(self.networks):
            raise TrainingError(
                "every member needs a network and a seed",
                found=f"{len(self.networks)} networks, {len(self.seeds)} seeds",
            )
        n_layers = len(self.networks[0].layers)
        if not 0 <= self.n_frozen < n_layers:
            raise TrainingError(
                "no layer can be trained" if self.n_frozen > 0 else "a negative number of layers",
                found=f"{self.n_frozen} of {n_layers} layers frozen",
                mend="leave at least the head to train",
            )
        if min(self.l1, self.l2) < 0:
            raise TrainingError(
                "a negative penalty", found=f"L1 {self.l1:g}, L2 {self.l2:g}", expected="0 up"
            )

    def __len__(self) -> int:
        return len(self.networks)


@dataclass(frozen=True)
class Training:
    """What came of a training.

    Attributes
    ----------
    networks : tuple of Network
        The trained members.
    history : History
        Their learning curves.
    """

    networks: tuple[Network, ...]
    history: History
