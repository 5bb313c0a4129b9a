"""What lies in and near targets: known occurrences, roads, claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from rasterio.windows import Window

from geoprospect.errors import SamplesError
from geoprospect.evidence.features.source import FeatureSource
from geoprospect.grid import Grid, Places
from geoprospect.typing import Bools, Floats, Ints

if TYPE_CHECKING:  # slow to import, and most targets need no vectors
    import geopandas as gpd

    from geoprospect.evidence.features.tracing import TracedFeatures

_ASKED = 2**17  # cells whose distances are looked for together


class PointLabels(Protocol):
    """What points are: `codes` is 1 for an occurrence."""

    @property
    def codes(self) -> Ints:
        """A number a point."""
        ...


class LabelledPoints(Protocol):
    """A file of points that tells occurrences, as a `geoprospect.PointsSource` does."""

    def read(self) -> gpd.GeoDataFrame:
        """Read the points."""
        ...

    def labels(self, points: gpd.GeoDataFrame) -> PointLabels:
        """Tell what they are."""
        ...


def known_occurrences(sources: Iterable[LabelledPoints], grid: Grid) -> Places:
    """Read the occurrences of files of points, those that share a cell once.

    Parameters
    ----------
    sources : iterable of LabelledPoints
        The files.
    grid : Grid
        The grid of the map, in whose CRS they are given; those off the grid stay.

    Raises
    ------
    SamplesError
        If a file cannot be read, or its labels are not understood.
    """
    from geoprospect.evidence.features.points import coordinates  # noqa: PLC0415 - slow to import

    found = [np.empty((0, 2))]
    for source in sources:
        points = source.read()
        if points.empty:
            raise SamplesError("the file holds no point", path=points.attrs.get("path"))
        known = source.labels(points).codes == 1
        places = np.column_stack(coordinates(points, grid))[known]
        found.append(places[np.isfinite(places).all(axis=1)])
    easting, northing = np.concatenate(found).T
    rows, columns, inside = grid.cells(easting, northing)
    number = np.where(inside, rows * grid.shape[1] + columns, -1 - np.arange(len(rows)))
    _, first = np.unique(number, return_index=True)
    return Places(easting[first], northing[first], grid.crs)


@dataclass(frozen=True)
class Nearness:
    """Distances of targets to what is near, gathered window by window.

    Distances are those from the centre of the nearest cell of a target, over ground.

    Attributes
    ----------
    grid : Grid
        The grid.
    known : Places
        Known occurrences, in its CRS.
    layers : mapping of str to TracedFeatures
        Features of other kinds, by name.
    n_known : ndarray of int64, shape (n,)
        Known occurrences inside each target.
    distances : dict of str to ndarray of float64, shape (n,)
        In metres, by name; that to occurrences as `known`.
    """

    grid: Grid
    known: Places
    layers: Mapping[str, TracedFeatures]
    n_known: Ints
    distances: dict[str, Floats] = field(default_factory=dict)

    @classmethod
    def of(
        cls, grid: Grid, known: Places, layers: Iterable[tuple[str, str]], number: int
    ) -> Nearness:
        """Read the layers, for so many targets.

        Raises
        ------
        SamplesError
            If a layer cannot be read.
        """
        traced = {}
        for name, path in layers:
            from geoprospect.evidence.features.tracing import trace  # noqa: PLC0415 - slow

            traced[name] = trace(FeatureSource(path), grid)
        names = [*(["known"] if len(known) else []), *traced]
        distances = {name: np.full(number, np.inf) for name in names}
        return cls(grid, known, traced, np.zeros(number, np.int64), distances)

    def add(self, number: Ints, window: Window) -> None:
        """Look at what a window holds of targets.

        Parameters
        ----------
        number : ndarray of int64, shape (rows, columns)
            The target of each cell; -1 for none.
        window : rasterio.windows.Window
            The window.
        """
        inside = number >= 0
        if len(self.known):
            self._count(number, window)
        if not self.distances:
            return
        # What is nearest to a target lies in it, or is nearest to a cell of its edge.
        rows, columns = np.nonzero(inside & ~_within(inside, number))
        for start in range(0, len(rows), _ASKED):
            row, column = rows[start : start + _ASKED], columns[start : start + _ASKED]
            places = self.grid.places(row + window.row_off, column + window.col_off)
            for name, nearest in self.distances.items():
                if name == "known":
                    found = places.nearest(self.known)
                else:
                    found, _ = self.layers[name].distances(
                        np.column_stack([places.easting, places.northing])
                    )
                np.minimum.at(nearest, number[row, column], found)
        for name, features in self.layers.items():
            self._touched(name, features, number, window)

    def _count(self, number: Ints, window: Window) -> None:
        """Count the occurrences inside."""
        rows, columns, inside = self.grid.cells(self.known.easting, self.known.northing)
        row, column = rows - int(window.row_off), columns - int(window.col_off)
        inside &= (row >= 0) & (row < window.height) & (column >= 0) & (column < window.width)
        which = number[row[inside], column[inside]]
        which = which[which >= 0]
        np.add.at(self.n_known, which, 1)
        self.distances["known"][which] = 0.0

    def _touched(self, name: str, features: TracedFeatures, number: Ints, window: Window) -> None:
        """Set distances to 0 of targets that features lie in, or that lie in polygons."""
        starts = np.concatenate([features.segments.starts, features.segments.ends])
        rows, columns, inside = self.grid.cells(starts[:, 0], starts[:, 1])
        row, column = rows - int(window.row_off), columns - int(window.col_off)
        inside &= (row >= 0) & (row < window.height) & (column >= 0) & (column < window.width)
        which = number[row[inside], column[inside]]
        self.distances[name][which[which >= 0]] = 0.0
        if (features.dimensions == 2).any():
            held = (features.polygons.holding(window).reshape(number.shape) >= 0) & (number >= 0)
            self.distances[name][np.unique(number[held])] = 0.0


def _within(inside: Bools, number: Ints) -> Bools:
    """Tell cells whose neighbours in the window are all of their target."""
    from scipy import ndimage  # noqa: PLC0415 - slow to import

    least = ndimage.minimum_filter(number, size=3, mode="constant", cval=-1)
    greatest = ndimage.maximum_filter(number, size=3, mode="constant", cval=-1)
    return np.asarray(inside & (least == greatest))
