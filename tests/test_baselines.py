import io
import json
import zipfile

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.svm import SVC

from geoprospect.baselines import Baseline, fit_baseline, fit_baselines
from geoprospect.components import Components
from geoprospect.errors import ModelError, OutputError, TrainingError
from geoprospect.estimators import read_estimator
from geoprospect.inference import ForwardPass, Network
from geoprospect.model import ProspectivityModel
from geoprospect.plan import BaselineSettings, Schedule

FEW = BaselineSettings(trees=25)
RNG = np.random.default_rng(0)
P = RNG.normal(size=(90, 3)).astype(np.float32)
LABEL = (P @ [1.0, -0.5, 0.2] + RNG.normal(size=90) > 0).astype(np.int64)
NEW = RNG.normal(size=(5000, 3)).astype(np.float32)


@pytest.fixture(scope="module", params=["random-forest", "svm"])
def fitted(request):
    return fit_baseline(request.param, P, LABEL, seed=3, settings=FEW)


def test_a_forest_is_scikit_learns_with_the_same_seed():
    forest = fit_baseline("random-forest", P, LABEL, seed=7, settings=FEW)
    expected = RandomForestClassifier(25, random_state=7).fit(P, LABEL).predict_proba(NEW)[:, 1]
    np.testing.assert_allclose(forest.predict(NEW)[:, 0], expected, atol=1e-7)


def test_a_support_vector_machine_ranks_as_its_decision_function_does():
    svm = fit_baseline("svm", P, LABEL)
    decision = svm.estimator.decision_function(NEW)
    scores = svm.predict(NEW)[:, 0]
    label = RNG.integers(0, 2, len(NEW))
    assert roc_auc_score(label, scores) == pytest.approx(roc_auc_score(label, decision), abs=1e-6)
    np.testing.assert_array_equal(scores > 0.5, decision > 0)


def test_the_grid_of_the_search_is_the_studys():
    settings = BaselineSettings()
    assert settings.trees == 2000
    assert (min(settings.costs), max(settings.costs)) == (0.1, 100)
    assert (max(settings.gammas), min(settings.gammas)) == (1, 0.001)
    assert len(settings.kernels) == 4
    one = BaselineSettings(costs=(10.0,), gammas=(0.1,), kernels=("poly",))
    estimator = fit_baseline("svm", P, LABEL, settings=one).estimator
    assert (estimator.C, estimator.gamma, estimator.kernel) == (10.0, 0.1, "poly")


def test_a_logistic_regression_finds_the_maximum_likelihood():
    settings = BaselineSettings(schedule=Schedule("binary-crossentropy", 0.02, 90, 1500))
    network = fit_baseline("logistic-regression", P, LABEL, settings=settings)
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
    for start, stop in ((0, 1), (2047, 2050), (4000, 5000)):
        np.testing.assert_array_equal(fitted.predict(NEW[start:stop]), whole[start:stop])


@pytest.mark.parametrize("method", ["random-forest", "svm"])
def test_the_same_seed_gives_the_same_scores_in_any_company(method):
    alone = fit_baseline(method, P, LABEL, seed=2, settings=FEW)
    among = fit_baselines(method, P, LABEL, seeds=[1, 2], settings=FEW)
    np.testing.assert_array_equal(among[1].predict(NEW), alone.predict(NEW))
    if method == "random-forest":
        assert not np.array_equal(among[0].predict(NEW), alone.predict(NEW))


def test_each_fit_is_told():
    told = []
    fit_baselines(
        "random-forest",
        P,
        LABEL,
        seeds=[0, 1],
        settings=FEW,
        progress=lambda *step: told.append(step),
    )
    assert told == [("random-forest", 1, 2, "fits"), ("random-forest", 2, 2, "fits")]


@pytest.mark.parametrize("method", ["logistic-regression", "random-forest", "svm"])
def test_one_class_is_refused(method):
    with pytest.raises(TrainingError, match="0 occurrences, 90 non-occurrences"):
        fit_baseline(method, P, np.zeros(90))


def test_a_saved_estimator_scores_as_before(fitted, tmp_path):
    fitted.save(tmp_path / "member.skops")
    np.testing.assert_array_equal(
        Baseline.read(tmp_path / "member.skops").predict(NEW), fitted.predict(NEW)
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
    settings = BaselineSettings(schedule=Schedule("binary-crossentropy", 0.02, 90, 5))
    network = fit_baseline("logistic-regression", P, LABEL, settings=settings)
    components = Components.fit(P, names=("A", "B", "C"))
    mean, _ = ForwardPass(components, [fitted, network]).predict(NEW)
    Q = components.transform(NEW)
    expected = (fitted.predict(Q) + network.predict(Q))[:, 0] / 2
    np.testing.assert_allclose(mean, expected, atol=1e-5)


def test_damaged_and_missing_files_are_refused(fitted, tmp_path):
    path = tmp_path / "member.skops"
    with pytest.raises(ModelError, match="cannot be read as an estimator"):
        Baseline.read(path)
    fitted.save(path)
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(ModelError, match="cannot be read as an estimator"):
        Baseline.read(path)


def test_a_file_that_names_another_type_is_refused_before_anything_is_built(fitted, tmp_path):
    path = tmp_path / "other.skops"
    skops.io.dump(LogisticRegression().fit(P, LABEL), path)
    with pytest.raises(ModelError, match=r"LogisticRegression"):
        read_estimator(path)
    fitted.save(tmp_path / "member.skops")
    rewrite(tmp_path / "member.skops", path, '"ndarray"', '"matrix"')
    with pytest.raises(ModelError, match=r"holds a type .* numpy.matrix"):
        read_estimator(path)


def test_an_estimator_that_is_not_whole_is_refused(tmp_path):
    path = tmp_path / "list.skops"
    skops.io.dump([1.0, 2.0], path)
    with pytest.raises(ModelError, match="holds a list"):
        read_estimator(path)


def test_trees_and_vectors_that_point_outside_themselves_are_refused(tmp_path):
    path = tmp_path / "spoiled.skops"
    svm = SVC().fit(P, LABEL)
    svm.support_vectors_ = svm.support_vectors_[:-3].copy()
    skops.io.dump(svm, path)
    with pytest.raises(ModelError, match="do not fit one another"):
        read_estimator(path)
    forest = RandomForestClassifier(2, random_state=0).fit(P, LABEL)
    state = forest.estimators_[1].tree_.__getstate__()
    state["nodes"]["left_child"][0] = 10**6
    forest.estimators_[1].tree_.__setstate__(state)
    skops.io.dump(forest, path)
    with pytest.raises(ModelError, match="point outside"):
        read_estimator(path)
    forest = RandomForestClassifier(2, random_state=0).fit(P, LABEL + 5)
    skops.io.dump(forest, path)
    with pytest.raises(ModelError, match="no forest that tells"):
        read_estimator(path)


def rewrite(source, target, old, new):
    """Copy an archive with a word of its schema replaced."""
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w") as copy:
        for name in archive.namelist():
            content = archive.read(name)
            if name == "schema.json":
                content = content.decode().replace(old, new).encode()
                json.load(io.BytesIO(content))
            copy.writestr(name, content)
