"""Pictures of rasters as maps, drawn from their values and their grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
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
    scale, names = axes_unit(grid)
    corners = _corners(grid) * scale
    left, bottom = corners.min(axis=0)
    right, top = corners.max(axis=0)
    aspect = 1.0
    if grid.crs.is_geographic:  # a degree of longitude shrinks towards the poles
        aspect = 1 / max(0.05, float(np.cos(np.radians(np.clip((bottom + top) / 2, -89, 89)))))
    shape = (top - bottom) / (right - left) * aspect
    width = max(2.2, min(5.1, 6.6 / shape))
    height = max(1.5, min(width * shape, 8.0))
    figure, axes = new_figure(width + 1.5, height + 1.1)
    image = _draw_cells(axes, values, grid, scale)
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect=aspect)
    axes.set_xlabel(names[0], fontsize=9.5, color=INK)
    axes.set_ylabel(names[1], fontsize=9.5, color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(max(2, int(width / 0.8))))
    axes.yaxis.set_major_locator(MaxNLocator(max(2, int(height / 0.65))))
    axes.ticklabel_format(useOffset=False, style="plain")
    _draw_colour_bar(figure, axes, image, name)
    handles: list[Line2D | Patch] = []
    for whose, (easting, northing) in (points or {}).items():
        inside = grid.cells(easting, northing)[2]
        east, north = (np.asarray(along)[inside] * scale for along in (easting, northing))
        style = Line2D([], [], linestyle="none", markeredgewidth=0.8)
        style.update(_MARKERS[len(handles) % len(_MARKERS)])
        style.set(xdata=east, ydata=north, label=f"{whose} (n = {east.size})")
        handles.append(axes.add_line(style))
    if np.isnan(values).any():
        handles.append(Patch(facecolor=NO_DATA, edgecolor="#bdbdbd", label="no data"))
    if handles:
        figure.legend(
            handles=handles,
            loc="outside lower center",
            ncols=3 if width > 4.5 else 1,
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


def _draw_cells(
    axes: Axes, values: npt.NDArray[np.floating[Any]], grid: Grid, scale: float
) -> AxesImage:
    """Draw the cells where the affine puts them, rotated if it is."""
    a, b, c, d, e, f = (scale * value for value in grid.transform[:6])
    rows, columns = grid.shape
    valid = values[np.isfinite(values)]
    inside = bool((valid >= 0).all() and (valid <= 1).all())
    return axes.imshow(
        values,
        cmap=colormaps["viridis"].with_extremes(bad=NO_DATA),
        vmin=0 if inside else None,
        vmax=1 if inside else None,
        aspect="auto",
        interpolation_stage="data",  # that of colours takes ten times the memory
        extent=(0, columns, rows, 0),
        transform=Affine2D.from_values(a, d, b, e, c, f) + axes.transData,
    )


def _draw_colour_bar(figure: Figure, axes: Axes, image: AxesImage, name: str) -> None:
    """Draw a slim colour bar as high as the map."""
    bar = figure.colorbar(image, cax=axes.inset_axes((1.025, 0, 0.028, 1)))
    bar.set_label(name, fontsize=9.5, color=INK)
    bar.ax.tick_params(labelsize=8.5, colors=INK, width=0.7, length=3)
    bar.outline.set(linewidth=0.7, edgecolor=INK)
