"""The products of a dense layer, each in the layout in which the compiler makes it fastest.

For matrices this small the layout decides: the same product takes from one to four times as
long. A narrow layer's values lie as (members, units, rows), a wide one's as (members, rows,
units); kernels that lead to a narrow layer as (members, outputs, inputs), others as (members,
inputs, outputs). So every product has its few rows first and runs along the many.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from geoprospect.network.backend import tf
from geoprospect.network.training.architecture import Architecture
from geoprospect.network.training.widths import is_wide

Tensor = Any


@dataclass(frozen=True)
class Products:
    """The products of a layer that leads from narrow or wide to narrow or wide.

    Attributes
    ----------
    n_inputs : int
        Inputs of the layer, without the unit that is always 1 and those that fill up.
    from_wide, to_wide : bool
    """

    n_inputs: int
    from_wide: bool
    to_wide: bool

    def forward(self, W: Tensor, x: Tensor) -> Tensor:
        """Give W x; as (members, rows, units) unless both layers are narrow."""
        if self.from_wide:
            return tf.matmul(x, W, transpose_b=not self.to_wide)
        if self.to_wide:
            return _sum(x[:, k, :, None] * W[:, k, None, :] for k in range(W.shape[1]))
        return tf.matmul(W, x)

    def gradient(self, x: Tensor, delta: Tensor) -> Tensor:
        """Give the gradient of W, in its layout."""
        if not self.to_wide:
            return tf.matmul(delta, x, transpose_b=not self.from_wide)
        return tf.matmul(x, delta, transpose_a=self.from_wide)

    def back(self, W: Tensor, delta: Tensor) -> Tensor:
        """Give the gradient of what entered, in its layout."""
        if self.to_wide:
            if self.from_wide:
                return tf.matmul(delta, W, transpose_b=True)
            return turned(tf.matmul(delta, W[:, : self.n_inputs], transpose_b=True))
        outputs = range(W.shape[1])
        if self.from_wide:
            return _sum(delta[:, k, :, None] * W[:, k, None, :] for k in outputs)
        return _sum(delta[:, k, None, :] * W[:, k, : self.n_inputs, None] for k in outputs)


def products_of(architecture: Architecture) -> list[Products]:
    """Give the products of each layer."""
    layers = architecture.layers
    wide = [is_wide(layers[0].n_inputs), *(is_wide(layer.n_outputs) for layer in layers)]
    return [
        Products(layer.n_inputs, *from_and_to)
        for layer, from_and_to in zip(layers, pairwise(wide), strict=True)
    ]


def turned(values: Tensor) -> Tensor:
    """Change between (members, rows, units) and (members, units, rows)."""
    return tf.transpose(values, (0, 2, 1))


def with_one(values: Tensor) -> Tensor:
    """Add the unit that is always 1 to values of shape (members, units, rows)."""
    return tf.pad(values, ((0, 0), (0, 1), (0, 0)), constant_values=1.0)


def _sum(terms: Any) -> Tensor:
    total, *rest = terms
    for term in rest:
        total += term
    return total
