"""Distances are in metres on the ground, whatever the CRS."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pyproj
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from rasterio.crs import CRS
from scipy.spatial import cKDTree
from smallproject import write_raster

from geoprospect.crossval import FoldScheme, cells_beyond
from geoprospect.evidence import EvidenceStack
from geoprospect.grid import Grid, Places
from geoprospect.grid.steps import size_range, step_lengths, steps
from geoprospect.methods import PretextCells
from geoprospect.samples import Samples, read_samples
from geoprospect.samples.nonoccurrences import DrawingRule, draw_non_occurrences, spacing

DEGREES = CRS.from_epsg(4326)
EARTH = pyproj.Geod(ellps="WGS84")
GRID = Grid(DEGREES, Affine(0.02, 0, -136, 0, -0.01, 64), (300, 200))  # 61° to 64° N
SHAPE = GRID.shape


def on_the_ground(places, others):
    """Every distance from places to others, by geodesics."""
    shape = (len(places), len(others))
    here = [np.repeat(axis, shape[1]) for axis in (places.easting, places.northing)]
    there = [np.tile(axis, shape[0]) for axis in (others.easting, others.northing)]
    return EARTH.inv(*here, *there)[2].reshape(shape)


def scattered(n, seed=0):
    rng = np.random.default_rng(seed)
    return Places(rng.uniform(-136, -132, n), rng.uniform(61, 64, n), DEGREES)


def labelled(n=120, seed=0):
    """Points in distinct cells of the grid, every fourth an occurrence."""
    rng = np.random.default_rng(seed)
    rows, columns = np.divmod(rng.choice(np.prod(SHAPE), n, replace=False), SHAPE[1])
    easting, northing = GRID.centres(rows, columns)
    return Samples(
        path="points",
        rows=rows,
        columns=columns,
        easting=easting,
        northing=northing,
        X=np.zeros((n, 1), np.float32),
        label=(np.arange(n) % 4 == 0).astype(np.int64),
        classes=("non-occurrence", "occurrence"),
        source=np.arange(n),
        grid=GRID,
        audit=None,
    )


@given(
    st.floats(-180, 180),
    st.floats(-85, 85),
    st.floats(0, 360),
    st.sampled_from([1.0, 100.0, 10_000.0, 100_000.0, 1_000_000.0]),
)
def test_in_degrees_a_distance_is_that_on_the_ground_to_a_thousandth(longitude, latitude, to, far):
    there = EARTH.fwd(longitude, latitude, to, far)[:2]
    place = Places(np.array([longitude]), np.array([latitude]), DEGREES)
    other = Places(*np.array(there)[:, None], DEGREES)
    assert place.apart(other)[0] == pytest.approx(far, rel=1e-3)
    assert place.nearest(other)[0] == pytest.approx(far, rel=1e-3)


def test_a_degree_of_longitude_shrinks_towards_the_pole_and_the_date_line_is_no_edge():
    equator = Places(np.array([0, 0.1]), np.zeros(2), DEGREES)
    north = Places(np.array([179.95, -179.95]), np.array([60.0, 60.0]), DEGREES)
    width = equator[:1].apart(equator[1:])[0]
    assert width == pytest.approx(11_131.9, abs=1)
    assert north[:1].apart(north[1:])[0] == pytest.approx(width * 0.5013, rel=1e-4)


def test_in_metres_distances_are_those_of_the_plane_to_the_bit():
    rng = np.random.default_rng(0)
    easting, northing = rng.uniform(400_000, 600_000, (2, 50))
    places = Places(easting, northing, CRS.from_epsg(3578))
    plain = np.column_stack([easting, northing])
    np.testing.assert_array_equal(places.straight, plain)
    np.testing.assert_array_equal(places.plane(), plain)
    expected, _ = cKDTree(plain[20:]).query(plain[:20])
    np.testing.assert_array_equal(places[:20].nearest(places[20:]), expected)


def test_feet_and_gradians_are_turned_into_metres():
    foot = Places(np.array([1.0]), np.array([0.0]), CRS.from_epsg(2263))
    assert foot.straight[0, 0] == pytest.approx(0.3048, abs=1e-5)
    paris = Places(np.array([0.0, 0.0]), np.array([50.0, 51.0]), CRS.from_epsg(4807))
    assert paris[:1].apart(paris[1:])[0] == pytest.approx(100_000, rel=1e-3)


def test_where_there_is_nothing_everything_is_infinitely_far():
    places = scattered(3)
    assert np.isinf(places.nearest(places[:0])).all()
    assert np.isinf(places.nearest(places, k=4)).all()
    assert len(places[:0].nearest(places)) == 0


def test_the_plane_keeps_distances_and_north():
    places = scattered(60)
    plane = places.plane()
    measured = np.linalg.norm(plane[:, None] - plane[None], axis=2)
    np.testing.assert_allclose(measured, on_the_ground(places, places), rtol=1e-3, atol=1e-6)
    east = Places(np.array([-134.0, -134.1]), np.array([62.5, 62.5]), DEGREES).plane()
    assert abs(np.diff(east[:, 1])[0]) < 0.002 * abs(np.diff(east[:, 0])[0])


def test_a_buffer_in_metres_leaves_out_what_lies_within_it_on_the_ground_and_nothing_else():
    samples = labelled()
    folds, rows = FoldScheme("random", folds=4, repeats=1, buffer=10_000.0).splits(samples)
    distance = on_the_ground(samples.places, samples.places)
    assert any((fold != number).sum() > rows[number].sum() for fold in folds for number in range(4))
    for number, learned in enumerate(rows):
        nearest = distance[:, folds[0] == number].min(axis=1)
        np.testing.assert_array_equal(learned, nearest > 10_000)


def test_cells_of_a_pretext_task_keep_the_same_buffer():
    samples, others = labelled(20), labelled(300, seed=1)
    cells = PretextCells(others.X, None, others.rows, others.columns)
    held_out = np.arange(20) < 5
    beyond = cells_beyond(cells, samples, held_out, 30_000.0)
    nearest = on_the_ground(others.places, samples.places[held_out]).min(axis=1)
    np.testing.assert_array_equal(beyond, nearest > 30_000)
    assert 0 < beyond.sum() < 300


def test_blocks_are_as_wide_as_they_are_high_on_the_ground():
    samples = labelled(2000)
    scheme = FoldScheme("blocks", size=20_000.0)
    places = samples.grid.places(samples.rows, samples.columns)
    blocks = scheme.blocks(samples, seed=3)
    sizes = []
    for block in np.unique(blocks):
        here = places[blocks == block]
        if len(here) < 12:
            continue
        south, north = here.northing.argmin(), here.northing.argmax()
        west, east = here.easting.argmin(), here.easting.argmax()
        middle = here.northing.mean()
        sizes.append(
            (
                EARTH.inv(here.easting[west], middle, here.easting[east], middle)[2],
                EARTH.inv(0, here.northing[south], 0, here.northing[north])[2],
            )
        )
    across, along = np.median(sizes, axis=0)
    assert len(sizes) > 20
    assert across == pytest.approx(along, rel=0.1)
    assert 14_000 < across < 21_000


def test_regions_are_as_wide_as_they_are_high_on_the_ground():
    """Of a strip twice as wide as high in degrees, which is square on the ground, four regions."""
    samples = labelled(1500)
    shares = []
    for repeat in range(8):
        fold = FoldScheme("clusters", folds=4).assign(samples, repeat)
        places = samples.places
        middles = Places(
            *(np.bincount(fold, axis) / np.bincount(fold) for axis in
              (places.easting, places.northing)), DEGREES,
        )  # fmt: skip
        nearest = on_the_ground(places, middles).argmin(axis=1)
        shares.append((nearest == fold).mean())
    assert min(shares) > 0.97


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("degrees")
    values = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
    write_raster(folder / "A.tif", values, crs="EPSG:4326", transform=GRID.transform)
    with EvidenceStack.open(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def known(stack):
    places = scattered(25, seed=2)
    table = gpd.GeoDataFrame(
        {"DEP": 1}, index=range(25), geometry=gpd.points_from_xy(places.easting, places.northing)
    )
    return read_samples(table.set_crs("EPSG:4326"), stack, label="DEP", kind="occurrence")


def test_non_occurrences_are_drawn_at_the_distance_in_metres_on_the_ground(stack, known):
    nearest = on_the_ground(
        Places(*GRID.centres(*np.divmod(np.arange(GRID.n_cells), SHAPE[1])), DEGREES), known.places
    ).min(axis=1)
    allowed = nearest >= 5000
    allowed[known.cells] = False
    rule = DrawingRule(number=int(allowed.sum()), distance=5000.0)
    drawn = draw_non_occurrences(known, stack, rule)
    assert drawn.n_allowed == allowed.sum()
    np.testing.assert_array_equal(drawn.samples.cells[25:], np.flatnonzero(allowed))
    assert "at least 5000 m from occurrences" in drawn.sentence()


def test_the_spacing_of_occurrences_is_in_metres_on_the_ground(known):
    distance = on_the_ground(known.places, known.places)
    np.fill_diagonal(distance, np.inf)
    assert spacing(known) == pytest.approx(np.median(distance.min(axis=1)), rel=1e-5)
    feet = replace(known, grid=replace(GRID, crs=CRS.from_epsg(2263)))
    metres = replace(known, grid=replace(GRID, crs=CRS.from_epsg(3578)))
    assert spacing(feet) == pytest.approx(0.3048006 * spacing(metres), rel=1e-6)


def test_steps_from_cell_to_cell_have_the_length_and_direction_asked_for():
    rng = np.random.default_rng(0)
    rows, columns = rng.integers(0, 300, 500), rng.integers(0, 200, 500)
    length, direction = rng.uniform(20_000, 60_000, 500), rng.uniform(0, 2 * np.pi, 500)
    down, across = steps(GRID, rows, length, direction)
    found = step_lengths(GRID, rows, columns, down, across)
    here, there = GRID.places(rows, columns), GRID.places(rows + down, columns + across)
    azimuth, _, exact = EARTH.inv(here.easting, here.northing, there.easting, there.northing)
    np.testing.assert_allclose(found, exact, rtol=1e-4)
    np.testing.assert_allclose(exact, length, rtol=0.06)
    turn = np.radians(90 - azimuth) - direction
    assert np.abs(np.angle(np.exp(1j * turn))).max() < np.radians(3)


def test_the_size_of_a_grid_in_degrees_is_that_on_the_ground():
    edge, diagonal = size_range(GRID)
    assert edge == pytest.approx(EARTH.inv(-134, 62.5, -133.98, 62.5)[2], rel=1e-3)
    assert diagonal == pytest.approx(EARTH.inv(-136, 61, -132, 64)[2], rel=1e-3)
