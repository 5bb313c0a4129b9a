"""The training of an ensemble of networks in one compiled program."""

from geoprospect.training.copies import Copies
from geoprospect.training.ensemble import class_weights, train
from geoprospect.training.history import History

__all__ = ["Copies", "History", "class_weights", "train"]
