import json

import geopandas as gpd
import numpy as np
import pytest
from click.testing import CliRunner
from scipy.spatial.distance import cdist
from smallproject import PROJECT, write_project

from geoprospect.cli import main
from geoprospect.comparison import METHODS, Comparison
from geoprospect.crossval import FoldScheme, HeldOutScores, coordinates_alone, cross_validate
from geoprospect.errors import SamplesError
from geoprospect.plan import BaselinePlan, BaselineSettings
from geoprospect.project import Project

KINDS = ["clusters", "blocks", "random"]


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
def test_points_of_one_cell_are_never_parted(project, kind):
    table = gpd.read_file(project.parent / "training.gpkg")
    doubled = gpd.GeoDataFrame(
        {"occurrence": [*table.occurrence, *table.occurrence]},
        geometry=[*table.geometry, *table.geometry.translate(20, -20)],
        crs=table.crs,
    )
    path = project.parent / "doubled.gpkg"
    doubled.to_file(path)
    loaded = Project.load(project)
    points = loaded.points.model_copy(
        update={"training": loaded.points.training.model_copy(update={"path": str(path)})}
    )
    loaded = loaded.model_copy(update={"points": points})
    with loaded.open_evidence() as stack:
        samples = loaded.read_samples("training", stack)
    folds, _ = FoldScheme(kind, size=700, repeats=2).splits(samples)
    half = len(table)
    np.testing.assert_array_equal(samples.cells[:half], samples.cells[half:])
    np.testing.assert_array_equal(folds[:, :half], folds[:, half:])


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


def test_the_score_of_a_point_comes_from_the_fit_that_did_not_see_it(samples):
    """Labels drawn at random cannot be known to a forest that was not told them."""
    rng = np.random.default_rng(0)
    P = rng.normal(size=(len(samples), 3)).astype(np.float32)
    plan = BaselinePlan("random-forest", settings=BaselineSettings(trees=100))
    result = cross_validate(plan, samples, P, FoldScheme("random", repeats=4))
    # The area's standard deviation under chance is about 0.044 for 57 against 173 points.
    assert abs(result.auc.mean() - 0.5) < 3 * 0.044
    assert result.scores.shape == (4, len(samples))


def test_separable_evidence_scores_one_and_is_above_coordinates(samples):
    scheme = FoldScheme("clusters", folds=4, repeats=1)
    P = (samples.label[:, None] * 2.0 - 1).astype(np.float32)
    plan = BaselinePlan("svm", settings=BaselineSettings(kernels=("linear",)))
    assert cross_validate(plan, samples, P, scheme).auc.tolist() == [1.0]
    assert coordinates_alone(samples, scheme).auc[0] < 0.8


def test_a_method_that_does_not_beat_coordinates_is_told(samples):
    scheme = FoldScheme("random")
    flat = HeldOutScores.of("flat", np.full((1, len(samples)), 0.5), samples.label)
    null = HeldOutScores.of("coordinates alone", samples.label[None] * 1.0, samples.label)
    said = " ".join(Comparison(scheme, samples, (flat,), null).sentences())
    assert "flat does not beat coordinates alone" in said
    assert "random folds are for comparison only" in said
    assert not Comparison(FoldScheme(), samples, (null,), flat).sentences()


def test_folds_that_leave_a_class_empty_are_refused(samples):
    with pytest.raises(SamplesError, match="too few places"):
        FoldScheme("blocks", folds=5, size=1e6).splits(samples)
    with pytest.raises(SamplesError, match="leaves too little to learn from"):
        FoldScheme("clusters", folds=3, repeats=1, buffer=1e5).splits(samples)


def test_the_command_compares_all_methods_under_one_null_and_keeps_the_points(project, tmp_path):
    quick = project.with_name("quick.toml")
    quick.write_text(PROJECT.replace("members = 2", "members = 2\nbaseline = { trees = 20 }"))
    runner = CliRunner()
    arguments = ["crossval", str(quick), "--all", "--repeats", "1", "--output", str(tmp_path)]
    done = runner.invoke(main, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    names = {
        name.replace("-", " ", 1) if name.startswith(("recon", "litho")) else name
        for name in METHODS
    }
    assert set(told["methods"]) == {*names, "coordinates alone"}
    assert told == json.loads((tmp_path / "crossval.json").read_text())
    for figures in told["methods"].values():
        assert 0 <= figures["auc"][0] <= 1
        assert 0 < figures["average_precision"][0] <= 1 + 1e-9  # rounding of a sum
    points = gpd.read_file(tmp_path / "held_out.gpkg")
    assert len(points) == 230
    assert points["coordinates_alone"].between(0, 1).all()
    again = runner.invoke(main, arguments)
    assert again.exit_code == 1
    assert "exists already" in again.output


def test_an_unknown_method_is_one_clear_line(project):
    done = CliRunner().invoke(main, ["crossval", str(project), "--method", "magic"])
    assert done.exit_code == 1
    assert "no such method (found magic; expected reconstruction-linear-probing" in done.output
