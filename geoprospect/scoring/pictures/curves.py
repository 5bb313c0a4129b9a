"""Pictures of rate curves."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from textwrap import fill

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from geoprospect.report.style import COLOURS, GREY, INK, new_figure, set_title, write_png
from geoprospect.scoring.measures.ratecurve import RateCurve

_MARKED = 0.1  # of the area


def draw_rate_curves(curves: Mapping[str, RateCurve], *, title: str | None = None) -> Figure:
    """Draw rate curves on one pair of axes, with the diagonal of a map that knows nothing.

    Parameters
    ----------
    curves : mapping of str to RateCurve
        The curves by the names shown in the legend, such as "validation occurrences".
    title : str, optional
        Title of the picture.

    Returns
    -------
    matplotlib.figure.Figure
        The legend gives each curve's number of occurrences and area under the curve; the dot
        is what the best 10% of the area holds. The bands are 95% intervals, area by area, where
        the curves have them.

    Examples
    --------
    >>> from geoprospect.scoring.measures.ratecurve import rate_curve_of
    >>> figure = draw_rate_curves({"training": rate_curve_of([0.9, 0.5, 0.1], [0.9])})
    >>> print(figure.axes[0].get_legend().get_texts()[0].get_text())
    training (n = 1): AUC 0.83,
    30% in the best 10% of the area
    """
    figure, axes = new_figure(5.4, 5.0)
    for number, (name, curve) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        captured = curve.captured_in(_MARKED)
        axes.plot(
            curve.area,
            curve.captured,
            color=colour,
            linewidth=1.9,
            linestyle=("solid", "dashed", "dashdot")[number // len(COLOURS) % 3],
            solid_joinstyle="round",
            label=_legend(name, curve),
            zorder=3,
        )
        if curve.uncertainty is not None:
            axes.fill_between(
                *curve.uncertainty.band,
                facecolor=(colour, 0.13),
                edgecolor=(colour, 0.35),
                linewidth=0.7,
            )
        axes.plot(
            _MARKED, captured, "o", color=colour, markersize=6.5, markeredgecolor="white", zorder=4
        )
    axes.plot(
        [0, 1], [0, 1], color=GREY, linewidth=1, linestyle=(0, (4, 3)), label="chance: AUC 0.50"
    )
    axes.axvline(_MARKED, color=GREY, linewidth=0.7, linestyle=(0, (1, 2)), zorder=1)
    axes.set(xlim=(0, 1), ylim=(0, 1.015), box_aspect=1)
    axes.set_xlabel("area, highest prospectivity first", fontsize=9.5, color=INK)
    axes.set_ylabel("occurrences held", fontsize=9.5, color=INK)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
        axis.set_ticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    axes.grid(color="#ececec", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower right", fontsize=8.5, frameon=True, framealpha=0.9, edgecolor="none")
    set_title(axes, title)
    return figure


def write_rate_curves(
    path: str | PathLike[str],
    curves: Mapping[str, RateCurve],
    *,
    title: str | None = None,
    overwrite: bool = False,
) -> None:
    """Write a picture of rate curves as a PNG of 1080 x 1000 pixels.

    Parameters
    ----------
    path : path-like
        The PNG file.
    curves : mapping of str to RateCurve
        The curves by the names shown in the legend.
    title : str, optional
        Title of the picture.
    overwrite : bool
        Whether an existing file is replaced.

    Raises
    ------
    OutputError
        If the file exists and is not to be overwritten, or cannot be written.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from geoprospect.scoring.measures.ratecurve import rate_curve_of
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "curve.png"
    ...     write_rate_curves(file, {"training occurrences": rate_curve_of([0.9, 0.1], [0.9])})
    ...     file.read_bytes()[1:4]
    b'PNG'
    """
    write_png(draw_rate_curves(curves, title=title), path, overwrite=overwrite)


def _legend(name: str, curve: RateCurve) -> str:
    """Name a curve with its figures, and their intervals where it has them."""
    auc, captured = f"{curve.auc:.2f}", f"{curve.captured_in(_MARKED):.0%}"
    who = fill(f"{name} (n = {curve.n_occurrences}): AUC {auc}", 42)  # what the axes hold
    if curve.uncertainty is None:
        return f"{who},\n{captured} in the best {_MARKED:.0%} of the area"
    tenth = next(c for c in curve.uncertainty.captures if c.area == _MARKED)
    return (
        f"{who}\n({curve.uncertainty.auc:.2f}), {captured} ({tenth.interval:.0%}) in "
        f"the best {_MARKED:.0%}"
    )
