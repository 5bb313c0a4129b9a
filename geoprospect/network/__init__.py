"""Networks of dense layers: their values, their forward pass, their files and their training."""

from geoprospect.network.network import Activation, Dense, EncoderActivation, Network, Scorer
from geoprospect.network.schedule import Loss, Schedule

__all__ = ["Activation", "Dense", "EncoderActivation", "Loss", "Network", "Schedule", "Scorer"]
