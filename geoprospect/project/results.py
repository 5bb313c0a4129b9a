"""What a run leaves: each product named once, with its file and what it means."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from geoprospect.output import checksum, sidecars

Kind = Literal["raster", "points", "areas", "figures", "picture", "model", "project", "text"]


@dataclass(frozen=True)
class Product:
    """A file, or folder, that a run leaves in its output folder.

    Attributes
    ----------
    file : str
        Its name there.
    kind : {"raster", "points", "areas", "figures", "picture", "model", "project", "text"}
        What it is.
    title : str
        What a reader calls it.
    meaning : str
        What it tells, in a sentence; empty where another one of the same title tells it.
    styled : bool
        Whether a QGIS style, and words about it, of the same stem, lie beside it.
    """

    file: str
    kind: Kind
    title: str
    meaning: str
    styled: bool = False

    @property
    def style(self) -> str | None:
        """The name of its QGIS style."""
        return str(Path(self.file).with_suffix(".qml")) if self.styled else None

    @property
    def described(self) -> str | None:
        """The name of what QGIS tells of it."""
        return str(Path(self.file).with_suffix(".qmd")) if self.styled else None

    def path(self, folder: Path) -> Path:
        """Give its path in an output folder."""
        return folder / self.file

    def sidecars(self, folder: Path) -> list[Path]:
        """Give the paths of what GDAL may keep beside it."""
        return sidecars(self.path(folder)) if self.kind == "raster" else []

    def places(self, folder: Path) -> list[Path]:
        """Give all paths that it may take in an output folder."""
        beside = [folder / name for name in (self.style, self.described) if name]
        return [self.path(folder), *beside, *self.sidecars(folder)]

    def files(self, folder: Path) -> list[Path]:
        """List what lies in its places in an output folder, the files of a folder one by one."""
        places = [path for path in self.places(folder) if os.path.lexists(path)]
        inside = [path for place in places if place.is_dir() for path in place.rglob("*")]
        files = [path for path in (*places, *inside) if path.is_symlink() or not path.is_dir()]
        # A folder where a file goes is as much in the way as a file.
        return files + [path for path in places if path.is_dir() and self.kind != "model"]


MAP = Product(
    "prospectivity.tif",
    "raster",
    "Prospectivity",
    "The map, a cloud-optimised GeoTIFF (Float32, nodata −9999): band 1 is the score from 0 to 1, "
    "band 2 its standard deviation over the members of the ensemble.",
    styled=True,
)
PROBABILITY = Product(
    "probability.tif",
    "raster",
    "Probability of a deposit",
    "With `[calibration]`: the probability of a deposit in each cell; the cells sum to the "
    "deposits expected.",
    styled=True,
)
CALIBRATION = Product(
    "calibration.json",
    "figures",
    "Calibration",
    "With `[calibration]`: the curve from scores to probabilities, and how the method scored at "
    "the points held out for it.",
)
SCORES = Product(
    "scores.json",
    "figures",
    "Scores",
    "Success rate (training) and prediction rate (validation) with 95% intervals; the headline "
    "leaves out points that repeat, or lie near, a training cell.",
)
CURVES = Product(
    "curves.png",
    "picture",
    "Rate curves",
    "The success-rate and prediction-rate curves.",
)
PICTURE = Product(
    "map.png",
    "picture",
    "Map",
    "The map in colours, with the occurrences it was scored at.",
)
QGIS_PROJECT = Product(
    "prospectivity.qgz",
    "project",
    "QGIS project",
    "For QGIS 3.22 or later: all of it in groups, styled, explained, with a page to print; paths "
    "are relative, so that the folder may be moved together with the evidence.",
)
POINTS = Product(
    "points.gpkg",
    "points",
    "Points",
    "The points that were used, by role, with their class and the score of the map there.",
)
MODEL = Product(
    "model",
    "model",
    "Model",
    "Keras networks or skops estimators and JSON, no pickles: components, layer names, training "
    "ranges, seed, checksums.",
)
NON_OCCURRENCES = Product(
    "non_occurrences.gpkg",
    "points",
    "Non-occurrences drawn",
    "Where the training points are occurrences alone: the cells drawn as non-occurrences, with "
    "the draw each is of and the score by the members that did not learn from it.",
)
CONTRIBUTIONS = Product(
    "contributions.tif",
    "raster",
    "Contributions of the layers",
    "With `contributions = true` under `[products]`, or by `geoprospect explain out --map`: what "
    "each layer contributes to a cell's score, on the log-odds, a band a layer.",
    styled=True,
)
LEADING_LAYER = Product(
    "leading_layer.tif",
    "raster",
    "Leading layer",
    "With the contributions: the number of the layer that contributes most in each cell, up or "
    "down; the style has the layers' names.",
    styled=True,
)
APPLICABILITY = Product(
    "applicability.tif",
    "raster",
    "Area of applicability",
    "With `applicability = true` under `[products]`, or by `geoprospect applicability`: how unlike "
    "the training cells each cell is, whether the map may be believed there, how many training "
    "cells are like it, and in how many layers it leaves their range.",
    styled=True,
)
APPLICABILITY_FIGURES = Product(
    "applicability.json",
    "figures",
    "Area of applicability in figures",
    "Beside `applicability.tif`: threshold, weights, the share of the map inside, and of each "
    "layer the share beyond its range at the training points.",
)
IMPORTANCE_PAGE = Product(
    "importance.html",
    "text",
    "What the map rests on",
    "With `importance = true` under `[products]`, or by `geoprospect importance`: what each layer "
    "is worth at points held out in space, how the score changes with it, which act together.",
)
IMPORTANCE = Product(
    "importance.json",
    "figures",
    "What the map rests on, as figures",
    "The figures of `importance.html`, with their intervals and bands.",
)
UNCERTAINTY = Product(
    "uncertainty.tif",
    "raster",
    "Uncertainty of the score",
    "With `uncertainty = true` under `[products]`, or by `geoprospect uncertainty`: the standard "
    "deviation of the score over refits on resampled points, in all, due to few data and due to "
    "seeds; a 90% interval; the probability of being above a threshold, and in the best 10%.",
    styled=True,
)
MEASURE_NEXT = Product(
    "measure_next.tif",
    "raster",
    "What to measure next",
    "With the uncertainty: how open it is whether a cell is in the best 10% of the area, in bits: "
    "1 where half the refits say so, 0 where all agree, and at training points.",
    styled=True,
)
NEXT_CELLS = Product(
    "measure_next.gpkg",
    "points",
    "Cells to measure next",
    "With the uncertainty: twenty cells where that is most open and that lie apart, with rank, "
    "figures and words.",
)
TARGETS = Product(
    "targets.gpkg",
    "areas",
    "Targets",
    "With `targets = true` under `[products]`, or by `geoprospect targets`: where to go first, the "
    "best cells as polygons, ranked, with what is known of each; other formats if asked for.",
)
TARGET_FILES = tuple(
    Product(f"targets.{ending}", "text", "Targets", "")
    for ending in ("geojson", "shp", "shx", "dbf", "prj", "cpg", "csv", "kml")
)
"""The targets in other formats, of which the table of results tells with the first."""

COMPONENTS = Product(
    "components.json",
    "model",
    "Components",
    "The fitted scaler and principal components, by layer name.",
)
LOG = Product(
    "log.txt",
    "text",
    "Log",
    "What was read, what was left out and why.",
)
REPORT = Product(
    "report.html",
    "picture",
    "Report",
    "The run on one page for any browser, which needs nothing else: what it says in plain words, "
    "the map to zoom and read, curves, the method, the data and a model card.",
)
MANIFEST = Product(
    "manifest.json",
    "text",
    "Manifest",
    "Settings and checksums of all that went in and came out; written last, and it tells what "
    "`--overwrite` may replace.",
)

PRODUCTS = (
    REPORT, QGIS_PROJECT, MAP, PROBABILITY, POINTS, CALIBRATION, SCORES, CURVES, PICTURE, MODEL,
    NON_OCCURRENCES, COMPONENTS, CONTRIBUTIONS, LEADING_LAYER, IMPORTANCE_PAGE, IMPORTANCE,
    APPLICABILITY, APPLICABILITY_FIGURES, UNCERTAINTY, MEASURE_NEXT, NEXT_CELLS, TARGETS,
    *TARGET_FILES, LOG, MANIFEST,
)  # fmt: skip
"""All products of a run, those that one opens first before the others."""


def checksums(folder: Path, products: Iterable[Product] = PRODUCTS) -> dict[str, str]:
    """Give the SHA-256 of each file of some products in a folder, by its path there."""
    files = [path for product in products for path in product.files(folder)]
    return {path.relative_to(folder).as_posix(): checksum(path) for path in sorted(files)}


def table() -> str:
    """Write the products as a table in Markdown, as the manual shows it.

    Examples
    --------
    >>> print(table().splitlines()[2].partition("|")[2].partition("|")[0])
     `report.html`
    """
    rows = ["| file in `out/` | what it is |", "|---|---|"]
    for product in (product for product in PRODUCTS if product.meaning):
        name = f"`{product.file}{'/' if product.file == MODEL.file else ''}`"
        style = ", `.qml`, `.qmd`" if product.styled else ""
        rows.append(f"| {name}{style} | {product.meaning} |")
    return "\n".join(rows)
