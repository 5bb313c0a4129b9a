"""The ground where a map is not to be believed, as hatching over it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from rasterio.features import shapes
from shapely import union_all
from shapely.geometry import mapping, shape

from geoprospect.project import results
from geoprospect.qgis.features import FeatureStyle
from geoprospect.qgis.layers import Layer
from geoprospect.qgis.metadata import Metadata
from geoprospect.qgis.symbols import Hatching
from geoprospect.qgis.xml import Crs

_INSIDE = "inside the area of applicability"  # the band of 1 there, and 0 outside
_LONGEST = 300  # cells a side of what is outlined


def hatching(folder: Path, crs: Crs, metadata: Metadata) -> list[Layer]:
    """Give the ground outside the area of applicability as a layer, which lies in the project.

    Parameters
    ----------
    folder : Path
        The folder of a run that has an `applicability.tif`.
    crs : Crs
        The CRS of its map.
    metadata : Metadata
        Words about the raster.

    Returns
    -------
    list of Layer
        None where all ground lies inside. Of a large map it is outlined in steps of several cells.
    """
    with rasterio.open(results.APPLICABILITY.path(folder)) as raster:
        band = 1 + raster.descriptions.index(_INSIDE)
        shrink = max(1.0, max(raster.shape) / _LONGEST)
        rows, columns = (max(1, round(n / shrink)) for n in raster.shape)
        values = raster.read(band, out_shape=(rows, columns), masked=True)
        step = Affine.scale(raster.width / columns, raster.height / rows)
        transform = raster.transform @ step
    outside = ~np.ma.getmaskarray(values) & (values.data < 0.5)
    if not outside.any():
        return []
    parts = shapes(outside.astype(np.uint8), mask=outside, transform=transform)
    ground = union_all([shape(part) for part, _ in parts])
    feature = {"type": "Feature", "properties": {}, "geometry": mapping(ground)}
    title = "Outside the area of applicability"
    return [
        Layer(
            name=title,
            # OGR reads the text itself, so that no further file must be kept.
            source=json.dumps({"type": "FeatureCollection", "features": [feature]}),
            provider="ogr",
            style=FeatureStyle(Hatching()).qml(),
            crs=crs,
            extent=None,
            metadata=Metadata(title, metadata.abstract, history=metadata.history),
            geometry="Polygon",
            unfolded=True,
        )
    ]
