"""The average of methods: each part learns by itself, and all count alike."""

import numpy as np
import pytest
import rasterio
from smallproject import PROJECT, write_project

from geoprospect.crossval import FoldScheme, score_held_out
from geoprospect.mapping import write_map
from geoprospect.methods import MethodOptions, PretextCells, SampleTable, method_named
from geoprospect.methods.mean import Average
from geoprospect.model import load_model
from geoprospect.project.file import Project
from geoprospect.project.run import train_model

OPTIONS = MethodOptions(
    pretext="reconstruction", members=2, training={"epochs": 30}, pretraining={"epochs": 20},
    baseline={"trees": 20},
)  # fmt: skip
AVERAGE = Average.of(OPTIONS)


@pytest.fixture(scope="module")
def table():
    random = np.random.default_rng(3)
    X = random.normal(size=(60, 3)).astype(np.float32)
    return SampleTable(X, (X[:, 0] + X[:, 1] > 0).astype(np.int64))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    path = write_project(tmp_path_factory.mktemp("average"))
    changes = 'members = 2\nstrategy = "average"\npretext = "reconstruction"\n'
    path.write_text(
        PROJECT.replace('strategy = "fine-tuning"\nmembers = 2\n', changes)
        + "baseline = { trees = 20 }\n"
    )
    return Project.load(path)


def test_each_fit_learns_what_its_part_learns_alone_from_its_own_points(table):
    masks = np.ones((2 * AVERAGE.members, len(table.label)), bool)  # two splits of eight members
    masks[8:, :20] = False
    prepared = AVERAGE.prepare(PretextCells(table.X), 3)
    together = AVERAGE.fit(table, masks, preparation=prepared).members
    for number, part in enumerate(AVERAGE.parts):
        encoders = prepared[6:8] if part.pretext == "reconstruction" else None
        mine = [2 * number, 2 * number + 1, 8 + 2 * number, 9 + 2 * number]
        alone = part.fit(table, masks[mine], preparation=encoders).members
        for fit, member in zip(mine, alone, strict=True):
            np.testing.assert_array_equal(together[fit].predict(table.X), member.predict(table.X))


def test_trees_of_a_forest_are_shared_out_to_its_members():
    trees = [Average.of(MethodOptions(pretext="lithology", members=n)).parts[0].trees
             for n in (1, 3, 10, 100)]  # fmt: skip
    assert trees == [500, 167, 50, 50]
    assert AVERAGE.parts[1].trees == 20


def test_its_model_keeps_members_of_both_formats_and_scores_their_plain_mean(project, tmp_path):
    model = train_model(project)
    assert model.sentence().startswith("8 members by average after the reconstruction pretext")
    model.save(tmp_path / "model")
    suffixes = sorted(path.suffix for path in (tmp_path / "model").glob("member-*"))
    assert suffixes == [".keras"] * 2 + [".skops"] * 6
    loaded = load_model(tmp_path / "model")
    with project.open_evidence() as stack:
        write_map(loaded, stack, tmp_path / "map.tif")
        evidence = stack.sample(np.array([5, 9]), np.array([7, 30]))[0]
    seen = loaded.components.transform(evidence)
    each = np.stack([member.predict(seen)[:, 0] for member in loaded.members])
    with rasterio.open(tmp_path / "map.tif") as raster:
        bands = raster.read()[:, [5, 9], [7, 30]]
    np.testing.assert_allclose(bands, [each.mean(axis=0), each.std(axis=0)], rtol=1e-4)


def test_it_sees_all_draws_of_non_occurrences_in_every_part_and_is_cross_validated(project):
    with project.open_evidence() as stack:
        samples = project.read_samples("training", stack)
    scheme = FoldScheme("random", folds=2, repeats=1)
    held_out = score_held_out(AVERAGE, samples, samples.X, scheme)
    assert held_out.auc[0] > 0.7
    zeros = np.flatnonzero(samples.label == 0)
    masks = np.tile(samples.label == 1, (2, 1))
    masks[0, zeros[::2]] = masks[1, zeros[1::2]] = True
    drawn = score_held_out(AVERAGE, samples, samples.X, scheme, masks=masks)
    assert not np.array_equal(drawn.scores, held_out.scores)


def test_rock_classes_decide_its_pretext_task_as_that_of_fine_tuning():
    assert method_named("average", MethodOptions(rock_classes=True)).pretext == "lithology"
    assert method_named("average").pretext == "none"
    assert [part.name for part in method_named("average").parts] == [
        "random-forest", "extra-trees", "svm",
    ]  # fmt: skip
    assert method_named("lithology-average").name == "lithology average"
