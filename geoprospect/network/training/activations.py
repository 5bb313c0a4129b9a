"""The activations in the compiled loop, and what they make of gradients."""

from __future__ import annotations

from typing import Any

from geoprospect.network.backend import tf
from geoprospect.network.training.architecture import LayerShape
from geoprospect.network.training.cosine import cosine, sine

Tensor = Any


def activate(layer: LayerShape, z: Tensor) -> Tensor:
    """Apply the activation of a layer."""
    match layer.activation:
        case "relu":
            return tf.maximum(z, 0.0)
        case "leaky-relu":
            return tf.where(z > 0, z, layer.slope * z)
        case "cosine":
            return cosine(z)
        case "sigmoid":
            return tf.sigmoid(z)
        case "softmax":
            return tf.nn.softmax(z)
    return z


def before_activation(layer: LayerShape, delta: Tensor, a: Tensor, z: Tensor) -> Tensor:
    """Take a gradient from held_back_loss an activation, which gave `a` of `z`, to before it."""
    match layer.activation:
        case "relu":
            return tf.where(a > 0, delta, 0.0)
        case "leaky-relu":
            return tf.where(a > 0, delta, layer.slope * delta)
        case "cosine":
            return -delta * sine(z)
        case "sigmoid":
            return delta * a * (1 - a)
    return delta
