"""Pictures of prospectivity maps."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TypeAlias

import numpy as np
from matplotlib.figure import Figure

from geoprospect.evidence.features.points import coordinates
from geoprospect.grid import Grid, describe_crs
from geoprospect.report.furniture import draw_north_arrow, draw_scale_bar
from geoprospect.report.maps import LONGEST, Coordinates, draw_values
from geoprospect.report.style import INK, write_png
from geoprospect.samples.source import PointsSource
from geoprospect.scoring.counting.scoremap import ScoreMap

Occurrences: TypeAlias = PointsSource | str | PathLike[str] | Coordinates


def draw_map(
    map_file: str | PathLike[str],
    occurrences: Mapping[str, Occurrences] | Occurrences | None = None,
    *,
    title: str | None = None,
) -> Figure:
    """Draw a prospectivity map with occurrences over it.

    Parameters
    ----------
    map_file : path-like
        The map; band 1 is drawn, thinned out if it is large. Colours run from 0 to 1, or over
        the map's own range if it goes beyond.
    occurrences : PointsSource, path-like or (easting, northing), optional
        A file of points in any CRS, of which the occurrences are drawn, or arrays of shape (n,)
        in the CRS of the map; or several of these by the names shown in the legend. Points
        outside the map are not drawn.
    title : str, optional
        Title of the picture.

    Returns
    -------
    matplotlib.figure.Figure
        Axes in kilometres, or in degrees for a geographic CRS; cells without data are light grey;
        a scale bar, a north arrow and the CRS.

    Raises
    ------
    ScoreError
        If the map cannot be read.
    SamplesError
        If a file of points cannot be read, or which field holds the labels is not obvious.

    Examples
    --------
    >>> import tempfile, rasterio, numpy as np
    >>> from affine import Affine
    >>> with tempfile.NamedTemporaryFile(suffix=".tif") as file:
    ...     with rasterio.open(file.name, "w", driver="GTiff", height=2, width=2, count=1,
    ...                        dtype="float32", crs="EPSG:3578",
    ...                        transform=Affine(1200, 0, 159050, 0, -1200, 977582)) as dataset:
    ...         dataset.write(np.array([[[0.1, 0.9], [0.4, np.nan]]], np.float32))
    ...     figure = draw_map(file.name, {"training occurrences": ([160900.0], [977000.0])})
    >>> figure.axes[0].get_xlabel(), figure.axes[0].child_axes[0].get_ylabel()
    ('easting (km)', 'prospectivity')
    """
    with ScoreMap.open(map_file) as score_map:
        grid, scores = score_map.grid, score_map.picture(LONGEST)
    if occurrences is None or isinstance(occurrences, Mapping):
        named = occurrences or {}
    else:
        named = {"occurrences": occurrences}
    points = {name: _coordinates(points, grid) for name, points in named.items()}
    figure = draw_values(scores, grid, points, title=title)
    axes = figure.axes[0]
    draw_scale_bar(axes, grid)
    draw_north_arrow(axes)
    axes.set_title(f"CRS: {describe_crs(grid.crs)}", loc="right", fontsize=8, color=INK)
    return figure


def write_map_picture(
    path: str | PathLike[str],
    map_file: str | PathLike[str],
    occurrences: Mapping[str, Occurrences] | Occurrences | None = None,
    *,
    title: str | None = None,
    overwrite: bool = False,
) -> None:
    """Write a picture of a prospectivity map as a PNG at most 1320 pixels wide.

    Parameters
    ----------
    path : path-like
        The PNG file.
    map_file, occurrences, title
        As in `draw_map`.
    overwrite : bool
        Whether an existing file is replaced.

    Raises
    ------
    ScoreError
        If the map cannot be read.
    OutputError
        If the file exists and is not to be overwritten, or cannot be written.
    """
    write_png(draw_map(map_file, occurrences, title=title), path, overwrite=overwrite)


def _coordinates(occurrences: Occurrences, grid: Grid) -> Coordinates:
    """Give easting and northing of occurrences in the CRS of a grid, read if in a file."""
    if isinstance(occurrences, str | PathLike):
        occurrences = PointsSource(occurrences)
    if not isinstance(occurrences, PointsSource):
        return occurrences
    points = occurrences.read()
    labels = occurrences.labels(points)
    easting, northing = coordinates(points, grid)
    drawn = np.isfinite(easting) & np.isfinite(northing) & (labels.codes == 1)
    return easting[drawn], northing[drawn]
