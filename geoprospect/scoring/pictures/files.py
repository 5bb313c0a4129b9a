"""The pictures of a score: its rate curves and the other measures, one file each."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from geoprospect.report.files import check_files_absent
from geoprospect.report.style import write_png
from geoprospect.scoring.pictures.curves import draw_rate_curves
from geoprospect.scoring.pictures.measures import (
    draw_boyce,
    draw_classification,
    draw_prediction_area,
)
from geoprospect.scoring.score.score import Score

NAMES = ("rate-curves.png", "prediction-area.png", "boyce.png", "classification.png")


def write_score_pictures(
    folder: str | PathLike[str], score: Score, *, overwrite: bool = False
) -> tuple[str, ...]:
    r"""Draw a score's rate curves, prediction-area plot, Boyce index and classification.

    Parameters
    ----------
    folder : path-like
        Where the pictures go: `rate-curves.png`, `prediction-area.png`, `boyce.png` and, with
        non-occurrences, `classification.png`.
    score : Score
        What is drawn; the points are those of the headline.
    overwrite : bool
        Whether existing pictures are replaced.

    Returns
    -------
    tuple of str
        The files written.

    Raises
    ------
    OutputError
        If a picture exists and is not to be overwritten, or cannot be written.

    Examples
    --------
    >>> import tempfile, rasterio, numpy as np
    >>> from geoprospect.scoring import PointsSource, score_map
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with rasterio.open(f"{folder}/map.tif", "w", driver="GTiff", height=1, width=4,
    ...                        count=1, dtype="float32", crs="EPSG:3578",
    ...                        transform=rasterio.Affine(1200, 0, 0, 0, -1200, 0)) as dataset:
    ...         dataset.write(np.array([[[0.9, 0.8, 0.2, 0.1]]], np.float32))
    ...     _ = Path(folder, "points.csv").write_text("x,y\n100,-100\n1300,-100\n")
    ...     points = PointsSource(f"{folder}/points.csv", crs="EPSG:3578")
    ...     written = write_score_pictures(folder, score_map(f"{folder}/map.tif", points))
    >>> [Path(path).name for path in written]
    ['rate-curves.png', 'prediction-area.png', 'boyce.png']
    """
    home = Path(folder)
    _, figures = score.headline
    pictures = [
        draw_rate_curves(score.curves(), title=f"{score.kind.capitalize()} curves"),
        draw_prediction_area(score.prediction_area, title="Prediction-area plot"),
        draw_boyce(figures.boyce, title="Continuous Boyce index"),
    ]
    if figures.classification is not None:
        pictures.append(draw_classification(figures.classification))
    names = NAMES[: len(pictures)]
    check_files_absent(names, folder, overwrite=overwrite)
    paths = [home / name for name in names]
    for path, picture in zip(paths, pictures, strict=True):
        write_png(picture, path, overwrite=overwrite)
    return tuple(map(str, paths))
