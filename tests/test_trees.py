"""The compiled loop over trees against scikit-learn's own predictions, to the bit."""

import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fits import fit_one, method
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from geoprospect.methods import growth
from geoprospect.methods.forest import Forest, nodes_of
from geoprospect.methods.forest import _trees as trees_of_forest
from geoprospect.methods.growth import fitted_tree, grow
from geoprospect.methods.trees import FlatTrees, Tree

RNG = np.random.default_rng(4)
X = RNG.integers(-9, 9, (300, 5)).astype(np.float32) / 4  # exact, and so is what lies midway
LABEL = (X @ [1, -0.5, 0.2, 0, 0.1] + RNG.normal(size=300) > 0).astype(np.int64)
FORESTS = {"random-forest": RandomForestClassifier, "extra-trees": ExtraTreesClassifier}


def thresholds(forest):
    return np.concatenate([tree.tree_.threshold[tree.tree_.feature >= 0] for tree in forest])


def on_and_beside(edges, n_inputs):
    """Give rows of thresholds, as float32, and of the numbers next below and above."""
    at = RNG.choice(edges, (1500, n_inputs)).astype(np.float32)
    return np.concatenate(
        [at, np.nextafter(at, np.float32(np.inf)), np.nextafter(at, np.float32(-np.inf))]
    )


@pytest.mark.parametrize("name", FORESTS)
@pytest.mark.parametrize("leaf", [1, 3, 40])
def test_the_sum_over_a_forest_is_scikit_learns_to_the_bit_on_thresholds_too(name, leaf):
    forest = FORESTS[name](30, min_samples_leaf=leaf, random_state=leaf).fit(X, LABEL)
    edges = thresholds(forest.estimators_)
    rows = on_and_beside(edges, 5)
    if name == "random-forest":  # the others' thresholds are drawn, and no float32
        assert np.isin(rows.astype(np.float64), edges).any()
    np.testing.assert_array_equal(
        trees_of_forest(forest).of(rows), forest.predict_proba(rows)[:, 1]
    )


@pytest.mark.parametrize("name", FORESTS)
@pytest.mark.parametrize("class_weights", [True, False])
def test_a_forest_is_scikit_learns_own_to_the_bit(name, class_weights):
    forest = Forest(name, trees=20, leaf=2, class_weights=class_weights)
    weight = "balanced" if class_weights else None
    own = FORESTS[name](20, min_samples_leaf=2, class_weight=weight, random_state=5).fit(X, LABEL)
    new = RNG.normal(size=(200, 5)).astype(np.float32)
    grown = forest.estimator(X, LABEL, 5)
    np.testing.assert_array_equal(grown.predict_proba(new), own.predict_proba(new))
    assert [tree.get_params() for tree in grown.estimators_] == [
        tree.get_params() for tree in own.estimators_
    ]
    for in_all in (200, 10**9):  # by scikit-learn, and by the compiled loop
        scores = forest.scored(X, LABEL, 5, new, in_all=in_all)
        np.testing.assert_array_equal(scores, own.predict_proba(new)[:, 1].astype(np.float32))


@pytest.mark.parametrize("at_random", [False, True])
def test_a_tree_grown_quickly_is_the_one_that_scikit_learn_fits(at_random):
    for weight in (None, RNG.integers(0, 4, 300).astype(np.float64)):
        told = {"leaf": 3, "at_random": at_random}
        ours = nodes_of(grow(X, LABEL, weight, random=np.random.RandomState(11), **told))
        theirs = nodes_of(fitted_tree(X, LABEL, weight, random=np.random.RandomState(11), **told))
        assert len(ours.left) > 20
        for part in ("left", "right", "feature", "threshold", "value"):
            np.testing.assert_array_equal(getattr(ours, part), getattr(theirs, part))


def test_a_release_without_the_builder_grows_the_same_trees_by_fit(monkeypatch):
    forest = Forest(trees=5)
    grown = forest.estimator(X, LABEL, 0).predict_proba(X)
    monkeypatch.setattr(growth, "grown_tree", lambda X: None)  # it takes other arguments there
    growth._grower.cache_clear()
    try:
        assert growth._grower() is fitted_tree
        np.testing.assert_array_equal(forest.estimator(X, LABEL, 0).predict_proba(X), grown)
    finally:
        growth._grower.cache_clear()


def test_a_tree_of_thousands_of_leaves_is_summed_to_the_bit():
    many = RNG.normal(size=(6000, 3)).astype(np.float32)
    forest = RandomForestClassifier(2, random_state=0).fit(many, RNG.integers(0, 2, 6000))
    assert min(tree.tree_.n_leaves for tree in forest.estimators_) > 1000
    new = RNG.normal(size=(700, 3)).astype(np.float32)
    np.testing.assert_array_equal(trees_of_forest(forest).of(new), forest.predict_proba(new)[:, 1])


def test_a_tree_without_a_split_gives_its_one_value():
    alone = np.array([-1])
    tree = Tree(alone, alone, alone, np.zeros(1), np.array([0.25]))
    np.testing.assert_array_equal(FlatTrees([tree, tree]).sums(X, start=1.0), np.full(300, 1.5))


def test_a_row_goes_left_up_to_a_threshold_that_no_float32_is_and_right_from_the_next():
    left, right = np.array([1, -1, -1]), np.array([2, -1, -1])
    tree = Tree(left, right, np.zeros(3, int), np.array([0.1, 0, 0]), np.array([0.0, 1.0, 2.0]))
    below = np.nextafter(np.float32(0.1), np.float32(0))
    assert float(below) < 0.1 < float(np.float32(0.1))
    sums = FlatTrees([tree]).sums(np.array([[below], [np.float32(0.1)]]))
    assert sums.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("name", FORESTS)
def test_many_rows_are_scored_as_few_are(name):
    """Many go through the loop, few through scikit-learn; no score tells which."""
    member = fit_one(name, X, LABEL, trees=400)
    rows = RNG.normal(size=(20_011, 5)).astype(np.float32)
    expected = member.estimator.predict_proba(rows)[:, 1].astype(np.float32)
    np.testing.assert_array_equal(member.predict(rows)[:, 0], expected)
    np.testing.assert_array_equal(member.predict(rows[:3000])[:, 0], expected[:3000])


@pytest.mark.parametrize("name", [*FORESTS, "boosting"])
def test_trees_fitted_in_threads_leave_the_filters_of_warnings_as_they_are(name):
    made = method(name, trees=1)
    made.scored(X, LABEL, 0, X, in_all=1)  # imports, which add filters of their own
    before, interval = list(warnings.filters), sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda seed: made.scored(X, LABEL, seed, X, in_all=1), range(20)))
        assert warnings.filters == before
    finally:
        sys.setswitchinterval(interval)
        warnings.filters[:] = before
