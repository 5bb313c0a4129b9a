"""How many layers of a cell were filled in: a column that counts them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from geoprospect.evidence.column import Column
from geoprospect.evidence.computed.computedcolumn import LearnsNothing, OpenComputed, beneath
from geoprospect.evidence.computed.prepared import Prepared
from geoprospect.grid import Grid
from geoprospect.typing import Values

IMPUTED = "layers filled in"


@dataclass(frozen=True)
class ImputedCount(LearnsNothing):
    """The number of layers of which a cell has no value of its own.

    Attributes
    ----------
    layers : tuple of Column
        The layers as they are, before anything is filled in.

    Examples
    --------
    >>> from geoprospect.evidence import RasterBand
    >>> count = ImputedCount((RasterBand("X1", "X1.tif"), RasterBand("X2", "X2.tif")))
    >>> out, whole = np.empty((1, 1, 2), np.float32), (slice(None), slice(None))
    >>> count.compute(np.array([[[1, np.nan]], [[2, np.nan]]], np.float32), whole, out)
    >>> out.tolist()
    [[[0.0, 2.0]]]
    """

    layers: tuple[Column, ...]
    name: str = IMPUTED

    @property
    def names(self) -> tuple[str, ...]:
        """The name of the count."""
        return (self.name,)

    @property
    def halo(self) -> int:
        """Cells about a window that are read with it."""
        return max(layer.halo for layer in self.layers)

    @property
    def sources(self) -> tuple[Column, ...]:
        """The layers."""
        return self.layers

    def over(self, sources: tuple[Column, ...]) -> ImputedCount:
        """Give the count of other layers."""
        return replace(self, layers=sources)

    def open(self, grid: Grid | None = None) -> OpenComputed:
        """Open the layers."""
        return OpenComputed.open(self, grid)

    def compute(self, values: Values, inner: tuple[slice, slice], out: Values) -> None:
        """Count."""
        out[0] = np.isnan(values[:, *inner]).sum(axis=0)


def imputed_count(columns: Iterable[Column], names: Iterable[str]) -> ImputedCount | None:
    """Give the count of the layers among some columns that are filled in.

    Parameters
    ----------
    columns : iterable of Column
        The columns.
    names : iterable of str
        The evidence that is taken of them.

    Returns
    -------
    ImputedCount or None
        None where no layer is filled in.
    """
    taken = set(names)
    layers = [x.column for x in _prepared(columns) if x.missing and not taken.isdisjoint(x.names)]
    return ImputedCount(tuple(dict.fromkeys(layers))) if layers else None


def _prepared(columns: Iterable[Column]) -> Iterator[Prepared]:
    """Go through the layers that are prepared, beneath the surroundings of their cells too."""
    for column in columns:
        if isinstance(column, Prepared):
            yield column
        yield from _prepared(beneath(column))
