"""Words for what a layer is in a cell: high or low, a class, a distance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from geoprospect.evidence import EvidenceStack
from geoprospect.evidence.belonging import bare
from geoprospect.evidence.column import Column
from geoprospect.evidence.features.kinds import Distance, Inside


@dataclass(frozen=True)
class Words:
    """What layers are called in a sentence.

    Attributes
    ----------
    layers : dict of str to tuple of str
        The names of evidence that belong to each layer.
    columns : dict of str to Column
        The column of each layer, where one has its name.
    """

    layers: Mapping[str, tuple[str, ...]]
    columns: Mapping[str, Column]

    @classmethod
    def of(cls, stack: EvidenceStack, layers: Mapping[str, tuple[str, ...]]) -> Words:
        """Look at the columns of a stack."""
        columns = {str(getattr(column, "name", "")): column for column in bare(stack.columns)}
        return cls(layers, columns)

    def of_layer(
        self, layer: str, values: Mapping[str, float], background: Mapping[str, float]
    ) -> str:
        """Say what a layer is in a cell.

        Parameters
        ----------
        layer : str
            The layer.
        values, background : mapping of str to float
            The evidence there, and what it is held against.

        Examples
        --------
        >>> words = Words({"X1": ("X1",), "rock": ("rock=a", "rock=b")}, {})
        >>> words.of_layer("X1", {"X1": 2.0}, {"X1": 3.0})
        'X1 low'
        >>> words.of_layer("rock", {"rock=a": 0.0, "rock=b": 1.0}, {})
        'rock b'
        """
        names, column = self.layers[layer], self.columns.get(layer)
        if values.get(f"{layer} missing") == 1:
            return f"{layer} without a value"
        classes = [name for name in names if name.startswith(f"{layer}=") and values[name] == 1]
        if classes:
            return f"{layer} {classes[0].removeprefix(f'{layer}=')}"
        if layer not in names:
            return layer
        value = values[layer]
        if isinstance(column, Distance) and value > 0:
            return f"{value / 1000:.1f} km from {layer}"
        if isinstance(column, Inside):
            return f"{'inside' if value else 'outside'} {layer}"
        return f"{layer} {'high' if value > background[layer] else 'low'}"
