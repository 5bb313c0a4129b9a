"""A method is chosen in space, and its figure is one that the choice has earned."""

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from click.testing import CliRunner
from smallproject import PROJECT, write_project

from geoprospect.cli import main
from geoprospect.crossval import Choice, Comparison, FoldScheme, HeldOutScores
from geoprospect.project.choosing import candidate_names, candidates, choose
from geoprospect.project.comparison import compare_methods
from geoprospect.project.file import Project
from geoprospect.project.inputs import Inputs

SCHEME = FoldScheme(folds=2, repeats=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = write_project(tmp_path_factory.mktemp("auto"))
    text = PROJECT.replace("members = 2\n", 'members = 1\nstrategy = "auto"\n')
    text = text.replace("epochs = 30", "epochs = 5") + "baseline = { trees = 10 }\n"
    path.write_text(text)
    return path.parent


@pytest.fixture(scope="module")
def project(folder):
    return Project.load(folder / "project.toml")


@pytest.fixture(scope="module")
def samples(project):
    with project.open_evidence() as stack:
        return project.read_samples("training", stack)


def comparison(samples, **scores):
    methods = tuple(
        HeldOutScores.of(name, np.asarray(row, float)[None], samples.label)
        for name, row in scores.items()
    )
    return Comparison(SCHEME, samples, methods, methods[0])


def test_the_best_is_chosen_where_it_is_surely_better_and_the_preferred_where_not(samples):
    random = np.random.default_rng(0)
    noise = random.random(len(samples))
    right = samples.label + noise
    nearly = right.copy()
    nearly[np.flatnonzero(samples.label == 0)[:1]] = 3  # one mistake: worse, and not surely
    assert Choice(comparison(samples, right=right, noise=noise), "noise").method == "right"
    close = Choice(comparison(samples, right=right, nearly=nearly), "nearly")
    assert close.comparison.best.method == "right"
    assert close.method == "nearly"
    name, gap = next(iter(close.gaps.items()))
    assert name == "right"
    assert gap.value < 0 <= gap.interval.high
    assert "the difference is not sure" in close.sentences()[1]


def test_each_region_is_scored_by_the_method_that_the_other_chooses(samples):
    folds = SCHEME.splits(samples)[0][0]
    random = np.random.default_rng(1)
    noise = random.random(len(samples))
    right = samples.label + noise
    # Each is right in one region and noise in the other, where it will be taken.
    here = np.where(folds == 0, right, noise)
    there = np.where(folds == 1, right, noise)
    choice = Choice(comparison(samples, here=here, there=there), "here")
    order = [np.argsort(np.argsort(x)) for x in (there, here)]
    taken = np.where(folds == 0, order[0], order[1])
    ones, zeros = taken[samples.label == 1], taken[samples.label == 0]
    gaps = np.sign(ones[:, None] - zeros[None])
    assert choice.figure == pytest.approx((gaps.mean() + 1) / 2)
    flattering = max(result.auc[0] for result in choice.comparison.methods)
    assert flattering > 0.7
    assert choice.figure < flattering - 0.1
    assert choice.interval.low <= choice.figure <= choice.interval.high


def test_candidates_are_what_the_points_allow_and_the_average_is_last(project):
    names = candidate_names(project)
    assert names[:2] == ("lithology-fine-tuning", "reconstruction-fine-tuning")
    assert names[-1] == "lithology-average"
    assert {"random-forest", "extra-trees", "svm", "logistic-regression"} < set(names)
    without = replace(project, points=replace(project.points, lithology=None))
    assert "lithology-fine-tuning" not in candidate_names(without)
    assert candidate_names(without)[-1] == "reconstruction-average"


def test_too_few_occurrences_leave_the_fixed_method(project, folder, caplog):
    points = gpd.read_file(folder / "training.gpkg")
    few = np.r_[np.flatnonzero(points.occurrence == 1)[:9], np.flatnonzero(points.occurrence == 0)]
    points.iloc[few].to_file(folder / "few.gpkg")
    source = replace(project.points.training, path=str(folder / "few.gpkg"))
    fewer = replace(project, points=replace(project.points, training=source))
    with caplog.at_level("INFO"), Inputs(fewer) as inputs:
        assert inputs.choice is None
        assert inputs.ensemble.name == "lithology average"
    assert "9 cells hold an occurrence, fewer than 10" in caplog.text


def test_occurrences_alone_are_chosen_for_by_the_ground_that_lies_below_them(project, folder):
    points = gpd.read_file(folder / "training.gpkg")
    points[points.occurrence == 1][["geometry"]].to_file(folder / "alone.gpkg")
    source = replace(project.points.training, path=str(folder / "alone.gpkg"), label=False)
    alone = replace(project, points=replace(project.points, training=source))
    with Inputs(alone) as inputs:
        chosen = {name: candidates(alone)[name] for name in ("svm", "extra-trees")}
        choice = choose(inputs.fit_inputs(chosen.values()), chosen, seed=0)
    assert choice.comparison.headline == "rate_area"
    assert choice.scored.shares.shape[0] == 2
    assert 0.5 < choice.figure <= 1


def test_a_run_tells_what_was_chosen_and_crossval_compares_the_candidates(
    project, folder, monkeypatch
):
    few = ("random-forest", "extra-trees", "svm")
    for module in ("choosing", "comparison"):
        monkeypatch.setattr(f"geoprospect.project.{module}.candidate_names", lambda _: few)
    done = CliRunner().invoke(main, ["run", str(folder / "project.toml")])
    assert done.exit_code == 0, done.output
    out = folder / "out"
    choice = json.loads((out / "scores.json").read_text())["choice"]
    model = json.loads((out / "model" / "model.json").read_text())["settings"]
    assert choice == model["choice"] == json.loads((out / "manifest.json").read_text())["choice"]
    assert model["strategy"] == choice["method"]
    assert set(choice["compared"]) == set(few)
    assert set(choice["over"]) == set(few) - {choice["method"]}
    assert f"choice: {choice['method']} is chosen among 3 methods" in (out / "log.txt").read_text()
    compared = compare_methods(project, SCHEME)
    assert [result.method for result in compared.methods] == list(few)


def test_quick_compares_nothing(folder):
    done = CliRunner().invoke(
        main, ["train", str(folder / "project.toml"), "--quick", "--output", str(folder / "quick")]
    )
    assert done.exit_code == 0, done.output
    settings = json.loads((folder / "quick" / "model.json").read_text())["settings"]
    assert settings["strategy"] == "average"
    assert "choice" not in settings
