"""Where a map may be believed: as R's CAST has it, by brute force, in any window, on a shift."""

import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import rasterio
from affine import Affine
from click.testing import CliRunner
from fits import fit_all, method
from mapjobs import write_stack
from rasterio.crs import CRS
from rasterio.windows import Window
from smallproject import PROJECT, write_project
from smallproject import write_raster as write_layer

import geoprospect as gp
from geoprospect.cli import main
from geoprospect.errors import ModelError, SamplesError
from geoprospect.evidence import Block, EvidenceStack, RasterBand
from geoprospect.evidence.computed.categorical import Categorical
from geoprospect.grid import Grid
from geoprospect.mapping import NODATA, Execution
from geoprospect.mapping.kernel import kernel_of, ticket_of
from geoprospect.model import Components
from geoprospect.model.model import ProspectivityModel
from geoprospect.network import Dense, Network
from geoprospect.reliability.applicability import (
    Applicability,
    PredictorSpace,
    fit_applicability,
    write_applicability,
)
from geoprospect.reliability.applicability.dissimilarity import upper_whisker
from geoprospect.reliability.applicability.fitting import MOST
from geoprospect.reliability.applicability.kernel import ApplicabilityKernel
from geoprospect.samples import DrawingRule, Samples, draw_non_occurrences
from geoprospect.samples.audit import Audit
from geoprospect.synthetic import province

QUICK = PROJECT.replace('"fine-tuning"\nmembers = 2', '"logistic-regression"')

# R's data set `trees`: girth, height and volume of 31 black cherry trees (Ryan et al. 1976).
GIRTH = [8.3, 8.6, 8.8, 10.5, 10.7, 10.8, 11.0, 11.0, 11.1, 11.2, 11.3, 11.4, 11.4, 11.7, 12.0,
         12.9, 12.9, 13.3, 13.7, 13.8, 14.0, 14.2, 14.5, 16.0, 16.3, 17.3, 17.5, 17.9, 18.0, 18.0,
         20.6]  # fmt: skip
HEIGHT = [70, 65, 63, 72, 81, 83, 66, 75, 80, 75, 79, 76, 76, 69, 75, 74, 85, 86, 71, 64, 78, 80,
          74, 72, 77, 81, 82, 80, 80, 80, 87]  # fmt: skip
VOLUME = [10.3, 10.3, 10.2, 16.4, 18.8, 19.7, 15.6, 18.2, 22.6, 19.9, 24.2, 21.0, 21.4, 21.3, 19.1,
          22.2, 33.8, 27.4, 25.7, 24.9, 34.5, 31.7, 36.3, 38.3, 42.6, 55.4, 55.7, 58.3, 51.5, 51.0,
          77.0]  # fmt: skip
TREES = np.stack([GIRTH, HEIGHT, VOLUME], axis=1)

# What the statements of `trainDI` and `aoa` of CAST 0.9 give for the first 20 trees as training
# data and all 31 as new data, run in R 4.2.2 with FNN 1.1.3.1: with weights 3, 0.5 and 1.25 and
# four folds in turn, and with equal weights and no folds.
CAST = {
    "weights and folds": {
        "weights": (3, 0.5, 1.25),
        "folds": np.tile([0, 1, 2, 3], 5),
        "mean": 3.84599657371,
        "threshold": 0.398431130042,
        "training": [
            0.1782553244059, 0.1075854389737, 0.1075854389737, 0.2388492480232, 0.0802937100866,
            0.0802937100866, 0.2236261633531, 0.1375456403195, 0.1351801121827, 0.1189592528194,
            0.1351801121827, 0.0221037523836, 0.0221037523836, 0.2012625936922, 0.2248163715444,
            0.4185113352643, 0.4072021316033, 0.3616263927090, 0.1491395187307, 0.1491395187307,
        ],
        "training near": [2, 2, 2, 3, 6, 7, 4, 7, 6, 7, 7, 8, 7, 5, 3, 0, 0, 1, 2, 1],
        "new": [
            0.526257367108, 0.449869742963, 0.712648408674, 1.338980724670, 1.609676838311,
            2.449536308899, 2.536928445908, 2.779571904736, 2.589368131247, 2.573784175221,
            4.488118184467,
        ],
        "near": [3, 3, 3, 5, 9, 9, 5, 10, 9, 10, 8, 10, 10, 7, 4, 1, 1, 2, 3, 2],
    },
    "neither": {
        "weights": None,
        "folds": None,
        "mean": 2.14783113436,
        "threshold": 0.525072403277,  # the largest, which is below the whisker
        "training": [
            0.3526164809050, 0.1491922257897, 0.1491922257897, 0.2909079585980, 0.1567617674050,
            0.1567617674050, 0.4403203450731, 0.1473283983904, 0.1558450206207, 0.1258101656028,
            0.1558450206207, 0.0316639253705, 0.0316639253705, 0.4496148248076, 0.2442052692899,
            0.3710663153689, 0.5250724032770, 0.5250724032770, 0.4197007856114, 0.4824456351821,
        ],
        "training near": [2, 2, 2, 3, 7, 4, 1, 8, 8, 9, 6, 10, 9, 6, 7, 5, 0, 0, 2, 1],
        "new": [
            0.582835675055, 0.543891005807, 0.896362452347, 1.214524857814, 1.349863499345,
            2.176812712008, 2.224761707606, 2.474904804590, 2.101852806872, 2.075677890348,
            4.128355870281,
        ],
        "near": [3, 3, 3, 4, 8, 5, 2, 9, 9, 10, 7, 11, 10, 7, 8, 6, 1, 1, 3, 2],
    },
}  # fmt: skip

# `expect_equal(AOA$parameters$trainDI, …)` of CAST's own test of `aoa`, of its data `cookfarm`.
COOKFARM = [
    0.09043580, 0.14046341, 0.16584582, 0.57617177, 0.26840303, 0.14353894, 0.19768329, 0.24022059,
    0.06832037, 0.29150668, 0.18471625, 0.57617177, 0.12344463, 0.09043580, 0.14353894, 0.26896008,
    0.22713731, 0.24022059, 0.20388725, 0.06832037, 0.23604264, 0.20388725, 0.91513568, 0.09558666,
    0.14046341, 0.16214832, 0.37107762, 0.16214832, 0.18471625, 0.12344463,
]  # fmt: skip


@pytest.mark.parametrize("case", CAST.values(), ids=CAST)
def test_the_figures_are_those_of_cast(case):
    training = TREES[:20]
    space = PredictorSpace.of_layers(
        training, names=("girth", "height", "volume"), weights=case["weights"]
    )
    made = Applicability.of(space, training, case["folds"])
    assert made.mean_distance == pytest.approx(case["mean"], rel=1e-11)
    assert made.threshold == pytest.approx(case["threshold"], rel=1e-11)
    np.testing.assert_allclose(made.training_index[0], case["training"], rtol=1e-11)
    np.testing.assert_array_equal(made.training_density[0], case["training near"])
    index, near = made.of_cells(TREES)
    np.testing.assert_allclose(index, [0] * 20 + case["new"], rtol=1e-11)
    np.testing.assert_array_equal(near, case["near"] + [0] * 11)


def test_the_threshold_of_casts_published_indices_is_the_published_one():
    assert round(upper_whisker(np.array(COOKFARM)), 5) == 0.38986


def samples_at(stack, rows, columns, label):
    """Points at the centres of cells."""
    easting, northing = stack.grid.centres(rows, columns)
    return Samples(
        path="points",
        rows=rows,
        columns=columns,
        easting=easting,
        northing=northing,
        X=stack.sample(rows, columns)[0],
        label=label,
        classes=("non-occurrence", "occurrence"),
        source=np.arange(len(rows)),
        grid=stack.grid,
        audit=Audit(n_read=len(rows), n_kept=len(rows)),
        names=stack.names,
    )


def brute(space, X, unit, cells):
    """Distances of cells to all points, by the definition and in float64, over the unit."""
    places = ((np.asarray(x, np.float64) - space.centre) @ space.matrix for x in (cells, X))
    cells, points = places
    return np.sqrt(((cells[:, None] - points[None]) ** 2).sum(axis=2)) / unit


def random_case(n_axes, n_points, *, seed=0):
    """Smooth layers with gaps, training cells among them, and a space that turns and weighs."""
    random = np.random.default_rng(seed)
    rows, columns = np.ogrid[:37, :45]
    phases = random.uniform(0, 6, (n_axes, 2, 1, 1))
    values = np.sin(rows / 9 + phases[:, 0]) + np.cos(columns / 7 + phases[:, 1])
    values = (values + 0.1 * random.normal(size=values.shape)).astype(np.float32)
    X = values[:, random.integers(0, 37, n_points), random.integers(0, 45, n_points)].T
    values[random.integers(0, n_axes), random.random((37, 45)) < 0.2] = np.nan
    values[0, 3, 5] = np.inf
    turned = np.linalg.qr(random.normal(size=(n_axes, n_axes)))[0]
    weights = random.uniform(0.1, 1, n_axes)
    weights[4:5] = 0  # an axis that does not matter
    names = tuple(f"X{k}" for k in range(n_axes))
    space = PredictorSpace(
        names, names, X.mean(axis=0, dtype=np.float64), turned * weights, weights
    )
    return values, X, space


@pytest.mark.parametrize(("n_axes", "n_points"), [(1, 3), (4, 60), (7, 300), (13, 40)])
def test_the_index_finds_what_brute_force_finds_in_any_window(n_axes, n_points):
    values, X, space = random_case(n_axes, n_points)
    made = Applicability.of(space, X, np.arange(n_points) % 3)
    index, near = made.nearest.to(values)
    valid = np.isfinite(values).all(axis=0)
    apart = brute(space, X, made.mean_distance, values[:, valid].T)
    np.testing.assert_allclose(index[valid], apart.min(axis=1), atol=1e-6)
    sure = (np.abs(apart - made.threshold) > 1e-6).all(axis=1)
    assert sure.mean() > 0.95
    expected = (apart < made.threshold).sum(axis=1)
    np.testing.assert_array_equal(near[valid][sure], expected[sure])
    assert np.isnan(index[~valid]).all()
    assert not near[~valid].any()
    # The cells of the training themselves lie at no distance at all.
    np.testing.assert_array_equal(made.of_cells(X)[0], 0)
    for top, left, bottom, right in ((0, 0, 5, 45), (5, 11, 37, 12), (13, 3, 30, 44)):
        part = made.nearest.to(values[:, top:bottom, left:right])
        np.testing.assert_array_equal(part[0], index[top:bottom, left:right])
        np.testing.assert_array_equal(part[1], near[top:bottom, left:right])


def test_a_training_cell_is_held_against_other_folds_alone_however_few_lie_in_one():
    X = np.array([[0.0], [1.0], [3.0], [7.0]])
    space = PredictorSpace(("X",), ("X",), np.zeros(1), np.eye(1), np.ones(1))
    made = Applicability.of(space, X, [[0, 0, 0, 1], [0, 1, 2, 3]])
    # Pairs lie 1, 3, 7, 2, 6 and 4 apart, each counted from both ends.
    mean = (1 + 3 + 7 + 2 + 6 + 4) / 6
    assert made.mean_distance == pytest.approx(mean)
    np.testing.assert_allclose(made.training_index * mean, [[7, 6, 4, 4], [1, 1, 2, 4]])
    low, high = 1.75, 4.5  # quartiles of 1, 1, 2, 4, 4, 4, 6, 7
    assert made.threshold * mean == pytest.approx(min(high + 1.5 * (high - low), 7))
    np.testing.assert_array_equal(made.training_density[1], [2, 3, 3, 2])


@pytest.mark.parametrize(
    ("X", "folds", "problem"),
    [
        ([[1.0]], None, "found 1 cell with a training point; expected at least 2"),
        ([[1.0], [1.0], [1.0]], None, "all training cells have the same evidence"),
        ([[1.0], [2.0], [3.0]], [4, 4, 4], "all training cells lie in one fold"),
    ],
)
def test_training_cells_that_tell_nothing_are_refused(X, folds, problem):
    space = PredictorSpace(("X",), ("X",), np.zeros(1), np.eye(1), np.ones(1))
    with pytest.raises(SamplesError, match=problem):
        Applicability.of(space, np.array(X), folds)


def test_evidence_that_does_not_vary_cannot_be_scaled_by_its_spread():
    with pytest.raises(SamplesError, match=r"X2 does not vary.*found 5 at all of them"):
        PredictorSpace.of_layers([[1, 5], [2, 5]], names=("X1", "X2"))


def linear_model(X, slopes, names):
    """A model whose log-odds are linear in the standardised components of X."""
    components = Components.fit(X, names=names)
    weights = np.asarray(slopes) / np.sqrt(components.variances)
    head = Dense(weights.astype(np.float32)[:, None], np.zeros(1, np.float32), "sigmoid")
    ranges = np.stack([X.min(axis=0), X.max(axis=0)], axis=1).astype(np.float32)
    return ProspectivityModel(components, (Network((head,)),), ranges)


def test_the_weight_of_a_component_is_the_slope_of_the_log_odds_along_it():
    random = np.random.default_rng(5)
    X = (random.normal(size=(4000, 4)) @ random.normal(size=(4, 4)) + 3).astype(np.float32)
    slopes = np.array([0.4, 0.0, 1.2, 0.4])
    model = linear_model(X, slopes, ("A", "B", "C", "D"))
    space = PredictorSpace.of_model(model, X[:60], X)
    assert space.axes == ("component 1", "component 2", "component 3", "component 4")
    np.testing.assert_allclose(space.weights, slopes / slopes.sum(), atol=2e-3)
    # Along each axis cells have the standard deviation of its weight.
    np.testing.assert_allclose(space.place(X).std(axis=0), space.weights, atol=1e-5)


def test_layers_seen_as_they_are_weigh_by_what_they_change_and_constant_ones_are_left_out():
    random = np.random.default_rng(6)
    X = random.normal(size=(400, 3)).astype(np.float32) * [1, 100, 1] + [0, 0, 7]
    X = X.astype(np.float32)
    X[:, 2] = 7
    made = method("random-forest", members=1, trees=30)
    components = Components(("A", "B", "C"), np.zeros(3), np.ones(3), np.eye(3), np.ones(3))
    members = fit_all(made, X, X[:, 1] > 0)
    model = ProspectivityModel(components, members, np.zeros((3, 2), np.float32))
    space = PredictorSpace.of_model(model, X[:50], X)
    assert space.axes == ("A", "B")
    assert space.weights[1] > 0.7


def test_a_model_that_gives_all_cells_one_score_is_refused():
    X = np.random.default_rng(7).normal(size=(50, 2)).astype(np.float32)
    with pytest.raises(ModelError, match="gives all cells one score"):
        PredictorSpace.of_model(linear_model(X, [0, 0], ("A", "B")), X[:9], X)


def shifted_corner(folder, seed, strategy, *, apart=0.5):
    """The sample's layers, a model of points outside a corner, and the map of a shift there.

    In the corner every layer lies beyond its largest value at the training points, by half its
    standard deviation at least.
    """
    truth = province()
    corner = np.zeros(truth.valid.shape, bool)
    corner[-28:, :30] = True
    drawn = (truth.draw_occurrences(45, seed=seed), truth.draw_cells(60, seed=seed + 1000))
    rows, columns = np.concatenate(drawn, axis=1)
    label = np.repeat([1, 0], [45, 60])
    known = ~corner[rows, columns]
    place = {"crs": truth.grid.crs.to_wkt(), "transform": truth.grid.transform}
    for name, layer in zip(truth.names, truth.evidence, strict=True):
        write_layer(folder / "plain" / f"{name}.tif", np.nan_to_num(layer, nan=-9999), **place)
    with EvidenceStack.open(folder / "plain") as stack:
        samples = samples_at(stack, rows[known], columns[known], label[known])
        model = gp.fit(stack, samples, method(strategy, members=2))
        fitted = fit_applicability(model, stack, samples)
    for name, layer, ends in zip(truth.names, truth.evidence, model.ranges, strict=True):
        here, spread = corner & truth.valid, float(np.nanstd(layer))
        moved = layer.copy()
        moved[here] += ends[1] - moved[here].min() + apart * spread
        write_layer(folder / "moved" / f"{name}.tif", np.nan_to_num(moved, nan=-9999), **place)
    with EvidenceStack.open(folder / "moved") as stack:
        summary = write_applicability(fitted, stack, folder / "applicability.tif")
    with rasterio.open(folder / "applicability.tif") as raster:
        return summary, raster.read(), corner & truth.valid, ~corner & truth.valid


def check_caught(summary, bands, corner, elsewhere):
    assert (bands[1, corner] == 0).mean() >= 0.95
    assert (bands[1, elsewhere] == 0).mean() <= 0.10
    # All layers are beyond their range in the corner, which their shares tell.
    assert (bands[3, corner] == 7).all()
    share = corner.sum() / (corner | elsewhere).sum()
    assert min(summary.beyond.values()) >= share
    assert summary.inside == pytest.approx((bands[1, corner | elsewhere] == 1).mean())


def test_a_corner_of_shifted_evidence_lies_outside_and_other_ground_inside(tmp_path):
    check_caught(*shifted_corner(tmp_path, 0, "logistic-regression"))


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["fine-tuning", "random-forest", "svm", "boosting"])
def test_shifted_corners_are_caught_whatever_the_method_and_the_points(tmp_path, strategy):
    for seed in range(8):
        summary, bands, corner, elsewhere = shifted_corner(tmp_path / str(seed), seed, strategy)
        caught, wrong = ((bands[1, cells] == 0).mean() for cells in (corner, elsewhere))
        print(f"{strategy}, seed {seed}: {caught:.3f} caught, {wrong:.3f} of the other cells")
        check_caught(summary, bands, corner, elsewhere)


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    return write_stack(tmp_path_factory.mktemp("evidence"), (90, 220), layouts=({},) * 4)


@pytest.fixture(scope="module")
def fitted(layers):
    """A linear model of four layers, and where it may be believed."""
    with EvidenceStack.open(layers) as stack:
        _, rows, columns = stack.draw(40, seed=1)
        samples = samples_at(stack, rows, columns, np.arange(40) % 2)
        model = linear_model(stack.draw(900, seed=2)[0], [1, 0.5, -0.7, 0.2], stack.names)
        return fit_applicability(model, stack, samples)


def mapped(fitted, layers, path, **options):
    with EvidenceStack.open(layers) as stack:
        summary = write_applicability(fitted, stack, path, **options)
    with rasterio.open(path) as raster:
        return summary, raster.read()


def test_rasters_are_the_same_in_any_window_and_resumed(fitted, layers, tmp_path):
    summary, bands = mapped(fitted, layers, tmp_path / "whole.tif")

    def stop(done, total):
        if done > total / 3:
            raise KeyboardInterrupt

    small = Execution(window=(17, 40))
    with pytest.raises(KeyboardInterrupt):
        mapped(fitted, layers, tmp_path / "parts.tif", execution=small, progress=stop)
    assert not (tmp_path / "parts.tif").exists()
    resumed, again = mapped(fitted, layers, tmp_path / "parts.tif", execution=small, resume=True)
    np.testing.assert_array_equal(again, bands)
    assert summary.to_dict() == resumed.to_dict()


@pytest.mark.slow  # that the kernel travels to processes is seen without them, below
def test_two_workers_make_the_same_cells(fitted, layers, tmp_path):
    summary, bands = mapped(fitted, layers, tmp_path / "whole.tif")
    workers = Execution(window=(40, 33), workers=2)
    shared, again = mapped(fitted, layers, tmp_path / "shared.tif", execution=workers)
    np.testing.assert_array_equal(again, bands)
    assert summary.to_dict() == shared.to_dict()


def test_the_bands_hold_what_their_names_tell(fitted, layers, tmp_path):
    summary, bands = mapped(fitted, layers, tmp_path / "a.tif")
    with EvidenceStack.open(layers) as stack:
        block = stack.read()
    made = fitted.applicability
    apart = brute(made.space, made.X, made.mean_distance, block.X)
    assert (bands[:, ~block.valid] == NODATA).all()
    index, inside, near, beyond = bands[:, block.valid]
    np.testing.assert_allclose(index, apart.min(axis=1), atol=1e-6)
    np.testing.assert_array_equal(inside, index <= np.float32(made.threshold))
    np.testing.assert_allclose(near.mean(), (apart < made.threshold).sum(axis=1).mean(), atol=1e-3)
    low, high = fitted.model.ranges.T
    out = (low > block.X) | (high < block.X)
    np.testing.assert_array_equal(beyond, out.sum(axis=1))
    assert summary.inside == inside.mean(dtype=np.float64)
    assert list(summary.beyond.values()) == out.mean(axis=0).tolist()
    assert summary.mean_density == pytest.approx(near.mean(dtype=np.float64))
    assert 0 < summary.inside < 1
    with rasterio.open(tmp_path / "a.tif") as raster:
        assert raster.descriptions == (
            "dissimilarity index",
            "inside the area of applicability",
            "local point density",
            "layers beyond the training range",
        )
        assert float(raster.tags()["GEOPROSPECT_THRESHOLD"]) == pytest.approx(made.threshold)


def test_the_style_veils_the_ground_outside_and_leaves_the_map_inside_clear(
    fitted, layers, tmp_path
):
    mapped(fitted, layers, tmp_path / "a.tif")
    renderer = ET.parse(tmp_path / "a.qml").getroot().find("pipe/rasterrenderer")
    assert (renderer.get("type"), renderer.get("band")) == ("paletted", "2")
    alpha = {
        entry.get("value"): int(entry.get("alpha"))
        for entry in renderer.findall("colorPalette/paletteEntry")
    }
    assert alpha["1"] == 0
    assert 128 < alpha["0"] < 255


def test_a_kernel_travels(fitted, layers):
    with EvidenceStack.open(layers) as stack:
        block, grid = stack.read(), stack.grid
    places = {name: (k,) for k, name in enumerate(fitted.model.names)}
    kernel = ApplicabilityKernel.made(fitted.applicability, places, fitted.model.ranges, grid)
    again = kernel_of(ticket_of(kernel))
    np.testing.assert_array_equal(again(block).bands, kernel(block).bands)
    assert again(block).counts == kernel(block).counts


def test_shares_are_of_the_ground_where_cells_differ_in_size(fitted):
    grid = Grid(CRS.from_epsg(4326), Affine(30, 0, -60, 0, -30, 75), (2, 1))
    X = fitted.applicability.X
    far = X[0] + 100
    values = np.stack([X[0], far], axis=1)[:, :, None]  # inside at 60° N, outside at 30° N
    kernel = ApplicabilityKernel.made(fitted.applicability, {"X1": (0,)}, fitted.model.ranges, grid)
    inside, _, beyond = kernel.shares(kernel(Block(Window(0, 0, 1, 2), values)).counts)
    # A cell's area goes with the sine of its edges' latitudes on a sphere; within 1% on this one.
    north, south = np.sin(np.radians([75, 45])), np.sin(np.radians([45, 15]))
    share = (north[0] - north[1]) / (north[0] - north[1] + south[0] - south[1])
    assert inside == pytest.approx(share, rel=0.02)
    assert beyond["X1"] == pytest.approx(1 - share, rel=0.02)


def test_a_class_without_training_cells_lies_beyond_their_range(tmp_path):
    random = np.random.default_rng(8)
    codes = np.repeat([1, 2, 3], [20, 10, 10]).astype(np.float32)[:, None].repeat(30, axis=1)
    write_layer(tmp_path / "rock.tif", codes)
    write_layer(tmp_path / "g.tif", random.normal(size=(40, 30)).astype(np.float32))
    columns = (
        RasterBand("g", str(tmp_path / "g.tif")),
        Categorical("rock", str(tmp_path / "rock.tif"), legend={"1": "a", "2": "b", "3": "c"}),
    )
    rows, places = random.integers(0, 30, 50), random.integers(0, 30, 50)  # none on class c
    with EvidenceStack.open(columns) as stack:
        samples = samples_at(stack, rows, places, (rows < 15).astype(int))
        model = gp.fit(stack, samples, method("random-forest", members=1, trees=20))
        fitted = fit_applicability(model, stack, samples)
        summary = write_applicability(fitted, stack, tmp_path / "a.tif")
    with rasterio.open(tmp_path / "a.tif") as raster:
        beyond = raster.read(4)
    assert fitted.applicability.space.axes[1:] == tuple(f"rock={name}" for name in "abc")
    assert (beyond[30:] >= 1).all()  # a layer counts once, however many of its columns are beyond
    assert beyond.max() <= 2
    assert summary.beyond["rock"] == pytest.approx(0.25)


def test_all_cells_of_all_draws_count_as_training_cells(layers):
    with EvidenceStack.open(layers) as stack:
        _, rows, columns = stack.draw(12, seed=3)
        occurrences = samples_at(stack, rows, columns, np.ones(12, int))
        drawn = draw_non_occurrences(
            occurrences, stack, DrawingRule(draws=3, number=15, distance=300.0), seed=0
        )
        model = linear_model(stack.draw(500, seed=2)[0], [1, 0.5, -0.7, 0.2], stack.names)
        fitted = fit_applicability(model, stack, drawn.samples)
    cells = np.unique(drawn.samples.cells)
    assert len(cells) > 12 + 15
    assert len(fitted.applicability.X) == len(cells)


def test_fewer_cells_than_regions_are_each_held_against_all_others(layers):
    with EvidenceStack.open(layers) as stack:
        X, rows, columns = stack.draw(3, seed=5)
        again = [0, 1, 2, 2]  # two points share a cell, which counts once
        samples = samples_at(stack, rows[again], columns[again], np.array([1, 0, 0, 0]))
        model = linear_model(stack.draw(500, seed=2)[0], [1, 0.5, -0.7, 0.2], stack.names)
        made = fit_applicability(model, stack, samples).applicability
        apart = brute(made.space, X, made.mean_distance, X)
        np.fill_diagonal(apart, np.inf)
        np.testing.assert_allclose(made.training_index, [apart.min(axis=1)] * 3, atol=1e-6)
        with pytest.raises(SamplesError, match="found 1 cell with a training point"):
            fit_applicability(model, stack, samples.part(np.array([2, 3])))


def test_of_very_many_training_cells_some_are_taken_and_all_with_occurrences(layers):
    with EvidenceStack.open(layers) as stack:
        X, rows, columns = stack.draw(MOST + 300, seed=4)
        label = (np.arange(len(rows)) % 4 == 0).astype(int)
        samples = samples_at(stack, rows, columns, label)
        model = linear_model(X, [1, 0.5, -0.7, 0.2], stack.names)
        made = fit_applicability(model, stack, samples).applicability
    assert len(made.X) == MOST
    taken = {row.tobytes() for row in made.X}
    assert all(row.tobytes() in taken for row in X[label == 1])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run without products, whose map is asked afterwards where it may be believed."""
    path = write_project(tmp_path_factory.mktemp("plain"))
    path.write_text(QUICK)
    gp.run(path)
    done = CliRunner().invoke(main, ["applicability", str(path.parent / "out")])
    return path.parent / "out", done


def test_the_command_tells_and_writes_what_the_raster_holds(run):
    folder, done = run
    assert done.exit_code == 0, done.output
    with rasterio.open(folder / "applicability.tif") as raster:
        inside = raster.read(2)
    share = (inside[inside != NODATA] == 1).mean()
    assert re.match(rf"{100 * share:.1f}% of the map lies inside", done.stdout)
    assert f"written: {folder / 'applicability.tif'}" in done.stdout
    told = json.loads((folder / "applicability.json").read_text())
    assert told["inside"] == pytest.approx(share)
    assert sum(told["weights"].values()) == pytest.approx(1)
    assert set(told["beyond_training_range"]) == {"A", "B", "C"}
    listed = json.loads((folder / "manifest.json").read_text())["outputs"]
    assert {"applicability.tif", "applicability.qml", "applicability.json"} <= listed.keys()


def test_the_command_replaces_nothing_unasked_and_prints_json(run):
    folder, _ = run
    refused = CliRunner().invoke(main, ["applicability", str(folder)])
    assert refused.exit_code == 1
    assert "--overwrite" in refused.output
    done = CliRunner().invoke(main, ["applicability", str(folder), "--overwrite", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == json.loads((folder / "applicability.json").read_text())


def test_a_run_that_asks_for_it_leaves_the_same(run, tmp_path):
    folder, _ = run
    path = write_project(tmp_path)
    path.write_text(QUICK + "[products]\napplicability = true\n")
    gp.run(path)
    for name in ("applicability.tif", "applicability.json"):
        assert (tmp_path / "out" / name).read_bytes() == (folder / name).read_bytes()
    assert "of the map lies inside the area of applicability" in (
        tmp_path / "out" / "log.txt"
    ).read_text(encoding="utf-8")
