"""The map of a run on paper: scale bar, north arrow, coordinates, CRS and credits."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from geoprospect import __version__
from geoprospect.grid import Grid, describe_crs
from geoprospect.project import results
from geoprospect.project.report.material import Material
from geoprospect.project.report.picture import Picture
from geoprospect.project.report.shownmap import AREA_CLASSES
from geoprospect.report.furniture import draw_north_arrow, draw_scale_bar
from geoprospect.report.maps import Frame, draw_cells, draw_points
from geoprospect.report.style import INK, NO_DATA, empty_figure

_MM = 1 / 25.4
_WIDE = 174.0  # mm
_MOST = 225.0  # mm: as high as a page lets it be
_LONGEST = 1600  # pixels a side
_SMALL = 6.5  # points
_MARKS: dict[str, dict[str, Any]] = {
    "training": {"marker": "o", "markersize": 3.4, "markerfacecolor": "white",
                 "markeredgecolor": "black", "markeredgewidth": 0.6},
    "validation": {"marker": "^", "markersize": 4.4, "markerfacecolor": "#ff4f2e",
                   "markeredgecolor": "white", "markeredgewidth": 0.5},
}  # fmt: skip


def draw_paper_map(material: Material, grid: Grid, *, width: float = _WIDE) -> Figure:
    """Draw the map in the parts of the area that its scores give, with the occurrences.

    Parameters
    ----------
    material : Material
        The run.
    grid : Grid
        That of its map.
    width : float
        Width in millimetres; 174 are two columns.

    Returns
    -------
    matplotlib.figure.Figure
        Coordinates along its edges, in kilometres or degrees; a scale bar, a north arrow, the
        legend and the CRS below.
    """
    picture = Picture.of(grid, _LONGEST)
    values = picture.read(results.MAP.path(material.folder), [1])[0]
    least = dict(picture.area_steps(values))
    frame = Frame.of(grid)
    shape = frame.shape
    inner = width - 22
    height = float(np.clip(inner * shape, 40, _MOST - 34)) + 34
    figure = empty_figure(width * _MM, height * _MM)
    axes = figure.add_subplot()
    axes.tick_params(colors=INK, labelsize=_SMALL, width=0.5, length=2.5)
    axes.spines[:].set(color=INK, linewidth=0.5)
    bounds = [least[share] for share, _, _ in reversed(AREA_CLASSES)]
    edges = np.maximum.accumulate([*bounds, max(float(np.nanmax(values)), bounds[-1])])
    edges = edges + np.arange(len(edges)) * 1e-9  # parts of one score alone stay apart
    colours = ListedColormap([colour for *_, colour in reversed(AREA_CLASSES)])
    classes = BoundaryNorm(edges, len(AREA_CLASSES))(np.nan_to_num(values, nan=edges[0]))
    shown = np.where(np.isfinite(values), np.clip(classes, 0, len(AREA_CLASSES) - 1), np.nan)
    upright = Grid(grid.crs, picture.transform, picture.shape)
    draw_cells(axes, shown, upright, limits=(-0.5, len(AREA_CLASSES) - 0.5), colours=colours)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5))
        if grid.crs.is_geographic:
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}°"))
    axes.grid(color="#3c3c3c", alpha=0.25, linewidth=0.4)
    axes.set_xlabel(frame.names[0], fontsize=_SMALL, color=INK)
    axes.set_ylabel(frame.names[1], fontsize=_SMALL, color=INK)
    axes.tick_params(axis="y", labelrotation=90)
    handles = _draw_occurrences(axes, grid, material)
    handles += [Patch(facecolor=colour, label=words) for _, words, colour in AREA_CLASSES]
    if np.isnan(values).any():
        handles.append(Patch(facecolor=NO_DATA, edgecolor="#bdbdbd", label="no data"))
    figure.legend(
        handles=handles, loc="outside lower center", ncols=4 if width > 120 else 2,
        fontsize=_SMALL, frameon=False, title=_credits(grid), title_fontsize=_SMALL - 0.5,
    )  # fmt: skip
    draw_scale_bar(axes, grid, size=_SMALL)
    draw_north_arrow(axes, size=_SMALL + 1)
    return figure


def _draw_occurrences(axes: Axes, grid: Grid, material: Material) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = []
    for role, points in material.points.items():
        chosen = points.occurrence
        places = points.easting[chosen], points.northing[chosen]
        line = draw_points(axes, grid, places, **_MARKS[role])
        line.set_label(f"{role} occurrences (n = {np.size(line.get_xdata())})")
        handles.append(line)
    return handles


def _credits(grid: Grid) -> str:
    return f"Prospectivity, by area. CRS: {describe_crs(grid.crs)}. geoprospect {__version__}."
