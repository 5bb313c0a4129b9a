"""Boosting: its directions, its members, its files, and its trees in the compiled loop."""

import numpy as np
import pytest
from fits import fit_all, method
from sklearn.metrics import roc_auc_score
from smallproject import PROJECT, TUNED, write_project

from geoprospect.errors import LayerNameError, ModelError, ProjectError
from geoprospect.methods import Boosting, FittedEstimator, SampleTable
from geoprospect.methods.boosting import _trees as trees_of_boosting
from geoprospect.project.file import Project
from geoprospect.project.run import train_model

RNG = np.random.default_rng(8)
NAMES = ("magnetics", "distance", "potassium")
X = RNG.integers(-20, 20, (200, 3)).astype(np.float32) / 4
LABEL = (X @ [0.5, -0.3, 0.0] + RNG.normal(size=200) > 0).astype(np.int64)
TABLE = SampleTable(X, LABEL, NAMES)
DIRECTIONS = {"distance": "increasing", "magnetics": "decreasing"}  # against what the labels say


@pytest.fixture(scope="module")
def members():
    return fit_all(method("boosting", members=2, seed=4), X, LABEL)


def steps(member, layer):
    """Give how much the score rises from one value of a layer to the next, all others the same."""
    rows = np.repeat(X[:60], 50, axis=0)
    rows[:, layer] = np.tile(np.linspace(-7, 7, 50, dtype=np.float32), 60)
    return np.diff(member.predict(rows).reshape(60, 50), axis=1)


def test_a_score_never_goes_against_the_direction_given_for_a_layer(members):
    held = Boosting(members=1, monotonic=DIRECTIONS).fit(TABLE, TABLE.masks_of_all(1)).members[0]
    assert steps(members[0], 0).max() > 0.02
    assert steps(members[0], 1).min() < -0.02
    assert steps(held, 0).max() <= 0
    assert steps(held, 1).min() >= 0
    free = steps(held, 2)
    assert free.min() < 0 < free.max()


def test_a_direction_for_a_layer_that_there_is_not_is_refused_and_all_layers_are_named():
    wrong = Boosting(monotonic={"magnetic": "increasing"})
    with pytest.raises(LayerNameError, match=r"magnetic .*magnetics, distance, potassium") as told:
        wrong.fit(TABLE, TABLE.masks_of_all(10))
    assert "[model.baseline]" in str(told.value)


def test_members_differ_rank_well_and_come_again_with_their_seed(members):
    one, other = (member.predict(X)[:, 0] for member in members)
    assert np.abs(one - other).mean() > 0.01
    assert min(roc_auc_score(LABEL, one), roc_auc_score(LABEL, other)) > 0.8
    (again,) = fit_all(method("boosting", seed=5), X, LABEL)
    np.testing.assert_array_equal(again.predict(X)[:, 0], other)


def test_rare_occurrences_weigh_as_much_as_the_rest():
    rare = (np.arange(200) % 20 == 0).astype(np.int64)
    weighted, plain = (
        fit_all(method("boosting", class_weights=weights), X, rare)[0].predict(X).mean()
        for weights in (True, False)
    )
    assert weighted > 3 * plain


def test_the_sum_over_its_trees_is_scikit_learns_to_the_bit_on_thresholds_too(members):
    estimator = members[0].estimator
    edges = np.concatenate(
        [tree.threshold[tree.left >= 0] for tree in trees_of_boosting(estimator).trees]
    )
    at = RNG.choice(edges, (900, 3)).astype(np.float32)
    assert np.isin(at.astype(np.float64), edges).any()
    rows = np.concatenate([at, np.nextafter(at, np.float32(9)), np.nextafter(at, np.float32(-9))])
    expected = estimator.predict_proba(rows.astype(np.float64))[:, 1]
    np.testing.assert_array_equal(trees_of_boosting(estimator).of(rows), expected)


def test_it_scores_as_before_when_saved_and_is_refused_with_a_node_astray(members, tmp_path):
    members[0].save(tmp_path / "member.skops")
    read = FittedEstimator.read(tmp_path / "member.skops")
    np.testing.assert_array_equal(read.predict(X), members[0].predict(X))
    for name, value in (("left", 10_000), ("feature_idx", 3), ("value", np.nan)):
        (astray,) = fit_all(method("boosting", trees=2), X, LABEL)
        astray.estimator._predictors[1][0].nodes[name][0] = value
        path = tmp_path / f"{name}.skops"
        astray.save(path)
        with pytest.raises(ModelError, match="a tree whose nodes"):
            FittedEstimator.read(path)


def project_with(folder, lines):
    path = write_project(folder)
    path.write_text(PROJECT.replace(TUNED, f"{lines}\n"))
    return Project.load(path)


def test_a_project_names_the_directions_of_its_layers(tmp_path):
    lines = 'strategy = "boosting"\nbaseline = { trees = 20, monotonic = { B = "increasing" } }'
    model = train_model(project_with(tmp_path, lines))
    assert model.settings["settings"]["monotonic"] == {"B": "increasing"}
    assert [member.estimator.monotonic_cst for member in model.members] == [[0, 1, 0]] * 2


@pytest.mark.parametrize(
    ("strategy", "direction", "error", "words"),
    [
        ("boosting", '{ C2 = "increasing" }', LayerNameError, "found .*C2.*some of A, B, C"),
        ("svm", '{ B = "increasing" }', ProjectError, "takes no monotonic"),
        ("boosting", '{ B = "up" }', ProjectError, '"increasing" or "decreasing"'),
    ],
)
def test_a_project_whose_directions_cannot_be_heeded_is_refused(
    tmp_path, strategy, direction, error, words
):
    lines = f'strategy = "{strategy}"\nbaseline = {{ monotonic = {direction} }}'
    with pytest.raises(error, match=words):
        train_model(project_with(tmp_path, lines))
