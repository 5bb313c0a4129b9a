"""Scores of a map at files of points."""

import json

import geopandas as gpd
import numpy as np
import pytest
from jsonschemas import faults
from mapfiles import centres, write_map, write_points

from geoprospect.errors import SamplesError, ScoreError
from geoprospect.scoring import PointsSource, score_map, score_schema

SCHEMA = score_schema()
# 20 cells, the best first, row by row: 1.0, 0.95, … 0.05
VALUES = np.linspace(1.0, 0.05, 20, dtype=np.float32).reshape(4, 5)


@pytest.fixture
def ranked(tmp_path):
    return write_map(tmp_path / "map.tif", VALUES)


def test_the_figures_of_known_ranks(ranked, tmp_path):
    # occurrences on ranks 1, 2, 11 and 20, non-occurrences on ranks 3 and 12
    cells = [(0, 0), (0, 1), (2, 0), (3, 4), (0, 2), (2, 1)]
    points = write_points(tmp_path / "points.gpkg", cells, occurrence=[1, 1, 1, 1, 0, 0])
    score = score_map(ranked, points)
    assert score.label == "occurrence"
    assert (score.curve.n_occurrences, score.figures.n_non_occurrences) == (4, 2)
    assert score.auc == pytest.approx(1 - (0.5 + 1.5 + 10.5 + 19.5) / 4 / 20)
    assert score.curve.captured_in(0.1) == pytest.approx(0.5)
    assert score.curve.area_holding(0.5) == pytest.approx(2 / 20)
    # of 4 x 2 pairs the occurrence is ahead in: ranks 1, 2 both; rank 11 one; rank 20 none
    assert score.figures.roc_auc == pytest.approx(5 / 8)
    # rank 11 scores 0.5 and counts as found
    assert score.figures.confusion == {"tn": 1, "fp": 1, "fn": 1, "tp": 3}
    assert [x.tolist() for x in score.occurrences] == [x.tolist() for x in centres(cells[:4])]


def test_the_sentence_says_it_in_plain_words(ranked, tmp_path):
    points = write_points(tmp_path / "points.gpkg", [(0, 0), (0, 1), (2, 0), (3, 4)])
    score = score_map(ranked, points)
    sure = score.figures.uncertainty
    assert score.sentence() == (
        "the best 10% of the area holds 50% of the 4 validation occurrences, 95% interval "
        f"{sure.captures[3].interval:.0%}; area under the curve 0.60 ({sure.auc:.2f}), "
        f"p = {sure.p_value:.2g} against random placement"
    )
    one = write_points(tmp_path / "one.gpkg", [(0, 0)])
    assert (
        "of the only training occurrence, 95%"
        in score_map(ranked, one, kind="success-rate").sentence()
    )


def test_every_point_left_out_is_listed_with_its_reason(tmp_path):
    values = VALUES.copy()
    values[1] = -9999
    path = write_map(tmp_path / "map.tif", values, nodata=-9999)
    cells = [(0, 0), (1, 2), (9, 9), (0, 0), (3, 3), (2, 2)]
    points = write_points(tmp_path / "p.gpkg", cells, DEP=["1", "1", "1", "1", None, "0"])
    score = score_map(path, points)
    assert score.audit.invalid == (1,)
    assert score.audit.outside == (2,)
    assert score.audit.no_label == (4,)
    assert score.audit.shared == ((0, 3),)
    assert (score.curve.n_occurrences, score.curve.n_cells) == (2, 15)
    assert any("row 1" in line for line in score.lines())


def test_points_on_the_maps_outer_edges_are_scored(ranked, tmp_path):
    table = tmp_path / "edge.csv"
    right, bottom = 159050 + 5 * 1200, 977582 - 4 * 1200
    table.write_text(f"x,y\n{right},{bottom}\n159050,977582\n")
    score = score_map(ranked, PointsSource(table, crs="EPSG:3578"))
    assert score.audit.n_kept == 2
    assert score.auc == pytest.approx(0.5)  # the last cell and the first


def test_points_in_another_crs_find_their_cells(ranked, tmp_path):
    points = write_points(tmp_path / "points.gpkg", [(0, 0)])
    gpd.read_file(points).to_crs("EPSG:4326").to_file(tmp_path / "degrees.geojson")
    assert score_map(ranked, tmp_path / "degrees.geojson").auc == pytest.approx(1 - 0.5 / 20)


@pytest.mark.parametrize("training", ["file", "source", "cells"])
def test_points_on_training_cells_are_told_apart(ranked, tmp_path, training):
    cells = [(0, 0), (3, 4), (0, 2), (2, 1)]
    points = write_points(tmp_path / "points.gpkg", cells, DEP=[1, 1, 0, 0])
    known = [(0, 0), (2, 1), (9, 9)]  # the last one off the map
    given = {
        "file": write_points(tmp_path / "training.gpkg", known),
        "source": PointsSource(write_points(tmp_path / "training.csv", known), crs="EPSG:3578"),
        "cells": known[:2],
    }[training]
    score = score_map(ranked, points, training=given)
    assert score.repeats == (0, 3)
    assert score.auc == pytest.approx(1 - (0.5 + 19.5) / 2 / 20)
    assert score.auc_without_repeats == pytest.approx(1 - 19.5 / 20)
    assert score.leaks.without_repeats.n_non_occurrences == 1
    assert (
        "2 of the 4 points lie in a cell that holds a training point: rows 0, 3." in score.lines()
    )
    assert score.headline == ("without_repeats", score.leaks.without_repeats)
    assert (
        "of the only validation occurrence, excluding points that share a cell with training data"
        in score.sentence()
    )
    assert score.sentence().endswith("1 of 2 repeats a training cell: with it 50% and 0.50")


def test_where_all_or_none_repeat_there_is_no_second_figure(ranked, tmp_path):
    points = write_points(tmp_path / "points.gpkg", [(0, 0), (3, 4)])
    none = score_map(ranked, points, training=[(1, 1)])
    assert (none.repeats, none.auc_without_repeats) == ((), None)
    assert none.headline[0] == "all"
    assert none.sentence().endswith("; none repeats a training cell")
    assert "No point lies in a cell that holds a training point." in none.lines()
    every = score_map(ranked, points, training=[(0, 0), (3, 4)])
    assert (every.repeats, every.auc_without_repeats) == ((0, 1), None)
    assert "No occurrence is left without them." in every.lines()
    assert every.headline[0] == "all"
    assert every.sentence().endswith("all of them repeat a training cell, so nothing new is tested")
    unknown = score_map(ranked, points)
    assert unknown.repeats is None
    assert any("Training points are not known" in line for line in unknown.lines())


@pytest.mark.parametrize("field", ["occurrence", "DEP", "dep", "Label"])
def test_a_field_with_an_obvious_name_holds_the_labels(ranked, tmp_path, field):
    points = write_points(
        tmp_path / "p.gpkg", [(0, 0), (1, 1)], **{field: [1, 0], "name": ["a", "b"]}
    )
    score = score_map(ranked, points)
    assert score.label == field
    assert score.figures.n_non_occurrences == 1


def test_without_a_field_of_labels_all_points_are_occurrences_and_that_is_said(ranked, tmp_path):
    points = write_points(tmp_path / "p.gpkg", [(0, 0), (1, 1)], name=["a", "b"])
    score = score_map(ranked, points)
    assert (score.label, score.curve.n_occurrences) == (None, 2)
    assert score.figures.roc_auc is None
    assert score.figures.confusion is None
    assert "All points count as occurrences" in score.lines()[1]


@pytest.mark.parametrize(
    "fields", [{"DEP": [1, 0], "occurrence": [0, 1]}, {"gold": [1, 0]}, {"known": [True, False]}]
)
def test_labels_that_are_not_obvious_are_asked_for(ranked, tmp_path, fields):
    points = write_points(tmp_path / "p.gpkg", [(0, 0), (1, 1)], **fields)
    with pytest.raises(SamplesError, match=r"not obvious.*--label FIELD"):
        score_map(ranked, points)
    named = score_map(ranked, PointsSource(points, label=next(iter(fields))))
    assert named.figures.n_non_occurrences == 1


def test_scores_beyond_0_and_1_are_not_held_against_a_half(tmp_path):
    path = write_map(tmp_path / "map.tif", VALUES * 100)
    points = write_points(tmp_path / "p.gpkg", [(0, 0), (1, 1)], DEP=[1, 0])
    score = score_map(path, points)
    assert score.figures.confusion is None
    assert score.figures.roc_auc == 1
    assert any("range 0 to 1" in line for line in score.lines())


def test_no_occurrence_on_a_valid_cell_is_an_error_with_the_counts(ranked, tmp_path):
    away = write_points(tmp_path / "away.gpkg", [(50, 50), (60, 60)])
    with pytest.raises(ScoreError, match="2 points left out outside"):
        score_map(ranked, away)
    barren = write_points(tmp_path / "barren.gpkg", [(0, 0)], DEP=[0])
    with pytest.raises(ScoreError, match="no occurrence"):
        score_map(ranked, barren)


def test_a_map_without_a_valid_cell_is_said_to_be_so(tmp_path):
    path = write_map(tmp_path / "map.tif", np.full_like(VALUES, np.nan))
    with pytest.raises(ScoreError, match=r"map\.tif: the map has no valid cell"):
        score_map(path, write_points(tmp_path / "p.gpkg", [(0, 0)]))


def test_a_map_that_is_missing_or_damaged_or_nowhere_is_named(tmp_path):
    points = write_points(tmp_path / "p.gpkg", [(0, 0)])
    with pytest.raises(ScoreError, match=r"absent\.tif: no such file"):
        score_map(tmp_path / "absent.tif", points)
    text = tmp_path / "text.tif"
    text.write_text("no raster")
    with pytest.raises(ScoreError, match=r"text\.tif: cannot be read"):
        score_map(text, points)
    with pytest.raises(ScoreError, match="no CRS"):
        score_map(write_map(tmp_path / "nowhere.tif", VALUES, crs=None), points)


def test_a_map_cut_short_is_named(tmp_path):
    noise = np.random.default_rng(0).random((200, 200), np.float32)
    cut = write_map(tmp_path / "cut.tif", noise, tiled=True, blockxsize=64, blockysize=64)
    cut.write_bytes(cut.read_bytes()[:120_000])
    with pytest.raises(ScoreError, match=r"cut\.tif: .*cannot be read"):
        score_map(cut, write_points(tmp_path / "p.gpkg", [(0, 0)]))


def test_json_holds_what_its_schema_says(ranked, tmp_path):
    points = write_points(tmp_path / "p.gpkg", [(0, 0), (3, 4), (1, 1)], DEP=[1, 1, 0])
    known = {"training": [(0, 0)], "near": 1000}
    other = write_map(tmp_path / "other.tif", 100 * VALUES[::-1])
    for path, settings in (
        (ranked, known),
        (ranked, {"kind": "success-rate"}),
        (ranked, known | {"against": [other]}),
        (other, {}),
    ):
        content = json.loads(json.dumps(score_map(path, points, **settings).to_dict()))
        assert list(faults(content, SCHEMA)) == []
    assert content["confusion"] is None
    assert list(faults(content | {"auc": 1.5, "kind": "rate", "more": 1}, SCHEMA)) == [
        "more: not in the schema",
        "kind: 'rate' is none of success-rate, prediction-rate",
        "auc: 1.5 is beyond 0 to 1",
    ]


def test_a_score_shows_itself_in_words_and_in_a_table_with_intervals(ranked, tmp_path):
    points = write_points(tmp_path / "<p>.csv", [(0, 0), (3, 4), (1, 1)], DEP=[1, 1, 0])
    score = score_map(ranked, PointsSource(points, crs="EPSG:3578"))
    assert repr(score) == f"map.tif at <p>.csv: {score.sentence()}"
    shown = score._repr_html_()
    interval = score.figures.auc_interval
    assert "<tr><th>area under the rate curve</th>" in shown
    assert f"<td>{score.auc:.2f}</td><td>{interval:.2f}</td></tr>" in shown
    assert shown.count("<tr>") == 8
    assert "&lt;p&gt;.csv" in shown


def test_json_of_known_ranks(ranked, tmp_path):
    points = write_points(tmp_path / "p.gpkg", [(0, 0), (3, 4), (1, 1)], DEP=[1, 1, 0])
    content = score_map(ranked, points, training=[(0, 0)]).to_dict()
    assert set(content["area_holding"]) == {"50%", "80%", "90%"}
    assert content["confusion"] == {"threshold": 0.5, "tn": 0, "fp": 1, "fn": 1, "tp": 1}
    assert content["repeats"] == [0]
    assert content["headline"]["points"] == "without_repeats"
    assert content["headline"]["auc"] == content["without_repeats"]["auc"]
    assert len(content["curve"]["area"]) == len(content["curve"]["captured"])
    assert len(content["curve"]["band"]["low"]) == 101


def test_scoring_is_told_the_same_whatever_the_windows(ranked, tmp_path):
    points = write_points(tmp_path / "p.gpkg", [(0, 0), (3, 4), (1, 1)], DEP=[1, 1, 0])
    whole, by_cells = (
        score_map(ranked, points, near=2000, training=[(0, 0)], window=window).to_dict()
        for window in (None, (1, 2))
    )
    assert whole == by_cells


def test_the_published_validation_points_repeat_24_training_cells(study):
    evidence = study / "evidence"
    training = PointsSource(study / "01_Train_VO.csv", crs="EPSG:3578")
    score = score_map(evidence / "X1.tif", evidence / "validation_points.shp", training=training)
    assert len(score.repeats) == 24
    kept = score.leaks.without_repeats
    assert (kept.curve.n_occurrences, kept.n_non_occurrences) == (14, 2)
