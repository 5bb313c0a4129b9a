"""The leak audit: what a map has seen, as given or as the map itself tells."""

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from mapfiles import TRANSFORM, centres, write_map, write_points
from rasterio.crs import CRS

from geoprospect.errors import SamplesError, ScoreError
from geoprospect.evidence import EvidenceStack
from geoprospect.grid import Grid, describe_grid, read_grid
from geoprospect.mapping import write_map as map_model
from geoprospect.model import Components
from geoprospect.model.model import ProspectivityModel
from geoprospect.network import Dense, Network
from geoprospect.samples.trainingcells import TrainingCells
from geoprospect.scoring import PointsSource, score_map

# 400 cells of 1200 m, the best first
VALUES = np.linspace(1.0, 0.0, 400, dtype=np.float32).reshape(20, 20)
GRID = Grid(CRS.from_epsg(3578), TRANSFORM, (20, 20))
SEEN = [(0, 0), (10, 10)]
ROW = [(0, column) for column in range(0, 15)]


@pytest.fixture
def ranked(tmp_path):
    return write_map(tmp_path / "map.tif", VALUES)


def tag(path, seen):
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(**seen.tags())
    return path


def test_points_within_the_distance_of_a_training_point_are_counted(ranked, tmp_path):
    points = write_points(tmp_path / "points.gpkg", ROW)
    score = score_map(ranked, points, training=[(0, 0)], near=2 * 1200)
    assert score.repeats == (0,)
    assert score.leaks.near == (0, 1, 2)
    assert "3 of the 15 points lie within 2.4 km of a training point: rows 0, 1, 2." in (
        score.lines()
    )


def test_real_places_of_training_points_are_measured_from(ranked, tmp_path):
    points = write_points(tmp_path / "points.gpkg", ROW)
    easting, northing = centres([(0, 0)])
    table = tmp_path / "training.csv"
    table.write_text(f"x,y\n{easting[0] + 500},{northing[0]}\n")
    training = PointsSource(table, crs="EPSG:3578")
    assert score_map(ranked, points, training=training, near=700).leaks.near == (0, 1)
    assert score_map(ranked, points, training=training, near=699).leaks.near == (0,)


def test_training_points_off_the_map_are_measured_from_too(ranked, tmp_path):
    points = write_points(tmp_path / "points.gpkg", ROW)
    training = write_points(tmp_path / "training.gpkg", [(0, -1)])
    score = score_map(ranked, points, training=training, near=1200)
    assert (score.repeats, score.leaks.near) == ((), (0,))


def test_the_headline_leaves_near_points_out_if_ten_occurrences_are_left(ranked, tmp_path):
    points = write_points(tmp_path / "points.gpkg", ROW)
    ten = score_map(ranked, points, training=SEEN, near=4 * 1200)
    assert ten.headline[0] == "without_near"
    assert ten.headline[1].curve.n_occurrences == 10
    assert "of the 10 validation occurrences farther than 4.8 km" in ten.sentence()
    assert "; 5 of 15 lie within 4.8 km of a training point, 1 of them in its cell: with them" in (
        ten.sentence()
    )
    assert ten.to_dict()["headline"]["auc"] == ten.leaks.without_near.curve.auc


def test_the_headline_leaves_out_training_cells_alone_where_fewer_are_left(ranked, tmp_path):
    points = write_points(tmp_path / "points.gpkg", ROW)
    nine = score_map(ranked, points, training=SEEN, near=5 * 1200)
    assert nine.headline == ("without_repeats", nine.leaks.without_repeats)
    assert nine.leaks.without_near.curve.n_occurrences == 9
    assert nine.sentence().endswith(
        "; 6 of 15 lie within 6 km of a training point, and the 9 farther away are too few to be "
        "quoted"
    )


def test_prediction_area_and_comparisons_are_of_the_headline(ranked, tmp_path):
    points = write_points(tmp_path / "points.gpkg", ROW)
    other = write_map(tmp_path / "other.tif", VALUES[::-1])
    score = score_map(ranked, points, training=SEEN, near=4 * 1200, against=[other])
    assert score.prediction_area.n_occurrences == 10
    assert score.against[0].curve.n_occurrences == 10


def test_a_map_tells_its_training_cells_itself(ranked, tmp_path):
    points = write_points(tmp_path / "points.gpkg", ROW)
    assert score_map(ranked, points).repeats is None
    tag(ranked, TrainingCells.of(GRID, SEEN, evidence_range=2400.0))
    score = score_map(ranked, points)
    assert score.repeats == (0,)
    assert score.leaks.near == (0, 1, 2)
    assert any("the range of the evidence's variogram" in line for line in score.lines())
    given = score_map(ranked, points, training=SEEN, near=2400)
    assert (given.repeats, given.leaks.near) == (score.repeats, score.leaks.near)


def test_the_range_that_a_map_tells_joins_no_occurrences(ranked, tmp_path):
    camps = [(0, 1), (0, 2), (0, 3), (9, 1), (9, 2), (9, 3)]
    points = write_points(tmp_path / "points.gpkg", camps)
    tag(ranked, TrainingCells.of(GRID, SEEN, evidence_range=2400.0))
    assert score_map(ranked, points).figures.uncertainty.n_clusters == 6
    given = score_map(ranked, points, near=2400)
    assert given.figures.uncertainty.n_clusters == 2
    assert "The 6 occurrences form 2 clusters, each resampled as one for the intervals." in (
        given.lines()
    )


@pytest.mark.parametrize(
    ("crs", "transform", "cell"),
    [
        ("EPSG:2263", Affine(4000, 0, 900_000, 0, -4000, 200_000), 1219.2),
        ("EPSG:4326", Affine(0.02, 0, -133, 0, -0.01, 60.005), 1116.2),
    ],
    ids=["feet", "degrees"],
)
def test_the_range_that_a_map_tells_is_in_metres(tmp_path, crs, transform, cell):
    """The cells of a row that are nearer than that to the first, in feet and in degrees."""
    path = write_map(tmp_path / "map.tif", VALUES, crs=crs, transform=transform)
    grid = Grid(CRS.from_string(crs), transform, (20, 20))
    easting, northing = grid.centres(np.zeros(15), np.arange(15))
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(easting, northing), crs=crs)
    points.to_file(tmp_path / "points.gpkg")
    tag(path, TrainingCells.of(grid, [(0, 0)], evidence_range=4.5 * cell))
    assert score_map(path, tmp_path / "points.gpkg").leaks.near == (0, 1, 2, 3, 4)


def test_what_is_given_stands_above_what_the_map_tells(ranked, tmp_path):
    points = write_points(tmp_path / "points.gpkg", ROW)
    tag(ranked, TrainingCells.of(GRID, SEEN, evidence_range=2400.0))
    score = score_map(ranked, points, training=[(0, 5)])
    assert (score.repeats, score.leaks.near) == ((5,), None)


def test_the_training_points_success_rate_is_not_held_against_themselves(ranked, tmp_path):
    tag(ranked, TrainingCells.of(GRID, SEEN))
    points = write_points(tmp_path / "points.gpkg", SEEN)
    assert score_map(ranked, points, kind="success-rate").leaks is None


def test_a_map_on_another_grid_and_crs_knows_the_same_training_cells(tmp_path):
    """Cells of 100 m in UTM against training cells of 1200 m in Yukon Albers."""
    easting, northing = centres([(4, 4)])
    place = gpd.GeoSeries.from_xy(easting, northing, crs="EPSG:3578").to_crs("EPSG:32608").iloc[0]
    transform = Affine(100, 0, place.x - 2000, 0, -100, place.y + 2000)
    fine = write_map(
        tmp_path / "fine.tif",
        np.linspace(1, 0, 1600, dtype=np.float32).reshape(40, 40),
        crs="EPSG:32608",
        transform=transform,
    )
    tag(fine, TrainingCells.of(GRID, [(4, 4)], evidence_range=1000.0))
    offsets = np.array([0, 550, 650, 950, 1050])  # the training cell ends 600 m from its centre
    points = gpd.GeoDataFrame(
        geometry=gpd.GeoSeries.from_xy(easting + offsets, northing.repeat(5), crs="EPSG:3578")
    )
    points.to_file(tmp_path / "points.gpkg")
    score = score_map(fine, tmp_path / "points.gpkg")
    assert score.repeats == (0, 1)
    assert score.leaks.near == (0, 1, 2, 3)


def test_a_map_made_with_a_model_carries_the_models_training_cells(tmp_path):
    layer = write_map(tmp_path / "X1.tif", VALUES)
    components = Components.fit([[0.0], [0.5], [1.0]], names=("X1",))
    network = Network((Dense(np.ones((1, 1), np.float32), np.zeros(1, np.float32), "sigmoid"),))
    model = ProspectivityModel(
        components,
        (network,),
        np.array([[0, 1]], np.float32),
        {"evidence_range": 2400.0},
        training_cells=tuple(SEEN),
        grid=GRID,
    )
    model.save(tmp_path / "model")
    with EvidenceStack.open({"X1": layer}) as stack:
        map_model(ProspectivityModel.load(tmp_path / "model"), stack, tmp_path / "made.tif")
    score = score_map(tmp_path / "made.tif", write_points(tmp_path / "points.gpkg", ROW))
    assert (score.repeats, score.leaks.near, score.leaks.distance) == ((0,), (0, 1, 2), 2400)


@pytest.mark.parametrize(
    "change",
    [
        {"GEOPROSPECT_TRAINING_CELLS": "0,0;here"},
        {"GEOPROSPECT_TRAINING_CELLS": "0;1"},
        {"GEOPROSPECT_TRAINING_GRID": "{"},
        {"GEOPROSPECT_TRAINING_GRID": "[]"},
        {"GEOPROSPECT_TRAINING_GRID": '{"crs": "none", "transform": [1], "shape": [1, 1]}'},
        {"GEOPROSPECT_EVIDENCE_RANGE": "far"},
    ],
)
def test_metadata_that_are_malformed_are_said_to_be(ranked, tmp_path, change):
    points = write_points(tmp_path / "points.gpkg", ROW)
    tag(ranked, TrainingCells.of(GRID, SEEN, evidence_range=2400.0))
    with rasterio.open(ranked, "r+") as dataset:
        dataset.update_tags(**change)
    with pytest.raises(SamplesError, match=r"map\.tif: the map's metadata .*--training"):
        score_map(ranked, points)
    assert score_map(ranked, points, training=SEEN).repeats == (0,)


def test_a_grid_without_a_code_of_its_crs_comes_back_from_json():
    own = CRS.from_proj4("+proj=aea +lat_1=61 +lat_2=68 +lat_0=59 +lon_0=-132.4 +units=m")
    grid = Grid(own, TRANSFORM, (3, 4))
    assert read_grid(describe_grid(grid)).difference(grid) is None


@pytest.mark.parametrize("near", [0, -5, float("nan")])
def test_a_distance_of_nothing_is_refused(ranked, tmp_path, near):
    with pytest.raises(ScoreError, match="no number above 0"):
        score_map(ranked, write_points(tmp_path / "p.gpkg", ROW), near=near)


def test_the_published_points_lie_near_training_points_but_for_few(study):
    evidence = study / "evidence"
    training = PointsSource(study / "01_Train_VO.csv", crs="EPSG:3578")
    score = score_map(
        evidence / "X1.tif", evidence / "validation_points.shp", training=training, near=5000
    )
    assert len(score.repeats) == 24
    assert len(score.leaks.near) == 37
    assert score.headline[1].curve.n_occurrences == 14
    assert "6 of 20 repeat a training cell" in score.sentence()
