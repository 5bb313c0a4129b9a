"""Labels balanced by added points: in each fit, of the points that it learns from alone."""

import logging
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pytest
from imblearn.over_sampling import SMOTE
from smallproject import PROJECT, TUNED, points, write_project, write_raster

from geoprospect.crossval import FoldScheme, score_held_out
from geoprospect.errors import ProjectError, TrainingError
from geoprospect.evidence import EvidenceStack
from geoprospect.methods import (
    Fitted,
    MethodOptions,
    Resampled,
    SampleTable,
    method_named,
    scores_of_fits,
)
from geoprospect.model import load_model
from geoprospect.project.check import check_project
from geoprospect.project.comparison import compare_methods
from geoprospect.project.file import Project
from geoprospect.project.run import run_project
from geoprospect.samples import read_samples

FEW = MethodOptions(members=2, training={"epochs": 20}, baseline={"trees": 5})


@pytest.fixture
def table():
    random = np.random.default_rng(0)
    X = random.normal(size=(60, 3)).astype(np.float32)
    return SampleTable(X, (np.arange(60) < 12).astype(np.int64), ("A", "B", "C"))


class Constant:
    """A member that tells nothing."""

    n_inputs, n_outputs, suffix = 1, 1, ".constant"

    def predict(self, X):
        return np.zeros((len(X), 1), np.float32)


@dataclass(frozen=True)
class Keeping:
    """A method that keeps what it was given to learn from."""

    members: int = 1
    seed: int = 0
    sees: str = "standardised"
    name: str = "keeping"
    pretext: str = "none"
    preparation_key: None = None
    given: list = field(default_factory=list)

    def prepare(self, cells, n_inputs, *, progress=None):
        return ()

    def fit(self, table, masks, *, preparation=None, progress=None):
        self.given.extend((table.X[mask], table.label[mask]) for mask in masks)
        return Fitted(tuple(Constant() for _ in masks))


def learned(table, masks, balance, **settings):
    method = Keeping(**settings)
    Resampled(method, balance).fit(table, masks)
    return method.given


@pytest.mark.parametrize("balance", ["oversample", "smote"])
def test_each_fit_has_as_many_points_of_either_label_and_its_own_are_among_them(table, balance):
    masks = table.masks_of_all(3)
    masks[1, 20:40] = False
    masks[2, :5] = False
    for (X, label), mask, each in zip(
        learned(table, masks, balance, members=3), masks, (48, 28, 48), strict=True
    ):
        assert np.bincount(label).tolist() == [each, each]
        np.testing.assert_array_equal(X[: mask.sum()], table.X[mask])
        np.testing.assert_array_equal(label[: mask.sum()], table.label[mask])


def test_oversampling_repeats_points_of_the_scarcer_label(table):
    ((X, label),) = learned(table, table.masks_of_all(1), "oversample")
    known = {tuple(row) for row in table.X[:12]}
    assert {tuple(row) for row in X[60:]} <= known
    assert (label[60:] == 1).all()


def test_smote_places_points_as_the_library_does_when_called_by_itself(table):
    ((X, label),) = learned(table, table.masks_of_all(1), "smote", seed=4)
    seed = int(np.random.SeedSequence([4, 0, *b"balance"]).generate_state(1)[0])
    theirs, labels = SMOTE(random_state=seed).fit_resample(table.X, table.label)
    np.testing.assert_array_equal(X, theirs)
    np.testing.assert_array_equal(label, labels)


def test_nearness_does_not_depend_on_the_units_of_layers(table):
    wide = SampleTable(table.X * np.float32([1, 1024, 1 / 1024]), table.label)
    ((X, _),) = learned(table, table.masks_of_all(1), "smote", sees="layers")
    ((scaled, _),) = learned(wide, wide.masks_of_all(1), "smote", sees="layers")
    np.testing.assert_allclose(scaled / [1, 1024, 1 / 1024], X, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("balance", ["oversample", "smote"])
@pytest.mark.parametrize(
    "name", ["svm", "random-forest", "boosting", "gaussian-process", "from-scratch", "average"]
)
def test_points_that_a_fit_does_not_learn_from_change_nothing(table, balance, name):
    method = method_named(f"{balance}-{name}", FEW)
    masks = table.masks_of_all(method.members)
    masks[:, [0, 3, 30, 31, 32]] = False
    moved = SampleTable(table.X.copy(), table.label.copy(), table.names)
    moved.X[~masks[0]] = 1e6
    moved.label[~masks[0]] = 1 - moved.label[~masks[0]]
    plain, other = (scores_of_fits(method, given, masks, table.X) for given in (table, moved))
    np.testing.assert_array_equal(plain, other)
    assert not np.array_equal(plain, scores_of_fits(method_named(name, FEW), table, masks, table.X))


@pytest.mark.parametrize("balance", ["oversample", "smote"])
def test_the_same_seed_gives_the_same_points_and_members_have_their_own(table, balance):
    masks = table.masks_of_all(4)
    first, second, third, _ = learned(table, masks, balance, members=2)
    again = learned(table, masks, balance, members=2)
    np.testing.assert_array_equal(first[0], again[0][0])
    np.testing.assert_array_equal(first[0], third[0])  # member 0 of another split
    assert not np.array_equal(first[0], second[0])
    assert not np.array_equal(first[0], learned(table, masks, balance, members=2, seed=1)[0][0])


@pytest.fixture(scope="module")
def halves(tmp_path_factory):
    """Ground of two halves, whose evidence is 0 in the west and 1 in the east."""
    folder = tmp_path_factory.mktemp("halves")
    west = np.zeros((20, 40), np.float32)
    west[:, 20:] = 1
    write_raster(folder / "A.tif", west)
    random = np.random.default_rng(2)
    rows = random.integers(0, 20, 60)
    columns = np.r_[random.integers(0, 14, 30), random.integers(26, 40, 30)]
    label = np.tile([1, 0, 0, 0], 15)
    table = points(rows, columns, occurrence=label)
    twice = table.iloc[:10]
    with EvidenceStack.open(folder) as stack:
        yield read_samples(gpd.pd.concat([table, twice], ignore_index=True), stack)


@pytest.mark.parametrize("balance", ["oversample", "smote"])
def test_what_is_held_out_never_reaches_what_draws_points(halves, balance):
    method = Keeping()
    scheme = FoldScheme("clusters", folds=2, repeats=1)
    score_held_out(Resampled(method, balance), halves, halves.X, scheme)
    assert len(method.given) == 2
    sides = set()
    for X, label in method.given:
        side = np.unique(X)  # all that a fit is given is of the side that it learns from
        assert len(side) == 1
        sides.add(float(side[0]))
        cells = np.unique(halves.cells[halves.X[:, 0] == side[0]])
        occurrences = np.unique(halves.cells[(halves.X[:, 0] == side[0]) & (halves.label == 1)])
        barren = len(cells) - len(occurrences)  # each cell once, though it has two points
        assert np.bincount(label).tolist() == [barren, barren]
    assert sides == {0.0, 1.0}


def test_each_member_adds_to_its_own_draw_of_non_occurrences(halves):
    method, drawn = Keeping(members=2), np.ones((2, len(halves)), bool)
    drawn[0, (halves.label == 0) & (np.arange(len(halves)) % 8 < 4)] = False
    score_held_out(
        Resampled(method, "oversample"), halves, halves.X, FoldScheme(folds=2, repeats=1),
        masks=drawn,
    )  # fmt: skip
    for few, all_of_them in (method.given[:2], method.given[2:]):
        assert (few[1] == 0).sum() < (all_of_them[1] == 0).sum()
        for _, label in (few, all_of_them):
            assert (label == 1).sum() == (label == 0).sum()


def test_few_points_of_a_label_have_fewer_neighbours_and_it_is_said(table, caplog):
    masks = table.masks_of_all(1)
    masks[:, 3:12] = False
    with caplog.at_level(logging.INFO):
        ((_, label),) = learned(table, masks, "smote")
    assert np.bincount(label).tolist() == [48, 48]
    assert "a fit has 3 points of a label" in caplog.text
    assert "towards the nearest 2, not 5" in caplog.text
    masks[:, 1:3] = False
    with pytest.raises(TrainingError, match=r'1 occurrences.*balance = "oversample"'):
        learned(table, masks, "smote")
    ((_, label),) = learned(table, masks, "oversample")
    assert np.bincount(label).tolist() == [48, 48]
    masks[:, 0] = False
    with pytest.raises(TrainingError, match="needs more points of both labels"):
        learned(table, masks, "oversample")


@pytest.mark.parametrize(
    ("name", "options", "mend"),
    [
        ("smote-svm", MethodOptions(baseline={"costs": (1.0, 10.0)}), "costs = "),
        ("oversample-paper-svm", MethodOptions(), "costs = "),
        ("smote-from-scratch", MethodOptions(training={"held_back": 0.2}), "leave out held_back"),
        ("smote-logistic-regression", MethodOptions(training={"held_back": 0.2}), "held_back"),
    ],
)
def test_a_method_that_tries_itself_on_its_own_points_is_refused(name, options, mend):
    with pytest.raises(TrainingError, match=mend):
        method_named(name, options)


def test_a_name_says_the_balance_before_the_settings_do():
    assert method_named("svm", MethodOptions(balance="smote")).name == "smote svm"
    assert method_named("weights-svm", MethodOptions(balance="smote")).name == "svm"
    forest = method_named("oversample-paper-random-forest")
    assert forest.method.trees == 2000
    average = method_named("smote-average", MethodOptions(members=2))
    assert [part.name for part in average.parts][:2] == ["smote random-forest", "smote extra-trees"]
    assert average.settings()["parts"][0]["balance"] == "smote"
    with pytest.raises(ProjectError, match=r"no such method .found smote-none; .*oversample- or"):
        method_named("smote-none")


def test_rows_that_no_member_sees_change_no_network(table):
    method = method_named("from-scratch", FEW)
    masks = table.masks_of_all(2)
    masks[0, 5:9] = False
    unseen = np.full((500, 3), 7, np.float32)
    more = SampleTable(np.vstack([table.X, unseen]), np.r_[table.label, np.ones(500, int)])
    wider = np.hstack([masks, np.zeros((2, 500), bool)])
    for plain, beside in zip(
        method.fit(table, masks).members, method.fit(more, wider).members, strict=True
    ):
        np.testing.assert_array_equal(plain.predict(table.X), beside.predict(table.X))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    path = write_project(tmp_path_factory.mktemp("balance"))
    path.write_text(PROJECT.replace(TUNED, 'strategy = "svm"\nbalance = "smote"\n'))
    return path


def test_a_project_names_the_balance_and_the_model_tells_it(project):
    run_project(Project.load(project))
    model = load_model(project.with_name("out") / "model")
    assert model.settings["balance"] == "smote"
    assert "labels balanced by smote" in (project.with_name("out") / "log.txt").read_text()


def test_a_comparison_sets_the_balances_side_by_side(project):
    names = ["weights-svm", "oversample-svm", "svm", "smote-svm"]
    scheme = FoldScheme("random", folds=2, repeats=1)
    comparison = compare_methods(project, scheme, names)
    weighed, repeated, plain, smote = comparison.methods
    assert [result.method for result in comparison.methods] == names
    np.testing.assert_array_equal(plain.scores, smote.scores)  # as the project says
    assert not np.array_equal(weighed.scores, repeated.scores)
    assert not np.array_equal(repeated.scores, smote.scores)


def test_a_pretext_task_is_learned_once_however_labels_are_balanced(project):
    stages = []
    compare_methods(
        project,
        FoldScheme("random", folds=2, repeats=1),
        ["weights-reconstruction-fine-tuning", "smote-reconstruction-fine-tuning"],
        progress=lambda stage, done, total, word: stages.append((stage, done == total)),
    )
    ended = [stage for stage, is_last in stages if is_last]
    assert ended.count("reconstruction pretext") == 1
    assert "smote-reconstruction-fine-tuning" in ended


def test_a_balance_that_is_not_known_or_cannot_be_is_told_by_check(project):
    text = project.read_text()
    for wrong, told in (
        (text.replace('"smote"', '"adasyn"'), "balance"),
        (text + "baseline = { costs = [1.0, 10.0] }\n", "a search of its settings"),
    ):
        path = project.with_name("wrong.toml")
        path.write_text(wrong)
        if "adasyn" in wrong:
            with pytest.raises(ProjectError, match=told):
                Project.load(path)
        else:
            assert any(told in finding.text for finding in check_project(path))
