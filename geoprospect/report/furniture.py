"""What a map needs beside its cells: a scale bar, and an arrow to the north."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from geoprospect.grid import Grid
from geoprospect.report.maps import Frame
from geoprospect.report.style import INK

_DEGREE = 111.195  # km, of latitude on a sphere of the Earth's mean radius
_LONGEST = 0.28  # of the map's width that the bar may take


def draw_scale_bar(axes: Axes, grid: Grid, *, size: float = 7.5) -> None:
    """Draw a bar of a round length on the ground, at the latitude of the map's middle.

    Parameters
    ----------
    axes : matplotlib Axes
        Those of the map, as `geoprospect.report.maps.draw_cells` leaves them.
    grid : Grid
        Where it lies; in a CRS without a length nothing is drawn.
    size : float
        Of the letters, in points.
    """
    (left, bottom), (right, top) = Frame.of(grid).corners
    if grid.crs.is_geographic:
        latitude = math.radians(float(np.clip((bottom + top) / 2, -89, 89)))
        unit = _DEGREE * math.cos(latitude)
    elif grid.crs.is_projected:
        unit = 1.0
    else:
        return
    most = (right - left) * unit * _LONGEST
    power = 10 ** math.floor(math.log10(most))
    length = next(k * power for k in (5, 2, 1) if k * power <= most)
    share = length / unit / (right - left)
    x, y, high = 0.03, 0.025, 0.009
    behind: dict[str, Any] = {"facecolor": "white", "alpha": 0.82, "linewidth": 0, "zorder": 6}
    place: dict[str, Any] = {"transform": axes.transAxes}
    axes.add_patch(Rectangle((x - 0.015, y - 0.012), share + 0.03, 0.068, **behind, **place))
    for part, colour in ((0, INK), (1, "white")):
        edge: dict[str, Any] = {
            "facecolor": colour,
            "edgecolor": INK,
            "linewidth": 0.5,
            "zorder": 7,
        }
        start = x + part * share / 2
        axes.add_patch(Rectangle((start, y), share / 2, high, **edge, **place))
    text = f"{length:g} km" if length >= 1 else f"{length * 1000:g} m"
    axes.text(x + share / 2, y + high + 0.008, text, ha="center", va="bottom", fontsize=size,
              color=INK, zorder=8, **place)  # fmt: skip


def draw_north_arrow(axes: Axes, *, size: float = 8.5) -> None:
    """Draw an arrow to the north of the grid, which is up: coordinates run along the edges."""
    behind: dict[str, Any] = {"facecolor": "white", "alpha": 0.82, "linewidth": 0, "zorder": 6}
    axes.add_patch(Rectangle((0.925, 0.875), 0.065, 0.115, transform=axes.transAxes, **behind))
    axes.annotate(
        "N", xy=(0.9575, 0.985), xytext=(0.9575, 0.895), xycoords="axes fraction", ha="center",
        va="center", fontsize=size, fontweight="bold", color=INK, zorder=9,
        arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.2},
    )  # fmt: skip
