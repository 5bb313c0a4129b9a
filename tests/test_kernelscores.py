"""Kernel machines scored many cells at a time give scikit-learn's own scores."""

import numpy as np
import pytest
from fits import fit_all, fit_one, method

from geoprospect.methods import SampleTable


@pytest.fixture(scope="module")
def points():
    random = np.random.default_rng(5)
    X = random.normal([100, 0, -3, 0], size=(120, 4)).astype(np.float32)  # far from zero in one
    return X, (X[:, 1] * (X[:, 3] + random.normal(size=120)) > 0).astype(int)


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(6)
    near = random.normal([100, 0, -3, 0], 2, size=(3000, 4))
    return np.vstack([near, near[:5] * 1e3]).astype(np.float32)  # and some far from all points


def test_a_support_vector_machine_scores_its_own_decision(points, rows):
    member = fit_one("svm", *points)
    decision = member.estimator.decision_function(rows.astype(np.float64))
    np.testing.assert_allclose(
        member.predict(rows)[:, 0], 1 / (1 + np.exp(-decision)), rtol=0, atol=1e-5
    )
    # A cell's score hangs on no other, nor on its place among them.
    parts = [member.predict(rows[start : start + 7]) for start in range(0, 70, 7)]
    np.testing.assert_array_equal(np.concatenate(parts), member.predict(rows)[:70])


def test_a_machine_of_another_kernel_scores_its_own_decision(points, rows):
    member = fit_one("svm", *points, kernels=("linear",))
    decision = member.estimator.decision_function(rows.astype(np.float64))
    expected = 1 / (1 + np.exp(-np.clip(decision, -700, 700)))
    np.testing.assert_allclose(member.predict(rows)[:, 0], expected, rtol=0, atol=1e-7)


def test_a_gaussian_process_scores_its_own_probability(points, rows):
    member = fit_one("gaussian-process", *points)
    expected = member.estimator.predict_proba(rows.astype(np.float64))[:, 1]
    np.testing.assert_allclose(member.predict(rows)[:, 0], expected, rtol=0, atol=1e-6)


def test_the_same_points_and_a_seed_that_changes_nothing_give_one_member(points):
    X, label = points
    for name in ("svm", "gaussian-process"):
        first, *others = fit_all(method(name, members=3), X, label)
        assert all(other is first for other in others)
    searched = fit_all(method("svm", members=2, costs=(1.0, 10.0)), X, label)
    assert searched[0] is not searched[1]  # its folds are shuffled by the seed
    masks = np.ones((3, len(label)), bool)
    masks[2, :10] = False
    table = SampleTable(X, label.astype(np.int64))
    members = method("svm", members=3).fit(table, masks).members
    assert members[0] is members[1]
    assert members[2] is not members[0]
