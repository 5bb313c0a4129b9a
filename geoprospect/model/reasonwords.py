"""Words for what a layer is in a cell: high or low, a class, a distance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from geoprospect.evidence import EvidenceStack
from geoprospect.evidence.belonging import bare
from geoprospect.evidence.column import Column
from geoprospect.evidence.features.kinds import Direction, Distance, Inside
from geoprospect.evidence.inspection.origin import origins_of


@dataclass(frozen=True)
class Words:
    """What layers are called in a sentence.

    Attributes
    ----------
    layers : dict of str to tuple of str
        The names of evidence that belong to each layer.
    columns : dict of str to Column
        The column of each layer, where one has its name.
    units : dict of str to str
        The units of evidence, by name, where files or kinds tell them.
    """

    layers: Mapping[str, tuple[str, ...]]
    columns: Mapping[str, Column]
    units: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, stack: EvidenceStack, layers: Mapping[str, tuple[str, ...]]) -> Words:
        """Look at the columns of a stack."""
        columns = {str(getattr(column, "name", "")): column for column in bare(stack.columns)}
        units = {
            name: origin.unit
            for column in columns.values()
            for name, origin in zip(column.names, origins_of(column), strict=True)
            if origin.unit is not None
        }
        return cls(layers, columns, units)

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
        if isinstance(column, Direction) and set(column.names) <= set(names):
            return f"{layer} striking {_strike(*(values[name] for name in column.names))}"
        return self._of_value(layer, values, background) if layer in names else layer

    def _of_value(
        self, layer: str, values: Mapping[str, float], background: Mapping[str, float]
    ) -> str:
        """Say what a layer of one value is in a cell."""
        column, value = self.columns.get(layer), values[layer]
        if isinstance(column, Distance):
            return f"{_far(value)} from {layer}" if value > 0 else f"at {layer}"
        if isinstance(column, Inside):
            return f"{'inside' if value else 'outside'} {layer}"
        return f"{layer} {'high' if value > background[layer] else 'low'}"


def _strike(sine: float, cosine: float) -> str:
    """Say a direction, of sine and cosine of twice its angle.

    Examples
    --------
    >>> _strike(1.0, 0.0)
    '045°'
    """
    return f"{round(math.degrees(math.atan2(sine, cosine)) / 2) % 180:03d}°"


def _far(metres: float) -> str:
    """Say a distance, to two digits.

    Examples
    --------
    >>> _far(349.0), _far(999.0), _far(3049.0), _far(12345.0)
    ('350 m', '1 km', '3 km', '12 km')
    """
    rounded = float(f"{metres:.2g}")
    return f"{rounded:g} m" if rounded < 1000 else f"{rounded / 1000:g} km"
