"""What of a run is looked at: its rasters band by band, its evidence, its points and targets."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
from rasterio.enums import Resampling

from geoprospect.errors import GeoprospectError, ProjectError, without_secrets
from geoprospect.evidence.rasters.rasterband import RasterBand
from geoprospect.mapping.leading import layers_by_number
from geoprospect.project import results
from geoprospect.project.finished import project_of_run
from geoprospect.project.report.shownmap import AREA_CLASSES
from geoprospect.project.viewing.copies import SmallCopy, is_slow, sampled_values
from geoprospect.qgis.classes import colours
from geoprospect.samples import PointsSource
from geoprospect.typing import Floats, StrPath

_LOGGER = logging.getLogger(__name__)
_LOOKED_AT = 512  # cells a side, at most, by which colours are laid out
_BELOW_ANY = -1.0  # score
_ROOM = 1.05  # how much more than its share a part of the area may take
_COMMON = (0.02, 0.98)  # quantiles of a layer that its colours run between


@dataclass(frozen=True)
class ViewLayer:
    """A band of a raster, and how it is coloured.

    Attributes
    ----------
    path : str
        What rasterio opens.
    band : int
        Counted from 1.
    limits : tuple of float
        Values at the ends of the colours.
    breaks : tuple of (float, str, str)
        Of a layer in classes: the least value, the colour and the words of each, the highest
        class first; empty where colours run evenly.
    copy : SmallCopy, optional
        Of a large raster without overviews, what a look at all of it reads.
    """

    path: str
    band: int
    limits: tuple[float, float]
    breaks: tuple[tuple[float, str, str], ...] = ()
    copy: SmallCopy | None = None


@dataclass(frozen=True)
class Listed:
    """A band of a raster that can be looked at, before its colours are laid out.

    Attributes
    ----------
    key, title, group : str
        Its name in addresses, what a reader sees, and under what heading.
    path, band
        As for a `ViewLayer`.
    is_score : bool
        Whether it is the score of the map, which is shown in parts of the area.
    classes : tuple of str
        Of a band whose values are numbers of classes, counted from 1: what these are called.
    """

    key: str
    title: str
    group: str
    path: str
    band: int
    is_score: bool = False
    classes: tuple[str, ...] = ()

    def laid_out(self) -> ViewLayer:
        """Lay out its colours by a look at few of its cells."""
        values, slow = _looked_at(self.path, self.band)
        if not len(values) or self.is_score:
            limits = (0.0, 1.0)
        else:
            low, high = np.quantile(values, _COMMON)
            limits = (float(low), float(high) if high > low else float(low) + 1.0)
        breaks = _area_breaks(values) if self.is_score and len(values) else _steps(self.classes)
        copy = SmallCopy(self.path, self.band) if slow else None
        return ViewLayer(self.path, self.band, limits, breaks, copy)


def layers_of(folder: StrPath) -> tuple[Listed, ...]:
    """List what can be looked at of a run: the bands of its rasters, and its evidence.

    Raises
    ------
    ProjectError
        If the folder holds no map of a run.
    """
    folder = Path(folder)
    if not results.MAP.path(folder).is_file():
        raise ProjectError(
            "the folder holds no map of a run",
            path=folder,
            expected=f"{results.MAP.file}, as `geoprospect run` leaves it",
            mend="name the folder that a run wrote, under [output] in its project file",
        )
    found = list(_results(folder))
    try:
        found += _evidence(folder)
    except GeoprospectError as error:
        _LOGGER.warning(f"the evidence is not shown: {error}")
    return tuple(found)


def _results(folder: Path) -> Iterator[Listed]:
    """Give the bands of all rasters that the run left."""
    for product in results.PRODUCTS:
        path = product.path(folder)
        if product.kind != "raster" or not path.is_file():
            continue
        with rasterio.open(path) as raster:
            names = [
                name or f"{product.title}, band {number}"
                for number, name in enumerate(raster.descriptions, start=1)
            ]
            classes = layers_by_number(raster.tags())
        for band, name in enumerate(names, start=1):
            key = f"{Path(product.file).stem}-{band}"
            score = product is results.MAP and band == 1
            yield Listed(key, name, "Results", str(path), band, score, classes)


def _evidence(folder: Path) -> Iterator[Listed]:
    """Give the layers of evidence that are bands of rasters."""
    for number, column in enumerate(project_of_run(folder).columns()):
        if isinstance(column, RasterBand):
            yield Listed(f"evidence-{number}", column.name, "Evidence", column.path, column.band)


def _looked_at(path: str, band: int) -> tuple[Floats, bool]:
    """Read a band thinned out, and tell whether to read all of it takes long.

    Of what cannot be read there is nothing, and the log says so.
    """
    try:
        with rasterio.open(path) as raster:
            if is_slow(raster):
                values = sampled_values(raster, band)
                return values[np.isfinite(values)], True
            shape = tuple(max(1, min(_LOOKED_AT, n)) for n in raster.shape)
            values = raster.read(
                band, out_shape=shape, masked=True, resampling=Resampling.nearest
            ).astype(np.float64)
    except rasterio.errors.RasterioError as error:
        _LOGGER.warning(without_secrets(f"{path} cannot be shown: {error}"))
        return np.empty(0), False
    values = values.compressed()
    return values[np.isfinite(values)], False


def _area_breaks(scores: Floats) -> tuple[tuple[float, str, str], ...]:
    """Give the least score of each part of the area, the best part first."""
    return tuple((_least(scores, share), colour, words) for share, words, colour in AREA_CLASSES)


def _steps(classes: tuple[str, ...]) -> tuple[tuple[float, str, str], ...]:
    """Give the number, the colour and the name of each class, the highest number first."""
    numbered = zip(range(1, len(classes) + 1), colours(len(classes)), classes, strict=True)
    return tuple((float(number), colour, name) for number, colour, name in numbered)[::-1]


def _least(scores: Floats, share: float) -> float:
    """Give the least score of a part; of one score, more cells than it has room for are outside."""
    if share == 1:
        return _BELOW_ANY
    least = np.float32(np.quantile(scores, 1 - share))
    crowded = (scores >= least).mean() > _ROOM * share + 1 / len(scores)
    return float(np.nextafter(least, np.float32(np.inf)) if crowded else least)


def overlays_of(folder: StrPath) -> dict[str, dict[str, Any]]:
    """Give points and targets by name, as GeoJSON in degrees; what cannot be read is logged."""
    folder = Path(folder)
    shown: dict[str, dict[str, Any]] = {}
    targets = folder / "targets.gpkg"
    if targets.is_file():
        patches = gpd.read_file(targets, layer="targets", columns=["rank"])  # beside its styles
        shown["targets"] = _geojson(patches)
    try:
        points = project_of_run(folder).points
        sources = (("training", points.training), ("validation", points.validation))
        for role, source in sources:
            if source is not None:
                shown |= _labelled(role, source)
    except GeoprospectError as error:
        _LOGGER.warning(f"points are not shown: {error}")
    return shown


def _labelled(role: str, source: PointsSource) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the occurrences of a file of points, and its other points."""
    points = source.read()
    codes = source.labels(points).codes
    for label, words in ((1, "occurrences"), (0, "barren points")):
        these = points[codes == label]
        if len(these):
            yield f"{role} {words}", _geojson(these[["geometry"]])


def _geojson(features: gpd.GeoDataFrame) -> dict[str, Any]:
    """Write features as GeoJSON, whose coordinates are degrees of WGS 84."""
    located = features if features.crs is None else features.to_crs(4326)
    content: dict[str, Any] = located.to_geo_dict(drop_id=True)
    return content
