"""Columns of kinds that the package does not know: stacks read, draw, select and pickle them."""

import hashlib
import pickle
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from registering import forgotten_behind

from geoprospect.errors import EvidenceError, GridMismatchError, GridNeededError, LayerNameError
from geoprospect.evidence import (
    EvidenceStack,
    RasterBand,
    Surroundings,
    column_kinds,
    register_column,
)
from geoprospect.grid import Grid

SHAPE = (60, 47)
TRANSFORM = Affine(100, 0, 5000, 0, -100, 9000)


@dataclass(frozen=True)
class Place:
    """Distance and height from a place, computed from the grid alone; invalid west of it."""

    name: str
    easting: float
    northing: float
    halo: ClassVar[int] = 0

    @property
    def names(self):
        return f"{self.name} distance", f"{self.name} north"

    def open(self, grid):
        if grid is None:
            raise GridNeededError("a place has no grid of its own", layer=self.name)
        return OpenPlace(self, grid)


@dataclass(frozen=True)
class OpenPlace:
    column: Place
    grid: Grid
    block_shape: ClassVar[tuple[int, int]] = (16, 16)

    def read(self, window, out):
        rows, columns = np.mgrid[window.toslices()]
        easting, northing = self.grid.centres(rows, columns)
        east, north = easting - self.column.easting, northing - self.column.northing
        out[0], out[1] = np.hypot(east, north), north
        out[:, east < 0] = np.nan

    def fingerprint(self):
        return repr(self.column)

    def checksum(self):
        return hashlib.sha256(repr(self.column).encode()).hexdigest()

    def close(self):
        pass


WELL = Place("well", 5700, 7000)


def write(path, *bands, transform=TRANSFORM):
    """Write bands as a GeoTIFF and give its path as text."""
    size = {"height": bands[0].shape[0], "width": bands[0].shape[1], "count": len(bands)}
    place = {"crs": "EPSG:3578", "transform": transform, "dtype": "float32"}
    with rasterio.open(path, "w", driver="GTiff", **size, **place) as file:
        for number, band in enumerate(bands, start=1):
            file.write(band, number)
    return str(path)


def fields(n, seed=0, shape=SHAPE):
    """Give fields of which a tenth of the cells is invalid."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(n, *shape)).astype(np.float32)
    values[random.random(values.shape) < 0.1] = np.nan
    return values


@pytest.fixture(scope="module")
def columns(tmp_path_factory):
    path = write(tmp_path_factory.mktemp("evidence") / "A.tif", *fields(2))
    return (RasterBand("A1", path), WELL, RasterBand("A2", path, 2))


@pytest.fixture(scope="module")
def stack(columns):
    with EvidenceStack.open(columns) as opened:
        yield opened


def test_a_stack_reads_columns_of_any_kind_in_their_order(stack):
    assert stack.names == ("A1", "well distance", "well north", "A2")
    block = stack.read()
    np.testing.assert_array_equal(block.values[[0, 3]], fields(2))
    # The centre of cell (20, 7) lies 50 m east of the well and 50 m south.
    np.testing.assert_allclose(block.values[1:3, 20, 7], [np.hypot(50, 50), -50])
    assert not block.valid[:, :7].any()


@given(size=st.tuples(st.integers(3, 70), st.integers(3, 70)))
def test_windows_of_any_size_read_the_same_cells(stack, size):
    whole = stack.read().values
    for window in stack.windows(size):
        np.testing.assert_array_equal(stack.read(window).values, whole[:, *window.toslices()])


def test_samples_and_draws_hold_columns_of_any_kind(stack):
    whole = stack.read()
    X, valid = stack.sample([3, 59, 0, 61], [9, 46, 0, 3])
    np.testing.assert_array_equal(X[:3], whole.values[:, [3, 59, 0], [9, 46, 0]].T)
    assert not valid[2:].any()
    X, rows, cells = stack.draw(200, seed=1)
    np.testing.assert_array_equal(X, whole.values[:, rows, cells].T)
    assert stack.count_valid() == whole.valid.sum()


@pytest.mark.parametrize(
    "names", [("A2", "A1"), ("well north",), ("well north", "A2", "well distance"), ("A1",)]
)
def test_evidence_is_selected_by_name_whichever_column_gives_it(stack, names):
    view = stack.select(names)
    whole = stack.read().values[[stack.names.index(name) for name in names]]
    np.testing.assert_array_equal(view.read().values, whole)
    assert view.count_valid() == np.isfinite(whole).all(axis=0).sum()
    assert view.select(names[-1:]).names == names[-1:]
    X, rows, columns = view.draw(90, seed=0)
    np.testing.assert_array_equal(X, whole[:, rows, columns].T)


def test_a_selection_opens_again_from_its_columns_alone(stack):
    view = stack.select(("well north", "A2"))
    assert [column.names for column in view.columns] == [WELL.names, ("A2",)]
    with EvidenceStack.open(view.columns, names=view.names) as again:
        np.testing.assert_array_equal(again.read().values, view.read().values)


def test_columns_travel_to_other_processes(columns, stack, tmp_path, monkeypatch):
    travelled = pickle.loads(pickle.dumps(columns))
    assert travelled == columns
    with EvidenceStack.open(travelled) as again:
        np.testing.assert_array_equal(again.read().values, stack.read().values)
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "near.tif", fields(1)[0])
    near = pickle.dumps(RasterBand("N", "near.tif"))
    monkeypatch.chdir("/")
    assert pickle.loads(near) == RasterBand("N", str(tmp_path / "near.tif"))


def test_bands_of_one_file_are_read_from_one_open_file(columns, monkeypatch):
    opened = []
    monkeypatch.setattr(
        rasterio, "open", lambda *a, of=rasterio.open, **k: opened.append(of(*a, **k)) or opened[-1]
    )
    with EvidenceStack.open((Surroundings(columns[:1], (2,)), columns[2])) as stack:
        stack.read()
    assert len(opened) == 1
    assert opened[0].closed


def test_surroundings_are_those_of_any_column(columns, stack):
    """Each window is read once for all scales, and grown by them."""
    wide = Surroundings(columns, (1, 2), spread=True)
    assert wide.halo == 6
    with EvidenceStack.open([wide]) as surrounded:
        assert surrounded.names[:4] == stack.names
        assert surrounded.bare().names == stack.names
        assert surrounded.count_valid() == stack.count_valid()
        whole = surrounded.read().values
        for window in surrounded.windows((19, 23)):
            np.testing.assert_array_equal(
                surrounded.read(window).values, whole[:, *window.toslices()]
            )
        some = surrounded.select(("A2@2", "well north@1 spread"))
        np.testing.assert_array_equal(
            some.read().values, whole[[surrounded.names.index(name) for name in some.names]]
        )
        assert some.count_valid() == np.isfinite(some.read().values).all(axis=0).sum()
        assert list(surrounded.checksums()) == list(stack.names)
    with EvidenceStack.open([Surroundings((wide,), (3,))]) as twice:
        assert twice.columns[0].halo == 15
        assert twice.bare().names == stack.names


def test_checksums_and_fingerprints_are_told_by_name(columns, stack):
    sums, prints = stack.checksums(), stack.fingerprints()
    assert list(sums) == list(prints) == list(stack.names)
    assert sums["A1"] == sums["A2"] != sums["well north"]
    moved = tuple(replace(c, easting=0.0) if isinstance(c, Place) else c for c in columns)
    with EvidenceStack.open(moved) as other:
        changed = other.fingerprints()
    assert {name for name in prints if prints[name] != changed[name]} == set(WELL.names)


def test_a_column_without_a_grid_takes_that_of_any_other(columns):
    with EvidenceStack.open((WELL, columns[0])) as stack:
        assert stack.names == (*WELL.names, "A1")
        assert stack.grid.shape == SHAPE
    with EvidenceStack.open((Surroundings((WELL,), (1,)), columns[0])) as stack:
        assert stack.grid.shape == SHAPE
    with pytest.raises(GridNeededError, match="layer well: a place has no grid"):
        EvidenceStack.open((WELL,))


def test_columns_on_two_grids_are_refused(columns, tmp_path):
    path = write(tmp_path / "B.tif", fields(1)[0], transform=Affine(100, 0, 0, 0, -100, 0))
    with pytest.raises(GridMismatchError, match=r"B\.tif: layer B: .*grid of layer A1"):
        EvidenceStack.open((*columns, RasterBand("B", path)))


def test_two_columns_of_one_name_are_refused(columns):
    with pytest.raises(LayerNameError, match="several layers are named well distance, well north"):
        EvidenceStack.open((*columns, replace(WELL, easting=0.0)))


def test_no_column_at_all_is_refused():
    with pytest.raises(EvidenceError, match="no evidence layer is given"):
        EvidenceStack.open(())


def test_kinds_are_known_by_name():
    with forgotten_behind():
        register_column("place", Place)
        register_column("place", Place)
        assert column_kinds()["place"] is Place
        assert column_kinds()["raster"] is RasterBand
        with pytest.raises(EvidenceError, match="the kind of column place is known already"):
            register_column("place", RasterBand)
    assert "place" not in column_kinds()
