"""Pictures of a cross-validation: figures with their intervals, and where the folds lie."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from geoprospect.crossval import Comparison, HeldOutScores
from geoprospect.crossval.figures import FIGURES
from geoprospect.crossval.figures import Figure as Measure
from geoprospect.report.maps import axes_unit
from geoprospect.report.style import COLOURS, GREY, INK, new_figure
from geoprospect.typing import Floats

_OURS, _NULL = COLOURS[0], COLOURS[1]
_ROW = 0.3  # inches
_LABEL = 24  # letters that stand below one of the panels
_MARKERS = "osD^vPX*<>"
_NAMED = 12  # folds that a legend has room for


def draw_figures(comparison: Comparison, figures: Sequence[Measure] = ()) -> Figure:
    """Draw each method's figures, with intervals.

    Parameters
    ----------
    comparison : Comparison
        What was compared.
    figures : sequence of str
        Which of its figures, side by side; by default all.

    Returns
    -------
    matplotlib.figure.Figure
        A row a method, the best above and the null below all, its value drawn through all rows;
        the small ticks are the single repeats.
    """
    results = sorted(
        comparison.methods, key=lambda result: -float(_of(result, comparison.headline).mean())
    )
    rows = [*results, comparison.null]
    figures = figures or comparison.figures
    figure = Figure(
        figsize=(1.6 + 2.6 * len(figures), 0.9 + _ROW * len(rows)),
        facecolor="white",
        layout="constrained",
    )
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(figures), sharey=True, squeeze=False)[0]
    for axes, measure in zip(panels, figures, strict=True):
        null = float(_of(comparison.null, measure).mean())
        axes.axvline(null, color=_NULL, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        for number, result in enumerate(rows):
            colour = _NULL if result is comparison.null else _OURS
            values = _of(result, measure)
            interval = comparison.interval(result, measure)
            at = np.full(len(values), number)
            axes.plot([interval.low, interval.high], [number] * 2, color=colour, linewidth=1.8)
            axes.plot(values, at, "|", color=colour, markersize=8, markeredgewidth=0.8)
            axes.plot(
                values.mean(), number, "o", color=colour, markersize=6.5, markeredgecolor="white"
            )
        axes.set_yticks(range(len(rows)), [result.method for result in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlabel(fill(FIGURES[measure], _LABEL), fontsize=9.5, color=INK)
        axes.tick_params(colors=INK, labelsize=8.5, width=0.7, length=3.5)
        axes.grid(axis="x", color="#ececec", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.spines[:].set(color=INK, linewidth=0.7)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _of(result: HeldOutScores, measure: str) -> Floats:
    """Give a figure of each repeat."""
    return np.asarray(getattr(result, measure), np.float64)


def draw_folds(comparison: Comparison) -> Figure:
    """Draw the points of the first repeat by the fold they were held out in.

    Parameters
    ----------
    comparison : Comparison
        What was compared.

    Returns
    -------
    matplotlib.figure.Figure
        Occurrences filled, non-occurrences hollow, a colour and a mark for each fold; axes in
        kilometres, or in degrees for a geographic CRS.
    """
    samples = comparison.samples
    fold = comparison.splits[0][0]
    scale, names = axes_unit(samples.grid)
    figure, axes = new_figure(4.6, 5.2)
    for number in range(int(fold.max()) + 1):
        mark, colour = _MARKERS[number % len(_MARKERS)], COLOURS[number % len(COLOURS)]
        for label in (0, 1):
            chosen = (fold == number) & (samples.label == label)
            axes.plot(
                samples.easting[chosen] * scale,
                samples.northing[chosen] * scale,
                mark,
                color=colour,
                fillstyle="full" if label else "none",
                markersize=5.5,
                markeredgewidth=0.9,
                label=f"fold {number + 1}" if label and number < _NAMED else None,
            )
    axes.plot([], [], "o", color=GREY, fillstyle="full", label="occurrence")
    axes.plot([], [], "o", color=GREY, fillstyle="none", label="non-occurrence")
    axes.set_xlabel(names[0], fontsize=9.5, color=INK)
    axes.set_ylabel(names[1], fontsize=9.5, color=INK)
    axes.ticklabel_format(useOffset=False, style="plain")
    if samples.grid.crs.is_geographic:  # a degree of longitude shrinks towards the poles
        across = np.cos(np.radians(np.clip(samples.northing.mean(), -89, 89)))
        axes.set_aspect(1 / max(0.05, float(across)))
    else:
        axes.set_aspect("equal")
    axes.grid(color="#ececec", linewidth=0.7)
    axes.set_axisbelow(True)
    figure.legend(loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return figure
