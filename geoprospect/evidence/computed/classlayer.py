"""Codes of classes: where they are read, and what their classes are called."""

from __future__ import annotations

import dataclasses
from typing import Annotated, ClassVar, Self

from pydantic import Field

from geoprospect.errors import EvidenceError
from geoprospect.evidence.column import Column
from geoprospect.evidence.computed.legend import legend_of
from geoprospect.evidence.computed.seen import Seen
from geoprospect.evidence.features.classcodes import ClassCodes
from geoprospect.evidence.features.vectorlayer import WHOLE_GRID
from geoprospect.evidence.rasters.rasterband import RasterBand
from geoprospect.evidence.rasters.warping import Resampling

_MOST = 200  # classes, beyond which a layer is none of classes


@dataclasses.dataclass(frozen=True)
class ClassLayer:
    """A raster of codes of classes, or polygons with a field of their names.

    Attributes
    ----------
    name : str
        The layer's name.
    path : str
        The raster or, if a field is named, the vector file.
    band : int
        The band of codes, counted from 1.
    nodata : float or None
        A code that means no class, besides what the file declares.
    legend : mapping of str to str, str or None
        Names of the classes by code, or the file that has them, as for
        `geoprospect.evidence.computed.legend.legend_of`; of polygons, other names for theirs.
    field : str or None
        The field of polygons that names their classes; a cell is of the polygon that holds its
        centre.
    layer, where : str or None
        Of a vector file, as for other layers of features.
    crs : str or None
        The CRS, where the file tells none, or a wrong one.
    resampling : str or None
        How a raster is read on another grid than its own; None leaves it on its own.
    """

    name: str
    path: str
    band: Annotated[int, Field(ge=1)] = 1
    nodata: float | None = None
    legend: dict[str, str] | str | None = dataclasses.field(default=None, hash=False)
    field: str | None = None
    layer: str | None = None
    where: str | None = None
    crs: str | None = None
    resampling: Resampling | None = None

    halo: ClassVar[int] = 0

    @property
    def _codes(self) -> RasterBand | ClassCodes:
        """The codes."""
        if self.field is None:
            return RasterBand(
                self.name,
                self.path,
                self.band,
                self.nodata,
                intended=True,
                resampling=self.resampling,
                crs=self.crs,
            )
        return ClassCodes(
            self.name,
            self.path,
            field=self.field,
            layer=self.layer,
            where=self.where,
            crs=self.crs,
            mapped=WHOLE_GRID,  # beside its polygons, a cell is of no class
        )

    @property
    def sources(self) -> tuple[Column, ...]:
        """The codes."""
        return (self._codes,)

    def resampled(self) -> Self:
        """Give the layer read on the grid of the stack: the nearest class, or the most frequent."""
        return dataclasses.replace(self, resampling=self.resampling or "classes")

    def _legend(self) -> dict[float, str]:
        """Give the names of the classes, by code."""
        codes = self._codes
        if isinstance(codes, RasterBand):
            return legend_of(codes, self.legend)
        names = codes.names_by_code()
        if isinstance(self.legend, dict):
            return {code: self.legend.get(name, name) for code, name in names.items()}
        return names

    def over(self, sources: tuple[Column, ...]) -> Self:
        """Give the layer itself: its codes are what its file holds."""
        return self

    def named(self, seen: Seen) -> dict[str, dict[float, int]]:
        """Give the cells of each code, by class; classes in the order of their least code."""
        if seen.counts is None or len(seen.counts) > _MOST:
            raise EvidenceError(
                "the layer holds too many values for classes",
                path=self.path,
                layer=self.name,
                found="more than 4096" if seen.counts is None else len(seen.counts),
                expected=f"at most {_MOST}",
                mend='leave kind = "…" out, if it is a quantity',
            )
        legend = self._legend()
        named: dict[str, dict[float, int]] = {}
        for code in sorted(seen.counts):
            named.setdefault(legend.get(code, f"{code:g}"), {})[code] = seen.counts[code]
        return named
