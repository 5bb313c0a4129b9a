"""Maps compared at the same occurrences."""

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from mapfiles import TRANSFORM, write_map, write_points
from rasterio.crs import CRS

from geoprospect.errors import ScoreError
from geoprospect.grid import Grid
from geoprospect.intervals import student_interval
from geoprospect.samples.trainingcells import TrainingCells
from geoprospect.scoring import score_map
from geoprospect.scoring.counting.levels import survey
from geoprospect.scoring.measures.uncertainty import auc_shares
from geoprospect.scoring.score.paired import PairedDifference
from geoprospect.synthetic import province

VALUES = np.linspace(1.0, 0.0, 400, dtype=np.float32).reshape(20, 20)
CELLS = [(0, 0), (1, 7), (2, 3), (4, 4), (6, 1), (9, 9), (12, 0), (19, 19)]


def compare(values, other, at):
    ranks, others = (survey(lambda v=v: [v], v[at], v.size) for v in (values, other))
    return PairedDifference.of("other.tif", (ranks, values[at]), (others, other[at]), np.arange(
        len(at)))  # fmt: skip


def test_the_difference_is_that_of_the_areas_and_of_the_captures(tmp_path):
    path = write_map(tmp_path / "map.tif", VALUES)
    other = write_map(tmp_path / "other.tif", VALUES.T.copy())
    points = write_points(tmp_path / "p.gpkg", CELLS)
    score, alone = score_map(path, points, against=[other]), score_map(other, points)
    (pair,) = score.against
    assert pair.auc.value == pytest.approx(score.auc - alone.auc)
    for difference, ours, theirs in zip(
        pair.captures,
        score.figures.uncertainty.captures,
        alone.figures.uncertainty.captures,
        strict=True,
    ):
        assert difference.value == pytest.approx(ours.captured - theirs.captured)
        assert difference.interval.low <= difference.value <= difference.interval.high
    assert pair.other_curve.auc == alone.auc


def test_turning_the_comparison_round_turns_the_signs():
    random = np.random.default_rng(0)
    one, two = random.random(500), random.random(500)
    at = np.arange(0, 500, 25)
    ahead, back = compare(one, two, at), compare(two, one, at)
    assert back.auc.value == pytest.approx(-ahead.auc.value)
    assert back.auc.interval.low == pytest.approx(-ahead.auc.interval.high)


def test_the_interval_of_the_difference_covers_the_truth_in_93_to_97_percent_of_400_draws():
    truth = province()
    layers = truth.evidence[0], truth.evidence[3]
    shares = np.full((2, *truth.valid.shape), np.nan)
    for layer, share in zip(layers, shares, strict=True):
        scores = layer[truth.valid]
        share[truth.valid] = auc_shares(survey(lambda s=scores: [s], scores, scores.size), scores)
    ahead = shares[0] - shares[1]
    expected = np.nansum(ahead * truth.intensity) / np.nansum(truth.intensity)
    covered = 0
    for seed in range(400):
        interval = student_interval(ahead[truth.draw_occurrences(20, seed)], np.arange(20))
        covered += interval.low <= expected <= interval.high
    assert 0.93 <= covered / 400 <= 0.97


@pytest.mark.parametrize("n", [1, 3])
def test_equal_differences_of_few_occurrences_are_not_taken_for_sure(n):
    """All lie in the best class of one map and in the worst of the other."""
    classes = np.repeat([1.0, 0.0], 100)
    pair = compare(classes, 1 - classes, np.arange(n))
    assert pair.auc.value == pytest.approx(0.5)
    assert pair.auc.interval.high - pair.auc.interval.low > 0.5
    assert -1 <= pair.auc.interval.low <= pair.auc.interval.high <= 1


def test_the_sentence_says_which_map_is_ahead_only_where_it_is_sure(tmp_path):
    path = write_map(tmp_path / "map.tif", VALUES)
    same = write_map(tmp_path / "same.tif", VALUES + 1)
    worse = write_map(tmp_path / "worse.tif", -VALUES)
    points = write_points(tmp_path / "p.gpkg", CELLS[:6])
    even, ahead = score_map(path, points, against=[same, worse]).against
    assert even.sentence().endswith("; no clear difference between the maps")
    assert ahead.sentence().endswith("; this map ranks them higher")
    assert "at the same 6 occurrences: area under the curve +0." in ahead.sentence()


def test_only_occurrences_that_both_maps_score_are_compared(tmp_path):
    path = write_map(tmp_path / "map.tif", VALUES)
    holed = VALUES.copy()
    holed[:2] = np.nan
    other = write_map(tmp_path / "other.tif", holed)
    points = write_points(tmp_path / "p.gpkg", CELLS)
    (pair,) = score_map(path, points, against=[other]).against
    assert pair.curve.n_occurrences == len(CELLS) - 2
    assert pair.other_curve.n_cells == 360


def test_training_points_of_the_other_map_are_left_out_as_well(tmp_path):
    path = write_map(tmp_path / "map.tif", VALUES)
    other = write_map(tmp_path / "other.tif", VALUES.T.copy())
    grid = Grid(CRS.from_epsg(3578), TRANSFORM, (20, 20))
    with rasterio.open(other, "r+") as dataset:
        dataset.update_tags(**TrainingCells.of(grid, CELLS[:2]).tags())
    points = write_points(tmp_path / "p.gpkg", CELLS)
    (pair,) = score_map(path, points, training=[CELLS[2]], against=[other]).against
    assert pair.curve.n_occurrences == len(CELLS) - 3
    (pair,) = score_map(path, points, against=[other]).against
    assert pair.curve.n_occurrences == len(CELLS) - 2


def test_the_other_map_may_lie_on_another_grid(tmp_path):
    path = write_map(tmp_path / "map.tif", VALUES)
    easting, northing = 159050 + 12000, 977582 - 12000
    place = (
        gpd.GeoSeries.from_xy([easting], [northing], crs="EPSG:3578").to_crs("EPSG:4326").iloc[0]
    )
    degrees = rasterio.Affine(0.2, 0, place.x - 0.5, 0, -0.1, place.y + 0.3)
    other = write_map(
        tmp_path / "degrees.tif",
        np.linspace(1, 0, 30, dtype=np.float32).reshape(6, 5),
        crs="EPSG:4326",
        transform=degrees,
    )
    (pair,) = score_map(path, write_points(tmp_path / "p.gpkg", CELLS), against=[other]).against
    assert pair.other_curve.n_cells == 30
    assert pair.curve.n_occurrences == len(CELLS)


def test_no_common_occurrence_is_an_error_that_names_the_map(tmp_path):
    path = write_map(tmp_path / "map.tif", VALUES)
    away = write_map(
        tmp_path / "away.tif", VALUES, transform=TRANSFORM * TRANSFORM.translation(99, 0)
    )
    with pytest.raises(ScoreError, match=r"away\.tif: no occurrence can be scored on both"):
        score_map(path, write_points(tmp_path / "p.gpkg", CELLS), against=[away])
