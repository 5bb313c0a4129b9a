"""Layers computed from several others, cell by cell: ratios, differences, log-ratios of parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import PlainValidator

from geoprospect.errors import EvidenceError
from geoprospect.evidence.column import Column, path_of
from geoprospect.evidence.computed.computedcolumn import LearnsNothing, OpenComputed
from geoprospect.evidence.computed.seen import Seen
from geoprospect.grid import Grid
from geoprospect.typing import Floats, Values

Sources = Annotated[tuple[Column, ...], PlainValidator(tuple)]
"""Columns that another is computed from; a project file names them."""

_BELOW_LEAST = 0.65  # of the least positive value of a part, in the place of a zero


@dataclass(frozen=True)
class Combined(LearnsNothing):
    """A layer computed from others.

    Attributes
    ----------
    name : str
        The layer's name.
    of : tuple of Column
        What it is computed from, each of one name.
    """

    name: str
    of: Sources

    def __post_init__(self) -> None:
        several = [column for column in self.of if len(column.names) > 1]
        if several or len(self.of) < self._least or len(self.of) > self._most:
            wanted = str(self._least) if self._most == self._least else f"{self._least} or more"
            raise EvidenceError(
                "the layer cannot be computed from these",
                layer=self.name,
                found=", ".join(name for column in self.of for name in column.names),
                expected=f"{wanted} layers of one column each",
                mend='name them, as in of = ["K", "Th"]',
            )

    @property
    def _least(self) -> int:
        return 2

    @property
    def _most(self) -> int:
        return 2

    @property
    def names(self) -> tuple[str, ...]:
        """The layer's name alone."""
        return (self.name,)

    @property
    def halo(self) -> int:
        """Cells about a window that are read with it."""
        return max(column.halo for column in self.of)

    @property
    def sources(self) -> tuple[Column, ...]:
        """What it is computed from."""
        return self.of

    def over(self, sources: tuple[Column, ...]) -> Self:
        """Give the same of other layers."""
        return replace(self, of=sources)


@dataclass(frozen=True)
class Ratio(Combined):
    """The first layer divided by the second; no value where that is zero.

    Examples
    --------
    >>> from geoprospect.evidence import RasterBand
    >>> Ratio("K/Th", (RasterBand("K", "k.tif"), RasterBand("Th", "th.tif"))).names
    ('K/Th',)
    """

    def open(self, grid: Grid | None = None) -> OpenComputed:
        """Open the layers."""
        return OpenComputed.open(self, grid)

    def compute(self, values: Values, inner: tuple[slice, slice], out: Values) -> None:
        """Divide."""
        above, below = values[:, *inner]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            np.divide(above, below, out=out[0])
        out[0][~np.isfinite(out[0])] = np.nan


@dataclass(frozen=True)
class Difference(Combined):
    """The first layer less the second.

    Examples
    --------
    >>> from geoprospect.evidence import RasterBand
    >>> Difference("relief", (RasterBand("top", "a.tif"), RasterBand("base", "b.tif"))).names
    ('relief',)
    """

    def open(self, grid: Grid | None = None) -> OpenComputed:
        """Open the layers."""
        return OpenComputed.open(self, grid)

    def compute(self, values: Values, inner: tuple[slice, slice], out: Values) -> None:
        """Subtract."""
        first, second = values[:, *inner]
        np.subtract(first, second, out=out[0])


@dataclass(frozen=True)
class LogRatios(Combined):
    """Parts of a whole, such as oxides or elements, freed of their closure, as one group.

    Attributes
    ----------
    form : {"clr", "ilr", "closure"}
        Centred log-ratios (Aitchison 1986), of each part to the geometric mean of all; isometric
        ones in pivot coordinates (Egozcue et al. 2003; Fišerová & Hron 2011), of each part but
        the last to the geometric mean of those after it; or shares of the sum, no logarithms.
    floors : tuple of float or None
        What stands for a zero of each part, learned: 0.65 of its least positive value
        (Martín-Fernández, Barceló-Vidal & Pawlowsky-Glahn 2003).

    Examples
    --------
    >>> from geoprospect.evidence import RasterBand
    >>> parts = tuple(RasterBand(name, f"{name}.tif") for name in ("Cu", "Zn", "Pb"))
    >>> LogRatios("soil", parts, form="ilr").names
    ('soil Cu', 'soil Zn')
    """

    form: Literal["clr", "ilr", "closure"] = "clr"
    floors: tuple[float, ...] | None = None

    @property
    def _most(self) -> int:
        return 1000

    @property
    def names(self) -> tuple[str, ...]:
        """The group's name with that of each part; of isometric ones, the last has none."""
        parts = self.of[:-1] if self.form == "ilr" else self.of
        return tuple(f"{self.name} {part.names[0]}" for part in parts)

    @property
    def settings(self) -> Mapping[str, Any]:
        """The form."""
        return {"form": self.form}

    @property
    def learnt(self) -> Mapping[str, Any] | None:
        """What stands for zeros."""
        return None if self.floors is None else {"floors": list(self.floors)}

    def learn(self, seen: Sequence[Seen]) -> LogRatios:
        """Find the least positive value of each part."""
        floors = []
        for part, layer in zip(self.of, seen, strict=True):
            if layer.survey.minimum < 0 or layer.survey.maximum <= 0:
                raise EvidenceError(
                    "a part of a whole cannot be negative, nor zero everywhere",
                    path=path_of(part),
                    layer=part.names[0],
                    found=f"values from {layer.survey.minimum:g} to {layer.survey.maximum:g}",
                    mend=f"declare its nodata value, or leave it out of the parts of {self.name}",
                )
            floors.append(_BELOW_LEAST * float(layer.values[layer.values > 0][0]))
        return replace(self, floors=tuple(floors))

    def told(self, learnt: Mapping[str, Any]) -> LogRatios:
        """Take what was learned before, if it is of as many parts."""
        floors = tuple(map(float, learnt["floors"]))
        if len(floors) != len(self.of):
            raise EvidenceError(
                "the model learned from other parts of the whole",
                layer=self.name,
                found=f"{len(self.of)} parts",
                expected=f"{len(floors)} parts",
                mend="give the parts that it was trained with, in their order",
            )
        return replace(self, floors=floors)

    def open(self, grid: Grid | None = None) -> OpenComputed:
        """Open the parts."""
        return OpenComputed.open(self, grid)

    def compute(self, values: Values, inner: tuple[slice, slice], out: Values) -> None:
        """Give the log-ratios, computed in double precision."""
        parts: Floats = values[:, *inner].astype(np.float64)
        if self.form == "closure":
            with np.errstate(invalid="ignore", divide="ignore"):
                out[:] = parts / parts.sum(axis=0)
            return
        floors = np.array(self.floors)[:, None, None]
        logs = np.log(np.where(parts < floors, floors, parts))
        if self.form == "clr":
            out[:] = logs - logs.mean(axis=0)
            return
        for number, plane in enumerate(out):
            after = logs[number + 1 :]
            weight = np.sqrt(len(after) / (len(after) + 1))
            plane[:] = weight * (logs[number] - after.mean(axis=0))
