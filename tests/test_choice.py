"""A method is chosen in space, and its figure is one that the choice has earned."""

import json
import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from click.testing import CliRunner
from smallproject import PROJECT, write_project

from geoprospect.cli import main
from geoprospect.crossval import Choice, Comparison, FoldScheme, HeldOutScores
from geoprospect.errors import TrainingError
from geoprospect.project.choosing import averaged, candidate_names, candidates, choose
from geoprospect.project.comparison import compare_methods
from geoprospect.project.file import Project
from geoprospect.project.inputs import Inputs

SCHEME = FoldScheme(folds=2, repeats=1)
CORE = ("random-forest", "extra-trees", "svm")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = write_project(tmp_path_factory.mktemp("auto"))
    text = PROJECT.replace('strategy = "fine-tuning"\nmembers = 2\n', "members = 1\n")
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


def chosen_among(samples, **others):
    """Give the choice among others of such scores; the core is noise, the same three times."""
    noise = np.random.default_rng(0).random(len(samples))
    scores = dict.fromkeys(CORE, noise) | others
    methods = tuple(
        HeldOutScores.of(name, np.asarray(row, float)[None], samples.label)
        for name, row in scores.items()
    )
    return Choice.of(Comparison(SCHEME, samples, methods, methods[0])), noise


def auc(label, scores):
    gaps = np.sign(scores[label == 1][:, None] - scores[label == 0][None])
    return (gaps.mean() + 1) / 2


def test_the_other_that_raises_the_average_most_joins_it(samples):
    right, half = samples.label * 4.0, samples.label * 2.0
    choice, noise = chosen_among(samples, half=half, right=right, wrong=-right)
    assert choice.parts == (*CORE, "right")
    assert choice.method == "average with right"
    compared = choice.to_dict()["compared"]
    assert compared["average with half"] == pytest.approx(auc(samples.label, noise * 3 + half))
    assert compared["average with right"] == 1
    gap = choice.gaps["average"]
    assert gap.value == pytest.approx(1 - auc(samples.label, noise))
    assert f"right adds {gap:+z.3f}, which is sure" in choice.sentences()[1]


def test_none_joins_the_average_where_none_raises_it(samples):
    choice, _ = chosen_among(samples, wrong=-samples.label * 4.0)
    assert choice.parts == CORE
    assert choice.method == "average"
    assert choice.sentences()[1] == "none of the others adds to it."


def test_a_method_of_the_core_that_could_not_be_trained_leaves_no_choice(samples):
    choice, _ = chosen_among(samples)
    comparison = choice.comparison
    note = "the method svm is left out: too few points."
    fewer = replace(comparison, methods=comparison.methods[:2], notes=(note,))
    with pytest.raises(TrainingError, match="svm is left out: too few points"):
        Choice.of(fewer)


def test_each_region_is_scored_by_the_average_that_the_other_chooses(samples):
    folds = SCHEME.splits(samples)[0][0]
    right = samples.label * 4.0
    # Each helps in one region and harms in the other, where it will be taken.
    here, there = np.where(folds == 0, right, -right), np.where(folds == 1, right, -right)
    choice, noise = chosen_among(samples, here=here, there=there)
    taken = noise * 3 + np.where(folds == 0, there, here)
    assert choice.figure == pytest.approx(auc(samples.label, taken))
    flattering = max(choice.to_dict()["compared"].values())
    assert choice.figure < flattering - 0.1
    assert choice.interval.low <= choice.figure <= choice.interval.high


def test_candidates_are_what_the_points_allow(project):
    names = candidate_names(project)
    assert names[:2] == ("lithology-fine-tuning", "distribution-fine-tuning")
    assert names[-3:] == CORE
    assert {"boosting", "gaussian-process", "logistic-regression"} < set(names)
    without = replace(project, points=replace(project.points, lithology=None))
    assert "lithology-fine-tuning" not in candidate_names(without)
    none = replace(project, model=replace(project.model, pretext="none"))
    assert not [name for name in candidate_names(none) if "tuning" in name]


def test_the_published_settings_compare_nothing(project):
    paper = replace(project, model=replace(project.model, settings="paper"))
    assert not paper.model.chosen
    assert paper.method().name == "reconstruction fine-tuning"


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
        few = (*CORE, "logistic-regression")
        methods = {name: candidates(alone)[name] for name in few}
        choice = choose(inputs.fit_inputs(methods.values()), methods, seed=0)
        ensemble = averaged(alone, choice.added, members=10)
    assert choice.comparison.headline == "rate_area"
    # The average's shares are those of its mean score among the cells held out with each point.
    told = {result.method: result for result in choice.told.methods}
    ground, folds = choice.comparison.ground, choice.comparison.splits[0]
    label = choice.comparison.samples.label
    point = int(np.flatnonzero(label == 1)[0])
    beside = ground.folds[0] == folds[0, point]
    cells = np.mean([told[name].ground[0, beside] for name in CORE], axis=0)
    mine = np.mean([told[name].scores[0, point] for name in CORE])
    below = (cells < mine).mean() + (cells == mine).mean() / 2
    assert told["average"].shares[0, 0] == pytest.approx(below)
    assert [part.name for part in ensemble.parts] == list(choice.parts)
    assert {part.members for part in ensemble.parts} == {10}


def test_a_run_tells_what_was_chosen_and_crossval_compares_the_candidates(
    project, folder, monkeypatch
):
    few = ("logistic-regression", *CORE)
    for module in ("choosing", "comparison"):
        monkeypatch.setattr(f"geoprospect.project.{module}.candidate_names", lambda _: few)
    done = CliRunner().invoke(main, ["run", str(folder / "project.toml")])
    assert done.exit_code == 0, done.output
    out = folder / "out"
    choice = json.loads((out / "scores.json").read_text())["choice"]
    model = json.loads((out / "model" / "model.json").read_text())["settings"]
    assert choice == model["choice"] == json.loads((out / "manifest.json").read_text())["choice"]
    assert [part["strategy"] for part in model["parts"]] == choice["parts"]
    assert set(choice["compared"]) == {*few, "average", "average with logistic-regression"}
    cells = np.unique(_cells_of(folder), axis=0)
    assert len(choice["folds"]["fold"]) == len(cells)
    assert sorted(set(choice["folds"]["fold"])) == [1, 2, 3, 4, 5]
    page = (out / "report.html").read_text()
    regions = page.partition("The regions held out")[2].partition("</table>")[0]
    counts = re.findall(r'"cells with points"><span><span>(\d+)</span>', regions)
    assert sum(map(int, counts)) == len(cells)
    assert "4 methods were compared in space" in (out / "log.txt").read_text()
    compared = compare_methods(project, SCHEME)
    names = [result.method for result in compared.methods]
    assert names[: len(few)] == list(few)
    assert names[len(few)] == "average"
    assert names[-1] == "the choice"
    assert any("the choice scores" in note for note in compared.notes)


def _cells_of(folder):
    points = gpd.read_file(folder / "training.gpkg").geometry
    return np.floor(np.column_stack([points.x, points.y]) / 100)


def test_quick_compares_nothing(folder):
    done = CliRunner().invoke(
        main, ["train", str(folder / "project.toml"), "--quick", "--output", str(folder / "quick")]
    )
    assert done.exit_code == 0, done.output
    settings = json.loads((folder / "quick" / "model.json").read_text())["settings"]
    assert settings["strategy"] == "average"
    assert "choice" not in settings
