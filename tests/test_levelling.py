"""Inputs levelled by what cells without labels tell of their distribution."""

from dataclasses import replace

import numpy as np
import pytest
import rasterio
from scipy.stats import norm, rankdata
from smallproject import write_project

from geoprospect.errors import TrainingError
from geoprospect.mapping import write_map
from geoprospect.methods import (
    MethodOptions,
    PretextCells,
    SampleTable,
    Transfer,
    method_named,
    method_names,
)
from geoprospect.model import fit, load_model
from geoprospect.network.levelling import levelling
from geoprospect.project.file import Project

RANDOM = np.random.default_rng(11)
N = 4000
LOGNORMAL = np.exp(1.5 * RANDOM.normal(size=N))
FLAG = (RANDOM.random(N) < 0.004) * 1.0  # fewer than lie beyond the outermost knot
STEPS = np.digitize(RANDOM.normal(size=N), [-1.0, 0.5]) * 1.0
X = np.column_stack([LOGNORMAL, FLAG, STEPS, RANDOM.normal(size=N)])
X = ((X - X.mean(axis=0)) / X.std(axis=0)).astype(np.float32)


def standardised(values):
    return (values - values.mean()) / values.std()


def test_a_level_is_the_mean_of_value_and_normal_score_within_the_outermost_knots():
    levels = levelling(X).predict(X)[:, 0]
    score = norm.ppf((rankdata(X[:, 0]) - 0.5) / N)
    low, high = np.quantile(X[:, 0], [0.01, 0.99])
    cut = np.clip(X[:, 0], low, high)
    expected = standardised(standardised(score) + standardised(cut))
    inner = (X[:, 0] > low) & (X[:, 0] < high)
    assert np.corrcoef(levels[inner], expected[inner])[0, 1] > 0.995
    assert np.abs(levels - expected)[inner].mean() < 0.1


def test_levels_rise_with_the_input_and_do_not_change_beyond_the_outermost_knots():
    line = np.zeros((300, 4), np.float32)
    line[:, 0] = np.linspace(-10, 60, 300)
    levels = levelling(X).predict(line)[:, 0]
    assert np.diff(levels).min() >= -1e-3
    far = line[:, 0] > np.quantile(X[:, 0], 0.99)
    assert np.ptp(levels[far]) < 5e-3
    assert levels[far].max() < X[:, 0].max() / 2


def test_levels_have_mean_0_and_deviation_1_whatever_the_distribution():
    levels = levelling(X).predict(X)
    np.testing.assert_allclose(levels.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(levels.std(axis=0), 1, atol=1e-3)


def test_few_distinct_values_stay_distinct():
    levels = levelling(X).predict(X)
    for column, count in ((1, 2), (2, 3)):
        assert len(np.unique(levels[:, column].round(3))) == count


def test_an_input_that_is_constant_among_the_cells_tells_nothing():
    cells = np.column_stack([np.full(50, 3.0), np.arange(50.0)])
    levels = levelling(cells).predict([[3.0, 0.0], [9.0, 0.0]])
    np.testing.assert_array_equal(levels[:, 0], 0)


def test_rotated_outputs_are_the_components_of_the_inputs_cut_at_the_outermost_knots():
    three = X[:, [0, 2, 3]]
    rotated = levelling(three, rotated=True).predict(three)
    cut = np.clip(three, *np.quantile(three, [0.01, 0.99], axis=0))
    np.testing.assert_allclose(np.corrcoef(rotated.T), np.eye(3), atol=1e-3)
    apart = [np.linalg.norm(part[:50] - part[50:100], axis=1) for part in (cut, rotated)]
    np.testing.assert_allclose(*apart, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("strategy", ["fine-tuning", "linear-probing"])
def test_training_leaves_what_was_learned_of_the_distribution_as_it_is(strategy):
    method = Transfer.preset("distribution", strategy, members=2)
    method = replace(method, training=replace(method.training, epochs=5))
    table = SampleTable(X[:60], (X[:60, 3] > 0).astype(np.int64))
    encoders = method.prepare(PretextCells(X), 4)
    members = method.fit(table, table.masks_of_all(2), preparation=encoders).members
    for encoder, member in zip(encoders, members, strict=True):
        assert [layer.activation for layer in member.layers] == [
            "relu", "linear", "cosine", "sigmoid",
        ]  # fmt: skip
        for before, after in zip(encoder.layers[:2], member.layers[:2], strict=True):
            np.testing.assert_array_equal(after.kernel, before.kernel)
            np.testing.assert_array_equal(after.bias, before.bias)
        moved = np.ptp(member.layers[2].kernel - encoder.layers[2].kernel) > 0
        assert moved == (strategy == "fine-tuning")
    assert members[0].layers[1] != members[1].layers[1]  # one of levels, one of their components


def test_a_member_that_learns_from_few_points_takes_batches_of_these_alone():
    """As many epochs take the same steps whether a table holds other members' points or not."""
    method = Transfer.preset("none", "from-scratch", members=1)
    method = replace(method, training=replace(method.training, epochs=20))
    label = (X[:300, 3] > 0).astype(np.int64)
    mask = (np.arange(300) < 30)[None]
    alone = method.fit(SampleTable(X[:30], label[:30]), mask[:, :30]).members[0]
    among = method.fit(SampleTable(X[:300], label), mask).members[0]
    np.testing.assert_array_equal(alone.predict(X), among.predict(X))


def test_the_published_study_has_no_such_task():
    assert "distribution-fine-tuning" in method_names()
    assert not [name for name in method_names(paper=True) if "distribution" in name]
    paper = MethodOptions("paper", "distribution")
    with pytest.raises(TrainingError, match="contradict each other"):
        method_named("fine-tuning", paper)


def test_its_model_gives_the_map_that_its_members_give(tmp_path):
    project = Project.load(write_project(tmp_path))
    method = Transfer.preset("distribution", "fine-tuning", members=2)
    method = replace(method, training=replace(method.training, epochs=5))
    with project.open_evidence() as stack:
        fit(stack, project.read_samples("training", stack), method).save(tmp_path / "model")
        model = load_model(tmp_path / "model")
        write_map(model, stack, tmp_path / "map.tif")
        block = stack.read()
    inputs = model.components.transform(block.X)
    each = [member.predict(inputs)[:, 0] for member in model.members]
    with rasterio.open(tmp_path / "map.tif") as raster:
        np.testing.assert_allclose(raster.read(1)[block.valid], np.mean(each, axis=0), atol=1e-5)
