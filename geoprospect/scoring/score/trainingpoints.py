"""The points a map has seen in its training, and which others lie on or near them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TypeAlias

import geopandas as gpd
import numpy as np

from geoprospect.evidence.features.points import coordinates
from geoprospect.evidence.rasters.tags import tags_of
from geoprospect.grid import Places
from geoprospect.samples.source import PointsSource
from geoprospect.samples.trainingcells import TrainingCells
from geoprospect.scoring.counting.scoremap import ScoreMap
from geoprospect.typing import Bools, Ints

Training: TypeAlias = PointsSource | str | PathLike[str] | Sequence[tuple[int, int]] | Ints


@dataclass(frozen=True)
class Leaks:
    """Which points lie on or near training points.

    Attributes
    ----------
    repeats : ndarray of bool, shape (n,)
        Whether a point shares a cell with a training point.
    near : ndarray of bool, shape (n,), or None
        Whether it shares a cell with one or lies within the distance of one; None without a
        distance.
    distance : float or None
        The distance, in metres.
    is_range : bool
        Whether the distance is the range of the evidence's variogram, as the map tells it.
    """

    repeats: Bools
    near: Bools | None
    distance: float | None
    is_range: bool


@dataclass(frozen=True)
class TrainingPoints:
    """The training points of a map, as far as they are known.

    Attributes
    ----------
    cells : TrainingCells
        The cells that hold them.
    places : Places
        Where they lie; the centres of the cells where no more is known.
    """

    cells: TrainingCells
    places: Places

    @classmethod
    def of_map(cls, scored: ScoreMap) -> TrainingPoints | None:
        """Read what the metadata of a map tell, or None if they tell nothing.

        Raises
        ------
        SamplesError
            If the metadata are malformed.
        """
        cells = TrainingCells.of_tags(tags_of(scored.dataset), path=scored.path)
        return None if cells is None else cls._at_centres(cells)

    @classmethod
    def of(cls, training: Training, scored: ScoreMap) -> TrainingPoints:
        """Take points, or cells of the map, as `score_map` does.

        Raises
        ------
        SamplesError
            If the points cannot be read.
        """
        grid = scored.grid
        if not isinstance(training, PointsSource | str | PathLike):
            cells = np.asarray(training, np.int64).reshape(-1, 2)
            return cls._at_centres(TrainingCells(grid, cells[:, 0], cells[:, 1]))
        source = training if isinstance(training, PointsSource) else PointsSource(training)
        easting, northing = coordinates(source.read(), grid)
        known = np.isfinite(easting) & np.isfinite(northing)
        easting, northing = easting[known], northing[known]
        rows, columns, inside = grid.cells(easting, northing)
        return cls(
            TrainingCells(grid, rows[inside], columns[inside]),
            Places(easting, northing, grid.crs),
        )

    @classmethod
    def _at_centres(cls, cells: TrainingCells) -> TrainingPoints:
        """Take the centres of the cells for the places of the points."""
        return cls(cells, cells.grid.places(cells.rows, cells.columns))

    def audit(self, points: gpd.GeoDataFrame, near: float | None) -> Leaks:
        """Compare points with the training points.

        Parameters
        ----------
        points : geopandas.GeoDataFrame
            The points, in any CRS.
        near : float, optional
            A distance in metres; the range of the evidence's variogram if it is not given and
            known.
        """
        grid = self.cells.grid
        easting, northing = coordinates(points, grid)
        repeats = self.cells.hold(easting, northing)
        known = self.cells.evidence_range
        is_range = near is None and known is not None
        if near is None and known is not None:
            near = known
        if near is None:
            return Leaks(repeats, None, None, is_range=False)
        close = repeats.copy()
        reached = np.isfinite(easting) & np.isfinite(northing)
        places = Places(easting[reached], northing[reached], grid.crs)
        if len(self.places) and len(places):
            close[reached] |= places.nearest(self.places) <= near
        return Leaks(repeats, close, near, is_range)
