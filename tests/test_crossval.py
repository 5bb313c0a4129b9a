from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from fits import fit_one
from fits import method as method_of
from scipy.spatial.distance import cdist
from smallproject import TRANSFORM, write_project

from geoprospect.crossval import (
    FoldScheme,
    HeldOutScores,
    Regions,
    cells_beyond,
    coordinates_alone,
    prepare_apart,
    score_held_out,
)
from geoprospect.errors import SamplesError, TrainingError
from geoprospect.methods import PretextCells, Transfer
from geoprospect.network import Schedule
from geoprospect.project.file import Project
from geoprospect.samples import DistinctCells

KINDS = ["clusters", "blocks", "random"]
FEW_TREES = method_of("random-forest", trees=10)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return write_project(tmp_path_factory.mktemp("crossval"))


@pytest.fixture(scope="module")
def samples(project):
    loaded = Project.load(project)
    with loaded.open_evidence() as stack:
        return loaded.read_samples("training", stack)


def places(samples):
    return np.column_stack(samples.grid.centres(samples.rows, samples.columns))


def with_labels(samples, occurrences):
    """The same points, of which these are the occurrences."""
    return replace(samples, label=np.isin(np.arange(len(samples)), occurrences).astype(np.int64))


def components(samples, seed=0):
    return np.random.default_rng(seed).normal(size=(len(samples), 3)).astype(np.float32)


def quarters(folder, *, names=("north", "north", "west", "east"), crs="EPSG:32608"):
    """Four polygons over the small project: two halves of the north, and two of the south."""
    left, top = TRANSFORM * (0, 0)
    boxes = [
        shapely.box(left, top - 2400, left + 2000, top),
        shapely.box(left + 2000, top - 2400, left + 4000, top),
        shapely.box(left, top - 4800, left + 2000, top - 2400),
        shapely.box(left + 2000, top - 4800, left + 4000, top - 2400),
    ]
    table = gpd.GeoDataFrame({"name": list(names)}, geometry=boxes, crs="EPSG:32608")
    path = folder / "regions.gpkg"
    table.to_crs(crs).to_file(path)
    return str(path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_point_is_held_out_once_a_repeat_and_never_learned_from_then(samples, kind):
    scheme = FoldScheme(kind, folds=4, repeats=3, size=900)
    folds, rows = scheme.splits(samples)
    assert folds.shape == (3, len(samples))
    assert rows.shape == (12, len(samples))
    for repeat in range(3):
        assert set(folds[repeat]) == {0, 1, 2, 3}
        for fold in range(4):
            np.testing.assert_array_equal(rows[4 * repeat + fold], folds[repeat] != fold)
    assert not np.array_equal(folds[0], folds[1])


@pytest.mark.parametrize("kind", KINDS)
def test_points_of_one_cell_are_never_parted(samples, kind):
    twice = samples.part(np.tile(np.arange(len(samples)), 2))
    folds, _ = FoldScheme(kind, size=700, repeats=2).splits(twice)
    np.testing.assert_array_equal(folds[:, : len(samples)], folds[:, len(samples) :])


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_within_the_buffer_of_a_point_held_out_is_learned_from(samples, kind):
    folds, rows = FoldScheme(kind, folds=3, repeats=1, size=1500, buffer=350).splits(samples)
    distance = cdist(places(samples), places(samples))
    for fold, learned in enumerate(rows):
        held_out = folds[0] == fold
        nearest = distance[:, held_out].min(axis=1)
        np.testing.assert_array_equal(learned, nearest > 350)


def test_blocks_are_squares_that_no_fold_shares(samples):
    scheme = FoldScheme("blocks", folds=3, repeats=1, size=1000)
    folds, _ = scheme.splits(samples)
    shift = np.random.default_rng(0).uniform(0, 1000, 2)
    easting_northing = places(samples)
    block = (easting_northing - easting_northing.min(axis=0) + shift) // 1000
    for square in np.unique(block, axis=0):
        assert len(set(folds[0][(block == square).all(axis=1)])) == 1


def test_blocks_share_the_occurrences_out_to_the_folds(samples):
    folds, _ = FoldScheme("blocks", folds=4, repeats=5, size=500).splits(samples)
    for fold in folds:
        share = np.bincount(fold, samples.label) / samples.label.sum()
        assert (np.abs(share - 1 / 4) < 0.08).all()


def test_blocks_without_a_size_are_refused(samples):
    with pytest.raises(SamplesError, match="the blocks have no size"):
        FoldScheme("blocks").splits(samples)


def test_each_polygon_is_held_out_in_its_turn_and_all_polygons_of_a_name_together(
    samples, tmp_path
):
    path = quarters(tmp_path)
    north = samples.rows < 24
    west = samples.columns < 20
    scheme = FoldScheme("leave-one-region-out", repeats=1, regions=Regions(path))
    fold = scheme.splits(samples)[0][0]
    np.testing.assert_array_equal(fold, np.select([north & west, north, west], [0, 1, 2], 3))
    named = Regions(path, "name")
    assert named.of(samples)[1] == ("north", "west", "east")
    fold, rows = replace(scheme, regions=named).splits(samples)
    np.testing.assert_array_equal(fold[0], np.select([north, west], [0, 1], 2))
    np.testing.assert_array_equal(rows, np.stack([~north, north | ~west, north | west]))


def test_polygons_may_be_in_another_crs(samples, tmp_path):
    number, _ = Regions(quarters(tmp_path, crs="EPSG:4326"), "name").of(samples)
    np.testing.assert_array_equal(number == 0, samples.rows < 24)


def test_points_outside_all_polygons_are_refused_by_row(samples, tmp_path):
    path = quarters(tmp_path)
    gpd.read_file(path).iloc[1:].to_file(path)
    outside = (samples.rows < 24) & (samples.columns < 20)
    scheme = FoldScheme("leave-one-region-out", repeats=1, regions=Regions(path))
    with pytest.raises(SamplesError, match=f"{outside.sum()} points: rows 0, "):
        scheme.splits(samples)


def test_of_a_file_with_several_layers_one_must_be_named(samples, tmp_path):
    path = quarters(tmp_path)
    gpd.read_file(path).iloc[::-1].to_file(path, layer="upside down")
    with pytest.raises(SamplesError, match=r"several layers .found .*upside down.*--region-layer"):
        Regions(path, "name").of(samples)
    upright, turned = (
        Regions(path, "name", layer).of(samples)[1] for layer in ("regions", "upside down")
    )
    assert turned == upright[::-1]


def test_polygons_that_cannot_be_used_are_one_clear_error(samples, tmp_path):
    path = quarters(tmp_path, names=("a", "a", "a", "a"))

    def refused(match, regions):
        scheme = FoldScheme("leave-one-region-out", repeats=1, regions=regions)
        with pytest.raises(SamplesError, match=match):
            scheme.splits(samples)

    refused("there are no polygons", None)
    refused("no such file", Regions(str(tmp_path / "none.gpkg")))
    refused("too few regions with points", Regions(path, "name"))
    refused("there is no field region", Regions(path, "region"))
    refused("the file has no layer none", Regions(path, layer="none"))
    refused("cannot be read as polygons", Regions(__file__))
    shapes = gpd.read_file(path)
    shapes.set_geometry(shapes.boundary).to_file(tmp_path / "lines.gpkg")
    refused("not polygons", Regions(str(tmp_path / "lines.gpkg")))
    shapes.to_file(tmp_path / "nowhere.shp")
    (tmp_path / "nowhere.prj").unlink()
    refused("no CRS", Regions(str(tmp_path / "nowhere.shp")))


def test_folds_that_leave_a_class_empty_are_drawn_again(samples):
    """Two occurrences far apart fall into one of two regions now and then, however seldom."""
    north = int(np.argmin(samples.rows))
    south = int(np.argmax(samples.rows - np.abs(samples.columns - samples.columns[north])))
    two = with_labels(samples, [north, south])
    scheme = FoldScheme("clusters", folds=2, repeats=12)
    together = [scheme.assign(two, repeat) for repeat in range(12)]
    assert any(fold[north] == fold[south] for fold in together)
    folds, rows = scheme.splits(two)
    assert (folds[:, north] != folds[:, south]).all()
    assert (rows @ two.label == 1).all()


def test_folds_that_leave_a_class_empty_whatever_the_draw_are_refused(samples):
    with pytest.raises(SamplesError, match="too few places"):
        FoldScheme("blocks", folds=5, size=1e6).splits(samples)
    with pytest.raises(SamplesError, match="leaves too little to learn from"):
        FoldScheme("clusters", folds=3, repeats=1, buffer=1e5).splits(samples)
    for kind in KINDS:
        scheme = FoldScheme(kind, size=700)
        with pytest.raises(
            SamplesError, match=r"found 0 occurrences, .* \(of 1 and .*in two cells"
        ):
            scheme.splits(with_labels(samples, [5]))


@pytest.mark.parametrize("kind", KINDS)
def test_points_that_lie_in_one_cell_are_refused(samples, kind):
    one = samples.part(np.zeros(40, int))
    with pytest.raises(SamplesError, match="too few places"):
        FoldScheme(kind, size=700).splits(replace(one, label=np.arange(40) % 2))


def test_fewer_points_of_either_label_than_folds_are_refused(samples):
    eight = samples.part(np.arange(0, 80, 10))
    with pytest.raises(SamplesError, match="too few points"):
        FoldScheme("random").splits(with_labels(eight, [0, 1, 2, 3]))


def test_points_that_share_a_cell_count_once_and_an_occurrence_wins(samples):
    order = np.array([4, 7, 4, 9, 7, 4])
    some = replace(samples.part(order), label=np.array([0, 0, 1, 1, 0, 0]))
    distinct = DistinctCells.of(some)
    assert distinct.representatives.tolist() == [1, 2, 3]
    assert distinct.samples.label.tolist() == [0, 1, 1]
    assert distinct.cell.tolist() == [1, 0, 1, 2, 0, 1]
    assert distinct.conflicting == 1


def test_doubled_points_change_no_score(samples):
    P = components(samples)
    twice = samples.part(np.tile(np.arange(len(samples)), 2))
    scheme = FoldScheme("blocks", repeats=2, size=700)
    once = score_held_out(FEW_TREES, samples, P, scheme)
    doubled = score_held_out(FEW_TREES, twice, np.tile(P, (2, 1)), scheme)
    np.testing.assert_array_equal(doubled.auc, once.auc)
    np.testing.assert_array_equal(doubled.scores, np.tile(once.scores, 2))
    null = coordinates_alone(twice, scheme)
    np.testing.assert_array_equal(null.auc, coordinates_alone(samples, scheme).auc)
    assert null.scores.shape == null.spread.shape == (2, len(twice))


def test_the_score_of_a_point_comes_from_the_fit_that_did_not_see_it(samples):
    """Labels drawn at random cannot be known to a forest that was not told them."""
    method = replace(FEW_TREES, trees=100)
    result = score_held_out(method, samples, components(samples), FoldScheme("random", repeats=4))
    # The area's standard deviation under chance is about 0.044 for 57 against 173 points.
    assert abs(result.auc.mean() - 0.5) < 3 * 0.044
    assert result.scores.shape == (4, len(samples))


def test_separable_evidence_scores_one_and_is_above_coordinates(samples):
    scheme = FoldScheme("clusters", folds=4, repeats=1)
    P = (samples.label[:, None] * 2.0 - 1).astype(np.float32)
    method = method_of("svm", kernels=("linear",))
    assert score_held_out(method, samples, P, scheme).auc.tolist() == [1.0]
    assert coordinates_alone(samples, scheme).auc[0] < 0.8


def test_members_are_averaged_and_their_deviation_kept(samples):
    P, scheme = components(samples), FoldScheme("random", repeats=1)
    both = score_held_out(replace(FEW_TREES, members=2, seed=3), samples, P, scheme)
    one, other = (
        score_held_out(replace(FEW_TREES, seed=seed), samples, P, scheme).scores for seed in (3, 4)
    )
    np.testing.assert_allclose(both.scores, (one + other) / 2, atol=1e-7)
    np.testing.assert_allclose(both.spread, abs(one - other) / 2, atol=1e-7)
    np.testing.assert_allclose(both.total_spread(), both.spread[0], atol=1e-12)


@pytest.mark.parametrize(
    "method",
    [
        replace(FEW_TREES, members=2),
        method_of("logistic-regression", members=2),
        Transfer.preset("none", "from-scratch", members=2),
    ],
    ids=["forest", "sigmoid units", "networks"],
)
def test_points_that_a_member_does_not_see_do_not_change_it(samples, method):
    scheme, P = FoldScheme("random", folds=2, repeats=1), components(samples)
    masks = np.ones((2, len(samples)), bool)
    masks[1] = (samples.label == 1) | (np.arange(len(samples)) % 2 == 0)
    moved = np.where(masks[1][:, None], P, P + 5)
    for hidden in (True, False):
        before, after = (
            score_held_out(
                method,
                samples,
                X,
                scheme,
                masks=np.stack([masks[1]] * 2) if hidden else masks,
            ).scores[0]
            for X in (P, moved)
        )
        same = np.isclose(before, after, atol=1e-6)[masks[1]]
        assert same.all() if hidden else not same.all()


@pytest.mark.parametrize("weighted", [False, True])
def test_sigmoid_units_of_all_splits_learn_as_each_would_alone(samples, weighted):
    schedule = Schedule("binary-crossentropy", 1e-2, 82, 20)
    settings = {"schedule": schedule, "class_weights": weighted}
    method = method_of("logistic-regression", seed=2, **settings)
    P, scheme = components(samples), FoldScheme("random", folds=3, repeats=1)
    together = score_held_out(method, samples, P, scheme).scores[0]
    folds, rows = scheme.splits(samples)
    for fold, learned in enumerate(rows):
        alone = fit_one(method.name, P[learned], samples.label[learned], seed=2, **settings)
        held_out = folds[0] == fold
        np.testing.assert_allclose(together[held_out], alone.predict(P)[held_out, 0], atol=1e-5)


def test_how_wrongly_points_are_ranked_adds_up_to_the_area():
    label = np.array([1, 0, 0, 1, 0])
    scores = np.array([[0.9, 0.2, 0.9, 0.1, 0.3], [0.5, 0.5, 0.5, 0.5, 0.5]])
    told = HeldOutScores.of("svm", scores, label)
    # In the first repeat the first point ties with one of three; in the second all tie.
    assert told.error(label).tolist() == pytest.approx([(1 / 6 + 0.5) / 2, 0.5, 0.625, 0.75, 0.5])
    for own in (0, 1):
        assert told.error(label)[label == own].mean() == pytest.approx(1 - told.auc.mean())


def quick_method(pretext="reconstruction"):
    method = Transfer.preset(pretext, "linear-probing", preset="paper", members=2)
    return replace(
        method,
        training=replace(method.training, epochs=3),
        pretraining=replace(method.pretraining, epochs=3),
    )


def test_encoders_taught_before_are_those_that_would_be_taught(samples):
    method, P = quick_method(), components(samples)
    scheme = FoldScheme("random", folds=2, repeats=1)
    encoders = method.prepare(PretextCells(P), 3)
    shared = score_held_out(method, samples, P, scheme, preparation=encoders)
    np.testing.assert_array_equal(shared.scores, score_held_out(method, samples, P, scheme).scores)


@pytest.mark.parametrize(("buffer", "n_held"), [(0, 1), (100, 5), (150, 9)])
def test_cells_held_out_and_their_buffer_are_kept_from_the_pretext_task(samples, buffer, n_held):
    rows, columns = (axis.ravel() for axis in np.indices((7, 7)) + 10)
    inner = int(np.flatnonzero((samples.rows == 13) & (samples.columns > 10))[0])
    columns = columns - 13 + samples.columns[inner]
    cells = PretextCells(np.zeros((49, 3), np.float32), None, rows, columns)
    left = cells_beyond(cells, samples, np.arange(len(samples)) == inner, buffer)
    assert (~left).sum() == n_held
    assert not left[24]


def test_a_pretext_task_kept_from_cells_held_out_is_taught_for_each_split(samples):
    method, scheme = quick_method(), FoldScheme("clusters", folds=3, repeats=1, buffer=200)
    P = components(samples)
    cells = PretextCells(P, None, samples.rows, samples.columns)
    encoders = prepare_apart(method, samples, scheme, cells)
    assert len(encoders) == 2 * 3
    _, rows = scheme.splits(samples)
    for split in range(3):
        # The pretext cells are the points themselves, so those left are those learned from.
        alone = method.prepare(PretextCells(P[rows[split]]), 3)
        for one, other in zip(encoders[2 * split : 2 * split + 2], alone, strict=True):
            np.testing.assert_array_equal(one.layers[0].kernel, other.layers[0].kernel)
    # Each split's points held out are scored from its own encoders, and from no others.
    fold = scheme.splits(samples)[0][0]
    every = score_held_out(method, samples, P, scheme, preparation=encoders).scores[0]
    first = score_held_out(method, samples, P, scheme, preparation=encoders[:2] * 3).scores[0]
    np.testing.assert_array_equal(every[fold == 0], first[fold == 0])
    assert (every[fold > 0] != first[fold > 0]).any()


def test_a_fold_that_leaves_the_pretext_task_no_cell_is_refused(samples):
    scheme = FoldScheme("clusters", folds=3, repeats=1)
    fold = scheme.splits(samples)[0][0]
    cells = PretextCells(
        components(samples)[fold == 1], None, samples.rows[fold == 1], samples.columns[fold == 1]
    )
    with pytest.raises(TrainingError, match="fold 2 leaves the pretext task no cell"):
        prepare_apart(quick_method(), samples, scheme, cells)


def test_regions_are_those_of_the_occurrences_where_non_occurrences_are_drawn(samples):
    # Occurrences in one corner, and cells drawn all over: else one region would hold them all.
    corner = (samples.rows < 16) & (samples.columns < 14)
    label = corner.astype(np.int64)
    labelled = replace(samples, label=label)
    drawn = replace(labelled, source=np.where(corner, samples.source, -1))
    scheme = FoldScheme(folds=3)
    for repeat in range(3):
        fold = scheme.assign(drawn, repeat)
        assert np.bincount(fold[corner], minlength=3).min() > 0
    alike = [scheme.assign(labelled, repeat)[corner] for repeat in range(3)]
    assert min(np.bincount(fold, minlength=3).min() for fold in alike) == 0
