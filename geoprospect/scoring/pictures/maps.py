"""Pictures of prospectivity maps."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike

from matplotlib.figure import Figure

from geoprospect.report.maps import LONGEST, Coordinates, draw_values
from geoprospect.report.style import write_png
from geoprospect.scoring.counting.scoremap import ScoreMap


def draw_map(
    map_file: str | PathLike[str],
    occurrences: Mapping[str, Coordinates] | None = None,
    *,
    title: str | None = None,
) -> Figure:
    """Draw a prospectivity map with occurrences over it.

    Parameters
    ----------
    map_file : path-like
        The map; band 1 is drawn, thinned out if it is large. Colours run from 0 to 1, or over
        the map's own range if it goes beyond.
    occurrences : mapping of str to (easting, northing), optional
        Points in the CRS of the map, arrays of shape (n,), by the names shown in the legend.
        Those outside the map are not drawn.
    title : str, optional
        Title of the picture.

    Returns
    -------
    matplotlib.figure.Figure
        Axes in kilometres, or in degrees for a geographic CRS; cells without data are light grey.

    Raises
    ------
    ScoreError
        If the map cannot be read.

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
    return draw_values(scores, grid, occurrences, title=title)


def write_map_picture(
    path: str | PathLike[str],
    map_file: str | PathLike[str],
    occurrences: Mapping[str, Coordinates] | None = None,
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
