"""The place of a raster on the ground: refused where its file does not tell it."""

from __future__ import annotations

from shlex import quote
from typing import Any

import numpy as np

from geoprospect.errors import EvidenceError, without_secrets
from geoprospect.evidence.remote.address import stem_of
from geoprospect.grid import describe_crs
from geoprospect.grid.crs import pyproj_crs

_FARTHEST = 1e12  # units of the CRS: beyond, digits of a coordinate are lost, and squares overflow


def check_place(dataset: Any, *, path: str, layer: str | None) -> None:
    """Refuse a raster whose place on the ground is unknown.

    Parameters
    ----------
    dataset : rasterio dataset
        The open raster.
    path : str
        Its file.
    layer : str or None
        The layer's name.

    Raises
    ------
    EvidenceError
        If it has no CRS or one without easting and northing, no affine, or coordinates that no
        ground has.
    """
    shown = without_secrets(path)
    transform = dataset.transform
    nowhere = transform.is_identity or transform.is_degenerate
    found = None
    points, points_crs = dataset.gcps if nowhere else ((), None)
    if points:
        problem = f"the raster is placed by {len(points)} ground control points, without an affine"
        crs = describe_crs(points_crs) if points_crs and points_crs.to_authority() else "EPSG:…"
        mend = (
            f"resample it: rio warp {quote(shown)} {quote(stem_of(path) + '_placed.tif')} "
            f"--dst-crs {crs} --resampling bilinear (nearest for classes)"
        )
    elif not dataset.crs:
        problem = "the raster has no CRS, so its place on the ground is unknown"
        mend = f"assign it, for instance: rio edit-info --crs EPSG:… {quote(shown)}"
    elif nowhere:
        problem = "the raster has no affine, so its place on the ground is unknown"
        mend = "georeference it (QGIS: Raster, Georeferencer)"
    elif _without_plane(dataset.crs):
        problem = "the CRS of the raster has no easting and northing"
        found = f"{describe_crs(dataset.crs)}, {pyproj_crs(dataset.crs).name}"
        mend = f"assign the right one, for instance: rio edit-info --crs EPSG:… {quote(shown)}"
    elif not _on_ground(dataset):
        problem = "the coordinates of the raster are beyond any ground"
        found = f"upper left corner at {transform.c:g}, {transform.f:g}"
        mend = "georeference it anew (QGIS: Raster, Georeferencer)"
    else:
        return
    raise EvidenceError(problem, path=shown, layer=layer, found=found, mend=mend)


def _without_plane(crs: Any) -> bool:
    """Whether a CRS has other axes than two on the ground: heights, times, or three from within."""
    if crs.is_geographic or crs.is_projected:
        return False
    known = pyproj_crs(crs)
    return bool(known.is_vertical or known.is_geocentric or "Time" in known.type_name)


def _on_ground(dataset: Any) -> bool:
    """Whether the corners of a raster have coordinates that can be computed with."""
    corners = ((0, 0), (dataset.width, 0), (0, dataset.height), (dataset.width, dataset.height))
    ends = np.array([dataset.transform * corner for corner in corners])
    return bool((np.abs(ends) < _FARTHEST).all())  # NaN is not
