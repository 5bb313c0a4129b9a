"""Shifts between datums: whether the best that is known is at hand."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from rasterio.crs import CRS

from geoprospect.grid.crs import pyproj_crs, transformed
from geoprospect.grid.grid import Grid

_LOOKS = 9  # places along a grid, by which its ground is told in degrees


@dataclass(frozen=True)
class MissingShift:
    """A way between two CRS that cannot be gone, for files of PROJ are missing.

    Attributes
    ----------
    source, target : str
        The names of the CRS.
    best : float
        How far off places would be on that way, in metres.
    error : float or None
        How far off they are likely to be on the way that is gone instead; None where it takes two
        datums for one.
    files : tuple of str
        The files.
    """

    source: str
    target: str
    best: float
    error: float | None
    files: tuple[str, ...]


def missing_shift(grid: Grid, target: CRS) -> MissingShift | None:
    """Give the best way from the CRS of a grid to another, if it cannot be gone.

    Parameters
    ----------
    grid : Grid
        A grid, which tells the ground concerned.
    target : rasterio.crs.CRS
        The other CRS.

    Returns
    -------
    MissingShift or None
        None where nothing is missing.
    """
    from pyproj.aoi import AreaOfInterest  # noqa: PLC0415 - slow to import, and CRS mostly agree
    from pyproj.transformer import TransformerGroup  # noqa: PLC0415 - as above

    steps = np.linspace(0, 1, _LOOKS)
    across, down = (x.ravel() for x in np.meshgrid(steps, steps))
    a, b, c, d, e, f = grid.transform[:6]
    across, down = across * grid.shape[1], down * grid.shape[0]
    longitude, latitude = transformed(
        c + a * across + b * down, f + d * across + e * down, grid.crs, "EPSG:4326"
    )
    known = np.isfinite(longitude) & np.isfinite(latitude)
    if not known.any():
        return None
    longitude, latitude = longitude[known], latitude[known]
    area = AreaOfInterest(
        *(float(x) for x in (longitude.min(), latitude.min(), longitude.max(), latitude.max()))
    )
    ours, theirs = pyproj_crs(grid.crs), pyproj_crs(target)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is told here
        group = TransformerGroup(ours, theirs, always_xy=True, area_of_interest=area)  # type: ignore[arg-type]  # it is the class asked for
    if group.best_available or not group.unavailable_operations:
        return None
    best = group.unavailable_operations[0]
    files = tuple(file.short_name for file in best.grids if not file.available)
    if not files:
        return None
    accuracy = group.transformers[0].accuracy if group.transformers else -1
    error = float(accuracy) if accuracy >= 0 else None
    return MissingShift(ours.name, theirs.name, float(best.accuracy), error, files)
