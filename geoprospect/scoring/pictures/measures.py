"""Pictures of measures: prediction-area plot, Boyce index, ROC, precision-recall, calibration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from geoprospect.report.style import COLOURS, GREY, INK, new_figure, set_title
from geoprospect.scoring.measures.boyce import Boyce
from geoprospect.scoring.measures.classification import Classification, Reliability
from geoprospect.scoring.measures.predictionarea import PredictionArea

_HELD, _AREA = COLOURS[0], COLOURS[1]
_DASHED = (0, (4, 3))
_TICKS = (0, 0.2, 0.4, 0.6, 0.8, 1)
_LABEL = 9.5  # points


def draw_prediction_area(plot: PredictionArea, *, title: str | None = None) -> Figure:
    """Draw the occurrences held, and the area taken upside down, against the score.

    Parameters
    ----------
    plot : PredictionArea
        The plot.
    title : str, optional
        Title of the picture.

    Returns
    -------
    matplotlib.figure.Figure
        Occurrences are read on the left, area on the right, where it grows downwards; the dot is
        where the curves cross, with its figures below.

    Examples
    --------
    >>> from geoprospect.scoring.measures.predictionarea import prediction_area_of
    >>> figure = draw_prediction_area(prediction_area_of([0.9, 0.5, 0.1], [0.9]))
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['occurrences held', 'area taken']
    """
    figure, left = new_figure(5.8, 4.6)
    right = left.twinx()
    for axes, share, colour in ((left, plot.captured, _HELD), (right, plot.area, _AREA)):
        axes.plot(plot.threshold, share, color=colour, linewidth=1.9, solid_joinstyle="round")
        axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
        axes.set_yticks(_TICKS)
        axes.tick_params(axis="y", labelsize=8.5, colors=colour, width=0.7, length=3.5)
        axes.spines["top"].set_visible(False)
    # The two scales are one, turned over: heights compare across the plot.
    left.set_ylim(-0.015, 1.015)
    right.set_ylim(1.015, -0.015)
    _labels(left, "prospectivity score", "occurrences held")
    left.yaxis.label.set_color(_HELD)
    right.set_ylabel("area taken", fontsize=_LABEL, color=_AREA)
    right.spines[:].set(color=INK, linewidth=0.7)
    low, high = float(plot.threshold[0]), float(plot.threshold[-1])
    if high > low:
        left.set_xlim(low, high)
    crossing = plot.crossing
    x, y = crossing.threshold, crossing.at.area
    for draw, at in ((right.axvline, x), (right.axhline, y)):
        draw(at, color=GREY, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    right.plot(x, y, "o", color=INK, markersize=7, markeredgecolor="white", clip_on=False)
    _caption(
        figure,
        f"{crossing.at.captured:.0%} of the occurrences in {y:.0%} of the area, at a score of "
        f"{x:.4g}\nnormalised density {crossing.normalised_density:.2f}, weight "
        f"{crossing.weight:.2f}",
    )
    left.grid(color="#ececec", linewidth=0.7)
    left.set_axisbelow(True)
    set_title(left, title)
    return figure


def draw_boyce(boyce: Boyce, *, title: str | None = None) -> Figure:
    """Draw how many occurrences each window of scores holds, per occurrence expected.

    Parameters
    ----------
    boyce : Boyce
        The index.
    title : str, optional
        Title of the picture.

    Returns
    -------
    matplotlib.figure.Figure
        The dashed line is what chance has. Below, the index, or why there is none.

    Examples
    --------
    >>> from geoprospect.scoring.measures.boyce import boyce_of
    >>> print(draw_boyce(boyce_of([0.9, 0.5, 0.1], [0.9])).get_supxlabel())
    no continuous Boyce index: there is only one occurrence
    """
    figure, axes = new_figure(5.4, 4.2)
    axes.plot(boyce.score, boyce.ratio, "o-", color=_HELD, markersize=3, linewidth=1.4)
    axes.axhline(1, color=GREY, linewidth=1, linestyle=_DASHED)
    if not boyce.score.size:
        axes.set(xticks=(), yticks=(1,))
    axes.grid(color="#ececec", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    _labels(axes, "prospectivity score, middle of the window", "occurrences found / expected")
    _caption(figure, boyce.sentence())
    set_title(axes, title)
    return figure


def draw_classification(figures: Classification, *, title: str | None = None) -> Figure:
    """Draw ROC curve, precision-recall curve and calibration, side by side.

    Parameters
    ----------
    figures : Classification
        The figures of a map at its points.
    title : str, optional
        Title of the picture.

    Returns
    -------
    matplotlib.figure.Figure
        Dashed lines are what chance has, and in the third panel what a calibrated score has;
        bars are the 95% intervals. Scores that leave 0 to 1 have words in its place.

    Examples
    --------
    >>> figures = Classification.of(np.array([0.9, 0.6, 0.8, 0.1]), np.array([1, 1, 0, 0]))
    >>> draw_classification(figures).axes[0].get_title()
    'ROC curve: area 0.75'
    """
    figure, panels = _panels(3)
    for axes, draw in zip(panels, _CLASSIFICATION.values(), strict=True):
        draw(axes, figures)
    if title:
        figure.suptitle(title, x=0.012, ha="left", fontsize=11, color=INK, weight="bold")
    return figure


def draw_classification_panels(figures: Classification) -> dict[str, Figure]:
    """Draw the panels of `draw_classification` as figures of their own, by their names."""
    drawn = {}
    for name, draw in _CLASSIFICATION.items():
        figure, (axes,) = _panels(1)
        draw(axes, figures)
        drawn[name] = figure
    return drawn


def _draw_roc(axes: Axes, figures: Classification) -> None:
    axes.plot(*figures.roc, color=_HELD, linewidth=1.9)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=_DASHED)
    _labels(
        axes,
        f"non-occurrences above the score (n = {figures.n_non_occurrences})",
        f"occurrences above the score (n = {figures.n_occurrences})",
    )
    _panel_title(axes, f"ROC curve: area {figures.roc_auc:.2f}")


def _draw_precision_recall(axes: Axes, figures: Classification) -> None:
    recall, precision = figures.precision_recall
    axes.plot(recall, precision, color=_HELD, linewidth=1.9, drawstyle="steps-pre")
    axes.axhline(figures.prevalence, color=GREY, linewidth=1, linestyle=_DASHED)
    _labels(axes, "occurrences above the score (recall)", "occurrences among those (precision)")
    _panel_title(axes, f"Precision-recall: average precision {figures.average_precision:.2f}")


def _draw_reliability(axes: Axes, figures: Classification) -> None:
    _labels(axes, "prospectivity score", "occurrences among the points")
    if figures.reliability is None:
        _panel_title(axes, "Calibration")
        words = fill(f"None: {figures.reason}.", 34)
        axes.text(0.5, 0.5, words, ha="center", va="center", fontsize=9, color=INK)
    else:
        _draw_calibration(axes, figures.reliability)
        _panel_title(axes, f"Calibration: Brier score {figures.brier:.3f}")


_CLASSIFICATION: dict[str, Callable[[Axes, Classification], None]] = {
    "ROC curve": _draw_roc,
    "precision-recall curve": _draw_precision_recall,
    "calibration": _draw_reliability,
}


def _draw_calibration(axes: Axes, curve: Reliability) -> None:
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=_DASHED)
    reach = np.abs([curve.low - curve.frequency, curve.high - curve.frequency])
    axes.errorbar(
        curve.score, curve.frequency, reach, fmt="o-", color=_HELD, markersize=4.5, linewidth=1.4,
        elinewidth=1, capsize=2.5,
    )  # fmt: skip
    fewest, most = int(curve.n_points.min()), int(curve.n_points.max())
    count = str(fewest) if fewest == most else f"{fewest} to {most}"
    axes.text(
        0.03, 0.97, f"{count} points a bin", transform=axes.transAxes, va="top", fontsize=8.5,
        color=INK,
    )  # fmt: skip


def _caption(figure: Figure, text: str) -> None:
    """Write a line below the axes, where it hides no curve."""
    figure.supxlabel(text, fontsize=8.5, color=INK)


def _panels(n: int) -> tuple[Figure, Sequence[Axes]]:
    """Make a figure of square panels whose axes run from 0 to 1."""
    figure, first = new_figure(3.5 * n, 3.7)
    first.remove()
    panels = figure.subplots(1, n, squeeze=False)[0]
    for axes in panels:
        axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), box_aspect=1)
        axes.set(xticks=_TICKS, yticks=_TICKS)
        axes.tick_params(colors=INK, labelsize=8.5, width=0.7, length=3.5)
        axes.spines[:].set(color=INK, linewidth=0.7)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#ececec", linewidth=0.7)
        axes.set_axisbelow(True)
    return figure, list(panels)


def _labels(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x, fontsize=_LABEL, color=INK)
    axes.set_ylabel(y, fontsize=_LABEL, color=INK)


def _panel_title(axes: Axes, text: str) -> None:
    axes.set_title(text, fontsize=_LABEL, color=INK)
