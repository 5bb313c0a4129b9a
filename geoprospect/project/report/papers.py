"""Figures of a run for papers: PDF and PNG at 300 dots an inch, as wide as a journal's columns."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from geoprospect.grid import Grid
from geoprospect.project.finished import manifest_of
from geoprospect.project.report import curves
from geoprospect.project.report.material import Material
from geoprospect.project.report.page import map_grid
from geoprospect.project.report.papermap import draw_paper_map
from geoprospect.project.report.shownmap import mean_contributions, picture_of
from geoprospect.report.files import Content, write_files
from geoprospect.report.maps import axes_unit
from geoprospect.typing import StrPath

_DOTS = 300  # an inch


def write_figures(folder: StrPath, target: StrPath, *, overwrite: bool = False) -> tuple[str, ...]:
    """Draw the figures of a finished run for papers.

    Parameters
    ----------
    folder : path-like
        The output folder of `geoprospect run`.
    target : path-like
        Where the figures go, each as PDF and as PNG of 300 dots an inch: `map`, 174 mm wide, and
        `rate-curves`, `prediction-area`, and what else the run has something for, 84 mm wide.
        These are one and two columns of Springer's journals; Elsevier's have 90 and 190 mm.
    overwrite : bool
        Whether existing files are replaced.

    Returns
    -------
    tuple of str
        The files written.

    Raises
    ------
    ProjectError
        If the folder is none of a run, or a file of it is missing or damaged.
    OutputError
        If a file exists already or cannot be written.
    """
    folder, target = Path(folder), Path(target)
    manifest_of(folder)
    grid = map_grid(folder)
    material = Material.read(folder, grid)
    figures = {"map": draw_paper_map(material, grid), **dict(_curves(material, grid))}
    contents: dict[str, Content] = {
        f"{name}.{kind}": partial(_write, figure, kind)
        for name, figure in figures.items()
        for kind in ("pdf", "png")
    }
    write_files(contents, target, overwrite=overwrite)
    return tuple(str(target / name) for name in contents)


def _curves(material: Material, grid: Grid) -> Iterator[tuple[str, Figure]]:
    """Draw what one column has room for."""
    yield "rate-curves", curves.draw_rates(material.roles)
    for role, score in material.roles.items():
        name = "prediction-area" if role == "validation" else "prediction-area-training"
        yield name, curves.draw_crossing(score)
    if material.use is not None:
        yield "importance", curves.draw_worths(material.use["importance"])
    shares = mean_contributions(material, picture_of(material, grid))
    if shares is not None:
        yield "contributions", curves.draw_bars(shares, "mean size of the contribution, log-odds")
    if material.choice is not None:
        yield "methods", curves.draw_methods(material.choice)
        if material.choice.get("folds"):
            yield "regions", curves.draw_folds(material.choice["folds"], axes_unit(grid))


def _write(figure: Figure, kind: str, path: Path) -> None:
    """Write a figure as it is wide, with letters that stay letters in a PDF, and no hour."""
    told = {"Creator": "geoprospect", "Producer": "geoprospect", "CreationDate": None}
    with rc_context({"pdf.fonttype": 42}):
        metadata = told if kind == "pdf" else {"Software": "geoprospect"}
        figure.savefig(path, format=kind, dpi=_DOTS, metadata=metadata)
