"""Networks of dense layers: their values, their forward pass, their files and their training."""

from geoprospect.network.dense import Activation, Dense, EncoderActivation
from geoprospect.network.network import Chain, Network, Scorer
from geoprospect.network.schedule import Loss, Schedule

__all__ = [
    "Activation",
    "Chain",
    "Dense",
    "EncoderActivation",
    "Loss",
    "Network",
    "Schedule",
    "Scorer",
]
