"""The map of a report: layers, points and targets as a page draws and reads them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio

from geoprospect.grid import Grid
from geoprospect.project import results
from geoprospect.project.report.marks import point_marks, target_marks
from geoprospect.project.report.material import Material
from geoprospect.project.report.picture import Picture, packed_classes, packed_numbers
from geoprospect.qgis.steps import BEST, even_colours
from geoprospect.qgis.style import VIRIDIS
from geoprospect.report.maps import axes_unit
from geoprospect.report.style import COLOURS

_AREA_WORDS = (
    "best 1% of the area", "best 5%", "best 10%", "best 20%", "best 50%", "the other half",
)  # fmt: skip
AREA_CLASSES = tuple(
    zip((*BEST, 1.0), _AREA_WORDS, reversed(even_colours(len(_AREA_WORDS))), strict=True)
)
"""Shares of the area, the best first, with their words and colours: those of the map in QGIS."""
_CLASS_COLOURS = (
    *COLOURS, "#f0e442", "#332288", "#882255", "#117733", "#aa4499", "#999933", "#88ccee",
    "#888888",
)  # fmt: skip
INSIDE = "inside the area of applicability"
_INSIDE_WORDS = ("no: unlike all training cells", "yes")
_MORE = ("uncertainty.tif", "applicability.tif")
_LONGEST = 1000  # pixels a side
_MOST_NUMBERS = 8_000_000  # of all layers: of two bytes each, in letters of six bits
_REASONS = 3  # layers that are named of a cell
_CONTRIBUTION = "contribution of "


@dataclass(frozen=True)
class ShownLayer:
    """A layer that the page reads at a cell.

    Attributes
    ----------
    key, title : str
        Its name in the page, and what a reader sees.
    values : ndarray of float, shape (rows, columns)
        NaN where there is none; of classes, their numbers from 1.
    meaning : str
        What it tells, over its legend; "" where it is not drawn by itself.
    look : dict
        How numbers are written (`digits`, `percent`, `unit`), which of them the colours run over
        (`limits`), what whole numbers mean (`words`), or the names of the `classes`.
    """

    key: str
    title: str
    values: npt.NDArray[np.floating[Any]]
    meaning: str
    look: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Give it as the page's script takes it."""
        look = {"digits": None, "percent": False, "unit": "", "words": None, **self.look}
        names = look.get("classes")
        if names is not None:
            look["colours"] = [_CLASS_COLOURS[k % len(_CLASS_COLOURS)] for k in range(len(names))]
            packed = packed_classes(self.values)
        else:
            packed = packed_numbers(self.values)
            look.setdefault("limits", [packed["low"], packed["high"]])
        return {"key": self.key, "title": self.title, **look, **packed}


def picture_of(material: Material, grid: Grid) -> Picture:
    """Give the picture that is shown of a map: the more layers, the fewer pixels."""
    files = (results.MAP.file, results.PROBABILITY.file, *_MORE)
    n = sum(_bands(path) for file in files if (path := material.found(file)) is not None)
    n += 2 * _REASONS if material.found(results.CONTRIBUTIONS.file) else 0
    pixels = _MOST_NUMBERS / n
    longest, shortest = max(grid.shape), min(grid.shape)
    # Of a map twice as long as wide, a side of s pixels has s / 2 beside it.
    return Picture.of(grid, min(_LONGEST, max(1, int((pixels * longest / shortest) ** 0.5))))


def shown_map(material: Material, picture: Picture) -> dict[str, Any]:
    """Gather what the page's script draws and reads.

    Parameters
    ----------
    material : Material
        The run.
    picture : Picture
        Of the grid of its map.

    Raises
    ------
    EvidenceError
        If a raster of the run cannot be read.
    """
    folder = material.folder
    scores = picture.read(results.MAP.path(folder), [1])[0]
    layers = list(_layers(material, picture, scores))
    reasons = _reasons(folder, picture)
    if reasons is not None:
        layers.append(reasons[0])
    views = [
        {
            "title": "prospectivity, by area",
            "layer": 0,
            "how": "area",
            "meaning": "Parts of the area, those with the highest scores first.",
        }
    ]
    views += [
        {"title": layer.title, "layer": number, "how": "ramp", "meaning": layer.meaning}
        for number, layer in enumerate(layers)
        if layer.meaning
    ]
    factor, names = axes_unit(picture.grid)
    across, down = _pixel_on_ground(picture)
    affine = picture.transform
    return {
        "shape": list(picture.shape),
        "transform": [affine.a, affine.b, affine.c, affine.d, affine.e, affine.f],
        "aspect": down / across,
        "metres": across if picture.grid.crs.is_projected or picture.grid.crs.is_geographic else 0,
        "north": _north(picture, down / across),
        "axes": _axes(picture.grid, factor, names),
        "ramp": list(VIRIDIS),
        "areas": picture.area_steps(scores),
        "area_classes": [list(one) for one in AREA_CLASSES],
        "layers": [layer.to_dict() for layer in layers],
        "views": views,
        "doubt": _doubt(layers),
        "points": list(point_marks(material, picture)),
        "targets": list(target_marks(material.targets(picture.grid), picture)),
        "reasons": None if reasons is None else reasons[1],
    }


def _layers(
    material: Material, picture: Picture, scores: npt.NDArray[np.float32]
) -> Iterator[ShownLayer]:
    """Read the score first, then what is known beside it."""
    folder, probability = material.folder, material.found("probability.tif")
    yield ShownLayer(
        "score", "score", scores, "The score: 0 is least, 1 is most like the known deposits.",
        {"digits": 3},
    )  # fmt: skip
    if _bands(results.MAP.path(folder)) > 1:
        spread = picture.read(results.MAP.path(folder), [2])[0]
        if np.isfinite(spread).any() and np.nanmax(spread) > 0:
            meaning = "How far the members of the ensemble disagree about the score."
            yield ShownLayer("spread", "spread of the members", spread, meaning, {"digits": 3})
    if probability is not None:
        values = picture.read(probability, [1])[0]
        meaning = "The probability of a deposit in a cell, estimated from the score."
        yield ShownLayer(
            "probability", "probability of a deposit", values, meaning, {"percent": True}
        )
    for file in _MORE:
        path = material.found(file)
        if path is not None:
            yield from _of_raster(path, picture)


def _of_raster(path: Path, picture: Picture) -> Iterator[ShownLayer]:
    """Read all bands of a raster by their descriptions."""
    with rasterio.open(path) as raster:
        if raster.shape != picture.grid.shape:
            return
        titles = [text or f"{path.stem}, band {k}" for k, text in enumerate(raster.descriptions, 1)]
        units = [unit if unit and unit != "1" else "" for unit in raster.units]
    values = picture.read(path, range(1, len(titles) + 1))
    for number, (title, unit) in enumerate(zip(titles, units, strict=True)):
        meaning = f"{title[0].upper()}{title[1:]}."
        look: dict[str, Any] = {"unit": f" {unit}" if unit else ""}
        if title == INSIDE:
            look, meaning = {"words": _INSIDE_WORDS}, ""
        elif title.startswith("probability"):
            look = {"percent": True}
        yield ShownLayer(f"{path.stem}-{number + 1}", title, values[number], meaning, look)


def _bands(path: Path) -> int:
    with rasterio.open(path) as raster:
        return int(raster.count)


def _doubt(layers: Sequence[ShownLayer]) -> dict[str, Any] | None:
    """Say which layer tells where the map should not be believed, if one does."""
    for number, layer in enumerate(layers):
        if layer.title == INSIDE:
            return {"layer": number, "classes": [0], "title": "outside the area of applicability"}
    return None


def _contributions(
    folder: Path, picture: Picture
) -> tuple[tuple[str, ...], npt.NDArray[np.float32]] | None:
    """Read what each layer contributes, with the layers' names."""
    path = results.CONTRIBUTIONS.path(folder)
    if not path.is_file():
        return None
    with rasterio.open(path) as raster:
        if raster.shape != picture.grid.shape:
            return None
        texts = [text or "" for text in raster.descriptions]
    bands = [k for k, text in enumerate(texts, 1) if text.startswith(_CONTRIBUTION)]
    names = tuple(texts[k - 1].removeprefix(_CONTRIBUTION) for k in bands)
    return (names, picture.read(path, bands)) if bands else None


def mean_contributions(
    material: Material, picture: Picture
) -> list[tuple[str, float, None]] | None:
    """Give how much each layer moves the log-odds of the map's cells, up or down, on average."""
    found = _contributions(material.folder, picture)
    if found is None:
        return None
    names, shares = found
    sizes = np.nanmean(np.abs(shares), axis=(1, 2)).tolist()
    bars = [(name, float(size), None) for name, size in zip(names, sizes, strict=True)]
    return sorted(bars, key=lambda bar: -bar[1])


def _reasons(folder: Path, picture: Picture) -> tuple[ShownLayer, dict[str, Any]] | None:
    """Give the layer that leads in each cell, and the three that contribute most."""
    found = _contributions(folder, picture)
    if found is None:
        return None
    names, shares = found
    order = np.argsort(-np.nan_to_num(np.abs(shares), nan=-1.0), axis=0, kind="stable")
    valid = np.isfinite(shares[0])
    parts = []
    for at in order[:_REASONS]:
        share = np.take_along_axis(shares, at[None], axis=0)[0]
        leading = np.where(valid, at + 1.0, np.nan)
        parts.append({"layer": packed_classes(leading), "share": packed_numbers(share)})
    first = ShownLayer(
        "leading", "leading layer", np.where(valid, order[0] + 1.0, np.nan),
        "The layer that moves the score of a cell most, up or down.", {"classes": list(names)},
    )  # fmt: skip
    told = {"title": "because of (log-odds)", "names": list(names), "parts": parts}
    return first, told


def _pixel_on_ground(picture: Picture) -> tuple[float, float]:
    """Give how many metres a pixel in the middle is wide and high; its own units without a CRS."""
    grid = Grid(picture.grid.crs, picture.transform, picture.shape)
    row, column = (n // 2 for n in picture.shape)
    if not (grid.crs.is_projected or grid.crs.is_geographic):
        affine = picture.transform
        return math.hypot(affine.a, affine.d), math.hypot(affine.b, affine.e)
    here = grid.places(np.array([row]), np.array([column]))
    return (
        float(here.apart(grid.places(np.array([row]), np.array([column + 1])))[0]),
        float(here.apart(grid.places(np.array([row + 1]), np.array([column])))[0]),
    )


def _north(picture: Picture, aspect: float) -> float:
    """Give the direction of north on the screen, clockwise from up, in radians."""
    back = ~picture.transform
    across, down = back.b, back.e * aspect
    return math.atan2(across, -down)


def _axes(grid: Grid, factor: float, names: tuple[str, str]) -> dict[str, Any]:
    """Say in which unit coordinates are written."""
    if grid.crs.is_geographic:
        return {"factor": 1.0, "unit": "°", "digits": 4, "names": "longitude, latitude"}
    if grid.crs.is_projected:
        return {"factor": 1 / factor, "unit": " km", "digits": 2, "names": "easting, northing"}
    return {"factor": 1.0, "unit": "", "digits": 1, "names": "easting, northing"}
