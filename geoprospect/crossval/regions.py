"""Regions: polygons drawn by a person, each of which is held out in its turn."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import shapely

from geoprospect.crossval.cells import centres
from geoprospect.errors import SamplesError
from geoprospect.evidence.raster import is_local
from geoprospect.grid import Ints
from geoprospect.samples import Samples
from geoprospect.samples.audit import listed

_POLYGONS = ("Polygon", "MultiPolygon")


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
            If the file cannot be read, holds no polygons, or lacks a CRS or the field.
        """
        table = self._read()
        ours = pyproj.CRS.from_wkt(samples.grid.crs.to_wkt(version="WKT2_2019"))
        # The points are transformed, not the polygons: an edge stays straight in its own CRS.
        transformer = pyproj.Transformer.from_crs(ours, table.crs, always_xy=True)
        places = shapely.points(*transformer.transform(*centres(samples).T))
        polygons = shapely.make_valid(table.geometry.to_numpy())
        point, polygon = shapely.STRtree(polygons).query(places, predicate="intersects")
        found = np.full(len(samples), len(polygons))
        np.minimum.at(found, point, polygon)
        texts = table.index if self.field is None else table[self.field]
        name_of = {row: str(text).strip() for row, text in enumerate(texts)}
        names = tuple(dict.fromkeys(name_of[row] for row in np.unique(found) if row in name_of))
        code = {name: number for number, name in enumerate(names)}
        return np.array([code.get(name_of.get(row, ""), -1) for row in found]), names

    def _read(self) -> gpd.GeoDataFrame:
        if is_local(self.path) and not Path(self.path).exists():
            raise SamplesError("no such file", path=self.path, mend="correct the path")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of GDAL, on measures or field types
                table = gpd.read_file(self.path, layer=self.layer, engine="pyogrio")
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
            raise SamplesError(
                f"cannot be read as polygons: {str(error).partition(chr(10))[0].rstrip('.')}",
                path=self.path,
                mend="export the regions anew, as a GeoPackage for instance",
            ) from error
        if not isinstance(table, gpd.GeoDataFrame) or table.crs is None:
            raise SamplesError(
                "the regions have no CRS, so their place on the ground is unknown",
                path=self.path,
                mend="save them with one (QGIS: Export, Save Features As)",
            )
        kinds = table.geometry.geom_type
        if table.empty or not kinds.isin(_POLYGONS).all():
            raise SamplesError(
                "the regions are not polygons",
                path=self.path,
                found=listed(sorted(set(kinds.fillna("none")))) or "nothing",
                mend="give a file of polygons",
            )
        fields = [str(name) for name in table.columns.drop(table.geometry.name)]
        if self.field is not None and self.field not in fields:
            raise SamplesError(
                f"there is no field {self.field}",
                path=self.path,
                found=f"fields {listed(fields) or 'none'}",
                mend="name the field of the regions' names among those found",
            )
        return table
