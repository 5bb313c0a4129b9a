"""The training of an ensemble of networks in one compiled program."""

from geoprospect.training.copies import Copies
from geoprospect.training.ensemble import class_weights, train
from geoprospect.training.history import History
from geoprospect.training.trainingset import HeldBack

__all__ = ["Copies", "HeldBack", "History", "class_weights", "train"]
