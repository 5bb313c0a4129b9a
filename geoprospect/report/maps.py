"""Pictures of rasters as maps, drawn from their values and their grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Affine2D

from geoprospect.grid import Grid
from geoprospect.report.style import INK, NO_DATA, new_figure, set_title

Coordinates = tuple[npt.ArrayLike, npt.ArrayLike]
LONGEST = 1600  # cells a side: about as many as the picture has pixels
_MARKERS = (
    {"marker": "o", "markersize": 5.2, "markerfacecolor": "white", "markeredgecolor": "black"},
    {"marker": "^", "markersize": 6.4, "markerfacecolor": "#ff4f2e", "markeredgecolor": "white"},
    {"marker": "D", "markersize": 4.8, "markerfacecolor": "#f3a6d8", "markeredgecolor": "black"},
)
_BARREN = {"marker": "o", "markersize": 2.6, "markerfacecolor": "#bdbdbd",
           "markeredgecolor": "#4d4d4d", "markeredgewidth": 0.5}  # fmt: skip
NON_OCCURRENCES = "non-occurrences"
"""The name by which points are drawn small and grey."""


def draw_values(
    values: npt.NDArray[np.floating[Any]],
    grid: Grid,
    points: Mapping[str, Coordinates] | None = None,
    *,
    name: str = "prospectivity",
    title: str | None = None,
) -> Figure:
    """Draw the values of a raster where its grid puts them, with points over them.

    Parameters
    ----------
    values : ndarray of float, shape (n_rows, n_columns)
        The raster, whole or thinned out; NaN where there is no value. Colours run from 0 to 1, or
        over the values' own range if it goes beyond.
    grid : Grid
        Where the whole raster lies.
    points : mapping of str to (easting, northing), optional
        Points in the CRS of the grid, arrays of shape (n,), by the names shown in the legend.
        Those outside the grid are not drawn.
    name : str
        What the values are, beside the colour bar.
    title : str, optional
        Title of the picture.

    Returns
    -------
    matplotlib.figure.Figure
        Axes in kilometres, or in degrees for a geographic CRS; cells without data are light grey.

    Examples
    --------
    >>> from affine import Affine
    >>> from rasterio.crs import CRS
    >>> grid = Grid(CRS.from_epsg(3578), Affine(1200, 0, 159050, 0, -1200, 977582), (2, 2))
    >>> figure = draw_values(np.array([[0.1, 0.9], [0.4, np.nan]]), grid)
    >>> figure.axes[0].get_xlabel(), figure.axes[0].child_axes[0].get_ylabel()
    ('easting (km)', 'prospectivity')
    """
    frame = Frame.of(grid)
    width = max(2.2, min(5.1, 6.6 / frame.shape))
    height = max(1.5, min(width * frame.shape, 8.0))
    figure, axes = new_figure(width + 1.5, height + 1.1)
    valid = values[np.isfinite(values)]
    inside = bool((valid >= 0).all() and (valid <= 1).all())
    image = draw_cells(axes, values, grid, limits=(0.0, 1.0) if inside else None)
    axes.set_xlabel(frame.names[0], fontsize=9.5, color=INK)
    axes.set_ylabel(frame.names[1], fontsize=9.5, color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(max(2, int(width / 0.8))))
    axes.yaxis.set_major_locator(MaxNLocator(max(2, int(height / 0.65))))
    _draw_colour_bar(figure, axes, image, name)
    handles: list[Line2D | Patch] = []
    markers = cycle(_MARKERS)
    for whose, places in (points or {}).items():
        marker = _BARREN if whose == NON_OCCURRENCES else next(markers)
        line = draw_points(axes, grid, places, **marker)
        line.set_label(f"{whose} (n = {np.size(line.get_xdata())})")
        handles.append(line)
    if np.isnan(values).any():
        handles.append(Patch(facecolor=NO_DATA, edgecolor="#bdbdbd", label="no data"))
    if handles:
        figure.legend(
            handles=handles,
            loc="outside lower center",
            ncols=2 if width > 4.5 else 1,
            fontsize=8.5,
            frameon=False,
        )
    set_title(axes, title)
    return figure


def axes_unit(grid: Grid) -> tuple[float, tuple[str, str]]:
    """Give the factor from the CRS to the unit of the axes, and the axes' names."""
    if grid.crs.is_geographic:
        return 1.0, ("longitude (°)", "latitude (°)")
    if grid.crs.is_projected:
        return grid.crs.linear_units_factor[1] / 1000, ("easting (km)", "northing (km)")
    return 1.0, ("easting", "northing")


def _corners(grid: Grid) -> npt.NDArray[np.float64]:
    """Give the outer corners of the grid, shape (4, 2)."""
    rows, columns = (np.array([0, n]) - 0.5 for n in grid.shape)
    return np.column_stack(grid.centres(np.repeat(rows, 2), np.tile(columns, 2)))


def draw_cells(
    axes: Axes,
    values: npt.NDArray[np.floating[Any]],
    grid: Grid,
    *,
    limits: tuple[float, float] | None = None,
    colours: Colormap | None = None,
) -> AxesImage:
    """Draw the cells where the affine puts them, rotated if it is, and nothing around them.

    Parameters
    ----------
    axes : matplotlib Axes
        Where to draw; they get the extent of the grid, in the unit that `axes_unit` gives.
    values, grid
        As for `draw_values`.
    limits : tuple of float, optional
        Values of the first and the last colour; by default the least and the greatest.
    colours : matplotlib Colormap, optional
        By default viridis, which is told with every common colour blindness; single colours are
        not mixed.
    """
    frame = Frame.of(grid)
    a, b, c, d, e, f = (frame.scale * value for value in grid.transform[:6])
    rows, columns = grid.shape
    low, high = limits or (None, None)
    image = axes.imshow(
        values,
        cmap=(colours or colormaps["viridis"]).with_extremes(bad=NO_DATA),
        vmin=low,
        vmax=high,
        aspect="auto",
        interpolation="antialiased" if colours is None else "nearest",
        interpolation_stage="data",  # that of colours takes ten times the memory
        extent=(0, columns, rows, 0),
        transform=Affine2D.from_values(a, d, b, e, c, f) + axes.transData,
    )
    (left, bottom), (right, top) = frame.corners
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect=frame.aspect)
    axes.ticklabel_format(useOffset=False, style="plain")
    return image


def draw_points(axes: Axes, grid: Grid, points: Coordinates, **marker: Any) -> Line2D:
    """Draw the points that lie on a grid, over its cells."""
    easting, northing = (np.asarray(along) for along in points)
    inside = grid.cells(easting, northing)[2]
    scale, _ = axes_unit(grid)
    line = Line2D(
        easting[inside] * scale, northing[inside] * scale, linestyle="none", markeredgewidth=0.8
    )
    line.update(marker)
    axes.add_line(line)
    return line


@dataclass(frozen=True)
class Frame:
    """The frame of a map.

    Attributes
    ----------
    scale : float
        The factor from the CRS to the unit of the axes.
    names : tuple of str
        Names of the axes, with their unit.
    corners : tuple of (float, float)
        The lower left and the upper right corner, in the unit of the axes.
    aspect : float
        How much longer a unit is upwards than across.
    """

    scale: float
    names: tuple[str, str]
    corners: tuple[tuple[float, float], tuple[float, float]]
    aspect: float

    @classmethod
    def of(cls, grid: Grid) -> Frame:
        """Give the frame of a grid; a degree of longitude shrinks towards the poles."""
        scale, names = axes_unit(grid)
        corners = _corners(grid) * scale
        left, bottom = corners.min(axis=0).tolist()
        right, top = corners.max(axis=0).tolist()
        aspect = 1.0
        if grid.crs.is_geographic:
            latitude = float(np.clip((bottom + top) / 2, -89, 89))
            aspect = 1 / max(0.05, float(np.cos(np.radians(latitude))))
        return cls(scale, names, ((left, bottom), (right, top)), aspect)

    @property
    def shape(self) -> float:
        """How much higher than wide it is drawn."""
        (left, bottom), (right, top) = self.corners
        return (top - bottom) / (right - left) * self.aspect


def _draw_colour_bar(figure: Figure, axes: Axes, image: AxesImage, name: str) -> None:
    """Draw a slim colour bar as high as the map."""
    bar = figure.colorbar(image, cax=axes.inset_axes((1.025, 0, 0.028, 1)))
    bar.set_label(name, fontsize=9.5, color=INK)
    bar.ax.tick_params(labelsize=8.5, colors=INK, width=0.7, length=3)
    bar.outline.set(linewidth=0.7, edgecolor=INK)
