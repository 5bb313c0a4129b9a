"""Figures of a score, drawn from what a run keeps, as wide as a column of a journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from geoprospect.project.report.verdict import plain_method
from geoprospect.report.style import COLOURS, GREY, INK, empty_figure

COLUMN, PAGE = 84.0, 174.0  # mm: one and two columns of Springer's, which fit Elsevier's 90 and 190
_MM = 1 / 25.4
_TEXT, _SMALL = 7.5, 6.5  # points
_MOST_BARS = 30
_MARKS = "osD^vP"
_DASHED = (0, (4, 3))
_TICKS = (0, 0.2, 0.4, 0.6, 0.8, 1)
_NAMES = {"training": "training occurrences", "validation": "validation occurrences"}
_COLOUR = {"training": COLOURS[1], "validation": COLOURS[0]}


def column_figure(height: float, width: float = COLUMN) -> tuple[Figure, Axes]:
    """Make a figure of a size in millimetres, with one pair of axes."""
    figure = empty_figure(width * _MM, height * _MM)
    axes = figure.add_subplot()
    styled(axes)
    return figure, axes


def styled(axes: Axes) -> None:
    """Give axes thin lines, and letters that a column has room for."""
    axes.tick_params(colors=INK, labelsize=_SMALL, width=0.5, length=2.5)
    axes.spines[:].set(color=INK, linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#ececec", linewidth=0.5)
    axes.set_axisbelow(True)


def named(axes: Axes, x: str, y: str) -> None:
    """Name both axes."""
    axes.set_xlabel(x, fontsize=_TEXT, color=INK)
    axes.set_ylabel(y, fontsize=_TEXT, color=INK)


def draw_rates(scores: Mapping[str, dict[str, Any]]) -> Figure:
    """Draw the rate curves of a run, with their 95% bands.

    Parameters
    ----------
    scores : mapping of str to dict
        Scores by role, as `scores.json` holds them. Where the figures to be quoted leave points
        out, dots with bars are the shares of those that stay.
    """
    figure, axes = column_figure(80)
    for role, score in scores.items():
        colour, curve, name = _COLOUR[role], score["curve"], _NAMES[role]
        band = curve["band"]
        axes.fill_between(
            band["area"], band["low"], band["high"], facecolor=(colour, 0.14),
            edgecolor=(colour, 0.4), linewidth=0.5,
        )  # fmt: skip
        label = f"{name} (n = {score['n_occurrences']}): {score['auc']:.2f}"
        axes.plot(curve["area"], curve["captured"], color=colour, linewidth=1.3, label=label)
        quoted = score.get(score["headline"]["points"])
        if quoted is not None:
            _draw_quoted(axes, role, quoted)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=_DASHED, label="chance: 0.50")
    axes.axvline(0.1, color=GREY, linewidth=0.6, linestyle=(0, (1, 2)), zorder=1)
    axes.set(xlim=(0, 1), ylim=(0, 1.015))
    named(axes, "share of the area, highest scores first", "share of the occurrences held")
    _as_percent(axes, "xy")
    axes.legend(loc="lower right", fontsize=_SMALL, framealpha=0.92, edgecolor="none",
                title="area under the curve", title_fontsize=_SMALL)  # fmt: skip
    return figure


def _draw_quoted(axes: Axes, role: str, quoted: dict[str, Any]) -> None:
    """Draw what the best parts hold of the occurrences that are quoted."""
    captures = quoted["captures"]
    area, held = (np.array([part[key] for part in captures]) for key in ("area", "captured"))
    low, high = np.array([part["interval"] for part in captures]).T
    axes.errorbar(
        area, held, np.abs([low - held, high - held]), fmt="D", color=INK, markersize=3,
        linewidth=0.8, capsize=1.5, zorder=5,
        label=f"{role}, to be quoted (n = {quoted['n_occurrences']}): {quoted['auc']:.2f}",
    )  # fmt: skip


def draw_crossing(score: dict[str, Any]) -> Figure:
    """Draw the prediction-area plot: occurrences held and area left out, against the score."""
    figure, left = column_figure(70)
    plot, right = score["prediction_area"], left.twinx()
    outline, crossing = plot["curve"], plot["crossing"]
    for axes, key, colour in ((left, "captured", COLOURS[0]), (right, "area", COLOURS[1])):
        axes.plot(outline["threshold"], outline[key], color=colour, linewidth=1.3)
        axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
        axes.set_yticks(_TICKS)
        axes.tick_params(axis="y", labelsize=_SMALL, colors=colour, width=0.5, length=2.5)
    left.set_ylim(-0.015, 1.015)
    right.set_ylim(1.015, -0.015)  # one scale, turned over: heights compare
    named(left, "score, from which on cells are taken", "occurrences held (rising scale)")
    left.yaxis.label.set_color(COLOURS[0])
    right.set_ylabel("area taken (falling scale)", fontsize=_TEXT, color=COLOURS[1])
    right.spines[:].set(color=INK, linewidth=0.5)
    right.spines["top"].set_visible(False)
    right.plot(
        crossing["threshold"], crossing["area"], "o", color=INK, markersize=5,
        markeredgecolor="white",
    )  # fmt: skip
    figure.supxlabel(
        f"curves cross at a score of {crossing['threshold']:.3g}: {crossing['captured']:.0%} of "
        f"the occurrences\nin {crossing['area']:.0%} of the area",
        fontsize=_SMALL, color=INK,
    )  # fmt: skip
    return figure


def draw_calibration(curve: dict[str, Any]) -> Figure:
    """Draw how often points of a score are occurrences, with 95% intervals."""
    figure, axes = column_figure(70)
    score, frequency, low, high = (
        np.array(curve[key]) for key in ("score", "frequency", "low", "high")
    )
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=_DASHED)
    axes.errorbar(
        score, frequency, np.abs([low - frequency, high - frequency]), fmt="o-", color=COLOURS[0],
        markersize=3.5, linewidth=1, elinewidth=0.8, capsize=2,
    )  # fmt: skip
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xticks=_TICKS, yticks=_TICKS)
    named(axes, "mean score of some points", "share of them that are occurrences")
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
    return figure


def draw_methods(choice: dict[str, Any]) -> Figure:
    """Draw what each method scored on regions held out, the best on top."""
    compared = sorted(choice["compared"].items(), key=lambda item: -item[1])
    figure, axes = column_figure(16 + 5.2 * len(compared))
    for place, (name, value) in enumerate(compared):
        mine = name == choice["method"]
        colour = COLOURS[1] if mine else COLOURS[0]
        axes.plot(value, place, "D" if mine else "o", color=colour, markersize=5.5 if mine else 4)
        gap = choice["over"].get(name)
        if gap is not None:  # of the one chosen over this one, drawn from where that stands
            base = choice["compared"][choice["method"]]
            axes.plot([base - gap[2], base - gap[1]], [place] * 2, color=colour, linewidth=1)
    axes.axvline(choice["compared"][choice["method"]], color=COLOURS[1], linewidth=0.7,
                 linestyle=_DASHED, zorder=1)  # fmt: skip
    names = [_short(name) for name, _ in compared]
    axes.set_yticks(range(len(compared)), names, fontsize=_SMALL)
    axes.set_ylim(len(compared) - 0.4, -0.6)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel(FIGURE_NAMES[choice["figure"]], fontsize=_TEXT, color=INK)
    return figure


def draw_folds(folds: dict[str, list[Any]], unit: tuple[float, tuple[str, str]]) -> Figure:
    """Draw the cells by the region that they were held out in.

    Parameters
    ----------
    folds : dict
        Easting, northing, occurrence and fold of each cell.
    unit : tuple
        As `geoprospect.report.maps.axes_unit` gives it for the grid.
    """
    figure, axes = column_figure(84)
    scale, names = unit
    x, y, label, fold = (
        np.array(folds[key]) for key in ("easting", "northing", "occurrence", "fold")
    )
    for number in np.unique(fold):
        mark, colour = _MARKS[number % len(_MARKS)], COLOURS[number % len(COLOURS)]
        for filled in (False, True):
            chosen = (fold == number) & (label == filled)
            axes.plot(
                x[chosen] * scale, y[chosen] * scale, mark, color=colour, markersize=3.2,
                fillstyle="full" if filled else "none", markeredgewidth=0.6,
                label=f"region {number}" if filled else None,
            )  # fmt: skip
    named(axes, *names)
    axes.ticklabel_format(useOffset=False, style="plain")
    if names[0].startswith("longitude"):  # a degree of it shrinks towards the poles
        axes.set_aspect(1 / max(0.05, float(np.cos(np.radians(y.mean())))))
    else:
        axes.set_aspect("equal")
    figure.legend(loc="outside lower center", ncols=3, fontsize=_SMALL, frameon=False)
    return figure


FIGURE_NAMES = {
    "auc": "area under the ROC curve",
    "rate_area": "area under the prediction-rate curve",
    "average_precision": "average precision",
}


def draw_worths(importance: dict[str, Any]) -> Figure:
    """Draw how far the figure drops where a layer tells nothing."""
    bars = [
        (" + ".join(drop["layers"]), drop["worth"]["value"], tuple(drop["worth"]["interval"]))
        for drop in importance["single"][:_MOST_BARS]
    ]
    figure = FIGURE_NAMES.get(importance["figure"], importance["figure"])
    return draw_bars(bars, f"drop of the {figure}")


def draw_bars(bars: Sequence[tuple[str, float, tuple[float, float] | None]], name: str) -> Figure:
    """Draw what layers weigh as bars, the heaviest on top, with intervals where there are any."""
    figure, axes = column_figure(14 + 4.8 * len(bars))
    values = [value for _, value, _ in bars]
    axes.barh(range(len(bars)), values, color=COLOURS[0], height=0.66)
    for place, (_, _, interval) in enumerate(bars):
        if interval is not None:
            axes.plot(interval, [place] * 2, color=INK, linewidth=1)
    axes.set_yticks(range(len(bars)), [_cut(label) for label, *_ in bars], fontsize=_SMALL)
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.axvline(0, color=INK, linewidth=0.5)
    axes.grid(axis="y", visible=False)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel(name, fontsize=_TEXT, color=INK)
    return figure


def _as_percent(axes: Axes, which: str) -> None:
    for name in which:
        axis = axes.xaxis if name == "x" else axes.yaxis
        axis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
        axis.set_ticks(_TICKS)


def _short(name: str) -> str:
    """Name a method in the room beside an axis."""
    if name == "average":
        return "average of three"
    if name.startswith("average with "):
        return f"… with {_short(name.removeprefix('average with '))}"
    return name.replace("-", " ") if "tuning" in name else plain_method(name)


def _cut(text: str, longest: int = 24) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
