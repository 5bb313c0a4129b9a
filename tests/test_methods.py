"""The registry of methods; and one of one's own, everywhere that methods go."""

import subprocess
import sys

import numpy as np
import pytest
import rasterio
from registering import forgotten_behind
from smallproject import PROJECT, write_project
from toymethod import Nearest, register

from geoprospect.crossval import FoldScheme, score_held_out
from geoprospect.errors import ProjectError, TrainingError
from geoprospect.mapping import Execution, write_map
from geoprospect.methods import MethodOptions, method_named, method_names, strategy_names
from geoprospect.model import fit, load_model
from geoprospect.project.comparison import compare_methods
from geoprospect.project.file import Project
from geoprospect.project.run import run_project

METHOD = Nearest(members=2, seed=5)


@pytest.fixture(scope="module", autouse=True)
def known():
    with forgotten_behind():
        register()
        yield


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    path = write_project(tmp_path_factory.mktemp("nearest"))
    path.write_text(PROJECT.replace('"fine-tuning"', '"nearest"'))
    return Project.load(path)


@pytest.fixture(scope="module")
def stack(project):
    with project.open_evidence() as opened:
        yield opened


@pytest.fixture(scope="module")
def samples(project, stack):
    return project.read_samples("training", stack)


@pytest.fixture(scope="module")
def model(stack, samples, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "model"
    fit(stack, samples, METHOD).save(folder)
    return load_model(folder)


def cells(path):
    with rasterio.open(path) as raster:
        return raster.read()


def test_a_method_registered_has_the_names_that_ours_have():
    assert "nearest" in strategy_names()
    assert method_names()[-1] == "nearest"
    assert "paper-nearest" not in method_names(paper=True)
    assert method_named("nearest") == Nearest(members=3, seed=0)
    assert method_named("nearest", MethodOptions(members=7, seed=2)) == Nearest(7, 2)
    with pytest.raises(TrainingError, match="contradict each other"):
        method_named("nearest", MethodOptions(pretext="lithology"))
    with pytest.raises(ProjectError, match=r"no such method .found nearer; expected .*nearest"):
        method_named("nearer")


def test_its_model_tells_what_it_is_and_scores_evidence_as_its_members_do(model, samples):
    assert model.sentence().startswith("2 members by nearest, over A, B, C; trained on 230 cells")
    assert model.settings["seed"] == 5
    mean, spread = model.forward_pass().predict(samples.X)
    each = np.stack([member.predict(samples.X)[:, 0] for member in model.members])
    np.testing.assert_array_equal(mean, each.mean(axis=0, dtype=np.float64).astype(np.float32))
    assert spread.max() > 0
    assert mean[samples.label == 1].min() > mean[samples.label == 0].max() / 2


def test_its_map_is_the_same_in_processes_of_their_own_and_when_it_is_gone_on_with(
    model, stack, tmp_path
):
    write_map(model, stack, tmp_path / "whole.tif")
    write_map(
        model, stack, tmp_path / "shared.tif", execution=Execution(window=(16, 40), workers=2)
    )
    whole = cells(tmp_path / "whole.tif")
    assert whole.shape[0] == 2
    np.testing.assert_array_equal(cells(tmp_path / "shared.tif"), whole)

    def stop(done, total):
        if done > total / 2:
            raise KeyboardInterrupt

    small = Execution(window=(8, 8))
    with pytest.raises(KeyboardInterrupt):
        write_map(model, stack, tmp_path / "map.tif", execution=small, progress=stop)
    write_map(model, stack, tmp_path / "map.tif", execution=small, resume=True)
    np.testing.assert_array_equal(cells(tmp_path / "map.tif"), whole)


def test_it_is_cross_validated(samples):
    scheme = FoldScheme("random", folds=3, repeats=1)
    held_out = score_held_out(METHOD, samples, samples.X, scheme)
    assert held_out.method == "nearest"
    assert held_out.auc[0] > 0.7
    masks = np.ones((2, len(samples)), bool)
    masks[:, ::2] = samples.label[::2] == 1
    fewer = score_held_out(METHOD, samples, samples.X, scheme, masks=masks)
    assert not np.array_equal(fewer.scores, held_out.scores)


def test_a_project_runs_with_it_and_compares_it(project):
    summary = run_project(project)
    log = (project.folder / "log.txt").read_text()
    assert "nearest: 2 fits" in log
    assert cells(summary.map.path).shape[0] == 2
    scheme = FoldScheme("random", folds=2, repeats=1)
    result = compare_methods(project, scheme, ["nearest", "svm"])
    assert [scores.method for scores in result.methods] == ["nearest", "svm"]


def test_a_model_of_a_format_that_is_not_known_is_refused_in_one_line(model):
    code = f"from geoprospect.model import load_model\nload_model({model.folder!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    last = done.stderr.splitlines()[-1]
    assert "a format that is not known here (found .nearest; expected .keras, .skops)" in last
    assert "import the module that registers the format" in last
