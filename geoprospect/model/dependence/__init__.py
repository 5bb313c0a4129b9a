"""How a model's scores change with its layers, one by one and in pairs."""

from geoprospect.model.dependence.curves import Curve, Effect
from geoprospect.model.dependence.effects import effects_of, interactions_of
from geoprospect.model.dependence.interactions import Interaction
from geoprospect.model.dependence.scales import SCALES, Scale

__all__ = [
    "SCALES",
    "Curve",
    "Effect",
    "Interaction",
    "Scale",
    "effects_of",
    "interactions_of",
]
