"""Stations read from a file: where they lie on the ground of a grid, and what was measured."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geoprospect.errors import SamplesError
from geoprospect.evidence.features.ground import Ground
from geoprospect.evidence.features.points import as_points, coordinates
from geoprospect.evidence.features.reading import read_features
from geoprospect.evidence.features.source import FeatureSource
from geoprospect.evidence.stations.limits import Numbers, numbers_of
from geoprospect.grid import Grid
from geoprospect.typing import Floats
from geoprospect.wording import counted, listed

_APART = 1e-3  # metres: nearer than this, stations are at one place


@dataclass(frozen=True)
class Measured:
    """Values at stations, one a place.

    Attributes
    ----------
    space : ndarray of float64, shape (n, 3)
        Where they are, in metres; see `Ground.space`.
    values : ndarray of float64, shape (n,)
        What was measured; the mean of several at one place.
    numbers : Numbers
        All that the file gives.
    merged : int
        Stations that share their place with another.
    left_out : int
        Stations without a place or a value.
    """

    space: Floats
    values: Floats
    numbers: Numbers
    merged: int
    left_out: int

    @classmethod
    def read(
        cls, source: FeatureSource, field: str, grid: Grid, *, nodata: float | None = None
    ) -> Measured:
        """Read stations, and put them on the ground of a grid.

        Parameters
        ----------
        source : FeatureSource
            The file, and which of its points.
        field : str
            The field of what was measured.
        grid : Grid
            The grid.
        nodata : float, optional
            A number that means none.

        Raises
        ------
        SamplesError
            If the file cannot be read, lacks CRS or field, or no station is left.
        """
        path = source.path
        table = read_features(
            path, crs=source.crs, layer=source.layer, x=source.x, y=source.y, what="stations"
        )
        table = as_points(table, crs=source.crs, where=source.where)
        easting, northing = coordinates(table, grid)
        fields = table.drop(columns=table.geometry.name)
        if field not in fields:
            raise SamplesError(
                f"there is no field {field}",
                path=path,
                found=f"fields {listed([str(name) for name in fields]) or 'none'}",
                mend="name one of those found, as in value = …",
            )
        numbers = numbers_of(fields[field], path)
        known = np.isfinite(easting) & np.isfinite(northing) & np.isfinite(numbers.values)
        if nodata is not None:
            known &= numbers.values != nodata
        if not known.any():
            raise SamplesError(
                f"no station has a place and a value of {field}",
                path=path,
                found=f"{len(table)} stations",
                mend="check the field, the coordinates and the CRS",
            )
        space = Ground(grid.crs).space(np.column_stack([easting, northing])[known])
        _, first, place = np.unique(
            np.rint(space / _APART), axis=0, return_index=True, return_inverse=True
        )
        place = place.ravel()
        counts = np.bincount(place)
        means = np.bincount(place, numbers.values[known]) / counts
        merged = int(counts[counts > 1].sum())
        return cls(space[first], means, numbers, merged, int((~known).sum()))

    def __len__(self) -> int:
        return len(self.values)

    def doubts(self) -> Iterator[str]:
        """Say what was left out, merged, or only known by a limit."""
        if self.numbers.below:
            yield (
                f"{counted(self.numbers.below, 'value')} below a limit of detection, taken as half "
                "of it"
            )
        if self.numbers.above:
            yield f"{counted(self.numbers.above, 'value')} above a limit, taken as the limit"
        if self.merged:
            yield f"{self.merged} stations share their place with others: of each place, the mean"
        if self.left_out:
            yield f"{counted(self.left_out, 'station')} without a place or a value left out"

    @property
    def digest(self) -> str:
        """SHA-256 of places and values, in hexadecimal."""
        return hashlib.sha256(self.space.tobytes() + self.values.tobytes()).hexdigest()
