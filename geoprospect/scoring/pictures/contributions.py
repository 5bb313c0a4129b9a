"""Pictures of why a cell scores as it does."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike

from matplotlib.figure import Figure

from geoprospect.report.style import COLOURS, INK, new_figure, set_title, write_png


def draw_contributions(bars: Sequence[tuple[str, float]], *, title: str | None = None) -> Figure:
    """Draw contributions to the log-odds of a score as bars, the first on top.

    Parameters
    ----------
    bars : sequence of (str, float)
        What each bar stands for, and the contribution.
    title : str, optional
        Title of the picture.

    Returns
    -------
    matplotlib.figure.Figure
        Bars to the right speak for an occurrence, to the left against; each bears its figure.

    Examples
    --------
    >>> figure = draw_contributions([("X1 high", 1.25), ("X3 low", -0.25)])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['+1.2', '−0.2']
    """
    names = [name for name, _ in bars]
    values = [value for _, value in bars]
    figure, axes = new_figure(6.6, 1.1 + 0.3 * len(bars))
    colours = [COLOURS[1] if value > 0 else COLOURS[0] for value in values]
    drawn = axes.barh(range(len(bars)), values, color=colours, height=0.7)
    figures = [f"{value:+.1f}".replace("-", "−") for value in values]
    axes.bar_label(drawn, figures, padding=3, fontsize=8.5, color=INK)
    axes.set_yticks(range(len(bars)), names)
    axes.invert_yaxis()
    axes.margins(x=0.14)
    axes.axvline(0, color=INK, linewidth=0.7)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("contribution to the log-odds of the score", fontsize=9.5, color=INK)
    set_title(axes, title)
    return figure


def write_contributions_picture(
    path: str | PathLike[str],
    bars: Sequence[tuple[str, float]],
    *,
    title: str | None = None,
    overwrite: bool = False,
) -> None:
    """Draw contributions, as `draw_contributions` does, to a PNG.

    Raises
    ------
    OutputError
        If the file exists and is not to be overwritten, or cannot be written.
    """
    write_png(draw_contributions(bars, title=title), path, overwrite=overwrite)
