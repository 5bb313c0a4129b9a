"""The report of a run: one page that needs nothing else."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import rasterio
from markupsafe import Markup

from geoprospect.errors import without_secrets
from geoprospect.grid import Grid, describe_crs
from geoprospect.output import check_absent, replacing
from geoprospect.project import results
from geoprospect.project.file import Project
from geoprospect.project.finished import manifest_of, write_manifest
from geoprospect.project.report import curves, tables
from geoprospect.project.report.material import Material
from geoprospect.project.report.papermap import draw_paper_map
from geoprospect.project.report.shownmap import picture_of, shown_map
from geoprospect.project.report.verdict import cautions, parts_in_words, verdict
from geoprospect.report.maps import axes_unit
from geoprospect.report.page import render_page
from geoprospect.report.style import png_uri, svg_uri
from geoprospect.typing import StrPath

_LOGGER = logging.getLogger(__name__)
_OPTIONAL = ("calibration", "worths", "methods", "folds")  # figures that some runs have
_PRINTED, _PAPER = 250, 128.0  # dots an inch, and millimetres, of the map on paper


def write_report(
    folder: StrPath, *, project: Project | None = None, overwrite: bool = False
) -> str:
    """Write the report of a finished run into its folder, and list it in the manifest.

    Parameters
    ----------
    folder : path-like
        The output folder of `geoprospect run`; optional products that lie there are shown too.
    project : Project, optional
        The project; that which the manifest names, if it is still there. Without one the map
        shows no points, and says so.
    overwrite : bool
        Whether a report that is there is replaced.

    Returns
    -------
    str
        The page, `report.html`; it loads nothing from elsewhere.

    Raises
    ------
    ProjectError
        If the folder is none of a run, or a file of it is missing or damaged.
    EvidenceError
        If a raster of it cannot be read.
    OutputError
        If there is a report and `overwrite` is false, or it cannot be written.
    """
    folder = Path(folder)
    path = results.REPORT.path(folder)
    manifest = manifest_of(folder)
    check_absent(path, overwrite=overwrite)
    page = page_of(folder, project=project)
    with replacing(path, overwrite=True) as temporary:
        temporary.write_text(page, encoding="utf-8")
    outputs = manifest["outputs"] | results.checksums(folder, (results.REPORT,))
    write_manifest(folder, manifest, outputs)
    return str(path)


def leave_report(folder: Path, project: Project) -> None:
    """Write the report, or warn where that fails: a map that took hours is not lost with it."""
    try:
        write_report(folder, project=project, overwrite=True)
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        _LOGGER.warning(
            f"report: it is not written: {reason}. To try again: geoprospect report "
            f"{project.folder} --overwrite"
        )


def page_of(folder: StrPath, *, project: Project | None = None) -> str:
    """Give the page, as `write_report` writes it."""
    folder = Path(folder)
    grid = map_grid(folder)
    material = Material.read(folder, grid, project)
    picture = picture_of(material, grid)
    data = shown_map(material, picture)
    return render_page(
        "geoprospect.project.report",
        "report.html",
        name=material.name,
        verdict=verdict(material),
        cautions=[*cautions(material), *material.missing],
        data=_embedded(data),
        views=[view["title"] for view in data["views"]],
        points=data["points"],
        doubt=data["doubt"],
        targets=tables.targets(material.targets(grid)),
        picture=picture,
        crs=describe_crs(grid.crs),
        printed=png_uri(draw_paper_map(material, grid, width=_PAPER), dpi=_PRINTED),
        figures=dict.fromkeys(_OPTIONAL) | dict(_figures(material, grid)),
        captures=tables.captures(material),
        best=tables.best_parts(material),
        quoted=any(score.get(score["headline"]["points"]) for score in material.roles.values()),
        choice=_choice(material),
        use=_use(material),
        audit=tables.audit(material),
        log=tables.log_by_subject(material),
        layers=tables.layers(material),
        settings=tables.settings(material),
        inputs=material.manifest.get("inputs", {}),
        products=tables.products(material),
        rests_on=_rests_on(material),
        seed=material.settings.get("seed", 0),
        made_by=material.manifest["geoprospect"],
        versions=material.manifest.get("versions", {}),
    )


def map_grid(folder: Path) -> Grid:
    """Give the grid of a run's map.

    Raises
    ------
    ProjectError
        If it cannot be read.
    """
    from rasterio.errors import RasterioError  # noqa: PLC0415

    from geoprospect.errors import ProjectError  # noqa: PLC0415

    path = results.MAP.path(folder)
    try:
        with rasterio.open(path) as raster:
            return Grid.of(raster)
    except RasterioError as error:
        raise ProjectError(
            "the map of the run cannot be read",
            path=path,
            found=without_secrets(str(error)),
            mend="run the project again with --overwrite",
        ) from error


def _embedded(data: dict[str, Any]) -> Markup:
    """Write what the script reads so that no name in it ends the element that holds it."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028"))


def _figures(material: Material, grid: Grid) -> Iterator[tuple[str, str]]:
    """Draw the figures that the run has something for."""
    roles = material.roles
    first = next(iter(roles.values()))
    yield "rates", svg_uri(curves.draw_rates(roles))
    yield "crossing", svg_uri(curves.draw_crossing(first))
    told = first.get(first["headline"]["points"]) or first
    classification = told.get("classification") or {}
    if classification.get("calibration"):
        yield "calibration", svg_uri(curves.draw_calibration(classification["calibration"]))
    if material.use is not None:
        yield "worths", svg_uri(curves.draw_worths(material.use["importance"]))
    if material.choice is not None:
        yield "methods", svg_uri(curves.draw_methods(material.choice))
        if material.choice.get("folds"):
            yield "folds", svg_uri(curves.draw_folds(material.choice["folds"], axes_unit(grid)))


def _use(material: Material) -> dict[str, Any] | None:
    """Say what layers are worth, where that was found out."""
    use = material.use
    if use is None:
        return None
    importance = use["importance"]
    return {
        "remarks": use["remarks"],
        "figure": curves.FIGURE_NAMES.get(importance["figure"], importance["figure"]),
        "value": f"{importance['value']:.3f}",
        "rows": tables.worths(importance),
    }


def _rests_on(material: Material) -> str:
    """Say what was fitted, in a sentence."""
    settings = material.settings
    n = settings.get("members", 1)
    fits = f"{n} fitted models, whose scores are averaged" if n > 1 else "one fitted model"
    parts = settings.get("parts") or [settings]
    what = ", ".join(part.get("strategy", "unknown") for part in parts)
    pretext = settings.get("pretext")
    first = f"; pretext (pre-training) task: {pretext}" if pretext not in (None, "none") else ""
    return f"{fits} ({what}{first}), seed {settings.get('seed', 0)}."


def _choice(material: Material) -> dict[str, Any] | None:
    """Say what was chosen, and what it was compared with."""
    choice = material.choice
    if choice is None:
        return None
    low, high = choice["interval"]
    return {
        "parts": parts_in_words(choice),
        "figure": tables.figure_name(choice),
        "value": f"{choice['value']:.3f}",
        "interval": f"{low:.3f}–{high:.3f}",
        "methods": tables.methods(choice),
        "folds": tables.folds(choice),
    }
