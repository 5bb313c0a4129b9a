"""The place of a raster on the ground: refused where its file does not tell it."""

from __future__ import annotations

from shlex import quote
from typing import Any

import numpy as np
from rasterio.crs import CRS
from rasterio.errors import CRSError

from geoprospect.errors import EvidenceError, without_secrets
from geoprospect.evidence.remote.address import stem_of
from geoprospect.grid import describe_crs
from geoprospect.grid.crs import pyproj_crs

_FARTHEST = 1e12  # units of the CRS: beyond, digits of a coordinate are lost, and squares overflow


def check_place(dataset: Any, *, path: str, layer: str | None, crs: CRS | None = None) -> None:
    """Refuse a raster whose place on the ground is unknown.

    Parameters
    ----------
    dataset : rasterio dataset
        The open raster.
    path : str
        Its file.
    layer : str or None
        The layer's name.
    crs : rasterio.crs.CRS, optional
        The CRS that is stated for it, in place of the file's.

    Raises
    ------
    EvidenceError
        If it has no CRS or one without easting and northing, no affine, or coordinates that no
        ground has.
    """
    shown = without_secrets(path)
    transform, crs = dataset.transform, crs or dataset.crs
    nowhere = transform.is_identity or transform.is_degenerate
    found = None
    points, points_crs = dataset.gcps if nowhere else ((), None)
    if points:
        problem = f"the raster is placed by {len(points)} ground control points, without an affine"
        code = describe_crs(points_crs) if points_crs and points_crs.to_authority() else "EPSG:…"
        mend = (
            f"resample it: rio warp {quote(shown)} {quote(stem_of(path) + '_placed.tif')} "
            f"--dst-crs {code} --resampling bilinear (nearest for classes)"
        )
    elif not crs:
        problem = "the raster has no CRS, so its place on the ground is unknown"
        mend = (
            'state it for the layer under [evidence]: crs = "EPSG:…"; or assign it, for instance: '
            f"rio edit-info --crs EPSG:… {quote(shown)}"
        )
    elif nowhere:
        problem = "the raster has no affine, so its place on the ground is unknown"
        mend = "georeference it (QGIS: Raster, Georeferencer)"
    elif _without_plane(crs):
        problem = "the CRS of the raster has no easting and northing"
        found = f"{describe_crs(crs)}, {pyproj_crs(crs).name}"
        mend = f"assign the right one, for instance: rio edit-info --crs EPSG:… {quote(shown)}"
    elif not _on_ground(dataset):
        problem = "the coordinates of the raster are beyond any ground"
        found = f"upper left corner at {transform.c:g}, {transform.f:g}"
        mend = "georeference it anew (QGIS: Raster, Georeferencer)"
    else:
        return
    raise EvidenceError(problem, path=shown, layer=layer, found=found, mend=mend)


def stated_crs(text: str, *, layer: str | None = None) -> CRS:
    """Give the CRS that a project states by code, WKT or PROJ string.

    Raises
    ------
    EvidenceError
        If there is no such CRS.

    Examples
    --------
    >>> stated_crs("EPSG:3578").to_epsg()
    3578
    """
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise EvidenceError(
            "there is no such CRS",
            layer=layer,
            found=text,
            mend='write crs = "EPSG:…" with a code of epsg.org, or WKT',
        ) from error


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
