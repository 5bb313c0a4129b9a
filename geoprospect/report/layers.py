"""Pictures of layers: a small map with points over it, and how its values are spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from geoprospect.grid import Grid
from geoprospect.report.maps import Coordinates, Frame, draw_cells, draw_points
from geoprospect.report.style import (
    COLOURS,
    INK,
    NO_DATA,
    empty_figure,
    new_figure,
    set_style,
)

_WIDTH = 3.7  # inches
_SLENDER = 20  # times as long as wide
_BINS = 40
_FEW = 12  # values that have a bar each
_ACROSS = 3  # words of the legend on a line
_SPARE = 0.25  # of the range of all but the outermost hundredths, that these may add to it
_LAST = "#b3b3b3"  # of classes that have no colour of their own
_ORANGE = COLOURS[1]
MARKERS: tuple[dict[str, Any], ...] = (
    {"marker": "o", "markersize": 4.0, "markerfacecolor": "white", "markeredgecolor": "black"},
    {"marker": "^", "markersize": 4.8, "markerfacecolor": "#ff4f2e", "markeredgecolor": "white"},
    {"marker": "o", "markersize": 2.4, "markerfacecolor": INK, "markeredgecolor": "white",
     "markeredgewidth": 0.4},
)  # fmt: skip
"""Of the occurrences learned from, those held out, and other points."""


def draw_layer(
    values: npt.NDArray[np.floating[Any]],
    grid: Grid,
    points: Sequence[Coordinates] = (),
    *,
    occurrences: npt.ArrayLike = (),
    unit: str | None = None,
) -> Figure:
    """Draw a layer of quantities: a map above, and a histogram whose bars have its colours.

    Where the outermost hundredth of the values, at either end, would take more than a fifth of the
    colours, it shares the last of them; so skewed layers show what most of their cells hold.

    Parameters
    ----------
    values : ndarray of float, shape (n_rows, n_columns)
        The layer, whole or thinned out; NaN where it has no value, which is drawn light grey.
    grid : Grid
        Where the whole layer lies.
    points : sequence of (easting, northing)
        Points over the map, in the CRS of the grid; their marks are `MARKERS`.
    occurrences : array_like of float, shape (n,)
        Values at occurrences, ticks over the histogram.
    unit : str, optional
        The unit of the values.

    Returns
    -------
    matplotlib.figure.Figure
        The map's axes in kilometres, or degrees.
    """
    figure, upper, lower = _two(grid)
    valid = values[np.isfinite(values)].astype(np.float64)
    limits = _limits(valid)
    draw_cells(upper, values, grid, limits=limits)
    _finish_map(upper, grid, points)
    if valid.size:
        _draw_histogram(lower, valid, limits, np.asarray(occurrences, np.float64))
    lower.set_yticks([])
    lower.spines[["left", "right", "top"]].set_visible(False)
    words = [*([unit] if unit else []), *_beyond(valid, limits)]
    lower.set_xlabel("; ".join(words), fontsize=8, color=INK)
    return figure


def draw_classes(
    values: npt.NDArray[np.floating[Any]],
    names: Sequence[str],
    grid: Grid,
    points: Sequence[Coordinates] = (),
    *,
    occurrences: Sequence[int] = (),
) -> Figure:
    """Draw a layer of classes: a map above, and the share of each class below.

    Parameters
    ----------
    values : ndarray of float, shape (n_rows, n_columns)
        Numbers of the classes, from 0; NaN where there is none.
    names : sequence of str
        The classes. The six with most cells have a colour each, the others are grey.
    grid, points
        As for `draw_layer`.
    occurrences : sequence of int
        How many occurrences lie on each class.

    Returns
    -------
    matplotlib.figure.Figure
    """
    valid = values[np.isfinite(values)].astype(np.int64)
    counts = np.bincount(valid, minlength=len(names))
    order = np.argsort(-counts, kind="stable")
    shown = order[: len(COLOURS)]
    colours = [_LAST] * len(names)
    for colour, number in zip(COLOURS, shown.tolist(), strict=False):
        colours[number] = colour
    figure, upper, lower = _two(grid)
    limits = -0.5, len(names) - 0.5
    draw_cells(upper, values, grid, limits=limits, colours=ListedColormap(colours))
    _finish_map(upper, grid, points)
    held = np.zeros(len(names), np.int64)
    held[: len(occurrences)] = occurrences
    rest = order[len(COLOURS) :]
    bars = [(names[x], counts[x], held[x], colours[x]) for x in shown.tolist()]
    if rest.size:
        bars.append((f"{rest.size} others", counts[rest].sum(), held[rest].sum(), _LAST))
    total = max(int(counts.sum()), 1)
    for place, (_, n, within, colour) in enumerate(bars):
        lower.barh(place, n / total, color=colour, height=0.78)
        told = f" {n / total:.0%}" + (f", {within} occ." if held.any() else "")
        lower.text(n / total, place, told, va="center", fontsize=7, color=INK)
    widest = max((n / total for _, n, _, _ in bars), default=1.0)
    lower.set(xlim=(0, widest * 1.45 or 1), ylim=(len(bars) - 0.4, -0.6), xticks=[])
    lower.set_yticks(range(len(bars)), [_short(name) for name, *_ in bars], fontsize=7)
    lower.tick_params(length=0)
    lower.spines[:].set_visible(False)
    return figure


def draw_legend(points: Mapping[str, int]) -> Figure:
    """Draw what the marks on the maps of layers mean.

    Parameters
    ----------
    points : mapping of str to int
        The points in the order in which `draw_layer` gets them, and how many there are; those of
        which there are none are left out.
    """
    handles: list[Line2D | Patch] = []
    for marker, (whose, n) in zip(MARKERS, points.items(), strict=False):
        if not n:
            continue
        line = Line2D([], [], linestyle="none", markeredgewidth=0.8, label=f"{whose} (n = {n})")
        line.update(marker)
        handles.append(line)
    handles.append(
        Line2D([], [], linestyle="none", marker="|", color=_ORANGE, label="value at an occurrence")
    )
    handles.append(Patch(facecolor=NO_DATA, edgecolor="#bdbdbd", label="no value"))
    rows = -(-len(handles) // _ACROSS)
    figure, axes = new_figure(7.4, 0.22 + 0.2 * rows)
    axes.set_axis_off()
    axes.legend(handles=handles, loc="center", ncols=_ACROSS, fontsize=8, frameon=False)
    return figure


def _two(grid: Grid) -> tuple[Figure, Axes, Axes]:
    """Make a figure of a map's axes, and others below them."""
    high = float(np.clip((_WIDTH - 0.6) * Frame.of(grid).shape, 1.2, 4.4))
    figure = empty_figure(_WIDTH, high + 1.6)
    parts = figure.add_gridspec(2, 1, height_ratios=(high, 1.15))
    upper, lower = figure.add_subplot(parts[0]), figure.add_subplot(parts[1])
    for axes in (upper, lower):
        set_style(axes)
        axes.tick_params(labelsize=7)
    for axis in (upper.xaxis, upper.yaxis):
        axis.set_major_locator(MaxNLocator(3))
    return figure, upper, lower


def _finish_map(axes: Axes, grid: Grid, points: Sequence[Coordinates]) -> None:
    """Draw points with their marks, the first on top; widen a map that would be a line."""
    if not 1 / _SLENDER <= Frame.of(grid).shape <= _SLENDER:
        axes.set_aspect("auto")
    for number, (marker, places) in enumerate(zip(MARKERS, points, strict=False)):
        draw_points(axes, grid, places, **{"markeredgewidth": 0.7, "zorder": 9 - number, **marker})


def _limits(valid: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Give the values of the first and the last colour."""
    if not valid.size:
        return 0.0, 1.0
    least, low, high, most = np.quantile(valid, [0, 0.01, 0.99, 1]).tolist()
    spare = _SPARE * (high - low)
    if spare == 0:
        return least, most
    return least if low - least <= spare else low, most if most - high <= spare else high


def _draw_histogram(
    axes: Axes,
    valid: npt.NDArray[np.float64],
    limits: tuple[float, float],
    occurrences: npt.NDArray[np.float64],
) -> None:
    """Draw how many cells hold which values, in the colours of the map, with ticks over it."""
    low, high = limits
    colour = colormaps["viridis"]
    scaled = Normalize(low, high if high > low else low + 1)
    distinct = np.unique(valid[:10_000])
    few = distinct.size <= _FEW and bool(np.isin(valid, distinct).all())
    if few:
        counts = [int((valid == value).sum()) for value in distinct]
        places = range(distinct.size)
        axes.bar(places, counts, width=0.8, color=colour(scaled(distinct)))
        axes.set_xticks(places, [f"{value:g}" for value in distinct])
        for at, n in zip(places, counts, strict=True):
            axes.text(at, n, f"{n / valid.size:.0%}", ha="center", va="bottom", fontsize=7)
        axes.set(xlim=(-0.8, distinct.size - 0.2), ylim=(0, max(counts) * 1.25))
        return
    heights, edges = np.histogram(valid, bins=_BINS, range=(low, high))
    middles = (edges[1:] + edges[:-1]) / 2
    axes.bar(middles, heights, width=np.diff(edges), color=colour(scaled(middles)))
    axes.set(xlim=(low, high), ylim=(0, max(int(heights.max()), 1) * 1.22))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    ticks = np.clip(occurrences[np.isfinite(occurrences)], low, high)
    axes.plot(
        ticks, np.full(ticks.size, 0.93), "|", color=_ORANGE, markersize=6,
        transform=axes.get_xaxis_transform(), clip_on=False,
    )  # fmt: skip


def _beyond(valid: npt.NDArray[np.float64], limits: tuple[float, float]) -> list[str]:
    """Say which values lie beyond the colours."""
    if not valid.size:
        return []
    ends = (
        (valid.min() < limits[0], f"1% lower, from {valid.min():.4g}"),
        (valid.max() > limits[1], f"1% higher, up to {valid.max():.4g}"),
    )
    return [told for cut, told in ends if cut]


def _short(name: str) -> str:
    """Cut a name to what fits beside a bar."""
    return name if len(name) <= 16 else f"{name[:15]}…"
