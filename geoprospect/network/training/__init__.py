"""The training of an ensemble of networks in one compiled program."""

from geoprospect.network.training.copies import Copies
from geoprospect.network.training.ensemble import class_weights, train
from geoprospect.network.training.history import History

__all__ = ["Copies", "History", "class_weights", "train"]
