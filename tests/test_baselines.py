import io
import json
import os
import re
import sys
import threading
import time
import warnings
import zipfile

import numpy as np
import pytest
import skops.io
from fits import fit_all, fit_one
from fits import method as method_of
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import RBF, ConstantKernel
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.svm import SVC

from geoprospect.errors import ModelError, OutputError, TrainingError
from geoprospect.methods import FittedEstimator, SampleTable, side_by_side
from geoprospect.model import Components, ForwardPass
from geoprospect.model.model import ProspectivityModel
from geoprospect.network import Network, Schedule

METHODS = ["logistic-regression", "random-forest", "extra-trees", "svm", "gaussian-process"]
FORESTS = {"random-forest": RandomForestClassifier, "extra-trees": ExtraTreesClassifier}
FEW = {"trees": 25}
RNG = np.random.default_rng(0)
P = RNG.normal(size=(90, 3)).astype(np.float32)
LABEL = (P @ [1.0, -0.5, 0.2] + RNG.normal(size=90) > 0).astype(np.int64)
NEW = RNG.normal(size=(5000, 3)).astype(np.float32)


@pytest.fixture(scope="module", params=["random-forest", "extra-trees", "svm", "gaussian-process"])
def fitted(request):
    return fit_one(request.param, P, LABEL, seed=3, **FEW)


@pytest.mark.parametrize("method", FORESTS)
def test_a_forest_is_scikit_learns_with_the_same_seed_leaves_and_weights(method):
    rare = (LABEL == 1) & (P[:, 0] > 0.5)
    for leaf, weighted in ((1, False), (4, True)):
        settings = {"leaf": leaf, "class_weights": weighted}
        forest = fit_one(method, P, rare, seed=7, **FEW, **settings)
        expected = FORESTS[method](
            25,
            min_samples_leaf=leaf,
            class_weight="balanced" if weighted else None,
            random_state=7,
        ).fit(P, rare)
        np.testing.assert_allclose(
            forest.predict(NEW)[:, 0], expected.predict_proba(NEW)[:, 1], atol=1e-7
        )


def test_forests_in_many_threads_leave_the_filters_of_warnings_alone():
    before, seconds = list(warnings.filters), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads meet wherever they can
    try:
        fitted = list(side_by_side(fit_one, [("random-forest", P, LABEL)] * 4))
        scores = list(side_by_side(lambda forest: forest.predict(NEW[:9]), [(f,) for f in fitted]))
    finally:
        sys.setswitchinterval(seconds)
    assert warnings.filters == before
    assert (np.ptp(scores, axis=0) == 0).all()


def test_a_support_vector_machine_ranks_as_its_decision_function_does():
    svm = fit_one("svm", P, LABEL)
    decision = svm.estimator.decision_function(NEW)
    scores = svm.predict(NEW)[:, 0]
    label = RNG.integers(0, 2, len(NEW))
    assert roc_auc_score(label, scores) == pytest.approx(roc_auc_score(label, decision), abs=1e-6)
    np.testing.assert_array_equal(scores > 0.5, decision > 0)


def test_settings_not_given_are_those_recommended():
    told, default = (
        fit_one("svm", P, LABEL, **given).predict(NEW)
        for given in (
            {"costs": (1.0,), "gammas": ("scale",), "kernels": ("rbf",), "class_weights": True},
            {},
        )
    )
    np.testing.assert_array_equal(told, default)
    assert fit_one("extra-trees", P, LABEL).estimator.n_estimators == 500


def test_the_grid_of_the_search_is_the_studys():
    assert method_of("random-forest", preset="paper").trees == 2000
    settings = method_of("svm", preset="paper")
    assert (min(settings.costs), max(settings.costs)) == (0.1, 100)
    assert (max(settings.gammas), min(settings.gammas)) == (1, 0.001)
    assert len(settings.kernels) == 4
    two = {"costs": (1e-9, 10.0), "gammas": (0.1,), "kernels": ("rbf",)}
    estimator = fit_one("svm", P, LABEL, preset="paper", **two).estimator
    assert (estimator.C, estimator.gamma, estimator.kernel) == (10.0, 0.1, "rbf")


def test_one_setting_needs_no_search_and_a_point_of_each_label_suffices():
    one = {"costs": (10.0,), "gammas": (0.1, 1.0), "kernels": ("linear",)}
    estimator = fit_one("svm", [[0.0], [2.0]], [0, 1], preset="paper", **one).estimator
    assert (estimator.C, estimator.gamma, estimator.kernel) == (10.0, 0.1, "linear")
    # The widest margin between 0 and 2 is at 1, with 1 / margin as the slope.
    assert estimator.decision_function([[0.0], [1.0], [3.0]]) == pytest.approx([-1, 0, 2])
    with pytest.raises(TrainingError, match="expected at least 2 of each"):
        fit_one("svm", [[0.0], [2.0]], [0, 1], preset="paper")


def test_class_weights_count_rare_points_as_if_repeated():
    """9 against 3 points, weighted, are 9 against 9: each rare point three times."""
    Q, label = P[:12], np.repeat([0, 1], [9, 3])
    thrice = np.repeat(np.arange(12), np.repeat([1, 3], [9, 3]))
    schedule = Schedule("binary-crossentropy", 0.02, 90, 300)
    for method in ("logistic-regression", "svm"):
        # 12 points weigh 12 in all, 18 points 18: the same mean loss, another cost.
        alike = {"schedule": schedule, "gammas": (1.0,)}
        ours = fit_one(method, Q, label, costs=(1.5,), **alike)
        theirs = fit_one(method, Q[thrice], label[thrice], class_weights=False, **alike)
        np.testing.assert_allclose(ours.predict(NEW), theirs.predict(NEW), atol=2e-3)


def test_a_gaussian_process_knows_nothing_far_from_its_points():
    process = fit_one("gaussian-process", P, LABEL)
    np.testing.assert_allclose(process.predict([[1e6, 0.0, 0.0]]), [[0.5]], atol=1e-6)
    assert roc_auc_score(LABEL, process.predict(P)[:, 0]) > 0.7


def test_a_gaussian_process_of_evidence_that_tells_nothing_is_fitted_without_a_warning():
    alike, label = np.zeros((40, 1)), np.arange(40) % 2
    with pytest.warns(ConvergenceWarning, match="close to the specified"):
        GaussianProcessClassifier(ConstantKernel() * RBF(1.0)).fit(alike, label)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        process = fit_one("gaussian-process", alike, label)
    np.testing.assert_allclose(process.predict(alike), 0.5, atol=1e-6)


def test_a_gaussian_process_of_too_many_points_is_refused_before_its_matrix_is_made():
    label = np.arange(5001) % 2
    with pytest.raises(TrainingError, match=r"found 5001 points; expected at most 5000"):
        fit_one("gaussian-process", np.zeros((5001, 1)), label)


def test_a_logistic_regression_finds_the_maximum_likelihood():
    schedule = Schedule("binary-crossentropy", 0.02, 90, 1500)
    network = fit_one("logistic-regression", P, LABEL, preset="paper", schedule=schedule)
    assert isinstance(network, Network)
    truth = LogisticRegression(C=np.inf).fit(P.astype(float), LABEL)
    np.testing.assert_allclose(network.layers[0].kernel[:, 0], truth.coef_[0], atol=1e-3)
    np.testing.assert_allclose(network.layers[0].bias, truth.intercept_, atol=1e-3)


def test_scores_lie_from_0_to_1_in_one_column(fitted):
    scores = fitted.predict(NEW)
    assert scores.shape == (5000, fitted.n_outputs)
    assert scores.dtype == np.float32
    assert scores.min() >= 0
    assert scores.max() <= 1
    assert fitted.predict(np.empty((0, 3))).shape == (0, 1)


def test_a_row_is_scored_the_same_whatever_its_neighbours(fitted):
    whole = fitted.predict(NEW)
    # Products of matrices of other shapes may round otherwise.
    last_digit = 1e-7 if isinstance(fitted.estimator, GaussianProcessClassifier) else 0
    for start, stop in ((0, 1), (2047, 2050), (4000, 5000)):
        part = fitted.predict(NEW[start:stop])
        np.testing.assert_allclose(part, whole[start:stop], rtol=0, atol=last_digit)


@pytest.mark.parametrize("method", ["random-forest", "extra-trees", "svm", "gaussian-process"])
def test_the_same_seed_gives_the_same_scores_in_any_company(method):
    alone = fit_one(method, P, LABEL, seed=2, **FEW)
    among = fit_all(method_of(method, members=2, seed=1, **FEW), P, LABEL)
    np.testing.assert_array_equal(among[1].predict(NEW), alone.predict(NEW))
    if method in FORESTS:
        assert not np.array_equal(among[0].predict(NEW), alone.predict(NEW))


def test_each_fit_is_told():
    told = []
    forest = method_of("random-forest", members=2, **FEW)
    fit_all(forest, P, LABEL, progress=lambda *step: told.append(step))
    assert told == [("random-forest", 1, 2, "fits"), ("random-forest", 2, 2, "fits")]


def place_of(seconds):
    time.sleep(seconds)
    return os.getpid(), threading.get_ident()


def test_threads_of_this_process_share_the_work():
    places = list(side_by_side(place_of, [(0.1,)] * 6))
    assert {process for process, _ in places} == {os.getpid()}
    assert threading.get_ident() not in {thread for _, thread in places}
    assert list(side_by_side(divmod, [(7, 2), (9, 4)])) == [(3, 1), (2, 1)]


def test_of_processes_work_done_in_a_blink_starts_none_and_long_work_does():
    def numbers(seconds):
        tasks = [(each,) for each in seconds]
        return [process for process, _ in side_by_side(place_of, tasks, processes=True)]

    here = os.getpid()
    assert set(numbers([0.0] * 50)) == {here}
    first, *others = numbers([2.1, 0.0, 0.0])
    assert first == here
    assert here not in others


@pytest.mark.parametrize("method", METHODS)
def test_one_class_is_refused(method):
    with pytest.raises(TrainingError, match="0 occurrences, 90 non-occurrences"):
        fit_one(method, P, np.zeros(90))


def test_a_saved_estimator_scores_as_before(fitted, tmp_path):
    fitted.save(tmp_path / "member.skops")
    np.testing.assert_array_equal(
        FittedEstimator.read(tmp_path / "member.skops").predict(NEW), fitted.predict(NEW)
    )
    with pytest.raises(OutputError, match="exists already"):
        fitted.save(tmp_path / "member.skops")


def test_a_model_of_baselines_is_saved_loaded_and_scores_evidence(fitted, tmp_path):
    raw = RNG.normal(size=(200, 3)) * [5, 0.1, 30] + [100, 0, -40]
    components = Components.fit(raw, names=("A", "B", "C"))
    ranges = np.stack([raw.min(axis=0), raw.max(axis=0)], 1).astype(np.float32)
    model = ProspectivityModel(components, (fitted,), ranges)
    model.save(tmp_path / "model")
    assert not list((tmp_path / "model").glob("*.keras"))
    mean, spread = ProspectivityModel.load(tmp_path / "model").forward_pass().predict(raw)
    np.testing.assert_array_equal(mean, fitted.predict(components.transform(raw))[:, 0])
    assert not spread.any()


def test_networks_and_estimators_go_into_one_ensemble(fitted):
    schedule = Schedule("binary-crossentropy", 0.02, 90, 5)
    network = fit_one("logistic-regression", P, LABEL, schedule=schedule)
    components = Components.fit(P, names=("A", "B", "C"))
    mean, _ = ForwardPass(components, [fitted, network]).predict(NEW)
    Q = components.transform(NEW)
    expected = (fitted.predict(Q) + network.predict(Q))[:, 0] / 2
    np.testing.assert_allclose(mean, expected, atol=1e-5)


def test_damaged_and_missing_files_are_refused(fitted, tmp_path):
    path = tmp_path / "member.skops"
    with pytest.raises(ModelError, match="cannot be read as an estimator"):
        FittedEstimator.read(path)
    fitted.save(path)
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(ModelError, match="cannot be read as an estimator"):
        FittedEstimator.read(path)


def test_a_file_that_names_another_type_is_refused_before_anything_is_built(fitted, tmp_path):
    path = tmp_path / "other.skops"
    skops.io.dump(LogisticRegression().fit(P, LABEL), path)
    with pytest.raises(ModelError, match=r"LogisticRegression"):
        FittedEstimator.read(path)
    fitted.save(tmp_path / "member.skops")
    rewrite(tmp_path / "member.skops", path, '"ndarray"', '"matrix"')
    with pytest.raises(ModelError, match=r"holds a type .* numpy.matrix"):
        FittedEstimator.read(path)


def test_an_estimator_that_is_not_whole_is_refused(tmp_path):
    path = tmp_path / "list.skops"
    skops.io.dump([1.0, 2.0], path)
    with pytest.raises(ModelError, match="holds a list"):
        FittedEstimator.read(path)


def test_support_vectors_that_do_not_fit_one_another_are_refused(tmp_path):
    path = tmp_path / "spoiled.skops"
    svm = SVC().fit(P, LABEL)
    svm.support_vectors_ = svm.support_vectors_[:-3].copy()
    skops.io.dump(svm, path)
    with pytest.raises(ModelError, match="do not fit one another"):
        FittedEstimator.read(path)


def spoil(process, path, **changes):
    """Write a Gaussian process with some of its parts changed."""
    before = {name: getattr(process.base_estimator_, name) for name in changes}
    vars(process.base_estimator_).update(changes)
    skops.io.dump(process, path)
    vars(process.base_estimator_).update(before)


def test_a_gaussian_process_whose_parts_do_not_fit_is_refused(tmp_path):
    path = tmp_path / "spoiled.skops"
    process = fit_one("gaussian-process", P, LABEL).estimator
    laplace = process.base_estimator_
    for changes in (
        {"X_train_": laplace.X_train_[:, :2].copy()},
        {"L_": laplace.L_[:-1].copy()},
        {"L_": np.zeros_like(laplace.L_)},
        {"pi_": laplace.pi_[:-1].copy()},
        {"W_sr_": np.full_like(laplace.W_sr_, np.nan)},
        {"kernel_": ConstantKernel() * RBF([1.0, 2.0, 3.0])},
        {"kernel_": RBF(1.0) * RBF(1.0)},
        {"kernel_": ConstantKernel() * RBF(np.inf)},
    ):
        spoil(process, path, **changes)
        with pytest.raises(ModelError, match="whose parts do not fit one another"):
            FittedEstimator.read(path)
    spoil(process, path)
    np.testing.assert_array_equal(
        FittedEstimator.read(path).estimator.predict(NEW), process.predict(NEW)
    )


@pytest.mark.parametrize("forest", FORESTS.values())
def test_trees_of_either_forest_that_point_outside_themselves_are_refused(forest, tmp_path):
    path = tmp_path / "spoiled.skops"
    spoiled = forest(2, random_state=0).fit(P, LABEL)
    state = spoiled.estimators_[1].tree_.__getstate__()
    state["nodes"]["left_child"][0] = 10**6
    spoiled.estimators_[1].tree_.__setstate__(state)
    skops.io.dump(spoiled, path)
    with pytest.raises(ModelError, match="point outside"):
        FittedEstimator.read(path)
    skops.io.dump(forest(2, random_state=0).fit(P, LABEL + 5), path)
    with pytest.raises(ModelError, match="no forest that tells"):
        FittedEstimator.read(path)


def rewrite(source, target, old, new):
    """Copy an archive with a word of its schema replaced."""
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w") as copy:
        for name in archive.namelist():
            content = archive.read(name)
            if name == "schema.json":
                content = content.decode().replace(old, new).encode()
                json.load(io.BytesIO(content))
            copy.writestr(name, content)


@pytest.mark.parametrize("name", ["random-forest", "extra-trees"])
def test_of_lopsided_labels_each_tree_sees_as_many_points_of_either(name):
    label = np.repeat([1, 0], [7, 300])
    X = np.random.default_rng(0).normal(3 * label[:, None], size=(307, 3))
    forest = fit_one(name, X, label, trees=20).estimator
    assert len(forest.estimators_) == forest.n_estimators == 20
    for tree in forest.estimators_:
        assert tree.tree_.n_node_samples[0] == 14
        np.testing.assert_allclose(tree.tree_.value[0, 0], 0.5)
    roots = {(t.tree_.feature[0], t.tree_.threshold[0]) for t in forest.estimators_}
    assert len(roots) > 10
    again = fit_one(name, X, label, trees=20)
    np.testing.assert_array_equal(again.predict(X), fit_one(name, X, label, trees=20).predict(X))
    assert roc_auc_score(label, again.predict(X)[:, 0]) > 0.9


def test_of_lopsided_labels_a_gaussian_process_learns_from_as_many_of_either():
    label = np.repeat([1, 0], [7, 6000])
    X = np.random.default_rng(0).normal(label[:, None], size=(6007, 2))
    process = fit_one("gaussian-process", X, label).estimator.base_estimator_
    assert sorted(process.y_train_.tolist()) == [0] * 7 + [1] * 7
    assert set(X[:7, 0].astype(np.float32)) <= set(process.X_train_[:, 0].astype(np.float32))


def test_a_logistic_regression_tells_how_far_its_loss_fell():
    random = np.random.default_rng(0)
    table = SampleTable(random.normal(size=(40, 2)).astype(np.float32), np.arange(40) % 2)
    few = Schedule("binary-crossentropy", 0.01, 10_000, 30)
    fitted = method_of("logistic-regression", schedule=few).fit(table, table.masks_of_all(1))
    assert re.fullmatch(
        r"loss: 0\.\d+ after epoch 1, 0\.\d+ at the end \(30 epochs, mean of 1 members\)",
        fitted.lines[0],
    )
