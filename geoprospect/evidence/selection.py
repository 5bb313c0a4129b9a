"""What a stack reads of its open columns: all that they give, or some of it, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from rasterio.windows import Window

from geoprospect.errors import LayerNameError
from geoprospect.evidence.column import (
    Column,
    DerivedColumn,
    OpenColumn,
    OpenDerivedColumn,
    OpenHidingColumn,
    path_of,
)
from geoprospect.evidence.computed.neighbourhood import Neighbourhood
from geoprospect.evidence.computed.surroundings import OpenSurroundings, Surroundings
from geoprospect.evidence.remembering import RememberingColumn
from geoprospect.grid import Grid
from geoprospect.typing import Bools, Values

STUDY_AREA = "study area"
"""The name by which fingerprints and checksums tell of what hides cells."""


@dataclass(frozen=True)
class Part:
    """A column and its open source."""

    column: Column
    opened: OpenColumn

    @property
    def is_derived(self) -> bool:
        """Whether it is computed from other columns."""
        return isinstance(self.column, DerivedColumn)

    @property
    def hides(self) -> bool:
        """Whether it gives no evidence, and hides cells."""
        return not self.column.names

    def beneath(self) -> tuple[Part, ...]:
        """Give the parts that it is computed from, down to the layers themselves."""
        column, opened = self.column, self.opened
        if isinstance(column, DerivedColumn) and isinstance(opened, OpenDerivedColumn):
            pairs = zip(column.columns, opened.columns, strict=True)
            return tuple(layer for pair in pairs for layer in Part(*pair).beneath())
        return (self,)

    def read(self, window: Window, values: Values, places: Sequence[int | None]) -> None:
        """Read a window of the column into the planes of an array.

        Parameters
        ----------
        window : rasterio.windows.Window
            The window.
        values : ndarray of float32, shape (n_layers, rows, columns)
            Receives the evidence.
        places : sequence of int or None
            The plane for each of the column's names; None for one that is not asked for.
        """
        first = places[0]
        if first is not None and list(places) == [*range(first, first + len(places))]:
            self.opened.read(window, values[first : first + len(places)])
            return
        planes = np.empty((len(places), *values.shape[1:]), dtype=np.float32)
        self.opened.read(window, planes)
        for place, plane in zip(places, planes, strict=True):
            if place is not None:
                values[place] = plane


@dataclass(frozen=True)
class Selection:
    """Evidence of open columns, by name.

    Attributes
    ----------
    parts : tuple of Part
        The columns that it comes from, and those that hide cells; some may give more than is
        selected.
    names : tuple of str
        The evidence, in its order.
    """

    parts: tuple[Part, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, parts: Iterable[Part], names: Iterable[str] | None = None) -> Selection:
        """Select evidence by name, or all of it."""
        parts = tuple(parts)
        if names is None:
            return cls(parts, tuple(name for part in parts for name in part.column.names))
        names = tuple(names)
        wanted = (x for x in parts if x.hides or not set(names).isdisjoint(x.column.names))
        return cls(tuple(wanted), names)

    @property
    def layers(self) -> tuple[Part, ...]:
        """The columns that give evidence."""
        return tuple(part for part in self.parts if not part.hides)

    @property
    def hiders(self) -> tuple[Part, ...]:
        """The columns that hide cells."""
        return tuple(part for part in self.parts if part.hides)

    def hidden(self, window: Window) -> Bools:
        """Tell which cells of a window are hidden, shape (rows, columns)."""
        hidden = np.zeros((window.height, window.width), dtype=bool)
        for part in self.hiders:
            if isinstance(part.opened, OpenHidingColumn):
                hidden |= part.opened.hidden(window)
        return hidden

    def select(self, names: Iterable[str]) -> Selection:
        """Give some of the evidence, in the order asked for.

        Raises
        ------
        LayerNameError
            If a name is missing or asked for twice.
        """
        wanted = tuple(names)
        missing = [name for name in wanted if name not in self.names]
        if missing:
            raise LayerNameError(
                f"the stack lacks layer{'s' if len(missing) > 1 else ''} {', '.join(missing)}",
                found=", ".join(self.names),
                expected=", ".join(wanted),
                mend="give every layer its own name, as it is asked for",
            )
        if len(set(wanted)) != len(wanted) or not wanted:
            raise LayerNameError("every layer must be named once", found=", ".join(wanted) or None)
        return Selection.of(self.parts, wanted)

    def bare(self) -> Selection:
        """Give the layers themselves: those selected, then others that any is computed from."""
        parts = [layer for part in self.parts for layer in part.beneath()]
        beneath = {name for part in parts for name in part.column.names}
        derived = [part.beneath() for part in self.parts if part.is_derived]
        needed = [name for layers in derived for part in layers for name in part.column.names]
        layers = [name for name in self.names if name in beneath]
        return Selection.of(parts, dict.fromkeys(layers + needed))

    def surrounded(self, neighbourhood: Neighbourhood, grid: Grid) -> Selection:
        """Give the layers themselves with the surroundings of their cells."""
        bare = self.bare()
        columns = tuple(layer.column for layer in bare.layers)
        column = Surroundings(columns, neighbourhood.scales, neighbourhood.spread)
        opened = OpenSurroundings(column, tuple(layer.opened for layer in bare.layers), grid)
        parts = [Part(column, opened), *self.hiders]
        return Selection.of(parts, neighbourhood.names(bare.names))

    def hiding(self) -> Selection:
        """Give the evidence that tells which cells are valid.

        Where derived columns are taken whole, that is the layers they are computed from.
        """
        names = set(self.names)
        whole = all(names.issuperset(part.column.names) for part in self.parts if part.is_derived)
        return self.bare() if whole else self

    def read(self, window: Window) -> Values:
        """Read a window, each column once; gives shape (len(names), rows, columns)."""
        values = np.empty((len(self.names), window.height, window.width), dtype=np.float32)
        place = {name: number for number, name in enumerate(self.names)}
        for part in self.layers:
            part.read(window, values, [place.get(name) for name in part.column.names])
        if self.hiders:
            values[:, self.hidden(window)] = np.nan
        return values

    def remember(self, most_bytes: int) -> None:
        """Keep the values of all layers in memory, if they are no more bytes than that."""
        parts = self.bare().layers
        n_bytes = sum(4 * len(x.column.names) * x.opened.grid.n_cells for x in parts)
        if n_bytes <= most_bytes:
            for part in parts:
                if isinstance(part.opened, RememberingColumn):
                    part.opened.remember(len(part.column.names))

    @property
    def is_remembered(self) -> bool:
        """Whether the values of all layers are in memory."""
        opened = [part.opened for part in self.bare().layers]
        return all(isinstance(x, RememberingColumn) and x.remembers for x in opened)

    @property
    def block_shapes(self) -> list[tuple[int, int]]:
        """Rows and columns of a block of each layer's file."""
        return [part.opened.block_shape for part in self.bare().layers]

    def paths(self) -> dict[str, str | None]:
        """Give the path that messages name for each evidence, by name; None where it has none."""
        paths = {name: path_of(part.column) for part in self.parts for name in part.column.names}
        return {name: paths[name] for name in self.names}

    def by_layer(self, tell: Callable[[OpenColumn], str]) -> dict[str, str]:
        """Tell something of each layer itself, by name; each column is asked once.

        What hides cells is told under a name of its own.
        """
        bare, by_name = self.bare(), dict[str, str]()
        for part in bare.layers:
            by_name |= dict.fromkeys(part.column.names, tell(part.opened))
        by_name = {name: by_name[name] for name in bare.names}
        for part in bare.hiders:
            by_name[STUDY_AREA] = tell(part.opened)
        return by_name
