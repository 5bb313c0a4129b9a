"""The QGIS project of a run, written: its groups, its page to print, its words."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyogrio

from geoprospect import __version__
from geoprospect.output import replacing
from geoprospect.project import results
from geoprospect.project.file import Project
from geoprospect.project.products.product import MadeRun
from geoprospect.project.qgisproject.evidence import evidence_layers
from geoprospect.project.qgisproject.hatching import hatching
from geoprospect.project.qgisproject.points import ROCKS, TITLES, write_points_of
from geoprospect.project.qgisproject.rasters import raster_layers
from geoprospect.project.qgisproject.sources import extent_of, told_crs, width_of
from geoprospect.qgis.features import FeatureStyle
from geoprospect.qgis.geopackage import default_style
from geoprospect.qgis.layers import Group, Layer
from geoprospect.qgis.layout import PrintLayout
from geoprospect.qgis.metadata import RIGHTS, Metadata
from geoprospect.qgis.project import QgisProject
from geoprospect.qgis.symbols import Fill, Marker
from geoprospect.qgis.xml import Crs

_MARGIN = 0.05  # of the map about it, as the project opens
_DATE = "SOURCE_DATE_EPOCH"  # seconds since 1970 that stand for today, where files are to repeat
_IS_NOT = (
    "It ranks ground by how much its evidence is like that at known occurrences. It is no "
    "probability of a deposit, says nothing of grade or tonnage, and can be no better than the "
    "layers and points that it was made from."
)
_FEW = 2  # layers of a product, beyond which it has a group of its own
HELD_OUT = "crossval/held_out.gpkg"
"""Where `geoprospect crossval` leaves the points held out, from the folder of the run."""

_VALIDATION = (results.POINTS.file, results.NON_OCCURRENCES.file)


def write_qgis_files(made: MadeRun) -> None:
    """Write the points of a run and its QGIS project, of what lies in its folder by now."""
    write_points_of(made)
    for product in results.PRODUCTS:
        write_words(made, product)
    write_project(made)


def write_words(made: MadeRun, product: results.Product) -> None:
    """Write the words about a raster that lies in the folder beside it, for QGIS."""
    if product.described is not None and made.found(product):
        with replacing(made.folder / product.described, overwrite=True) as temporary:
            temporary.write_text(_metadata(made, product).qmd(), encoding="utf-8")


def write_project(made: MadeRun) -> None:
    """Write `prospectivity.qgz`."""
    crs = told_crs(made.inputs.evidence.grid.crs)
    groups = _groups(made, crs)
    project = _project(made, crs, groups)
    target = results.QGIS_PROJECT.path(made.folder)
    with replacing(target, overwrite=True) as temporary:
        temporary.write_bytes(project.qgz(target.stem))


def _project(made: MadeRun, crs: Crs, groups: tuple[Group, ...]) -> QgisProject:
    """Put the project together."""
    grid = made.inputs.evidence.grid
    extent, title = extent_of(grid), title_of(made.project)
    drawn = [x for group in groups if group.shown for x in group.layers if x.shown]
    note = (
        f"CRS: {crs.name}{f' ({crs.code})' if crs.code else ''}. Cells: {grid.shape[0]} x "
        f"{grid.shape[1]}. {made.model_sentence} geoprospect {__version__}, "
        f"{made_on()}.\n{_IS_NOT}"
    )
    return QgisProject(
        metadata=Metadata(title, _abstract(made)),
        made=made_on(),
        crs=crs,
        extent=extent.grown(_MARGIN),
        groups=groups,
        layout=PrintLayout(
            title,
            "Rank of the ground by its score; the best is the brightest",
            note,
            extent.grown(_MARGIN / 2),
            width_of(grid),
            tuple(drawn),
        ),
    )


def title_of(project: Project) -> str:
    """Name a run by its project file, or by the folder of one that is called project."""
    path = Path(project.path).absolute()
    return f"Mineral prospectivity: {path.parent.name if path.stem == 'project' else path.stem}"


def made_on() -> date:
    """Give today's date; that of the environment where files are to be the same another day."""
    told = os.environ.get(_DATE, "")
    if told.isdigit():
        return datetime.fromtimestamp(int(told), UTC).date()
    return datetime.now(UTC).date()


def _abstract(made: MadeRun) -> str:
    """Say what a map is and is not, and what it was made by."""
    return f"Scores from 0 to 1. {_IS_NOT} Model: {made.model_sentence}"


def _groups(made: MadeRun, crs: Crs) -> tuple[Group, ...]:
    """Give the groups, the uppermost first: points lie over the maps."""
    homes: dict[str, list[Layer | Group]] = {
        name: [] for name in ("Targets", "Validation", "Results", "Evidence", "Geology")
    }
    for product in results.PRODUCTS:
        if not product.file.endswith((".tif", ".gpkg")) or not made.found(product):
            continue
        metadata, home = _metadata(made, product), _home(product.file)
        if product.kind != "raster":
            for layer in _feature_layers(product.file, made.folder, crs, metadata):
                at_once = product is not results.NEXT_CELLS  # whose ranks are not the targets'
                home = "Geology" if layer.source.endswith(ROCKS) else home
                homes[home].append(replace(layer, shown=at_once))
            continue
        layers = raster_layers(product, made.folder, metadata)
        if product is not results.MAP:  # one map alone is drawn as the project opens
            layers = [replace(layer, shown=False) for layer in layers]
        if product is results.APPLICABILITY:  # it veils a map that lies beneath
            veil: list[Layer | Group] = [Group(product.title, tuple(layers), unfolded=False)]
            homes[home] = [*hatching(made.folder, crs, metadata), *veil, *homes[home]]
        elif len(layers) > _FEW:
            homes[home].append(Group(product.title, tuple(layers), unfolded=False))
        else:
            homes[home] += layers
    if (made.project.folder / HELD_OUT).is_file():
        words = Metadata("Held out", "What each method says of points when they are held out.")
        homes["Validation"] += [
            replace(layer, shown=False)
            for layer in _feature_layers(HELD_OUT, made.project.folder, crs, words)
        ]
    evidence, geology = evidence_layers(made.inputs.evidence, made.project.folder)
    homes["Evidence"] += evidence
    homes["Geology"] += geology
    hidden = ("Evidence", "Geology")
    return tuple(Group(x, tuple(y), x not in hidden, x not in hidden) for x, y in homes.items())


def _home(file: str) -> str:
    """Give the group that a product belongs to."""
    if file.startswith(("targets.", "measure_next.")):
        return "Targets"
    return "Validation" if file in _VALIDATION else "Results"


def _metadata(made: MadeRun, product: results.Product) -> Metadata:
    """Give the words about a product: what it is and is not, and what it was made by."""
    meaning = re.sub(r"^With [^:]*: ", "", product.meaning.replace("`", ""))
    meaning = meaning[:1].upper() + meaning[1:]
    is_not = f" {_IS_NOT}" if product is results.MAP else ""
    return Metadata(
        title=product.title,
        abstract=f"{meaning}{is_not}",
        keywords=("mineral prospectivity", "geoscientificInformation"),
        history=(
            f"Model: {made.model_sentence}",
            f"Written by geoprospect {__version__}, {made_on()}.",
        ),
        rights=RIGHTS,
        identifier=product.file,
    )


def _plain(path: Path, layer: str, kind: str) -> FeatureStyle:
    """Give the style of features without one of their own, with their rank if they have one."""
    ranked = "rank" in pyogrio.read_info(path, layer=layer)["fields"]
    symbol = Fill(None, "#d55e00", 0.5) if "Polygon" in kind else Marker("star", "#d55e00", size=3)
    return FeatureStyle(symbol, label="rank" if ranked else "")


def _feature_layers(file: str, folder: Path, crs: Crs, metadata: Metadata) -> list[Layer]:
    """Give the layers of a GeoPackage, each with the default style that it holds."""
    path = folder / file
    layers = []
    for name, kind in pyogrio.list_layers(path).tolist():
        if kind is None:  # a table, as that of the styles
            continue
        style = default_style(path, name) or _plain(path, name, kind).qml()
        title = TITLES.get(name, metadata.title)
        layers.append(
            Layer(
                name=title,
                source=f"{file}|layername={name}",
                provider="ogr",
                style=style,
                crs=crs,
                extent=None,
                metadata=replace(metadata, title=title),
                geometry="Polygon" if "Polygon" in kind else "Point",
                unfolded=True,
            )
        )
    return layers
