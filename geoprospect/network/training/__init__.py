"""The training of an ensemble of networks, all members in one compiled loop."""

from geoprospect.network.training.classweights import class_weights
from geoprospect.network.training.ensemble import Ensemble, Training
from geoprospect.network.training.fit import train
from geoprospect.network.training.history import History

__all__ = ["Ensemble", "History", "Training", "class_weights", "train"]
