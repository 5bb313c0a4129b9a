"""Scoring a map at a file of points, in one pass over the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from typing import TypeAlias

import geopandas as gpd
import numpy as np

from geoprospect.errors import SamplesError, ScoreError
from geoprospect.evidence import EvidenceStack
from geoprospect.grid import Grid, Ints
from geoprospect.samples import Samples
from geoprospect.samples.points import coordinates, read_points
from geoprospect.scoring.ratecurve import Ranks
from geoprospect.scoring.score import CurveKind, Figures, Score
from geoprospect.scoring.scoremap import ScoreMap

_LABELS = ("occurrence", "dep", "label")
_BINARY = ({"0", "1"}, {"0.0", "1.0"}, {"False", "True"})


@dataclass(frozen=True)
class PointsSource:
    """A file of points and what it does not say itself.

    Attributes
    ----------
    path : path-like
        Vector file or table.
    label : str, optional
        The field with 1 for an occurrence and 0 for a non-occurrence. If not given, it is the one
        field named occurrence, DEP or label in any case; without such a field all points are
        occurrences.
    crs, layer, x, y : str, optional
        As for `geoprospect.samples.points.read_points`.
    """

    path: str | PathLike[str]
    label: str | None = None
    crs: str | None = None
    layer: str | None = None
    x: str | None = None
    y: str | None = None

    def read(self) -> gpd.GeoDataFrame:
        """Read the points; see `geoprospect.samples.points.read_points`."""
        return read_points(self.path, crs=self.crs, layer=self.layer, x=self.x, y=self.y)

    def label_field(self, points: gpd.GeoDataFrame) -> str | None:
        """Give the field with the labels, or None where all points are occurrences.

        Raises
        ------
        SamplesError
            If no field is named and which one holds the labels is not obvious.
        """
        if self.label is not None:
            return self.label
        fields = [field for field in points.columns if field != points.geometry.name]
        named = [field for field in fields if str(field).strip().casefold() in _LABELS]
        binary = [f for f in fields if set(points[f].dropna().astype(str)) in _BINARY]
        if len(named) == 1 or not (named or binary):
            return named[0] if named else None
        raise SamplesError(
            "which field tells occurrences from non-occurrences is not obvious",
            path=self.path,
            found=", ".join(map(str, named or binary)),
            mend="name it with --label FIELD, or drop the field if all points are occurrences",
        )


Training: TypeAlias = PointsSource | str | PathLike[str] | Sequence[tuple[int, int]] | Ints


def score_map(
    map_file: str | PathLike[str],
    points: PointsSource | str | PathLike[str],
    *,
    kind: CurveKind = "prediction-rate",
    training: Training | None = None,
    window: tuple[int, int] | None = None,
) -> Score:
    r"""Score a map at the occurrences, and non-occurrences if any, of a file.

    Points outside the map, on cells that are not valid, without coordinates or without a label
    are left out and listed. Occurrences that share a cell count each.

    Parameters
    ----------
    map_file : path-like
        The map; band 1 holds the scores, greater is better. It is read in parts.
    points : PointsSource or path-like
        The points, in any CRS.
    kind : {"success-rate", "prediction-rate"}
        Whether these are training or validation points.
    training : PointsSource, path-like, or array_like of int, shape (n, 2), optional
        The points the map was made with, or the (row, column) of their cells. The score is then
        told with and without the points that lie in one of these cells.
    window : (int, int), optional
        Rows and columns read at a time; the score does not depend on it.

    Returns
    -------
    Score

    Raises
    ------
    ScoreError
        If the map cannot be read or has no valid cell, the labels are not 0 and 1, or no
        occurrence lies on a valid cell.
    SamplesError
        If the points cannot be read, or the field of labels is not obvious.

    Examples
    --------
    >>> import tempfile, rasterio
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with rasterio.open(f"{folder}/map.tif", "w", driver="GTiff", height=1, width=4,
    ...                        count=1, dtype="float32", crs="EPSG:3578",
    ...                        transform=rasterio.Affine(1200, 0, 0, 0, -1200, 0)) as dataset:
    ...         dataset.write(np.array([[[0.9, 0.8, 0.2, 0.1]]], np.float32))
    ...     with open(f"{folder}/points.csv", "w") as file:
    ...         _ = file.write("easting,northing,occurrence\n100,-100,1\n2500,-100,0\n")
    ...     score = score_map(
    ...         f"{folder}/map.tif", PointsSource(f"{folder}/points.csv", crs="EPSG:3578")
    ...     )
    >>> score.auc, score.figures.confusion
    (0.875, {'tn': 1, 'fp': 0, 'fn': 0, 'tp': 1})
    """
    source = points if isinstance(points, PointsSource) else PointsSource(points)
    with ScoreMap.open(map_file) as scored:
        table = source.read()
        label = source.label_field(table)
        samples = _samples(scored, table if label else table.assign(occurrence=1), label)
        repeats = None
        if training is not None:
            repeats = np.isin(samples.cells, _cells(training, scored.grid))
        scores = scored.at(samples.rows, samples.columns)
        occurrences = samples.label == 1
        ranks = Ranks.count(scored.valid_parts(window), scores[occurrences])
    others = None
    if repeats is not None and repeats.any() and (occurrences & ~repeats).any():
        others = Figures.of(ranks, scores[~repeats], samples.label[~repeats])
    return Score(
        map_path=fspath(map_file),
        points_path=fspath(source.path),
        kind=kind,
        label=label,
        audit=samples.audit,
        occurrences=(samples.easting[occurrences], samples.northing[occurrences]),
        figures=Figures.of(ranks, scores, samples.label),
        repeats=None if repeats is None else tuple(samples.source[repeats].tolist()),
        figures_without_repeats=others,
    )


def _samples(scored: ScoreMap, table: gpd.GeoDataFrame, label: str | None) -> Samples:
    """Find the cells of the points, and which of them can be scored."""
    try:
        with EvidenceStack.open({"prospectivity": scored.path}) as stack:
            return Samples.read(table, stack, label=label or "occurrence", kind="occurrence")
    except SamplesError as error:
        if not any(part.size for part in scored.valid_parts()):
            raise ScoreError(
                "the map has no valid cell", path=scored.path, mend="give a map with scores"
            ) from error
        raise ScoreError(str(error)) from error


def _cells(training: Training, grid: Grid) -> Ints:
    """Give the cells of training points as one number each, as `Samples.cells` does."""
    if isinstance(training, str | PathLike):
        training = PointsSource(training)
    if isinstance(training, PointsSource):
        rows, columns, inside = grid.cells(*coordinates(training.read(), grid))
        rows, columns = rows[inside], columns[inside]
    else:
        rows, columns = np.asarray(training, np.int64).reshape(-1, 2).T
    return rows * grid.shape[1] + columns
