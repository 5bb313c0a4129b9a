"""Effects and interactions of layers: known on paper, and as scikit-learn has them."""

import numpy as np
import pytest
from fits import fit_all, method
from mapjobs import write_stack
from smallproject import write_raster as write_layer

from geoprospect.evidence import EvidenceStack, RasterBand
from geoprospect.evidence.computed.categorical import Categorical
from geoprospect.model import Components
from geoprospect.model.dependence import SCALES, effects_of, interactions_of
from geoprospect.model.dependence.curves import effect
from geoprospect.model.dependence.interactions import interactions
from geoprospect.model.dependence.levels import Levels
from geoprospect.model.model import ProspectivityModel
from geoprospect.network import Dense, Network

BOTH = ("dependence", "accumulated")


def cells(n=400, columns=3, seed=0):
    return np.random.default_rng(seed).normal(size=(n, columns)).astype(np.float32)


def one(function):
    """A function of rows as the scores of a single member."""
    return lambda X: function(X.astype(np.float64))[None]


def odds(p):
    return np.log(p / (1 - p))


def of_column(function, X, column, bins=20):
    levels = Levels.of_column(X, column, bins=bins)
    return effect(one(function), X, levels, layer="X1", name="X1")


def additive(X):
    return 0.5 + 0.1 * np.sin(X[:, 0]) + 0.05 * np.tanh(X[:, 1]) + 0.02 * X[:, 2]


@pytest.mark.parametrize("kind", BOTH)
def test_of_an_additive_function_an_effect_is_its_own_part_up_to_a_constant(kind):
    X = cells()
    found = of_column(additive, X, 0)
    at = np.array(found.at)
    assert (at[0], at[-1]) == (X[:, 0].min(), X[:, 0].max())
    rise = np.diff(getattr(found, kind)["score"].value)
    np.testing.assert_allclose(rise, np.diff(0.1 * np.sin(at)), atol=1e-7)


@pytest.mark.parametrize("kind", BOTH)
def test_of_additive_log_odds_an_effect_is_its_own_part_on_the_log_odds_alone(kind):
    X = cells()
    found = of_column(lambda X: 1 / (1 + np.exp(-X[:, 0] - 2 * X[:, 1])), X * 0.7, 0)
    curves = getattr(found, kind)
    np.testing.assert_allclose(np.diff(curves["log-odds"].value), np.diff(found.at), atol=1e-6)
    gaps = np.diff(curves["score"].value) / np.diff(found.at)
    assert gaps.max() > 1.3 * gaps.min()


def test_local_effects_ask_nothing_of_places_where_no_cell_lies():
    # Twins: beyond their line the function is wild, and no cell is there.
    x = np.linspace(-1, 1, 400, dtype=np.float32)
    X = np.stack([x, x], axis=1)

    def wild(X):
        return 0.5 + 0.1 * X[:, 0] + 0.3 * (np.abs(X[:, 0] - X[:, 1]) > 0.5)

    found = of_column(wild, X, 0)
    rise = np.diff(found.accumulated["score"].value)
    np.testing.assert_allclose(rise, 0.1 * np.diff(found.at), atol=1e-6)
    assert np.ptp(found.dependence["score"].value) > 0.12


def test_local_effects_are_those_of_apley_and_zhu_by_hand():
    X = np.array([[0, 5], [1, 1], [2, 2], [4, 0]], np.float32)
    found = of_column(lambda X: 0.01 * X[:, 0] * X[:, 1], X, 0, bins=2)
    # Bins [0, 1] and (1, 4]: cells of 5 and 1 move from 0 to 1, those of 2 and 0 from 1 to 4.
    assert found.at == (0.0, 1.0, 4.0)
    summed = np.array([0, (5 + 1) / 2, (5 + 1) / 2 + 3 * (2 + 0) / 2]) * 0.01
    middle = (2 * (summed[0] + summed[1]) / 2 + 2 * (summed[1] + summed[2]) / 2) / 4
    np.testing.assert_allclose(found.accumulated["score"].value, summed - middle, atol=1e-9)


def test_partial_dependence_is_that_of_scikit_learn():
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415 - slow to import
    from sklearn.inspection import partial_dependence  # noqa: PLC0415

    X = cells(150)
    label = (X[:, 0] * X[:, 1] + X[:, 2] > 0).astype(int)
    forest = RandomForestClassifier(20, random_state=0).fit(X, label)
    levels = Levels.of_column(X, 1, bins=6)
    theirs = partial_dependence(
        forest, X, [1], custom_values={1: np.array(levels.at)}, kind="average", method="brute"
    )
    found = effect(lambda X: forest.predict_proba(X)[:, 1][None], X, levels, layer="X2", name="X2")
    np.testing.assert_allclose(found.dependence["score"].value, theirs["average"][0], atol=1e-12)


def test_effects_of_classes_are_known_by_hand_and_alike_classes_stand_together():
    random = np.random.default_rng(1)
    code = np.repeat([0, 1, 2], 50)
    # By their other evidence, classes 0 and 2 are alike and 1 is far from both.
    beside = (random.normal(size=150) + np.array([0, 6, 1])[code]).astype(np.float32)
    X = np.column_stack([np.eye(3, dtype=np.float32)[code], beside])
    levels = Levels.of_classes(X, [0, 1, 2], ["a", "b", "c"])
    assert levels.at in {("a", "c", "b"), ("b", "c", "a")}
    worth = {"a": 0.1, "b": 0.3, "c": 0.2}
    found = effect(
        one(lambda X: X[:, :3] @ list(worth.values()) + 0.01 * X[:, 3]),
        X, levels, layer="rock", name="rock",
    )  # fmt: skip
    expected = np.array([worth[name] for name in found.at])
    np.testing.assert_allclose(found.shares, 1 / 3)
    accumulated = found.accumulated["score"].value
    np.testing.assert_allclose(accumulated, expected - 0.2, atol=1e-7)
    dependence = found.dependence["score"].value
    np.testing.assert_allclose(dependence, expected + 0.01 * beside.mean(), atol=1e-6)


def test_bands_hold_the_curve_and_tell_members_from_cells():
    X = cells(200)

    def members(X):  # slopes of 1, 2 and 3 times 0.02
        return 0.5 + 0.02 * np.array([[1], [2], [3]]) * X[:, 0] + 0.01 * X[:, 1]

    levels = Levels.of_column(X, 0, bins=4)
    found = effect(members, X, levels, layer="X1", name="X1")
    for curve in (*found.dependence.values(), *found.accumulated.values()):
        for low, high in (curve.members, curve.cells):
            assert (low <= curve.value).all()
            assert (high >= curve.value).all()
    rise = np.ptp(levels.at)
    low, high = found.accumulated["score"].members
    steepest = 0.02 * (1 + 2 * 0.975) * rise  # 97.5% of the way from the flattest to the steepest
    assert high[-1] - high[0] < steepest
    assert (high - low)[-1] > 0.5 * 0.04 * abs(levels.at[-1])
    # The mean of cells moves partial dependence by 0.01 / sqrt(200), here and there alike.
    width = np.subtract(*found.dependence["score"].cells[::-1])
    np.testing.assert_allclose(width, 2 * 1.96 * 0.01 * X[:, 1].std() / np.sqrt(200), rtol=0.25)


def test_a_column_that_is_the_same_everywhere_has_no_effect():
    X = cells(50)
    X[:, 0] = 2
    found = of_column(additive, X, 0)
    assert found.at == (2.0,)
    assert found.reach == 0


LAYERS = {"X1": [0], "X2": [1], "X3": [2]}


def test_layers_that_only_add_up_do_not_interact():
    for interaction in interactions(one(additive), cells(60), LAYERS):
        assert interaction.strength["score"] < 1e-6


def test_a_product_interacts_as_friedman_and_popescu_say():
    X = cells(60)
    found = interactions(one(lambda X: 0.5 + 0.01 * X[:, 0] * X[:, 1] + 0.02 * X[:, 2]), X, LAYERS)
    by_pair = {one.layers: one for one in found}
    assert found[0].layers == ("X1", "X2")
    a, b = X[:, 0].astype(float), X[:, 1].astype(float)
    joint = a * b - (a * b).mean()
    alone = (a - a.mean()) * b.mean() + (b - b.mean()) * a.mean()
    rest = joint - alone
    strength = np.sqrt((rest**2).sum() / (joint**2).sum())
    assert by_pair["X1", "X2"].strength["score"] == pytest.approx(strength, abs=1e-6)
    assert by_pair["X1", "X2"].size["score"] == pytest.approx(0.01 * np.sqrt((rest**2).mean()))
    assert by_pair["X1", "X3"].strength["score"] < 1e-6


def test_what_the_scale_of_scores_bends_interacts_there_and_not_in_log_odds():
    X = cells(60, 2)
    found = interactions(
        one(lambda X: 1 / (1 + np.exp(-2 * X[:, 0] - 2 * X[:, 1]))), X, {"X1": [0], "X2": [1]}
    )
    assert found[0].strength["score"] > 0.05
    assert found[0].strength["log-odds"] < 1e-3


def test_layers_that_scores_do_not_heed_have_an_interaction_of_0():
    found = interactions(one(lambda X: 0.5 + 0.1 * X[:, 0]), cells(30), LAYERS)
    assert {one.layers: one.strength for one in found}["X2", "X3"] == dict.fromkeys(SCALES, 0.0)


def test_columns_of_a_layer_are_put_to_a_cell_s_values_together():
    X = cells(40, 4)
    found = interactions(
        one(lambda X: 0.5 + 0.01 * X[:, 0] * X[:, 1] + 0.01 * X[:, 2] * X[:, 3]), X,
        {"A": [0, 1], "B": [2, 3]},
    )  # fmt: skip
    assert found[0].strength["score"] < 1e-6


def test_a_model_s_effects_are_on_its_own_scores_with_classes_by_name(tmp_path):
    random = np.random.default_rng(3)
    codes = random.integers(1, 4, (20, 20)).astype(np.float32)
    write_layer(tmp_path / "rock.tif", codes)
    write_layer(tmp_path / "g.tif", random.normal(size=(20, 20)).astype(np.float32))
    columns = (
        RasterBand("g", str(tmp_path / "g.tif")),
        Categorical("rock", str(tmp_path / "rock.tif"), legend={"1": "a", "2": "b", "3": "c"}),
    )
    with EvidenceStack.open(columns) as stack:
        everything = stack.read().X
        components = Components.fit(everything, names=stack.names)
        slope = np.array([0.5, -0.4, 0.1, 0.6])
        # Through scaler and rotation back, so that log-odds are X @ slope and a constant.
        head = components.rotation.T @ (slope * components.scale)
        layer = Dense(head[:, None].astype(np.float32), np.zeros(1, np.float32), "sigmoid")
        ranges = np.stack([everything.min(axis=0), everything.max(axis=0)], axis=1)
        model = ProspectivityModel(components, (Network((layer,)),), ranges)
        found = effects_of(model, stack, cells=300)
        pairs = interactions_of(model, stack, cells=30)
    assert [(one.layer, one.name, one.of_classes) for one in found] == [
        ("g", "g", False), ("rock", "rock", True),
    ]  # fmt: skip
    of_g, of_rock = (one.accumulated["log-odds"].value for one in found)
    np.testing.assert_allclose(np.diff(of_g), 0.5 * np.diff(found[0].at), atol=1e-4)
    worth = dict(zip(found[1].at, of_rock, strict=True))
    assert worth["b"] - worth["a"] == pytest.approx(0.5, abs=1e-4)
    assert worth["c"] - worth["a"] == pytest.approx(1.0, abs=1e-4)
    assert [one.layers for one in pairs] == [("g", "rock")]
    assert pairs[0].strength["log-odds"] < 1e-3


def test_the_same_seed_gives_the_same_effects(tmp_path):
    layers = write_stack(tmp_path / "evidence", (90, 110), layouts=({},) * 4)
    with EvidenceStack.open(layers) as stack:
        X = stack.draw(200, seed=1)[0]
        made = method("random-forest", trees=5)
        components = Components.fit(X, names=stack.names).seen_as(made.sees)
        label = (X[:, 0] > np.median(X[:, 0])).astype(int)
        members = fit_all(made, components.transform(X), label)
        ranges = np.stack([X.min(axis=0), X.max(axis=0)], axis=1)
        model = ProspectivityModel(components, members, ranges)
        first, again = (effects_of(model, stack, cells=100, seed=2) for _ in range(2))
    for one_effect, other in zip(first, again, strict=True):
        for kind in BOTH:
            for scale in SCALES:
                mine, theirs = (getattr(x, kind)[scale] for x in (one_effect, other))
                for part in ("value", "members", "cells"):
                    np.testing.assert_array_equal(getattr(mine, part), getattr(theirs, part))
    # Of the layer that the label hangs on, the effect is the largest.
    assert max(first, key=lambda one: one.reach).name == stack.names[0]
