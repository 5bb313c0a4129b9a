from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from fits import fit_one, method
from rasterio.transform import from_origin
from scipy.spatial.distance import cdist
from sklearn.metrics import roc_auc_score
from smallproject import points, write_project, write_raster
from test_crossval import quarters

from geoprospect.crossval import FoldScheme, Regions, compare
from geoprospect.crossval.comparison import Comparison
from geoprospect.crossval.folded import Folded
from geoprospect.crossval.ground import Ground
from geoprospect.crossval.heldout import HeldOutScores
from geoprospect.crossval.validate import score_folded
from geoprospect.evidence import EvidenceStack
from geoprospect.samples import Area, DrawingRule, draw_non_occurrences, read_samples

SCHEME = FoldScheme("clusters", folds=3, repeats=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("ground")
    write_project(path)
    return path


@pytest.fixture
def stack(folder):
    with EvidenceStack.open(folder / "rasters") as opened:
        yield opened


@pytest.fixture
def samples(folder, stack):
    return read_samples(folder / "training.gpkg", stack, label="occurrence")


@pytest.fixture
def drawn(samples, stack):
    known = samples.part(samples.label == 1)
    return draw_non_occurrences(known, stack, DrawingRule(draws=2, distance=0.0))


def with_ground(samples, stack, scheme):
    """Points in their folds, with the ground."""
    folded = Folded.of(samples, scheme)
    return replace(folded, ground=Ground.of(stack, samples, scheme, folded.folds))


def centres(rows, columns):
    return 100.0 * np.column_stack([columns, rows])


def test_the_ground_is_every_valid_cell_in_the_fold_of_the_point_nearest_to_it(samples, stack):
    folds, _ = SCHEME.splits(samples)
    ground = Ground.of(stack, samples, SCHEME, folds)
    assert len(ground.cells) == 46 * 40
    assert "1840 valid cells (all there are)" in ground.sentence()
    distance = cdist(
        centres(ground.cells.rows, ground.cells.columns), centres(samples.rows, samples.columns)
    )
    nearest = distance == distance.min(axis=1, keepdims=True)
    for repeat in range(2):
        own = ground.folds[repeat][:, None] == folds[repeat]
        assert (nearest & own).any(axis=1).all()


def test_the_ground_lies_in_the_area_that_non_occurrences_are_drawn_in(drawn, stack, tmp_path):
    gpd.read_file(quarters(tmp_path)).iloc[:2].to_file(tmp_path / "north.gpkg")
    known = drawn.samples.part(drawn.samples.source >= 0)
    rule = DrawingRule(draws=2, distance=0.0, within=Area(str(tmp_path / "north.gpkg")))
    north = draw_non_occurrences(known, stack, rule)
    told = compare(stack, north, {"svm": method("svm")}, FoldScheme(folds=2, repeats=1))
    assert set(told.ground.cells.cells) == set(range(2 * 40, 24 * 40))


def test_in_degrees_the_ground_is_drawn_in_proportion_to_its_area(tmp_path):
    transform = from_origin(10.0, 80.0, 0.1, 0.1)  # 80° to 60° N
    write_raster(
        tmp_path / "A.tif",
        np.random.default_rng(0).normal(size=(200, 60)).astype(np.float32),
        crs="EPSG:4326",
        transform=transform,
    )
    rows, columns = np.array([20, 60, 100, 150, 180]), np.array([5, 50, 30, 20, 40])
    places = gpd.points_from_xy(*(transform * (columns + 0.5, rows + 0.5)))
    table = gpd.GeoDataFrame({"DEP": [1, 0, 1, 1, 0]}, geometry=places, crs="EPSG:4326")
    with EvidenceStack.open(tmp_path) as stack:
        samples = read_samples(table, stack, label="DEP")
        scheme = FoldScheme("random", folds=2, repeats=1)
        ground = Ground.of(stack, samples, scheme, scheme.splits(samples)[0])
    north = (ground.cells.rows < 100).mean()
    area = np.diff(np.sin(np.radians([60.0, 70.0, 80.0])))  # of a sphere
    assert north == pytest.approx(area[1] / area.sum(), abs=0.02)


def test_the_area_is_that_of_held_out_occurrences_against_the_valid_cells_of_their_own_fold(
    samples, stack
):
    folded = with_ground(samples, stack, SCHEME)
    result = score_folded(method("svm"), folded, folded.X)
    for repeat in range(2):
        areas, weights = [], []
        for fold in range(3):
            learned = folded.learned[3 * repeat + fold]
            machine = fit_one("svm", samples.X[learned], samples.label[learned])
            occurrences = (folded.folds[repeat] == fold) & (samples.label == 1)
            cells = folded.ground.folds[repeat] == fold
            scores = [machine.predict(samples.X[occurrences])[:, 0]]
            scores.append(machine.predict(folded.ground.cells.X[cells])[:, 0])
            truth = np.repeat([1, 0], [occurrences.sum(), cells.sum()])
            areas.append(roc_auc_score(truth, np.concatenate(scores)))
            weights.append(occurrences.sum())
        assert result.rate_area[repeat] == pytest.approx(np.average(areas, weights=weights))


def test_scores_of_models_of_different_folds_are_never_compared(samples, stack):
    folded = with_ground(samples, stack, SCHEME)
    rng = np.random.default_rng(0)
    scores = samples.label + rng.normal(size=(2, len(samples)))
    cells = rng.normal(size=(2, len(folded.ground.cells)))
    shifted = scores + 10.0 * folded.folds, cells + 10.0 * folded.ground.folds
    np.testing.assert_array_equal(folded.shares(*shifted), folded.shares(scores, cells))
    comparisons = [
        Comparison(SCHEME, samples, (HeldOutScores.of("m", s, samples.label),), None)
        for s in (scores, shifted[0])
    ]
    pooled = [told.methods[0].auc.mean() for told in comparisons]
    within = [told.auc_within_folds(told.methods[0]) for told in comparisons]
    assert within[0] == within[1]
    assert abs(pooled[0] - pooled[1]) > 0.05


def test_cells_in_polygons_are_held_out_with_the_points_there_and_others_not_at_all(
    samples, stack, tmp_path
):
    gpd.read_file(quarters(tmp_path)).iloc[:3].to_file(tmp_path / "three.gpkg")
    scheme = FoldScheme("leave-one-region-out", regions=Regions(str(tmp_path / "three.gpkg")))
    inside = samples.part(scheme.regions.of(samples)[0] >= 0)
    folded = with_ground(inside, stack, replace(scheme, repeats=1))
    assert set(folded.ground.folds[0]) == {-1, 0, 1, 2}
    result = score_folded(method("svm"), folded, folded.X)
    assert np.isfinite(result.shares).all()


def test_where_non_occurrences_are_drawn_the_headline_is_the_prediction_rate(drawn, stack):
    methods = {"svm": method("svm"), "forest": method("random-forest", trees=10)}
    told = compare(stack, drawn, methods, FoldScheme(folds=3, repeats=1))
    assert told.headline == "rate_area"
    means = {result.method: float(result.rate_area.mean()) for result in told.methods}
    assert told.best.method == max(means, key=means.get)
    plain = told.to_dict()
    assert plain["headline"] == "rate_area"
    assert np.sum(plain["fold_occurrences"]) == told.n_occurrences
    for name, figures in plain["methods"].items():
        assert figures["mean"]["rate_area"] == pytest.approx(np.mean(figures["rate_area"]))
        low, high = figures["interval"]["rate_area"]
        assert low < figures["mean"]["rate_area"] < high
        if name != "coordinates alone":
            gap = figures["against_null"]["rate_area"]["value"]
            null = plain["methods"]["coordinates alone"]["mean"]["rate_area"]
            assert gap == pytest.approx(means[name] - null)


def test_points_of_both_labels_are_told_by_the_roc_with_the_prediction_rate_beside_it(
    samples, stack
):
    told = compare(stack, samples, ["svm"], FoldScheme(folds=3, repeats=1))
    assert told.headline == "auc"
    assert told.figures == ("auc", "average_precision", "rate_area")
    assert 0.5 < told.methods[0].rate_area[0] < 1


def test_a_fold_that_holds_most_occurrences_is_told_with_those_of_all_folds(stack):
    rows, columns = np.array([[5, 6, 7, 8, 9, 40, 41, 42], [5, 6, 7, 8, 9, 35, 35, 5]])
    label = np.array([1, 1, 1, 1, 1, 1, 0, 0])
    samples = read_samples(points(rows, columns, DEP=label), stack, label="DEP")
    scheme = FoldScheme(folds=3, repeats=1)
    scores = HeldOutScores.of("flat", np.full((1, 8), 0.5), label)
    counts = Comparison(scheme, samples, (scores,), scores).fold_occurrences
    assert counts.max() > 3
    said = " ".join(Comparison(scheme, samples, (scores,), scores).sentences())
    assert f"One fold holds {counts.max()} of 6 cells with an occurrence" in said
