"""Many networks of one architecture, without a Keras network for each."""

from __future__ import annotations

from dataclasses import dataclass

from geoprospect.network import Network
from geoprospect.network.backend import keras


@dataclass
class Copies:
    """Members of an ensemble that share all but their weights.

    A Keras network takes some 20 ms to build: hundreds of them, longer than a short training.

    Attributes
    ----------
    form : keras.Sequential
        A network of their architecture, with their penalties and frozen layers; its weights do
        not matter and stay as they are.
    networks : list of Network
        The weights of each member; the training replaces them.
    """

    form: keras.Sequential
    networks: list[Network]

    def __len__(self) -> int:
        return len(self.networks)
