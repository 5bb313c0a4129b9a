"""The forward pass of dense networks, so that a map needs no TensorFlow."""

from geoprospect.inference.forwardpass import ForwardPass
from geoprospect.inference.network import Activation, Array, Dense, Network, Scorer

__all__ = ["Activation", "Array", "Dense", "ForwardPass", "Network", "Scorer"]
