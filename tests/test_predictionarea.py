"""Prediction-area plots against truths known beforehand."""

import json
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geoprospect.errors import ScoreError
from geoprospect.evidence.features.points import coordinates
from geoprospect.samples.points import read_points
from geoprospect.scoring.counting.levels import count_levels
from geoprospect.scoring.counting.scoremap import ScoreMap
from geoprospect.scoring.measures.predictionarea import PredictionArea, Share, prediction_area_of
from geoprospect.scoring.records import PredictionAreaRecord


def defined(values: np.ndarray, at_points: np.ndarray) -> tuple[Fraction, float]:
    """Area and score at the crossing, score by score, in exact fractions."""
    area = captured = Fraction(0)
    for score in np.unique(values)[::-1]:
        more_area = Fraction(int((values == score).sum()), values.size)
        more = Fraction(int((at_points == score).sum()), at_points.size)
        if area + more_area + captured + more >= 1:
            part = (1 - area - captured) / (more_area + more)
            return area + part * more_area, float(score)
        area, captured = area + more_area, captured + more
    raise ArithmeticError("both fractions end at 1")


@given(
    values=arrays(np.float32, st.integers(2, 40), elements=st.integers(0, 8).map(lambda i: i / 8)),
    at=st.lists(st.integers(0, 10_000), min_size=1, max_size=12),
)
def test_the_crossing_is_the_one_of_its_definition(values, at):
    at_points = values[np.array(at) % values.size]
    crossing = prediction_area_of(values, at_points).crossing
    area, score = defined(values, at_points)
    assert crossing.at.area == pytest.approx(float(area), rel=1e-12)
    assert crossing.threshold == score
    assert crossing.at.area + crossing.at.captured == 1
    assert crossing.beyond_threshold.area < crossing.at.area <= crossing.from_threshold.area
    assert crossing.from_threshold == Share(
        (values >= np.float32(score)).mean(), (at_points >= np.float32(score)).mean()
    )
    assert crossing.normalised_density > 0


def test_occurrences_on_the_best_cells_have_the_density_of_the_cells_per_occurrence():
    values = np.linspace(0, 0.5, 100)
    values[:8] = 1.0
    crossing = prediction_area_of(values, values[:8]).crossing
    assert crossing.normalised_density == pytest.approx(100 / 8)
    assert crossing.weight == pytest.approx(math.log(100 / 8))


def test_a_reversed_map_has_the_opposite_crossing():
    values = np.random.default_rng(5).integers(0, 40, 500) / 40
    ahead, back = (prediction_area_of(v, v[:30]).crossing.at for v in (values, 1 - values))
    assert (ahead.area, ahead.captured) == pytest.approx((back.captured, back.area))


def test_a_constant_map_crosses_at_one_half_and_says_it_is_no_better_than_chance():
    plot = prediction_area_of(np.full((7, 9), 0.3, np.float32), np.float32([0.3, 0.3]))
    assert plot.crossing.at == Share(0.5, 0.5)
    assert (plot.crossing.from_threshold, plot.crossing.beyond_threshold) == (
        Share(1, 1),
        Share(0, 0),
    )
    assert (plot.crossing.normalised_density, plot.crossing.weight) == (1, 0)
    assert "no better than chance" in plot.sentence()


@pytest.mark.parametrize("rank", [1, 30, 100])
def test_one_occurrence_crosses_within_its_own_cell(rank):
    values = np.linspace(1, 0.01, 100)
    crossing = prediction_area_of(values, values[[rank - 1]]).crossing
    before = (rank - 1) / 100
    part = (1 - before) / (1 + 1 / 100)  # of the cell, and of the occurrence
    assert crossing.at.captured == pytest.approx(part)
    assert crossing.threshold == values[rank - 1]
    assert (crossing.beyond_threshold.captured, crossing.from_threshold.captured) == (0, 1)


def test_curves_that_run_along_each_other_do_so_between_two_scores_of_the_map():
    crossing = prediction_area_of([0.9, 0.8, 0.2, 0.1], at_points=[0.9, 0.2]).crossing
    assert crossing.at == crossing.from_threshold == Share(0.5, 0.5)
    assert (crossing.coincide_above, crossing.threshold) == (0.2, 0.8)


def test_curves_that_cross_in_a_step_run_nowhere_along_each_other():
    crossing = prediction_area_of([0.9, 0.5, 0.5, 0.1], at_points=[0.9, 0.5]).crossing
    assert crossing.at.area == pytest.approx(0.25 + 0.25 / 2)  # a quarter missing, of a unit step
    assert crossing.coincide_above is None


def test_a_crossing_among_tied_cells_without_occurrences_lies_at_their_score():
    values = np.r_[1.0, np.full(8, 0.6), 0.2]
    crossing = prediction_area_of(values, at_points=[1.0, 1.0, 0.2]).crossing
    assert crossing.at.captured == pytest.approx(2 / 3)
    assert crossing.threshold == 0.6
    assert (crossing.beyond_threshold.area, crossing.from_threshold.area) == (0.1, 0.9)


def test_the_curves_are_exact_at_every_vertex_and_step_at_every_score():
    values = np.random.default_rng(2).integers(0, 30, 400).astype(np.float32) / 30
    points = values[:25]
    plot = prediction_area_of(values, points)
    before = np.r_[False, plot.threshold[1:] == plot.threshold[:-1]]
    for share, all_scores in ((plot.area, values), (plot.captured, points)):
        reaching = [(all_scores >= score).mean() for score in plot.threshold[~before]]
        above = [(all_scores > score).mean() for score in plot.threshold[before]]
        assert share[~before].tolist() == pytest.approx(reaching)
        assert share[before].tolist() == pytest.approx(above)
    assert (plot.area[0], plot.captured[0], plot.area[-1], plot.captured[-1]) == (1, 1, 0, 0)
    assert set(points) <= set(plot.threshold[before])


def test_what_gives_no_plot_is_said():
    with pytest.raises(ScoreError, match="no occurrence"):
        prediction_area_of([0.1, 0.9], [])
    with pytest.raises(ScoreError, match="no cell has"):
        prediction_area_of([0.1, 0.9], [0.5])


@pytest.mark.parametrize("values", [[0.3] * 4, np.linspace(0, 1, 5000, dtype=np.float32)])
def test_json_has_at_most_101_thresholds_with_both_ends_and_no_nan(values):
    plot = prediction_area_of(values, values[2:3])
    told = json.loads(json.dumps(PredictionAreaRecord.plain(plot), allow_nan=False))
    curve = told["curve"]
    assert len(curve["threshold"]) == len(curve["area"]) == len(curve["captured"]) <= 101
    assert curve["threshold"][0] == pytest.approx(np.min(values))
    assert curve["threshold"][-1] == pytest.approx(np.max(values))
    expected = [(np.asarray(values) >= np.float32(t)).mean() for t in curve["threshold"]]
    if len(curve["threshold"]) > 1:
        assert curve["area"] == pytest.approx(expected)
    crossing = told["crossing"]
    assert crossing["weight"] == pytest.approx(math.log(crossing["normalised_density"]))


def test_the_study_points_cross_on_real_evidence_as_sorting_all_its_cells_finds(study):
    points = read_points(study / "01_Train_VO.csv", crs="EPSG:3578")
    with ScoreMap.open(study / "evidence" / "X4.tif") as scored:
        rows, columns, inside = scored.grid.cells(*coordinates(points, scored.grid))
        chosen = inside & (points["DEP"] == 1).to_numpy()
        scores = scored.at(rows[chosen], columns[chosen])
        plot = PredictionArea.of(
            count_levels(scored.valid_parts, scores), scores, scored.valid_parts
        )
        values = np.concatenate(list(scored.valid_parts()))
    area, score = defined(values, scores)
    assert plot.crossing.at.area == pytest.approx(float(area), rel=1e-12)
    assert plot.crossing.threshold == score
