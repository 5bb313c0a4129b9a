"""Groups of bands, such as embeddings: all of a file or folder as one column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

from geoprospect.errors import EvidenceError
from geoprospect.evidence.column import Column
from geoprospect.evidence.computed.computedcolumn import OpenComputed
from geoprospect.evidence.computed.seen import Seen
from geoprospect.evidence.rasters.layers import find_layers
from geoprospect.evidence.rasters.rasterband import RasterBand
from geoprospect.evidence.rasters.warping import Resampling
from geoprospect.grid import Grid
from geoprospect.typing import Values


@dataclass(frozen=True)
class BandGroup:
    """All bands of a file, or of the rasters of a folder, or some of a file.

    Attributes
    ----------
    name : str
        The group's name, which those of the bands begin with.
    path : str
        The file or folder.
    bands : "all" or tuple of int
        Which bands, counted from 1.
    nodata : float or None
        A value that means no value, besides what the files declare.
    resampling : str or None
        How they are read on another grid than their own; None leaves them on their own.
    layers : tuple of RasterBand or None
        The bands, found.
    """

    name: str
    path: str
    bands: Literal["all"] | tuple[int, ...] = "all"
    nodata: float | None = None
    resampling: Resampling | None = None
    layers: tuple[RasterBand, ...] | None = field(default=None, repr=False)
    halo: ClassVar[int] = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The group's name with each band's; before these are found, the name alone."""
        if self.layers is None:
            return (self.name,)
        return tuple(layer.name for layer in self.layers)

    @property
    def sources(self) -> tuple[Column, ...]:
        """The bands, as far as they are found."""
        return self.layers or ()

    @property
    def settings(self) -> Mapping[str, Any]:
        """Nothing besides the bands."""
        return {}

    @property
    def learnt(self) -> Mapping[str, Any] | None:
        """The names of the bands."""
        return None if self.layers is None else {"names": list(self.names)}

    def over(self, sources: tuple[Column, ...]) -> BandGroup:
        """Give the group itself: its bands are what its files hold."""
        return self

    def resampled(self) -> BandGroup:
        """Give the group read on the grid of the stack: as quantities, if it says nothing else."""
        layers = None if self.layers is None else tuple(x.resampled() for x in self.layers)
        return replace(self, resampling=self.resampling or "continuous", layers=layers)

    def learn(self, seen: Sequence[Seen]) -> BandGroup:
        """Find the bands."""
        found = find_layers(self.path)
        if self.bands != "all":
            by_number = {layer.band: layer for layer in found}
            lacking = [band for band in self.bands if band not in by_number]
            if lacking or len({layer.path for layer in found}) > 1:
                raise EvidenceError(
                    f"the raster has no band {lacking[0]}" if lacking else "it is a folder",
                    path=self.path,
                    layer=self.name,
                    found=f"{len(found)} bands",
                    mend='correct the bands, counted from 1, or write bands = "all"',
                )
            found = tuple(by_number[band] for band in self.bands)
        return replace(
            self,
            layers=tuple(
                replace(
                    layer,
                    name=f"{self.name} {layer.name}",
                    nodata=self.nodata,
                    intended=True,
                    resampling=self.resampling,
                )
                for layer in found
            ),
        )

    def told(self, learnt: Mapping[str, Any]) -> BandGroup:
        """Find the bands; they must have the names that they had before."""
        group = self.learn(())
        if list(group.names) != learnt["names"]:
            raise EvidenceError(
                "the bands are not those that the model was trained with",
                path=self.path,
                layer=self.name,
                found=", ".join(group.names),
                expected=", ".join(learnt["names"]),
                mend="give a file or folder with the same bands, named alike and in their order",
            )
        return group

    def open(self, grid: Grid | None = None) -> OpenComputed:
        """Open the bands."""
        return OpenComputed.open(self if self.layers else self.learn(()), grid)

    def compute(self, values: Values, inner: tuple[slice, slice], out: Values) -> None:
        """Give the bands as they are."""
        out[:] = values[:, *inner]
