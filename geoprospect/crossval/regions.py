"""Regions: polygons drawn by a person, each of which is held out in its turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from geoprospect.evidence.features.polygons import check_polygons, on_polygons, read_polygons
from geoprospect.samples import Samples
from geoprospect.typing import Ints


@dataclass(frozen=True)
class Regions:
    """Polygons of a vector file; those of one name are one region.

    Attributes
    ----------
    path : str
        Shapefile, GeoPackage or anything else that GDAL reads, in any CRS.
    field : str, optional
        The field of the regions' names; by default each polygon is a region of its own, named by
        its row, counted from 0.
    layer : str, optional
        The layer of a file with several.
    """

    path: str
    field: str | None = None
    layer: str | None = None

    def of(self, samples: Samples) -> tuple[Ints, tuple[str, ...]]:
        """Find the region of each point: the one that holds the centre of its cell.

        Parameters
        ----------
        samples : Samples
            The points.

        Returns
        -------
        number : ndarray of int64, shape (n,)
            The region, counted from 0; -1 outside all. Where regions overlap, the first in the
            file.
        names : tuple of str
            Names of the regions that hold points, in the order of the file.

        Raises
        ------
        SamplesError
            If the file cannot be read, holds no polygons or several layers of which none is named,
            or lacks a CRS, the layer or the field.
        """
        table = read_polygons(self.path, self.layer, self.field)
        check_polygons(table, self.path)
        # The points are transformed, not the polygons: an edge stays straight in its own CRS.
        middles = samples.grid.centres(samples.rows, samples.columns)
        turns = on_polygons(middles, samples.grid, table, path=self.path)
        polygons = shapely.make_valid(table.geometry.to_numpy())
        tree = shapely.STRtree(polygons)
        first_polygon = np.full(len(samples), len(polygons))
        for turn in turns:
            point, polygon = tree.query(shapely.points(*turn), predicate="intersects")
            np.minimum.at(first_polygon, point, polygon)
        texts = table.index if self.field is None else table[self.field]
        name_of = {row: str(text).strip() for row, text in enumerate(texts)}
        names = tuple(
            dict.fromkeys(name_of[row] for row in np.unique(first_polygon) if row in name_of)
        )
        code = {name: number for number, name in enumerate(names)}
        return np.array([code.get(name_of.get(row, ""), -1) for row in first_polygon]), names
