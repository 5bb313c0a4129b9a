"""Scoring a map at a file of points, part by part."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from os import PathLike, fspath

import geopandas as gpd
import numpy as np

from geoprospect.errors import SamplesError, ScoreError, without_secrets
from geoprospect.evidence import EvidenceStack, RasterBand
from geoprospect.evidence.features.points import coordinates
from geoprospect.intervals import clusters
from geoprospect.samples import DistinctCells, Samples, read_samples
from geoprospect.samples.source import PointsSource
from geoprospect.scoring.counting.levels import survey
from geoprospect.scoring.counting.scoremap import MapFile, ScoreMap, Scores
from geoprospect.scoring.measures.predictionarea import PredictionArea
from geoprospect.scoring.score.figures import Figures
from geoprospect.scoring.score.leaks import LeakAudit
from geoprospect.scoring.score.paired import PairedDifference
from geoprospect.scoring.score.score import CurveKind, Score
from geoprospect.scoring.score.trainingpoints import Leaks, Training, TrainingPoints
from geoprospect.typing import Bools


def score_map(
    map_file: MapFile,
    points: PointsSource | str | PathLike[str],
    *,
    kind: CurveKind = "prediction-rate",
    training: Training | None = None,
    near: float | None = None,
    against: Sequence[MapFile] = (),
    window: tuple[int, int] | None = None,
) -> Score:
    r"""Score a map at the occurrences, and non-occurrences if any, of a file.

    Points outside the map, on cells that are not valid, without coordinates or without a label
    are left out and listed. Validation occurrences that share a cell count each, but as one
    cluster; training points that do count once, as in the training.

    Parameters
    ----------
    map_file : path-like or RasterBand
        The map; band 1, or the one named, holds the scores, greater is better. It is read in parts.
    points : PointsSource or path-like
        The points, in any CRS.
    kind : {"success-rate", "prediction-rate"}
        Whether these are training or validation points.
    training : PointsSource, path-like, or array_like of int, shape (n, 2), optional
        The points the map was made with, or the (row, column) of their cells. If not given,
        validation points are held against the cells that the map's own metadata tell. The score
        is then told with and without the points that lie in one of these cells, or near one.
    near : float, optional
        Distance in metres. Points within it of a training point are told apart, and occurrences
        that lie together within it are one cluster. If not given, the range of the evidence's
        variogram, if the map tells it, is the distance to training points, while only those
        that share a cell are clusters: that the evidence of neighbours is alike does not make
        one discovery of two.
    against : sequence of path-like or RasterBand
        Other maps, to be compared at the occurrences of the headline.
    window : (int, int), optional
        Rows and columns read at a time; the score does not depend on it.

    Returns
    -------
    Score

    Raises
    ------
    ScoreError
        If a map cannot be read or has no valid cell, or no occurrence lies on a valid cell.
    SamplesError
        If the points cannot be read, which field holds the labels is not obvious or these are
        none that were expected, or the map's metadata are malformed.

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
    if near is not None and not 0 < near < math.inf:
        raise ScoreError("the distance to training points is no number above 0", found=near)
    source = points if isinstance(points, PointsSource) else PointsSource(points)
    with ScoreMap.open(map_file) as scored:
        table = source.read()
        field = source.labels(table).field
        samples = _samples(scored, table, source)
        if kind == "success-rate":
            samples = DistinctCells.of(samples).samples
        occurrences = samples.label == 1
        used = table.loc[samples.source]
        leaks = _leaks(scored, used, kind, training, near)
        scores = scored.at(samples.rows, samples.columns)
        parts = partial(scored.parts, window)
        ranks = survey(parts, scores[occurrences], scored.grid.n_cells)
        scored.warn_of_fills(*ranks.scores[[0, -1]].tolist())
        where = samples.places.straight
        groups = np.zeros(len(samples), np.int64)
        groups[occurrences] = clusters(samples.cells[occurrences], where[occurrences], near or 0)

        def figures(kept: Bools) -> Figures:
            return Figures.of(ranks, scores[kept], samples.label[kept], groups[kept])

        audit = None
        if leaks is not None:
            audit = LeakAudit.of(leaks, samples.source, occurrences, figures)
        quoted = occurrences & ~_left_out(leaks, audit)
        prediction_area = PredictionArea.of(ranks, scores[quoted], parts)
        every = figures(np.ones(len(samples), np.bool_))
    differences = []
    for other in against:
        with ScoreMap.open(other) as theirs:
            their_scores = _scores_at(theirs, used)
            their_leaks = _leaks(theirs, used, kind, None, near)
            both = quoted & np.isfinite(their_scores) & ~_left_out(their_leaks, audit)
            if not both.any():
                raise ScoreError(
                    "no occurrence can be scored on both maps without a leak", path=theirs.path
                )
            counted = survey(partial(theirs.parts, window), their_scores[both], theirs.grid.n_cells)
            theirs.warn_of_fills(*counted.scores[[0, -1]].tolist())
        pairs = (ranks, scores[both]), (counted, their_scores[both])
        both_groups = np.asarray(np.unique(groups[both], return_inverse=True)[1], np.int64)
        differences.append(PairedDifference.of(without_secrets(theirs.path), *pairs, both_groups))
    return Score(
        map_path=without_secrets(scored.path),
        points_path=without_secrets(fspath(source.path)),
        kind=kind,
        label=field,
        audit=samples.audit,
        occurrences=(samples.easting[occurrences], samples.northing[occurrences]),
        non_occurrences=(samples.easting[~occurrences], samples.northing[~occurrences]),
        figures=every,
        prediction_area=prediction_area,
        leaks=audit,
        against=tuple(differences),
    )


def _samples(scored: ScoreMap, table: gpd.GeoDataFrame, source: PointsSource) -> Samples:
    """Find the cells of the points, and which of them can be scored."""
    try:
        with EvidenceStack.open(
            [RasterBand("prospectivity", scored.path, scored.band, scored.nodata)]
        ) as stack:
            values = source.occurrence_values
            return read_samples(table, stack, label=source.label, occurrence_values=values)
    except SamplesError as error:
        if not any(part.size for part in scored.valid_parts()):
            raise ScoreError(
                "the map has no valid cell", path=scored.path, mend="give a map with scores"
            ) from error
        raise ScoreError(str(error)) from error


def _leaks(
    scored: ScoreMap,
    points: gpd.GeoDataFrame,
    kind: CurveKind,
    training: Training | None,
    near: float | None,
) -> Leaks | None:
    """Hold points against the training points given, or against those the map tells of."""
    if training is not None:
        known: TrainingPoints | None = TrainingPoints.of(training, scored)
    else:
        known = TrainingPoints.of_map(scored) if kind == "prediction-rate" else None
    return None if known is None else known.audit(points, near)


def _left_out(leaks: Leaks | None, audit: LeakAudit | None) -> Bools | np.bool_:
    """Give the points that leak in the sense of the headline of an audit."""
    headline = "all" if audit is None else audit.headline
    if leaks is None or (headline == "all" and audit is not None and audit.repeats):
        return np.False_  # of an audit whose points all leak, none is left out
    return leaks.near if headline == "without_near" and leaks.near is not None else leaks.repeats


def _scores_at(scored: ScoreMap, points: gpd.GeoDataFrame) -> Scores:
    """Read the scores at points, NaN where there is none."""
    rows, columns, inside = scored.grid.cells(*coordinates(points, scored.grid))
    inside_scores = scored.at(rows[inside], columns[inside])
    scores: Scores = np.full(inside.shape, np.nan, inside_scores.dtype)
    scores[inside] = inside_scores
    return scores
