"""Kinds of evidence made of features: distance, inside, density, direction and attribute."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field
from rasterio.windows import Window

from geoprospect.errors import SamplesError
from geoprospect.evidence.features.vectorlayer import VectorLayer
from geoprospect.typing import Floats
from geoprospect.wording import listed

if TYPE_CHECKING:  # slow to import, and most maps need no vectors
    import pandas as pd

    from geoprospect.evidence.features.tracing import TracedFeatures

Metres = Annotated[float, Field(gt=0, allow_inf_nan=False)]


@dataclass(frozen=True)
class Distance(VectorLayer):
    """Distance from the centre of a cell to the nearest feature, in metres over ground.

    Attributes
    ----------
    to : {"area", "edge"}
        Of polygons, whether it is 0 inside, or the distance to their edges there too: to contacts.
    limit : float, optional
        In metres; what is farther counts as that far.

    Examples
    --------
    >>> Distance("faults", "faults.gpkg", where="type = 'thrust'").names
    ('faults',)
    """

    _: KW_ONLY
    to: Literal["area", "edge"] = "area"
    limit: Metres | None = None

    def values(self, traced: TracedFeatures, window: Window, places: Floats) -> Floats:
        """Give the distances."""
        distance, _ = traced.distances(places)
        if self.to == "area" and (traced.dimensions == 2).any():
            distance[traced.polygons.holding(window).ravel() >= 0] = 0
        return np.minimum(distance, np.inf if self.limit is None else self.limit)[None]


@dataclass(frozen=True)
class Inside(VectorLayer):
    """Whether a polygon holds the centre of a cell: 1, or else 0.

    Examples
    --------
    >>> Inside("granite", "geology.gpkg", where="rock = 'granite'").names
    ('granite',)
    """

    takes: ClassVar[tuple[str, ...]] = ("polygons",)

    def values(self, traced: TracedFeatures, window: Window, places: Floats) -> Floats:
        """Give 1 inside and 0 outside."""
        return (traced.polygons.holding(window).reshape(1, -1) >= 0).astype(np.float64)


@dataclass(frozen=True)
class Density(VectorLayer):
    """Length of lines in km, or number of points, per km² of the ground about a cell.

    Attributes
    ----------
    radius : float
        How far about its centre, in metres.

    Examples
    --------
    >>> Density("faulting", "faults.gpkg", radius=5000.0).names
    ('faulting',)
    """

    _: KW_ONLY
    radius: Metres
    takes: ClassVar[tuple[str, ...]] = ("points", "lines")

    def check(self, traced: TracedFeatures) -> None:
        """Refuse polygons, and points among lines."""
        super().check(traced)
        if np.ptp(traced.dimensions):
            raise SamplesError(
                "the density is of points or of lines, not of both together",
                path=self.path,
                mend="give a layer of the file with one kind alone, as in layer = …",
            )

    def values(self, traced: TracedFeatures, window: Window, places: Floats) -> Floats:
        """Give the densities."""
        ground = traced.ground
        found = traced.tree.within(ground.space(places), ground.chord(self.radius))
        unit = 1.0 if traced.dimensions[0] == 0 else 1e-3
        return (found * unit / (np.pi * (self.radius * 1e-3) ** 2))[None]


@dataclass(frozen=True)
class Direction(VectorLayer):
    """Strike of the nearest line or edge, as sine and cosine of twice its angle.

    So 0° and 180° are one direction. The angle is clockwise from grid north; from true north where
    the CRS of the grid is geographic.

    Examples
    --------
    >>> Direction("faults", "faults.gpkg").names
    ('faults sin', 'faults cos')
    """

    takes: ClassVar[tuple[str, ...]] = ("lines", "polygons")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of sine and cosine."""
        return f"{self.name} sin", f"{self.name} cos"

    def values(self, traced: TracedFeatures, window: Window, places: Floats) -> Floats:
        """Give sines and cosines."""
        _, which = traced.distances(places)
        starts, ends = traced.tree.starts[which], traced.tree.ends[which]
        east, north = traced.ground.compass((starts + ends) / 2, ends - starts)
        squared = east**2 + north**2
        return np.stack([2 * east * north / squared, (north**2 - east**2) / squared])


@dataclass(frozen=True)
class Attribute(VectorLayer):
    """A number of the polygon that holds the centre of a cell, or of the nearest line or point.

    Attributes
    ----------
    field : str
        The field of numbers.
    nodata : float, optional
        A number that means none.

    Examples
    --------
    >>> Attribute("age", "geology.gpkg", field="age_ma").names
    ('age',)
    """

    _: KW_ONLY
    field: str
    nodata: float | None = None

    def check(self, traced: TracedFeatures) -> None:
        """Refuse a field that is not there or holds no numbers, and polygons among others."""
        super().check(traced)
        fields = traced.fields.drop(columns=traced.fields.geometry.name)
        check_field(self.field, fields, self.path)
        if fields[self.field].dtype.kind not in "iufb":
            texts = [str(value) for value in fields[self.field].dropna().unique()]
            raise SamplesError(
                f"field {self.field} holds no numbers",
                path=self.path,
                found=listed(texts[:3]) or "nothing",
                mend='take its texts for classes: kind = "categorical" in the place of "attribute"',
            )
        if (traced.dimensions == 2).any() != (traced.dimensions == 2).all():
            raise SamplesError(
                "the attribute is of polygons or of other features, not of both together",
                path=self.path,
                mend="give a layer of the file with one kind alone, as in layer = …",
            )

    def values(self, traced: TracedFeatures, window: Window, places: Floats) -> Floats:
        """Give the numbers; NaN where there is none."""
        numbers = traced.fields[self.field].to_numpy(np.float64, na_value=np.nan)
        if self.nodata is not None:
            numbers = np.where(numbers == self.nodata, np.nan, numbers)
        if traced.dimensions[0] == 2:
            feature = traced.polygons.holding(window).ravel()
            return np.where(feature >= 0, numbers[feature], np.nan)[None]
        _, which = traced.distances(places)
        found: Floats = numbers[traced.tree.feature[which]][None]
        return found


def check_field(field: str, fields: pd.DataFrame, path: str) -> None:
    """Refuse a field that features do not have.

    Raises
    ------
    SamplesError
        If it is none of theirs.
    """
    if field not in fields:
        raise SamplesError(
            f"there is no field {field}",
            path=path,
            found=f"fields {listed([str(name) for name in fields]) or 'none'}",
            mend="name one of those found",
        )
