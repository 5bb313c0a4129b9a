"""Which layer the names of evidence belong to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from geoprospect.evidence.column import Column, DerivedColumn
from geoprospect.evidence.stack import EvidenceStack


def names_of_layers(stack: EvidenceStack) -> dict[str, tuple[str, ...]]:
    """Give the names of a stack's evidence by the layer under [evidence] that they come from.

    Classes, parts of a log-ratio, bands of a group, the indicator of what is missing and
    surroundings all belong to their layer.

    Parameters
    ----------
    stack : EvidenceStack
        The evidence.

    Returns
    -------
    dict of str to tuple of str
        In the order of the stack; what no column names is a layer of its own.
    """
    around = stack.neighbourhood
    layer_of: dict[str, str] = {}
    for layer, names in by_column(stack.columns):
        for name in names if around is None else around.names(names):
            layer_of[name] = layer
    layers: dict[str, tuple[str, ...]] = {}
    for name in stack.names:
        layer = layer_of.get(name, name)
        layers[layer] = (*layers.get(layer, ()), name)
    return layers


def by_column(columns: Iterable[Column]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give what each column that has a name gives, of derived ones those beneath.

    Examples
    --------
    >>> from geoprospect.evidence import RasterBand
    >>> from geoprospect.evidence.computed.surroundings import Surroundings
    >>> list(by_column([Surroundings((RasterBand("X1", "X1.tif"),), (2,))]))
    [('X1', ('X1',))]
    """
    for column in bare(columns):
        if isinstance(name := getattr(column, "name", None), str):
            yield name, column.names


def bare(columns: Iterable[Column]) -> Iterator[Column]:
    """Give columns, those beneath derived ones in their place."""
    for column in columns:
        if isinstance(column, DerivedColumn):
            yield from bare(column.columns)
        else:
            yield column
