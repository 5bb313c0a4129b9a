"""The survey of a stack: taken in one pass, kept, and shared by selections."""

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from countedcolumn import CACHES, CELLS, Counted, times_read

from geoprospect.evidence import (
    EvidenceStack,
    RasterBand,
    Surroundings,
    evidence_range,
    survey,
)
from geoprospect.evidence.ranges import EvidenceRange
from geoprospect.evidence.survey import LayerSurvey
from geoprospect.project.file import Project
from geoprospect.project.inputs import Inputs
from geoprospect.project.preconditions import require

SMALL, LARGE = (90, 70), (1200, 1100)  # the values of the latter do not stay in memory


def cells_of(shape, n=3):
    """Give one layer of a gradient, one of classes and noise, all with gaps of their own."""
    random = np.random.default_rng(5)
    values = random.normal(size=(n, *shape)).astype(np.float32)
    values[0] += np.linspace(0, 3, shape[1], dtype=np.float32)
    values[1] = random.integers(1, 6, shape)
    values[random.random(values.shape) < 0.1] = np.nan
    return values


def write(folder, values):
    """Write layers X1, X2, … in tiles and give columns that count what is read of them."""
    tiles = {"tiled": True, "blockxsize": 128, "blockysize": 128}
    place = {"crs": "EPSG:3578", "transform": Affine(100, 0, 0, 0, -100, 0), "dtype": "float32"}
    size = {"height": values.shape[1], "width": values.shape[2], "count": 1}
    columns = []
    for number, layer in enumerate(values, start=1):
        path = folder / f"X{number}.tif"
        with rasterio.open(path, "w", driver="GTiff", **size, **tiles, **place) as file:
            file.write(layer, 1)
        columns.append(Counted(RasterBand(f"X{number}", str(path))))
    return tuple(columns)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    values = cells_of(LARGE)
    return write(tmp_path_factory.mktemp("large"), values), values


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    values = cells_of(SMALL)
    return write(tmp_path_factory.mktemp("small"), values), values


def test_a_survey_tells_of_each_layer_and_of_all(small):
    columns, values = small
    with EvidenceStack.open(columns) as stack:
        taken = stack.survey()
    assert taken.n_valid == np.isfinite(values).all(axis=0).sum()
    for layer, told in zip(values, taken.layers.values(), strict=True):
        assert told.n_valid == np.isfinite(layer).sum()
        assert (told.minimum, told.maximum) == (np.nanmin(layer), np.nanmax(layer))
    assert taken.layers["X2"].distinct == (1.0, 2.0, 3.0, 4.0, 5.0)
    assert taken.layers["X1"].distinct is None


def test_distinct_values_are_listed_up_to_a_bound():
    layer = LayerSurvey().with_cells(np.arange(256, dtype=np.float32))
    assert layer.distinct == tuple(range(256))
    assert layer.with_cells(np.float32([3, 5])).distinct == layer.distinct
    assert layer.with_cells(np.float32([256])).distinct is None
    late = np.zeros(5000, np.float32)
    late[2000:] = np.arange(3000)
    assert LayerSurvey().with_cells(late).distinct is None


def test_a_stack_is_surveyed_once_for_all_its_selections(large):
    columns, values = large
    with EvidenceStack.open(columns) as stack:
        assert stack.count_valid() == stack.count_valid() == stack.survey().n_valid
        assert times_read(stack) == 1
        turned = stack.select(("X3", "X1", "X2"))
        assert turned.survey() is stack.survey()
        assert times_read(stack) == 1
        # Fewer layers hide fewer cells.
        assert stack.select(("X1",)).count_valid() == np.isfinite(values[0]).sum()
        assert CELLS["X2",] == stack.grid.n_cells


def test_which_cells_are_drawn_is_known_without_reading(large):
    columns, values = large
    with EvidenceStack.open(columns) as stack:
        stack.survey()
        rows, across = stack.draw_cells(5000, seed=3)
        assert times_read(stack) == 1
        X, *places = stack.draw(5000, seed=3)
    np.testing.assert_array_equal(places, [rows, across])
    np.testing.assert_array_equal(X, values[:, rows, across].T)
    assert np.isfinite(X).all()


def test_masks_too_large_to_keep_are_read_again(large, monkeypatch):
    columns, _ = large
    with EvidenceStack.open(columns) as stack:
        drawn = stack.draw_cells(5000, seed=3)
    monkeypatch.setattr(survey, "_MASK_BYTES", 1000)
    with EvidenceStack.open(columns) as stack:
        assert stack.survey().masks is None
        np.testing.assert_array_equal(stack.draw_cells(5000, seed=3), drawn)


def test_cells_that_are_drawn_again_are_found_once_until_no_more_is_preloaded(large, monkeypatch):
    columns, _ = large
    monkeypatch.setattr(survey, "_MASK_BYTES", 1000)  # so that finding them reads the layers
    with EvidenceStack.open(columns) as stack:
        rows, across = stack.draw_cells(5000, seed=3)
        before, kept = times_read(stack), rows.copy()
        rows[:] = -1  # what is given is the caller's own
        np.testing.assert_array_equal(stack.draw_cells(5000, seed=3), [kept, across])
        assert times_read(stack) == before
        stack.preload()
        np.testing.assert_array_equal(stack.draw_cells(5000, seed=3), [kept, across])
        assert times_read(stack) > before


def test_cells_drawn_are_sorted_and_each_is_once_among_them(small):
    columns, values = small
    valid = np.isfinite(values).all(axis=0)
    with EvidenceStack.open(columns) as stack:
        for n in (50, int(0.4 * valid.sum()), int(0.9 * valid.sum()), 2 * valid.size):
            rows, across = stack.draw_cells(n, seed=1)
            assert len(rows) == min(n, valid.sum())
            assert (np.diff(rows * valid.shape[1] + across) > 0).all()
            assert valid[rows, across].all()


def test_a_small_stack_is_read_from_disk_once(small):
    columns, values = small
    with EvidenceStack.open([Surroundings(columns, (2,))]) as stack:
        fresh = stack.read().values
        once = times_read(stack)
        assert stack.count_valid() == np.isfinite(values).all(axis=0).sum()
        np.testing.assert_array_equal(stack.read().values, fresh)
        X, rows, across = stack.select(("X3@2", "X1")).draw(200, seed=0)
        np.testing.assert_array_equal(X, fresh[[5, 0]][:, rows, across].T)
        evidence_range(stack)
        assert times_read(stack) == once + 1


def test_cells_are_preloaded_in_one_pass_for_draws_and_samples_of_any_selection(large):
    columns, values = large
    places = np.array([3, 800, 1199, -4]), np.array([7, 1099, 0, 5])
    with EvidenceStack.open(columns) as stack:
        stack.preload(
            stack.draw_cells(300_000, seed=0),
            stack.draw_cells(4000, seed=1),
            EvidenceRange.cells(stack),
            places,
        )
        twice = times_read(stack)
        assert twice <= 2
        X, valid = stack.sample(*places)
        np.testing.assert_array_equal(X[:3], values[:, places[0][:3], places[1][:3]].T)
        assert not valid[3]
        for seed, n in ((0, 300_000), (1, 4000)):
            X, rows, across = stack.draw(n, seed=seed)
            np.testing.assert_array_equal(X, values[:, rows, across].T)
        reach = evidence_range(stack.select(("X3", "X2", "X1")))
        assert times_read(stack) == twice
        X, rows, across = stack.draw(2000, seed=2)  # some of them were not preloaded
        np.testing.assert_array_equal(X, values[:, rows, across].T)
        assert times_read(stack) > twice
    with EvidenceStack.open(columns) as stack:
        assert evidence_range(stack) == reach
        # The range is kept; pairs of all distances are read together.
        count = times_read(stack)
        assert count <= 2
        assert evidence_range(stack) == reach
        assert times_read(stack) == count


def test_the_range_is_that_of_the_layers_without_their_surroundings(small):
    columns, _ = small
    with EvidenceStack.open(columns) as stack:
        reach = evidence_range(stack)
    with EvidenceStack.open([Surroundings(columns, (3,), spread=True)]) as stack:
        assert evidence_range(stack) == reach
        assert evidence_range(stack.bare()) == reach
        assert list(EvidenceRange.of(stack).layers) == ["X1", "X2", "X3"]


def test_a_pass_leaves_gdal_little_to_keep_unless_the_user_says_otherwise(large, monkeypatch):
    """By itself GDAL keeps blocks in a twentieth of the machine's memory."""
    columns, _ = large
    CACHES.clear()
    with EvidenceStack.open(columns) as stack:
        stack.draw(100, seed=0)
    assert {2**26} == CACHES
    CACHES.clear()
    with rasterio.Env(GDAL_CACHEMAX=2**27), EvidenceStack.open(columns) as stack:
        stack.draw(100, seed=0)
    assert {2**27} == CACHES
    monkeypatch.setenv("GDAL_CACHEMAX", "100")
    CACHES.clear()
    with EvidenceStack.open(columns) as stack:
        stack.draw(100, seed=0)
    assert 2**26 not in CACHES


def test_a_training_reads_a_large_stack_twice(tmp_path):
    """One pass surveys it, another reads all the cells that points, draws and range ask for."""
    columns = write(tmp_path, cells_of(LARGE))
    random = np.random.default_rng(1)
    east, north = random.uniform(0, 110_000, 60), random.uniform(-120_000, 0, 60)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(east, north), crs="EPSG:3578")
    points.to_file(tmp_path / "deposits.gpkg")
    project = tmp_path / "project.toml"
    project.write_text(
        '[evidence]\nX1 = "X1.tif"\n[points]\ntraining = { path = "deposits.gpkg" }\n'
        '[model]\nstrategy = "fine-tuning"\n'
    )
    project = Project.load(project)
    with Inputs(project) as inputs:
        stack = inputs.results[Inputs.stack] = EvidenceStack.open(columns)
        require(inputs)
        inputs.fit_inputs([inputs.method]).cells_of_pretext(inputs.method)
        assert evidence_range(stack) > 0
        assert inputs.points.label.sum() > 30
        assert times_read(stack) <= 2


def test_a_survey_tells_the_cells_done_up_to_all(large):
    columns, _ = large
    done = []
    with EvidenceStack.open(columns) as stack:
        stack.survey(lambda *cells: done.append(cells))
        assert done[-1] == (stack.grid.n_cells, stack.grid.n_cells)
    assert len(done) > 1
    assert done == sorted(set(done))
