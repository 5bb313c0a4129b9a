"""The look that all pictures share, and how they are written."""

from __future__ import annotations

import base64
import io
from os import PathLike

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text

from geoprospect.output import replacing

INK = "#2b2b2b"
GREY = "#8a8a8a"
NO_DATA = "#e4e4e4"
# Told apart with every common colour blindness (Okabe & Ito 2008), the dark ones first.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_DPI = 200


class Picture(Figure):
    """A figure that a notebook shows where it is the value of a cell."""

    def draw(self, renderer: RendererBase) -> None:
        """Draw; names of maps and layers stand as they are, also with two dollar signs."""
        for text in self.findobj(Text):
            text.set_parse_math(r"\mathdefault" in text.get_text())
        super().draw(renderer)

    def _repr_png_(self) -> bytes:
        stream = io.BytesIO()
        self.savefig(stream, format="png")
        return stream.getvalue()


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """Make a figure with one axes, apart from any global state.

    Parameters
    ----------
    width, height : float
        Size in inches.
    """
    figure = empty_figure(width, height)
    axes = figure.add_subplot()
    set_style(axes)
    return figure, axes


def empty_figure(width: float, height: float) -> Figure:
    """Make a figure without axes, as `new_figure` does."""
    # The wide margin keeps room for the axis label, which shrinking to the aspect moves outwards.
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.06)
    figure = Picture(figsize=(width, height), dpi=_DPI, facecolor="white", layout=layout)
    FigureCanvasAgg(figure)
    return figure


def set_style(axes: Axes) -> None:
    """Give axes the ticks and lines that all have."""
    axes.tick_params(colors=INK, labelsize=8.5, width=0.7, length=3.5)
    axes.spines[:].set(color=INK, linewidth=0.7)


def set_title(axes: Axes, title: str | None) -> None:
    """Write a title, left-aligned over the axes."""
    if title:
        axes.set_title(title, loc="left", fontsize=11, color=INK, pad=9, weight="bold")


def write_png(figure: Figure, path: str | PathLike[str], *, overwrite: bool) -> None:
    """Write a figure as a PNG, whole or not at all.

    Parameters
    ----------
    figure : matplotlib Figure
        The picture.
    path : path-like
        The PNG file.
    overwrite : bool
        Whether an existing file is replaced.

    Raises
    ------
    OutputError
        If the file exists and is not to be overwritten, or cannot be written.
    """
    with replacing(path, overwrite=overwrite) as temporary:
        temporary.write_bytes(_png(figure))


def svg_uri(figure: Figure) -> str:
    """Give a figure as a `data:` address, which a page holds in itself; the same every time."""
    stream = io.BytesIO()
    with rc_context({"svg.hashsalt": "geoprospect"}):  # names of parts are drawn by chance else
        FigureCanvasSVG(figure).print_svg(  # type: ignore[no-untyped-call]
            stream, metadata={"Date": None}
        )
    return "data:image/svg+xml;base64," + base64.b64encode(stream.getvalue()).decode()


def png_uri(figure: Figure, *, dpi: int = 100) -> str:
    """Give a figure of many cells as a `data:` address, which a page holds in itself."""
    figure.set_dpi(dpi)
    return "data:image/png;base64," + base64.b64encode(_png(figure)).decode()


def _png(figure: Figure) -> bytes:
    """Draw once: `savefig` draws a first time to lay out what is laid out as it is drawn."""
    stream = io.BytesIO()
    FigureCanvasAgg(figure).print_png(  # type: ignore[no-untyped-call]
        stream, metadata={"Software": "geoprospect"}
    )
    return stream.getvalue()
