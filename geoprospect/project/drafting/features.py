"""Vector files and tables of a survey looked at: which features they hold, and what for."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio

from geoprospect.errors import GeoprospectError
from geoprospect.evidence.features.reading import read_features
from geoprospect.evidence.features.tables import TABLE_SUFFIXES
from geoprospect.grid import Grid, transformed
from geoprospect.project.drafting.lines import Line
from geoprospect.project.drafting.looking import named
from geoprospect.project.drafting.points import (
    ROCKS,
    DraftedFeatures,
    class_fields,
    draft_points,
)

_STRUCTURES = (
    *("fault", "thrust", "contact", "dyke", "dike", "vein", "lineament", "struct", "fold"),
    "shear",
)
_AREAS = ("aoi", "study_?area", "boundary", "province", "outline", "area")
_EXCLUDED = ("park", "water", "lake", "protected", "exclu", "reserve", "glacier", "wetland")
_LONGEST_CODE = 30  # letters of a CRS that is told by a code


def draft_features(path: Path, root: Path, home: Path, grid: Grid) -> list[DraftedFeatures]:
    """Look at a vector file or table.

    Parameters
    ----------
    path : Path
        The file.
    root : Path
        The folder that is looked through.
    home : Path
        The folder that paths are written against.
    grid : Grid
        A grid of the survey's rasters, whose CRS coordinates without one may be in.

    Returns
    -------
    list of DraftedFeatures
        One a layer of the file.
    """
    written = path.relative_to(home).as_posix() if path.is_relative_to(home) else str(path)
    try:
        layers = _layers(path)
    except (GeoprospectError, pyogrio.errors.DataSourceError, ValueError, OSError) as error:
        reason = str(error).removeprefix(f"{path}: ")
        return [DraftedFeatures(Line(path.stem, written, asked=reason, out=True), "evidence")]
    drafted, parent = [], path.parent.relative_to(root)
    for layer in layers:
        table = {"path": written} | ({} if layer is None or len(layers) == 1 else {"layer": layer})
        called = Path(path.stem if len(layers) == 1 else f"{path.stem} {layer}")
        try:
            drafted.append(_features(path, parent / called, layer, table, grid))
        except GeoprospectError as error:
            reason = str(error).removeprefix(f"{path}: ")
            if path.suffix.lower() in TABLE_SUFFIXES and "no columns of coordinates" in reason:
                continue  # a legend, a log, a text
            line = Line(called.name, table, asked=reason, out=True)
            drafted.append(DraftedFeatures(line, "evidence"))
    return drafted


def _layers(path: Path) -> list[str | None]:
    """List the layers of a file that have geometries; a table has one without a name."""
    if path.suffix.lower() in TABLE_SUFFIXES:
        return [None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]


def _features(
    path: Path, called: Path, layer: str | None, table: dict[str, Any], grid: Grid
) -> DraftedFeatures:
    """Look at the features of a layer."""
    features = read_features(path, layer=layer)
    settings, asked = dict(table), ""
    if features.crs is None:
        crs, asked = _crs_of(features, grid)
        if crs is not None:
            settings["crs"] = crs
            features = features.set_crs(crs)
    kinds = set(features.geom_type.dropna().str.removeprefix("Multi"))
    known = f"{len(features)} {'/'.join(sorted(kinds)).lower() or 'feature'}s"
    line = Line(called.name, settings, known, asked)
    if not len(features) or not kinds:
        return DraftedFeatures(replace(line, asked="it holds no features", out=True), "evidence")
    if kinds == {"Point"}:
        return draft_points(line, called, features)
    if kinds <= {"LineString", "LinearRing"}:
        return _lines(line, called)
    return _polygons(line, called, features)


def _crs_of(features: gpd.GeoDataFrame, grid: Grid) -> tuple[str | None, str]:
    """Guess the CRS of coordinates: where they lie on the ground of the rasters."""
    x, y = features.geometry.x.to_numpy(), features.geometry.y.to_numpy()
    present = np.isfinite(x) & np.isfinite(y)
    x, y = x[present], y[present]
    code = grid.crs.to_string()
    choices = [code] if len(code) < _LONGEST_CODE else []
    choices += ["EPSG:4326"]
    for crs in choices:
        if crs == "EPSG:4326" and (np.abs(x).max(initial=0) > 360 or np.abs(y).max(initial=0) > 90):
            continue
        _, _, inside = grid.cells(*transformed(x, y, crs, grid.crs))
        if inside.mean() > 0.5:
            return crs, f"the file does not tell its CRS; in {crs} its points lie on the rasters"
    return None, 'the file does not tell its CRS: write crs = "EPSG:…"'


def _lines(line: Line, called: Path) -> DraftedFeatures:
    """Name lines: the distance to structures is evidence, that to roads is where people looked."""
    value = dict(line.value) | {"kind": "distance"}
    structural = named(called, *_STRUCTURES)
    asked = "is the distance to these lines evidence, or where people could look?"
    return DraftedFeatures(
        replace(line, value=value, asked=line.asked if structural else asked, out=not structural),
        "evidence",
    )


def _polygons(line: Line, called: Path, polygons: gpd.GeoDataFrame) -> DraftedFeatures:
    """Name polygons: a geological map, an area that is asked about, or one that is left out."""
    if named(called, *_EXCLUDED):
        asked = "is this ground to be left out of the map?"
        return DraftedFeatures(replace(line, key="exclude", asked=asked), "exclude", 1)
    fields = [str(name) for name in polygons.columns if name != polygons.geometry.name]
    field = next(iter(class_fields(polygons, fields)), None)
    if field is not None and (named(called, *ROCKS) or not named(called, *_AREAS)):
        value = dict(line.value) | {"kind": "categorical", "field": field}
        others = [name for name in class_fields(polygons, fields) if name != field]
        asked = f"is {field} the field of its classes? Others: {', '.join(others[:5])}"
        return DraftedFeatures(
            replace(line, value=value, asked=asked if others else line.asked), "evidence", 1
        )
    if named(called, *_AREAS):
        asked = "is the map to be cut to this area?"
        return DraftedFeatures(replace(line, key="area", asked=asked), "area", 1)
    value = dict(line.value) | {"kind": "inside"}
    asked = "is it evidence whether a cell lies inside?"
    return DraftedFeatures(replace(line, value=value, asked=asked, out=True), "evidence")
