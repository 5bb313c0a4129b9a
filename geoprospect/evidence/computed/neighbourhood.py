"""The surroundings of a cell: each layer's Gaussian-weighted mean about it, at some scales."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geoprospect.errors import EvidenceError
from geoprospect.typing import Floats, Values

Slices = tuple[slice, slice]

_REACH = 3  # standard deviations at which a Gaussian is cut off
_WIDEST = 500  # cells: a window is read with three times as many about it


@dataclass(frozen=True)
class Neighbourhood:
    """The scales at which the surroundings of a cell are seen.

    To each layer are added, at each scale, the mean of its valid cells about a cell, weighted by
    a Gaussian (normalised convolution, Knutsson & Westin 1993), and, where asked for, their
    spread, the standard deviation under the same weights. The cell itself has its part in both.

    Attributes
    ----------
    scales : tuple of int
        Standard deviations of the Gaussians, in cells, each 1 or more; a Gaussian ends at three
        of them.
    spread : bool
        Whether spreads are added to the means.

    Raises
    ------
    EvidenceError
        If there is no scale, one is less than a cell or more than 500, or one is given twice.

    Examples
    --------
    >>> neighbourhood = Neighbourhood((1, 4))
    >>> neighbourhood.reach, neighbourhood.names(["X1", "X2"])
    (12, ('X1', 'X2', 'X1@1', 'X2@1', 'X1@4', 'X2@4'))
    """

    scales: tuple[int, ...]
    spread: bool = False

    def __post_init__(self) -> None:
        scales = self.scales
        if (
            not all(isinstance(scale, int) for scale in scales)
            or not scales
            or not 1 <= min(scales) <= max(scales) <= _WIDEST
            or len(set(scales)) < len(scales)
        ):
            raise EvidenceError(
                "no scales at which surroundings can be seen",
                found=f"context = {list(scales)}",
                expected=f"distinct whole numbers of cells, each from 1 to {_WIDEST}",
                mend="write context = [2] under [model], for instance",
            )

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Neighbourhood:
        """Take the scales from plain values, as `dataclasses.asdict` gives them."""
        return cls(**(dict(content) | {"scales": tuple(content["scales"])}))

    @property
    def reach(self) -> int:
        """Cells about a window that must be read with it."""
        return _REACH * max(self.scales)

    def names(self, names: Sequence[str]) -> tuple[str, ...]:
        """Give the names of the layers and of what is added to them: `X1@4`, `X1@4 spread`."""
        kinds = ("", " spread") if self.spread else ("",)
        added = [f"{name}@{s}{kind}" for s in self.scales for kind in kinds for name in names]
        return (*names, *added)

    def layers(self, names: Sequence[str]) -> tuple[str, ...]:
        """Give the layers among names that hold their surroundings too.

        Examples
        --------
        >>> Neighbourhood((1,)).layers(["X2", "X1", "X2@1", "X1@1"])
        ('X2', 'X1')
        """
        added = set(self.names(names)[len(names) :])
        return tuple(name for name in names if name not in added)

    def fits(self, names: Sequence[str]) -> bool:
        """Whether names hold surroundings of their layers at all these scales, and at no other.

        Examples
        --------
        >>> Neighbourhood((1,)).fits(["X1", "X1@1"]), Neighbourhood((1,)).fits(["X1", "X1@2"])
        (True, False)
        """
        layers = self.layers(names)
        found = set(names) - set(layers)
        kinds = self.names([""])[1:]
        others = (re.fullmatch(r"(.+)@\d+(?: spread)?", layer) for layer in layers)
        return all(any(name.endswith(kind) for name in found) for kind in kinds) and not any(
            other and other[1] in layers for other in others
        )

    def expand(
        self, values: Values, inner: Slices | None = None, *, out: Values | None = None
    ) -> Values:
        """Add the surroundings to the layers of a window.

        Parameters
        ----------
        values : ndarray of float32, shape (n_layers, rows, columns)
            The layers, NaN at invalid cells.
        inner : tuple of slice, optional
            Rows and columns of the window in `values`. What lies about it must reach out by
            `reach` cells, or to the edge of the raster. By default the window is all of `values`.
        out : ndarray of float32, shape (len(names), window rows, window columns), optional
            Receives the values.

        Returns
        -------
        ndarray of float32, shape (len(names), window rows, window columns)
            In the order of `names`; NaN where the layer is invalid. The values of a cell are the
            same to the bit in whatever window they are computed.

        Examples
        --------
        >>> row = np.array([[[0, 1, np.nan]]], np.float32)
        >>> Neighbourhood((1,)).expand(row)[1]
        array([[0.37754068, 0.62245935,        nan]], dtype=float32)
        """
        rows, columns = inner or (slice(None), slice(None))
        layers = values[:, rows, columns]
        n, kinds = len(layers), 1 + self.spread
        if out is None:
            out = np.empty((n * (1 + kinds * len(self.scales)), *layers.shape[1:]), np.float32)
        out[:n] = layers
        for nth, scale in enumerate(self.scales):
            first = n * (1 + kinds * nth)
            for number, layer in enumerate(values, start=first):
                mean, spread = _surroundings(layer, scale, (rows, columns), self.spread)
                out[number] = mean
                if spread is not None:
                    out[number + n] = spread
        for plane, layer in zip(out, itertools.cycle(layers), strict=False):
            plane[np.isnan(layer)] = np.nan
        return out


def _surroundings(
    layer: Values, scale: int, inner: Slices, with_spread: bool
) -> tuple[Floats, Floats | None]:
    """Give the weighted mean and, if asked for, standard deviation about each cell."""
    valid = ~np.isnan(layer)
    x = np.where(valid, layer, 0).astype(np.float64)
    # Cells without a valid one in reach are invalid themselves, and any number will do there.
    weight = np.maximum(_blurred(valid.astype(np.float64), scale)[inner], np.finfo(float).tiny)
    mean = _blurred(x, scale)[inner] / weight
    if not with_spread:
        return mean, None
    square = _blurred(x * x, scale)[inner] / weight
    return mean, np.sqrt(np.maximum(square - mean * mean, 0))


def _blurred(cells: Floats, scale: int) -> Floats:
    """Sum cells about each one under a Gaussian, in an order that no window changes."""
    from scipy.ndimage import correlate1d  # noqa: PLC0415 - slow to import, and an option

    reach = np.arange(-_REACH * scale, _REACH * scale + 1)
    weights = np.exp(-0.5 * (reach / scale) ** 2)
    for axis in (0, 1):
        cells = correlate1d(cells, weights, axis=axis, mode="constant")
    return cells
