"""Pictures of the study reproduced: ROC curves, the imbalance curve, rate curves and maps."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from geoprospect.published.figures import MethodResult, StudyPoints, Trial
from geoprospect.published.maps import StudyMap
from geoprospect.report.style import COLOURS, GREY, INK, NO_DATA
from geoprospect.scoring.counting.scoremap import ScoreMap
from geoprospect.typing import Ints

OURS, PUBLISHED, FOREST = COLOURS[0], COLOURS[1], COLOURS[2]
_LONGEST = 400  # cells a side of a map's picture: there are many of them


def draw_roc_curves(results: Sequence[MethodResult], label: Ints) -> Figure:
    """Draw the ROC curves of each method at the validation points, a panel a method.

    Parameters
    ----------
    results : sequence of MethodResult
        The methods.
    label : ndarray of int64, shape (n,)
        Labels of the validation points.

    Returns
    -------
    matplotlib.figure.Figure
        A thin line for each seed, a thick one for the published weights; with the median area
        and the published study_map.
    """
    figure, panels = _panels(len(results), 4, (2.5, 2.75))
    for result, axes in zip(results, panels, strict=True):
        spread = result.spread("validation")
        median = "" if spread is None else f", {spread.median:.4f}"
        for number, trial in enumerate(result.ours):
            name = None if number else f"ours, {len(result.ours)} seeds{median}"
            _draw_roc(axes, trial, label, colour=OURS, linewidth=0.8, alpha=0.55, name=name)
        if result.published is not None:
            _draw_roc(axes, result.published, label, colour=PUBLISHED, linewidth=2, name="study")
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=(0, (4, 3)))
        _as_unit_square(axes, result.method)
        axes.legend(loc="lower right", fontsize=7.5, frameon=False)
    figure.supxlabel("non-occurrences called occurrences", fontsize=9, color=INK)
    figure.supylabel("occurrences found", fontsize=9, color=INK)
    return figure


def draw_imbalance(networks: Sequence[MethodResult], forests: Sequence[MethodResult]) -> Figure:
    """Draw scores against the number of occurrences, fine-tuning against the random forest.

    Parameters
    ----------
    networks, forests : sequence of MethodResult
        Both methods, a result for each number of occurrences.

    Returns
    -------
    matplotlib.figure.Figure
        Medians as lines and ranges over seeds as bands, on all validation points and on those that
        share no cell with training; crosses for the published weights.
    """
    figure, panels = _panels(2, 1, (4.2, 3.2))
    titles: dict[StudyPoints, str] = {
        "validation": "validation points",
        "unshared": "those that share no cell with training",
    }
    for (points, title), axes in zip(titles.items(), panels, strict=True):
        for name, colour, results in (
            ("fine-tuning (FDE-FT)", OURS, networks),
            ("random forest", FOREST, forests),
        ):
            drawn = [(r.n_occurrences, s) for r in results if (s := r.spread(points)) is not None]
            if not drawn:
                continue
            n, spreads = zip(*sorted(drawn, key=lambda pair: pair[0]), strict=True)
            bounds = [s.least for s in spreads], [s.greatest for s in spreads]
            axes.fill_between(n, *bounds, color=colour, alpha=0.16, linewidth=0)
            medians = [s.median for s in spreads]
            axes.plot(n, medians, "o-", color=colour, markersize=3.5, linewidth=1.7, label=name)
        study = [
            (r.n_occurrences, r.published.auc[points])
            for r in networks
            if r.published is not None and r.published.auc[points] is not None
        ]
        if study:
            axes.plot(*zip(*study, strict=True), "x", color=PUBLISHED, label="FDE-FT, study's")
        axes.set_title(title, loc="left", fontsize=9.5, color=INK)
        axes.set_xlabel("occurrences trained on", fontsize=9, color=INK)
        axes.set_ylabel("area under the ROC curve", fontsize=9, color=INK)
        axes.grid(color="#ececec", linewidth=0.7)
        axes.spines[["top", "right"]].set_visible(False)
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3, fontsize=8.5, frameon=False)
    return figure


def draw_map_curves(maps: Sequence[StudyMap]) -> Figure:
    """Draw success-rate and prediction-rate curve of every map, a panel a map.

    Parameters
    ----------
    maps : sequence of StudyMap
        The maps.
    """
    figure, panels = _panels(len(maps), 5, (2.2, 2.4))
    for study_map, axes in zip(maps, panels, strict=True):
        scores = {"success": study_map.success} | (
            {} if study_map.prediction is None else {"prediction": study_map.prediction}
        )
        for (name, score), colour in zip(scores.items(), (GREY, OURS), strict=False):
            curve = score.curve
            legend = f"{name} {curve.auc:.3f}"
            axes.plot(curve.area, curve.captured, color=colour, linewidth=1.5, label=legend)
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.7, linestyle=(0, (4, 3)))
        _as_unit_square(axes, _title(study_map))
        axes.legend(loc="lower right", fontsize=7, frameon=False)
    figure.supxlabel("area, highest prospectivity first", fontsize=9, color=INK)
    figure.supylabel("occurrences held", fontsize=9, color=INK)
    return figure


def draw_maps(maps: Sequence[StudyMap]) -> Figure:
    """Draw the maps side by side on one colour scale, from 0 to 1.

    Parameters
    ----------
    maps : sequence of StudyMap
        The maps, all on one grid.

    Raises
    ------
    ScoreError
        If a map cannot be read.
    """
    figure, panels = _panels(len(maps), 5, (2.2, 2.3))
    colours = colormaps["viridis"].with_extremes(bad=NO_DATA)
    image = None
    for study_map, axes in zip(maps, panels, strict=True):
        with ScoreMap.open(study_map.path) as scores:
            image = axes.imshow(scores.picture(_LONGEST), cmap=colours, vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[])
        axes.set_title(_title(study_map), loc="left", fontsize=8.5, color=INK)
    if image is not None:
        bar = figure.colorbar(image, ax=panels, location="bottom", shrink=0.4, aspect=40, pad=0.02)
        bar.set_label("prospectivity", fontsize=9, color=INK)
    return figure


def _title(study_map: StudyMap) -> str:
    return f"{study_map.name} (study's)" if study_map.published else f"{study_map.name} (ours)"


def _panels(n: int, n_columns: int, size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    """Make a figure of n axes in rows of at most `n_columns`, each of a size in inches."""
    n_columns = min(n, n_columns)
    n_rows = ceil(n / n_columns)
    figure = Figure(
        figsize=(size[0] * n_columns + 0.4, size[1] * n_rows + 0.4),
        dpi=150,
        facecolor="white",
        layout="constrained",
    )
    FigureCanvasAgg(figure)
    panels = np.atleast_1d(figure.subplots(n_rows, n_columns, squeeze=False).ravel())
    for axes in panels[n:]:
        axes.remove()
    for axes in panels[:n]:
        axes.tick_params(colors=INK, labelsize=7.5, width=0.7, length=3)
        axes.spines[:].set(color=INK, linewidth=0.7)
    return figure, list(panels[:n])


def _as_unit_square(axes: Axes, title: str) -> None:
    axes.set(xlim=(0, 1), ylim=(0, 1.02), box_aspect=1, xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    axes.set_title(title, loc="left", fontsize=8.5, color=INK)


def _draw_roc(
    axes: Axes,
    trial: Trial,
    label: Ints,
    *,
    colour: str,
    linewidth: float,
    alpha: float = 1.0,
    name: str | None = None,
) -> None:
    """Draw the ROC curve of a trial, with its name in the legend if it has one."""
    wrong, right, _ = roc_curve(label, trial.scores)
    if name == "study":
        name = f"study's, {trial.auc['validation']:.4f}"
    axes.plot(wrong, right, color=colour, linewidth=linewidth, alpha=alpha, label=name)
