"""What each layer contributes to a score: known on paper, as `shap` has it, and in any window."""

import math
import warnings
import xml.etree.ElementTree as ET
from itertools import permutations

import numpy as np
import pytest
import rasterio
from fits import fit_all, method
from mapjobs import cosines, write_model, write_stack
from scipy.special import expit
from smallproject import write_raster as write_layer

from geoprospect.errors import EvidenceError
from geoprospect.evidence import EvidenceStack, Neighbourhood, RasterBand
from geoprospect.evidence.belonging import names_of_layers
from geoprospect.evidence.computed.categorical import Categorical
from geoprospect.evidence.computed.combined import LogRatios
from geoprospect.evidence.computed.prepared import Prepared
from geoprospect.mapping import NODATA, Execution
from geoprospect.mapping.contributions import ContributionKernel, write_contributions
from geoprospect.mapping.kernel import kernel_of, ticket_of
from geoprospect.mapping.leading import write_leading_layer
from geoprospect.model import Components
from geoprospect.model.contributions import Contributions
from geoprospect.model.model import ProspectivityModel
from geoprospect.model.shapley import MOST_EXACT, shared_out
from geoprospect.network import Dense, Network
from geoprospect.synthetic import province

RANGES = np.array([[-9, 9]] * 4, np.float32)


def by_permutations(function, x, background, groups):
    """The average over all orders of what each group adds when it joins, by the definition."""
    earned = np.zeros(len(groups))
    orders = list(permutations(range(len(groups))))
    for order in orders:
        now = background.copy()
        for group in order:
            before = function(now)
            now[list(groups[group])] = x[list(groups[group])]
            earned[group] += function(now) - before
    return earned / len(orders)


def rough(X):
    """A function of five inputs with interactions of all orders; X has shape (5, n)."""
    X = X.astype(np.float64)
    return np.sin(X[0] * X[1] + X[2]) * np.exp(0.3 * X[3] - X[4] ** 2) + X[0] * X[3] * X[4]


@pytest.mark.parametrize("groups", [[[0], [1], [2], [3], [4]], [[0, 3], [4], [1, 2]]])
def test_shares_are_the_average_over_all_orders_of_joining(groups):
    random = np.random.default_rng(0)
    X = random.normal(size=(5, 6)).astype(np.float32)
    background = random.normal(size=5).astype(np.float32)
    shares = shared_out(rough, X, background, groups)
    assert shares.errors is None
    for cell in range(6):
        expected = by_permutations(lambda x: rough(x[:, None])[0], X[:, cell], background, groups)
        np.testing.assert_allclose(shares.values[:, cell], expected, atol=1e-12)


def test_of_many_groups_drawn_orders_give_the_shares_within_their_standard_error():
    n = MOST_EXACT + 3
    X = np.linspace(1, 2, 4 * n).reshape(n, 4).astype(np.float32)
    slopes = np.arange(n) / 10

    def triple(X):  # of a product of three that all start from 0, each earns a third
        return slopes @ X + X[0] * X[1] * X[2]

    shares = shared_out(triple, X, np.zeros(n, np.float32), [[i] for i in range(n)])
    expected = slopes[:, None] * X
    expected[:3] += (X[0] * X[1] * X[2]) / 3
    assert (shares.errors[:3] > 0.01).all()
    assert (np.abs(shares.values - expected)[:3] < 4 * shares.errors[:3]).all()
    np.testing.assert_allclose(shares.values[3:], expected[3:], atol=1e-12)
    np.testing.assert_allclose(shares.values.sum(axis=0), triple(X), atol=1e-9)


def linear_model(names, X, weights, bias):
    """A model whose log-odds are linear in the components of X."""
    components = Components.fit(X, names=names)
    head = Dense(np.asarray(weights, np.float32)[:, None], np.array([bias], np.float32), "sigmoid")
    return ProspectivityModel(components, (Network((head,)),), RANGES[: len(names)])


def test_where_log_odds_are_linear_a_layer_contributes_its_slope_times_its_deviation():
    random = np.random.default_rng(1)
    X = (random.normal(size=(50, 4)) @ random.normal(size=(4, 4)) + 3).astype(np.float32)
    names = ("magnetics", "rock=granite", "rock=shale", "gravity")
    model = linear_model(names, X, [0.3, -0.2, 0.4, 0.1], 0.5)
    layers = {"magnetics": names[:1], "rock": names[1:3], "gravity": names[3:]}
    mean = X.mean(axis=0, dtype=np.float64)
    contributions = Contributions(model, layers, mean.astype(np.float32))
    shares = contributions.shares(X[:20])
    # Through scaler and rotation, the slope of layer i is (rotation @ weights)_i / scale_i.
    slope = model.components.rotation @ [0.3, -0.2, 0.4, 0.1] / X.std(axis=0, dtype=np.float64)
    each = slope * (X[:20] - mean)
    expected = [each[:, 0], each[:, 1] + each[:, 2], each[:, 3]]
    np.testing.assert_allclose(shares.values, expected, atol=2e-5)
    assert float(contributions.score(mean[:, None].astype(np.float32))[0]) == pytest.approx(
        expit(0.5), abs=1e-6
    )


def sample_like(n=200, n_layers=7):
    """Points of two classes, told by two of the layers and their product."""
    random = np.random.default_rng(2)
    X = random.normal(size=(n, n_layers)).astype(np.float32)
    return X, (X[:, 0] + X[:, 1] * X[:, 2] + 0.5 * random.normal(size=n) > 0.3).astype(int)


def fitted(name):
    """A model fitted to such points, or one of networks with weights at random."""
    X, label = sample_like()
    names = tuple(f"X{i + 1}" for i in range(X.shape[1]))
    components = Components.fit(X, names=names)
    if name == "network":
        members = tuple(cosines(seed) for seed in range(3))
    else:
        made = method(name, members=2, trees=20)
        components = components.seen_as(made.sees)
        members = fit_all(made, components.transform(X), label)
    ranges = np.stack([X.min(axis=0), X.max(axis=0)], axis=1)
    return ProspectivityModel(components, members, ranges), X


@pytest.mark.parametrize("name", ["network", "random-forest", "boosting"])
def test_contributions_are_those_of_the_shap_package_and_sum_to_the_log_odds(name):
    with warnings.catch_warnings():  # its colours use what matplotlib is to drop
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        import shap  # noqa: PLC0415 - slow to import

    model, X = fitted(name)
    background = X.mean(axis=0)
    layers = {layer: (layer,) for layer in model.names}
    mine = Contributions(model, layers, background).shares(X).values.T

    def odds(rows):
        seen = model.components.transform(np.asarray(rows, np.float32))
        scores = np.mean([m.predict(seen)[:, 0] for m in model.members], axis=0, dtype=np.float64)
        held = np.clip(scores, 1e-4, 1 - 1e-4)
        return np.log(held / (1 - held))

    masker = shap.maskers.Independent(background[None].astype(np.float64))
    theirs = shap.ExactExplainer(odds, masker)(X.astype(np.float64)).values
    np.testing.assert_allclose(mine, theirs, atol=1e-3)
    np.testing.assert_allclose(mine.sum(axis=1), odds(X) - odds(background[None]), atol=1e-3)


@pytest.mark.parametrize(
    "name", ["extra-trees", "svm", "gaussian-process", "logistic-regression", "average"]
)
def test_contributions_of_every_method_sum_to_the_log_odds(name):
    model, X = fitted(name)
    background = X.mean(axis=0)
    contributions = Contributions(model, {layer: (layer,) for layer in model.names}, background)
    seen = model.components.transform(np.concatenate([X[:20], background[None]]))
    scores = np.mean([m.predict(seen)[:, 0] for m in model.members], axis=0, dtype=np.float64)
    odds = np.log(scores / (1 - scores))
    for shares in (contributions.shares(X[:20]), contributions.shares_of_many(X[:20])):
        np.testing.assert_allclose(shares.values.sum(axis=0), odds[:-1] - odds[-1], atol=1e-3)


def test_scores_of_0_and_1_give_finite_contributions():
    X = np.array([[-1.0], [0.0], [1.0]], np.float32)
    model = linear_model(("X1",), X, [60.0], 0.0)
    shares = Contributions(model, {"X1": ("X1",)}, np.zeros(1, np.float32)).shares(X)
    end = math.log((1 - 1e-4) / 1e-4)
    np.testing.assert_allclose(shares.values, [[-end, 0, end]], atol=1e-3)


def classes_and_surroundings(folder):
    """A stack of classes, a layer with an indicator of gaps, a plain one and log-ratios."""
    random = np.random.default_rng(3)
    codes = random.integers(1, 4, (20, 20)).astype(np.float32)
    gaps = random.normal(size=(20, 20)).astype(np.float32)
    gaps[random.random((20, 20)) < 0.2] = -9999
    write_layer(folder / "rock.tif", codes)
    write_layer(folder / "Cu.tif", gaps)
    write_layer(folder / "g.tif", random.normal(size=(20, 20)).astype(np.float32))
    for part in "ab":
        write_layer(folder / f"{part}.tif", random.uniform(1, 2, (20, 20)).astype(np.float32))
    columns = (
        RasterBand("g", str(folder / "g.tif")),
        Categorical("rock", str(folder / "rock.tif"), legend={"1": "a", "2": "b", "3": "c"}),
        Prepared(RasterBand("Cu", str(folder / "Cu.tif")), missing="indicator"),
        LogRatios("soil", tuple(RasterBand(x, str(folder / f"{x}.tif")) for x in "ab")),
    )
    return EvidenceStack.open(columns)


def test_classes_indicators_and_surroundings_belong_to_their_layer(tmp_path):
    with classes_and_surroundings(tmp_path) as stack:
        assert names_of_layers(stack) == {
            "g": ("g",),
            "rock": tuple(name for name in stack.names if name.startswith("rock")),
            "Cu": ("Cu", "Cu missing"),
            "soil": ("soil a", "soil b"),
        }
        around = stack.surrounded(Neighbourhood((2,)))
        chosen = ["Cu@2", "g", "Cu", "g@2", "soil b", "soil b@2"]
        layers = names_of_layers(around.select(chosen))
    assert layers == {"Cu": ("Cu@2", "Cu"), "g": ("g", "g@2"), "soil": ("soil b", "soil b@2")}


def test_layers_of_several_columns_contribute_as_one(tmp_path):
    with classes_and_surroundings(tmp_path) as stack:
        around = stack.surrounded(Neighbourhood((2,)))
        cells = around.read().X
        components = Components.identity(around.names)
        slopes = np.linspace(-1, 1, len(around.names)).astype(np.float32)
        head = Network((Dense(slopes[:, None] / 10, np.zeros(1, np.float32), "sigmoid"),))
        ranges = np.stack([cells.min(axis=0), cells.max(axis=0)], axis=1)
        contributions = Contributions.of(ProspectivityModel(components, (head,), ranges), around)
    shares = contributions.shares(cells)
    each = slopes / 10 * (cells - contributions.background)
    assert list(contributions.layers) == ["g", "rock", "Cu", "soil"]
    assert sum(len(names) for names in contributions.layers.values()) == len(around.names) == 16
    for number, names in enumerate(contributions.layers.values()):
        of_layer = each[:, [around.names.index(name) for name in names]].sum(axis=1)
        np.testing.assert_allclose(shares.values[number], of_layer, atol=1e-4)


def test_the_background_is_the_mean_of_valid_cells_also_for_methods_that_keep_none(tmp_path):
    with classes_and_surroundings(tmp_path) as stack:
        cells = stack.read().X
        ranges = np.stack([cells.min(axis=0), cells.max(axis=0)], axis=1)
        weights = np.zeros((len(stack.names), 1), np.float32)
        head = Network((Dense(weights, np.zeros(1, np.float32), "sigmoid"),))
        for sees in ("components", "standardised", "layers"):
            components = Components.fit(cells, names=stack.names).seen_as(sees)
            model = ProspectivityModel(components, (head,), ranges)
            made = Contributions.of(model, stack)
            np.testing.assert_allclose(made.background, cells.mean(axis=0), atol=1e-6)
            assert list(made.layers) == ["g", "rock", "Cu", "soil"]


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    return write_stack(tmp_path_factory.mktemp("evidence"), (90, 110), layouts=({},) * 4)


def mapped(model, layers, path, **options):
    with EvidenceStack.open(layers) as stack:
        summary = write_contributions(model, stack, path, **options)
    with rasterio.open(path) as raster:
        return summary, raster.read()


@pytest.fixture(scope="module")
def models(layers, tmp_path_factory):
    home = tmp_path_factory.mktemp("models")
    with EvidenceStack.open(layers) as stack:
        X = stack.draw(300, seed=1)[0]
        made = method("random-forest", trees=5)
        components = Components.fit(X, names=stack.names).seen_as(made.sees)
        label = (X[:, 0] > np.median(X[:, 0])).astype(int)
        forest = fit_all(made, components.transform(X), label)
        ranges = np.stack([X.min(axis=0), X.max(axis=0)], axis=1)
        ProspectivityModel(components, forest, ranges).save(home / "forest")
        return {
            "network": write_model(home / "network", stack, members=2, sizes=(4, 12, 1)),
            "forest": ProspectivityModel.load(home / "forest"),
        }


@pytest.mark.parametrize("kind", ["network", "forest"])
def test_contributions_are_the_same_cells_in_any_window_and_process(models, layers, tmp_path, kind):
    model = models[kind]
    summary, bands = mapped(model, layers, tmp_path / "whole.tif")
    for window in ((17, 110), (90, 7), (40, 33)):
        _, again = mapped(
            model, layers, tmp_path / "parts.tif", execution=Execution(window), overwrite=True
        )
        np.testing.assert_array_equal(again, bands)
    with EvidenceStack.open(layers) as stack:
        block, contributions = stack.read(), Contributions.of(model, stack)
        kernel = ContributionKernel(contributions, "numpy")
    valid = block.valid
    assert (bands[:, ~valid] == NODATA).all()
    assert summary.statistics[0].n == valid.sum() < valid.size
    shares = contributions.shares(block.X).values
    np.testing.assert_allclose(bands[:4, valid], shares, atol=1e-3)
    travelled = kernel_of(ticket_of(kernel))
    np.testing.assert_array_equal(travelled(block).bands, kernel(block).bands)


def test_the_raster_sums_to_the_log_odds_of_the_map(models, layers, tmp_path):
    model = models["network"]
    _, bands = mapped(model, layers, tmp_path / "why.tif")
    with EvidenceStack.open(layers) as stack:
        block = stack.read()
    scores = np.mean(
        [m.predict(model.components.transform(block.X))[:, 0] for m in model.members],
        axis=0,
        dtype=np.float64,
    )
    at_mean = np.mean([m.predict(np.zeros((1, 4)))[0, 0] for m in model.members], dtype=np.float64)
    expected = np.log(scores / (1 - scores)) - np.log(at_mean / (1 - at_mean))
    np.testing.assert_allclose(bands[:4, block.valid].sum(axis=0), expected, atol=1e-3)
    with rasterio.open(tmp_path / "why.tif") as raster:
        assert float(raster.tags()["GEOPROSPECT_BACKGROUND_SCORE"]) == pytest.approx(
            at_mean, abs=1e-6
        )


def style_of(path):
    renderer = ET.parse(path.with_suffix(".qml")).getroot().find("pipe/rasterrenderer")
    return renderer, renderer.get("type"), renderer.get("band")


def test_the_raster_names_its_bands_and_its_style_is_as_far_on_both_sides_of_zero(
    models, layers, tmp_path
):
    _, bands = mapped(models["network"], layers, tmp_path / "why.tif")
    with rasterio.open(tmp_path / "why.tif") as raster:
        assert raster.descriptions == tuple(f"contribution of X{k}" for k in (1, 2, 3, 4))
        assert raster.units == ("logit",) * 4
    renderer, *kind = style_of(tmp_path / "why.tif")
    assert kind == ["singlebandpseudocolor", "1"]
    valid = bands[0] != NODATA
    items = renderer.findall("rastershader/colorrampshader/item")
    values = [float(item.get("value")) for item in items]
    assert values == pytest.approx([-x for x in reversed(values)])
    assert values[-1] == pytest.approx(np.abs(bands[0, valid]).max(), rel=1e-6)


def test_the_leading_layer_is_the_one_of_the_largest_contribution_in_its_colour(
    models, layers, tmp_path
):
    _, bands = mapped(models["network"], layers, tmp_path / "why.tif")
    write_leading_layer(tmp_path / "why.tif", tmp_path / "leading.tif")
    with rasterio.open(tmp_path / "leading.tif") as raster:
        [leading], tags = raster.read(), raster.tags()
    valid = bands[0] != NODATA
    np.testing.assert_array_equal(leading[valid], np.abs(bands[:, valid]).argmax(axis=0) + 1)
    assert (leading[~valid] == NODATA).all()
    assert [tags[f"GEOPROSPECT_LAYER_{k}"] for k in (1, 2, 3, 4)] == ["X1", "X2", "X3", "X4"]
    assert "GEOPROSPECT_BACKGROUND_SCORE" in tags
    renderer, *kind = style_of(tmp_path / "leading.tif")
    assert kind == ["paletted", "1"]
    entries = renderer.findall("colorPalette/paletteEntry")
    assert [(e.get("value"), e.get("label")) for e in entries] == [
        ("1", "X1"), ("2", "X2"), ("3", "X3"), ("4", "X4"),
    ]  # fmt: skip
    assert len({e.get("color") for e in entries}) == 4


def test_a_raster_of_something_else_has_no_leading_layer(layers, tmp_path):
    with pytest.raises(EvidenceError, match="holds no contributions"):
        write_leading_layer(layers / "X1.tif", tmp_path / "leading.tif")
    assert not (tmp_path / "leading.tif").exists()


def test_overviews_hold_averages_of_contributions_and_numbers_of_leading_layers(tmp_path):
    layers = write_stack(tmp_path / "evidence", (60, 1100), layouts=({},) * 3)
    with EvidenceStack.open(layers) as stack:
        model = write_model(tmp_path / "model", stack, build=cosines, sizes=(3, 12, 1))
    mapped(model, layers, tmp_path / "why.tif")
    write_leading_layer(tmp_path / "why.tif", tmp_path / "leading.tif")
    with rasterio.open(tmp_path / "leading.tif", overview_level=0) as overview:
        leading = overview.read(1)
    assert leading.shape[1] < 1100
    assert set(np.unique(leading[leading != NODATA])) <= {1.0, 2.0, 3.0}
    assert len(np.unique(leading)) > 2
    with (
        rasterio.open(tmp_path / "why.tif") as raster,
        rasterio.open(tmp_path / "why.tif", overview_level=0) as overview,
    ):
        fours, averages = raster.read(1).reshape(30, 2, 550, 2), overview.read(1)
    whole = (fours != NODATA).all(axis=(1, 3))
    assert whole.mean() > 0.5
    expected = fours.astype(np.float64).mean(axis=(1, 3))
    np.testing.assert_allclose(averages[whole], expected[whole], atol=1e-5)


@pytest.mark.parametrize("name", ["random-forest", "svm"])
def test_a_layer_of_noise_contributes_least_on_the_sample_province(name):
    truth = province()
    noise = np.random.default_rng(4).normal(size=truth.valid.shape).astype(np.float32)
    layers = (*truth.evidence, noise)
    cells = np.stack(layers, axis=-1)[truth.valid]
    drawn = [truth.draw_occurrences(150, seed=4), truth.draw_cells(300, seed=4)]
    X = np.concatenate([np.stack([layer[at] for layer in layers], axis=1) for at in drawn])
    names = (*truth.names, "noise")
    made = method(name, trees=100)
    components = Components.fit(cells, names=names).seen_as(made.sees)
    members = fit_all(made, components.transform(X), np.repeat([1, 0], [150, 300]))
    ranges = np.stack([X.min(axis=0), X.max(axis=0)], axis=1)
    model = ProspectivityModel(components, members, ranges)
    background = cells.mean(axis=0)
    shares = Contributions(model, {name: (name,) for name in names}, background).shares(cells[::40])
    size = dict(zip(names, np.abs(shares.values).mean(axis=1), strict=True))
    assert min(size, key=size.get) == "noise"
