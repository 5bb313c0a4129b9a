"""Features traced onto a grid: read once, and put on its ground for all columns that use them."""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from rasterio.crs import CRS

from geoprospect.errors import SamplesError
from geoprospect.evidence.features.burning import BurntPolygons
from geoprospect.evidence.features.ground import Ground, cell_side
from geoprospect.evidence.features.reading import placed, read_features
from geoprospect.evidence.features.relation import check_relation
from geoprospect.evidence.features.segments import Segments
from geoprospect.evidence.features.selecting import select
from geoprospect.evidence.features.source import FeatureSource
from geoprospect.evidence.features.tree import SegmentTree
from geoprospect.grid import Grid, same_crs, transformed
from geoprospect.typing import Bools, Floats, Ints

_OFF = 2e-4  # of a cell: what a line bent by another CRS may lie off

_FARTHEST = 1e12  # units of a CRS: no ground is farther


@dataclass(frozen=True)
class TracedFeatures:
    """Features of a file on the ground of a grid.

    Attributes
    ----------
    path : str
        The file.
    grid : Grid
        The grid.
    shapes : ndarray of shapely geometries, shape (n,)
        The features, in their own CRS.
    fields : geopandas.GeoDataFrame
        Their fields, in the same order.
    segments : Segments
        What they are made of, in the CRS of the grid.
    missing : int
        Features without a geometry.
    lost : int
        Features that the CRS of the grid does not reach, and lines without length.
    """

    path: str
    grid: Grid
    shapes: npt.NDArray[np.object_]
    fields: gpd.GeoDataFrame
    segments: Segments
    missing: int
    lost: int

    @property
    def ground(self) -> Ground:
        """The ground that distances are taken on."""
        return Ground(self.grid.crs)

    @cached_property
    def tree(self) -> SegmentTree:
        """The segments in space, to be searched."""
        tolerance = _OFF * cell_side(self.grid)
        return SegmentTree.over(self.segments.put(self.ground.space, tolerance))

    def distances(self, places: Floats) -> tuple[Floats, Ints]:
        """Give the distance from places to the nearest of the segments, and which that is.

        Parameters
        ----------
        places : ndarray of float64, shape (n, 2)
            Coordinates in the CRS of the grid.

        Returns
        -------
        distance : ndarray of float64, shape (n,)
            In metres over ground.
        which : ndarray of int64, shape (n,)
            Its row among the pieces of the tree.
        """
        space = self.ground.space(places)
        distance, which = self.tree.nearest(space)
        if self.grid.crs.is_geographic:
            distance = self.ground.ways(space, self.tree.feet(space, which))
        return distance, which

    @cached_property
    def dimensions(self) -> Ints:
        """What each feature is: 0 for points, 1 for lines, 2 for polygons."""
        return np.asarray(shapely.get_dimensions(self.shapes), dtype=np.int64)

    @cached_property
    def polygons(self) -> BurntPolygons:
        """The polygons on the cells."""
        return BurntPolygons.on(self.segments[self.segments.ring >= 0], self.grid)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of geometries and fields, in hexadecimal."""
        digest = hashlib.sha256(str(self.fields.crs).encode())
        for shape in shapely.to_wkb(self.shapes):
            digest.update(shape)
        digest.update(self.fields.drop(columns=self.fields.geometry.name).to_csv().encode())
        return digest.hexdigest()


_traced: WeakValueDictionary[Any, TracedFeatures] = WeakValueDictionary()
_reading = threading.Lock()


def trace(source: FeatureSource, grid: Grid) -> TracedFeatures:
    """Read the features of a file and put them on the ground of a grid.

    Columns that are open at the same time share them, as long as the file stays as it is.

    Parameters
    ----------
    source : FeatureSource
        The file, and which of its features.
    grid : Grid
        The grid.

    Raises
    ------
    SamplesError
        If the file cannot be read, lacks a CRS or has one without relation to that of the grid, or
        no feature is left.
    """
    key = (source, grid, _stamps(source.path))
    with _reading:
        traced = _traced.get(key)
        if traced is None:
            traced = _traced[key] = _trace(source, grid)
    return traced


def _trace(source: FeatureSource, grid: Grid) -> TracedFeatures:
    """Read and trace."""
    path = source.path
    reading = {"crs": source.crs, "layer": source.layer, "x": source.x, "y": source.y}
    what = "features"
    table = placed(read_features(path, what=what, **reading), path, crs=source.crs, what=what)
    if source.where is not None:
        table = select(table, source.where, path, what=what)
    check_relation(table.crs, grid, path)
    table = table.reset_index(drop=True)
    shapes = shapely.force_2d(table.geometry.to_numpy())
    known = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    on_ground = known & ~_wild(shapes)
    shapes, fields = shapes[on_ground], table[on_ground]
    broken = (shapely.get_dimensions(shapes) == 2) & ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken])
    bare = Segments.of(shapes)
    _check_latitudes(bare, table.crs, path)
    segments = _on_grid(bare, table.crs, grid)
    # An outline of which a part is out of reach no longer tells what is inside.
    cut = np.unique(bare.feature[~_reached(bare, table.crs, grid)])
    cut = cut[shapely.get_dimensions(shapes[cut]) == 2]
    segments = segments[~np.isin(segments.feature, cut)]
    if not len(segments):
        raise SamplesError(
            "no feature has a place on the ground of the grid",
            path=path,
            found=f"{len(table)} features, {int((~known).sum())} without a geometry",
            mend="check the CRS of the file, and whether it is the right one",
        )
    lost = int(known.sum()) - len(np.unique(segments.feature))
    return TracedFeatures(path, grid, shapes, fields, segments, int((~known).sum()), lost)


def _wild(shapes: npt.NDArray[np.object_]) -> Bools:
    """Tell which features have a coordinate that no ground has."""
    places, of = shapely.get_coordinates(shapes, return_index=True)
    wild = np.zeros(len(shapes), dtype=bool)
    wild[of[~(np.abs(places).max(axis=1, initial=0.0) < _FARTHEST)]] = True  # NaN is not less
    return wild


def _check_latitudes(segments: Segments, crs: Any, path: str) -> None:
    """Refuse coordinates in metres that are said to be degrees."""
    if not crs.is_geographic:
        return
    quarter = np.pi / 2 / crs.axis_info[0].unit_conversion_factor
    latitude = np.append(segments.starts[:, 1], segments.ends[:, 1])
    wrong = latitude[np.abs(latitude) > quarter * (1 + 1e-9)]
    if len(wrong):
        raise SamplesError(
            "the coordinates are no longitudes and latitudes, as its CRS says",
            path=path,
            found=f"latitude {wrong[0]:g}, CRS {crs.name}",
            mend='find out in which CRS they are, and give it, as in crs = "EPSG:3578"',
        )


def _on_grid(segments: Segments, crs: Any, grid: Grid) -> Segments:
    """Put segments into the CRS of a grid."""
    if same_crs(CRS.from_wkt(crs.to_wkt()), grid.crs):
        return segments

    def place(places: Floats) -> Floats:
        return _placed(places, crs, grid)

    a, b, _, d, e, _ = grid.transform[:6]
    side = float(min(np.hypot(a, d), np.hypot(b, e)))
    geographic = grid.crs.is_geographic
    circle = 2 * np.pi / float(grid.crs.units_factor[1]) if geographic else None
    return segments.put(place, _OFF * side, circle=circle)


def _reached(segments: Segments, crs: Any, grid: Grid) -> Bools:
    """Tell which segments have both ends where the CRS of a grid reaches."""
    ends = _placed(segments.starts, crs, grid) + _placed(segments.ends, crs, grid)
    return np.asarray(np.isfinite(ends).all(axis=1))


def _placed(places: Floats, crs: Any, grid: Grid) -> Floats:
    """Give coordinates in the CRS of a grid."""
    return np.column_stack(transformed(places[:, 0], places[:, 1], crs, grid.crs))


def _stamps(path: str) -> tuple[tuple[str, int, int], ...]:
    """Give names, sizes and times of a file and of those that belong to it."""
    home = Path(path)
    if home.is_dir():
        files = sorted(file for file in home.iterdir() if file.is_file())
    elif home.suffix.lower() == ".shp":
        files = sorted(home.parent.glob(f"{home.stem}.*"))
    else:
        files = [home] if home.is_file() else []
    stats = ((file.name, os.stat(file)) for file in files)
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)
