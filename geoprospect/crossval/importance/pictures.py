"""Pictures of what a model uses: worths with intervals, and effects with bands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from geoprospect.crossval.importance.drops import Drop, Importance
from geoprospect.model.dependence import SCALES, Curve, Effect, Scale
from geoprospect.report.style import COLOURS, GREY, INK, empty_figure, set_style

_ROW = 0.32  # inches
_LAYER, _GROUP = COLOURS[0], COLOURS[2]
_COLOURS = _DEPENDENCE, _ACCUMULATED = COLOURS[0], COLOURS[1]
_NAMED = 28  # letters of a name beside a bar


def draw_worths(importance: Importance) -> Figure:
    """Draw what layers, and groups of them, are worth, with 95% intervals.

    Parameters
    ----------
    importance : Importance
        What they are worth.

    Returns
    -------
    matplotlib.figure.Figure
        A row a layer, that of the greatest worth above; groups below them.
    """
    drops = [*importance.single, *importance.groups]
    figure = empty_figure(7.6, 0.9 + _ROW * len(drops))
    axes = figure.add_subplot()
    set_style(axes)
    for row, drop in enumerate(drops):
        worth, colour = drop.worth, _LAYER if len(drop.layers) == 1 else _GROUP
        axes.barh(row, worth.value, color=colour, height=0.62, alpha=1.0 if drop.sure else 0.35)
        axes.plot([worth.interval.low, worth.interval.high], [row, row], color=INK, linewidth=1.4)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(drops)), [_named(drop) for drop in drops])
    axes.set_ylim(len(drops) - 0.4, -0.6)
    axes.set_xlabel(f"drop of the {importance.figure_name}", fontsize=9.5, color=INK)
    _light_grid(axes, "x")
    return figure


def _named(drop: Drop) -> str:
    """Name a layer or a group in a row."""
    name = " + ".join(drop.layers)
    return name if len(name) <= _NAMED else f"{name[: _NAMED - 1]}…"


def draw_effect(effect: Effect, reaches: Mapping[Scale, tuple[float, float]]) -> Figure:
    """Draw how scores change with a column, or with the classes of a layer, on both scales.

    Parameters
    ----------
    effect : Effect
        The effect.
    reaches : mapping of str to (float, float)
        What the axis of each scale reaches from and to, the same for all effects of a model: see
        `reaches_of`.

    Returns
    -------
    matplotlib.figure.Figure
        Partial dependence and accumulated local effects, these moved to the same mean; in log-odds
        both have a mean of 0. Bands: 95% of the members, and darker of draws of cells.
    """
    figure = empty_figure(7.6, 2.9)
    panels = figure.subplots(1, len(SCALES))
    for axes, scale in zip(panels, SCALES, strict=True):
        set_style(axes)
        axes.set_ylim(*reaches[scale])
        draw = _draw_classes if effect.of_classes else _draw_column
        for colour, (curve, moved) in zip(_COLOURS, _moved(effect, scale), strict=True):
            draw(axes, effect, curve, colour, moved)
        if scale == "log-odds":
            axes.axhline(0, color=GREY, linewidth=0.7, zorder=0)
        axes.set_ylabel(_axis(scale), fontsize=9, color=INK)
        axes.set_xlabel("" if effect.of_classes else effect.name, fontsize=9, color=INK)
        _light_grid(axes, "y")
    return figure


def reaches_of(effects: Iterable[Effect]) -> dict[Scale, tuple[float, float]]:
    """Give the ends of axes on which all effects can be drawn, so that they can be compared."""
    ends: dict[Scale, tuple[float, float]] = {}
    for scale in SCALES:
        drawn: list[float] = []
        for effect in effects:
            for curve, moved in _moved(effect, scale):
                drawn += [curve.members.min() + moved, curve.members.max() + moved]
                drawn += [curve.cells.min() + moved, curve.cells.max() + moved]
        margin = 0.04 * (max(drawn) - min(drawn)) + 1e-6
        ends[scale] = (min(drawn) - margin, max(drawn) + margin)
    return ends


def _moved(effect: Effect, scale: Scale) -> tuple[tuple[Curve, float], tuple[Curve, float]]:
    """Give partial dependence and accumulated effects, each with what it is moved by.

    Both get the mean of the partial dependence; in log-odds 0, for only differences count there.
    """
    dependence, accumulated = effect.dependence[scale], effect.accumulated[scale]
    middle = float(dependence.value @ effect.shares)
    kept = middle if scale == "score" else 0.0
    return (dependence, kept - middle), (accumulated, kept)


def _axis(scale: Scale) -> str:
    """Say what a scale is."""
    return "mean score" if scale == "score" else "log-odds, less their mean"


def _draw_column(axes: Axes, effect: Effect, curve: Curve, colour: str, moved: float) -> None:
    """Draw a curve of a column with its bands."""
    at = np.asarray(effect.at, np.float64)
    for (low, high), alpha in ((curve.members, 0.14), (curve.cells, 0.3)):
        axes.fill_between(at, low + moved, high + moved, color=colour, alpha=alpha, linewidth=0)
    dashes = "-" if colour == _DEPENDENCE else (0, (4, 2))
    axes.plot(at, curve.value + moved, color=colour, linewidth=1.6, linestyle=dashes)
    if colour == _DEPENDENCE:
        axes.plot(at, np.zeros(len(at)), "|", color=INK, markersize=6, clip_on=False,
                  transform=axes.get_xaxis_transform())  # fmt: skip


def _draw_classes(axes: Axes, effect: Effect, curve: Curve, colour: str, moved: float) -> None:
    """Draw a mark a class with its bands."""
    beside, mark = (-0.14, "o") if colour == _DEPENDENCE else (0.14, "s")
    at = np.arange(len(effect.at)) + beside
    for (low, high), width in ((curve.members, 1.0), (curve.cells, 3.2)):
        axes.vlines(at, low + moved, high + moved, color=colour, linewidth=width)
    axes.plot(at, curve.value + moved, mark, color=colour, markersize=5, markeredgecolor="white")
    names = [str(name) for name in effect.at]
    slanted = sum(map(len, names)) > 24  # letters that stand beside each other
    axes.set_xticks(range(len(names)), names)
    if slanted:
        axes.tick_params("x", labelrotation=30)


def _light_grid(axes: Axes, axis: Literal["x", "y"]) -> None:
    """Draw light lines behind everything."""
    axes.grid(axis=axis, color="#ececec", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
