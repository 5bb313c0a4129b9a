"""Layers gridded from what was measured at stations."""

import pickle
import sys
from contextlib import ExitStack

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pykrige.ok import OrdinaryKriging
from rasterio.windows import Window
from scipy.interpolate import RBFInterpolator
from smallproject import PROJECT, SHAPE, TRANSFORM, write_project
from test_vectorlayers import GRIDS, centres, read

from geoprospect.errors import EvidenceError, GridNeededError, ProjectError
from geoprospect.evidence import EvidenceStack, RasterBand, Stations
from geoprospect.evidence.leavingout import layers_left
from geoprospect.project.check import check_project
from geoprospect.project.file import Project

METHODS = ("nearest", "inverse-distance", "spline", "kriging")
PLANE = ("plain", "south-up", "rotated", "feet", "one row")
UNITS = {"feet": 1200 / 3937}
VARIOGRAM = {"variogram_model": "spherical", "nlags": 100, "weight": True}
FAR = 1e7  # metres: no cell of a grid is as far from a station


def measured(grid, n=60, seed=0):
    """Give places about a grid, and a smooth field with noise there."""
    random = np.random.default_rng(seed)
    rows, columns = (random.uniform(-4, side + 4, n) for side in grid.shape)
    x, y = grid.transform * (columns, rows)
    noise = random.normal(0, 0.1, n)
    return x, y, 5 + np.sin(columns / 9) + np.cos(rows / 7) + noise


def write(path, grid, **fields):
    """Write stations as points in the CRS of a grid."""
    x, y = fields.pop("x"), fields.pop("y")
    points = gpd.points_from_xy(x, y)
    gpd.GeoDataFrame(fields, geometry=points, crs=grid.crs.to_wkt()).to_file(path)
    return str(path)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Give a file of stations for each grid."""
    folder, paths = tmp_path_factory.mktemp("stations"), {}
    for name, grid in GRIDS.items():
        x, y, value = measured(grid)
        paths[name] = write(folder / f"{name}.gpkg", grid, x=x, y=y, Cu=value)
    return paths


def column(path, method, *, distance=FAR, **options):
    return Stations("copper", path, value="Cu", method=method, distance=distance, **options)


@pytest.fixture(scope="module")
def stacks(files):
    """Give for each grid a stack of all methods, and all that it reads."""
    with ExitStack() as opened:
        stacks = {}
        for name, grid in GRIDS.items():
            columns = [
                Stations(
                    method, files[name], value="Cu", method=method,
                    distance=8 * 500.0, variance=method == "kriging",
                )
                for method in METHODS
            ]  # fmt: skip
            stack = opened.enter_context(EvidenceStack.open(columns, grid=grid))
            stacks[name] = stack, stack.read().values
        yield stacks


@settings(max_examples=60)
@given(data=st.data())
def test_windows_of_any_size_give_the_same_cells_of_every_method_on_any_grid(stacks, data):
    stack, whole = stacks[data.draw(st.sampled_from([*GRIDS]))]
    shape = stack.grid.shape
    top, left = (data.draw(st.integers(0, n - 1)) for n in shape)
    height = data.draw(st.integers(1, shape[0] - top))
    width = data.draw(st.integers(1, shape[1] - left))
    window = Window(left, top, width, height)
    np.testing.assert_array_equal(stack.read(window).values, whole[:, *window.toslices()])


def test_a_grid_wider_than_a_tile_is_the_same_in_one_piece_and_cell_by_cell(files):
    grid = GRIDS["plain"]
    wide = type(grid)(grid.crs, grid.transform * grid.transform.scale(0.2), (200, 300))
    opened = column(files["plain"], "kriging").open(wide)
    whole, cell = np.empty((1, 200, 300), np.float32), np.empty((1, 1, 1), np.float32)
    opened.read(Window(0, 0, 300, 200), whole)
    for row, col in ((0, 0), (127, 128), (128, 127), (199, 299), (64, 191)):
        opened.read(Window(col, row, 1, 1), cell)
        assert cell[0, 0, 0] == whole[0, row, col]


def metres(name, grid):
    """Give stations and centres of cells in metres."""
    x, y, value = measured(grid)
    unit = UNITS.get(name, 1.0)
    return unit * np.column_stack([x, y]), value, unit * np.column_stack(centres(grid))


@pytest.mark.parametrize("name", PLANE)
def test_kriging_is_that_of_pykrige_called_on_the_whole_grid(files, name):
    grid = GRIDS[name]
    stations, value, cells = metres(name, grid)
    found = read(column(files[name], "kriging", variance=True), grid).reshape(2, -1)
    theirs = OrdinaryKriging(*stations.T, value, **VARIOGRAM)
    expected = theirs.execute("points", *cells.T, backend="loop", n_closest_points=16)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert np.ptp(found[0]) > 0.05


@pytest.mark.parametrize("name", PLANE)
def test_a_spline_is_that_of_scipy_called_on_the_whole_grid(files, name):
    grid = GRIDS[name]
    stations, value, cells = metres(name, grid)
    middle = stations.mean(axis=0)
    for neighbours in (8, 60):
        found = read(column(files[name], "spline", neighbours=neighbours), grid).ravel()
        theirs = RBFInterpolator((stations - middle) / 1e4, value, neighbors=neighbours)
        np.testing.assert_allclose(found, theirs((cells - middle) / 1e4), rtol=1e-5)


@pytest.mark.parametrize("name", PLANE)
def test_nearest_and_inverse_distance_are_those_by_their_definition(files, name):
    grid = GRIDS[name]
    stations, value, cells = metres(name, grid)
    apart = np.linalg.norm(cells[:, None] - stations[None], axis=2)
    nearest = read(column(files[name], "nearest"), grid).ravel()
    np.testing.assert_allclose(nearest, value[apart.argmin(axis=1)], rtol=1e-6)
    mean = read(column(files[name], "inverse-distance", neighbours=5), grid).ravel()
    five = np.argsort(apart, axis=1)[:, :5]
    weight = np.take_along_axis(apart, five, axis=1) ** -2.0
    expected = (weight * value[five]).sum(axis=1) / weight.sum(axis=1)
    np.testing.assert_allclose(mean, expected, rtol=1e-6)


def test_cells_farther_than_the_distance_from_any_station_have_no_value(files):
    grid = GRIDS["plain"]
    stations, _, cells = metres("plain", grid)
    apart = np.linalg.norm(cells[:, None] - stations[None], axis=2).min(axis=1)
    for method in METHODS:
        found = read(column(files["plain"], method, distance=3000.0), grid).ravel()
        np.testing.assert_array_equal(np.isfinite(found), apart <= 3000)
    assert 0.1 < (apart <= 3000).mean() < 0.95


@pytest.mark.parametrize("name", ["geographic", "across 180"])
def test_distances_in_degrees_are_those_on_the_ground(files, name):
    grid = GRIDS[name]
    x, y, value = measured(grid)
    easting, northing = centres(grid)
    pairs = (np.repeat(easting, 60), np.repeat(northing, 60), np.tile(x, grid.n_cells),
             np.tile(y, grid.n_cells))  # fmt: skip
    apart = pyproj.Geod(ellps="WGS84").inv(*pairs)[2].reshape(-1, 60)
    nearest = read(column(files[name], "nearest", distance=3000.0), grid).ravel()
    sure = np.abs(apart.min(axis=1) - 3000) > 1
    np.testing.assert_array_equal(np.isfinite(nearest)[sure], (apart.min(axis=1) <= 3000)[sure])
    near = np.isfinite(nearest) & sure
    np.testing.assert_allclose(nearest[near], value[apart.argmin(axis=1)][near], rtol=1e-6)


@pytest.mark.parametrize("method", ["kriging", "spline", "inverse-distance"])
def test_a_geographic_grid_is_gridded_as_a_plane_about_it_is(files, method):
    grid = GRIDS["geographic"]
    x, y, value = measured(grid)
    onto = pyproj.Proj(proj="aeqd", lon_0=-133.4, lat_0=60.8)
    stations, cells = (np.column_stack(onto(*axes)) for axes in ((x, y), centres(grid)))
    found = read(column(files["geographic"], method, neighbours=60), grid).ravel()
    if method == "kriging":
        theirs = OrdinaryKriging(*stations.T, value, **VARIOGRAM)
        expected, _ = theirs.execute("points", *cells.T)
    elif method == "spline":
        expected = RBFInterpolator(stations / 1e4, value)(cells / 1e4)
    else:
        weight = np.linalg.norm(cells[:, None] - stations[None], axis=2) ** -2.0
        expected = (weight * value).sum(axis=1) / weight.sum(axis=1)
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_stations_along_a_line_leave_a_spline_level_across_it(tmp_path):
    grid = GRIDS["plain"]
    rows = np.linspace(0, 40, 30)
    x, y = grid.transform * (30 + rows / 2, rows)
    path = write(tmp_path / "line.gpkg", grid, x=x, y=y, Cu=3 + 2 * rows)
    found = read(column(path, "spline", neighbours=10), grid)[0]
    cells, columns = np.indices(grid.shape) + 0.5
    along = (cells + (columns - 30) / 2) / 1.25  # where a cell's foot lies on the line, as a row
    inside = (along > 0) & (along < 40)
    np.testing.assert_allclose(found[inside], (3 + 2 * along)[inside], rtol=1e-4, atol=1e-3)


TEXTS = ["<5", "12,5", "> 1000", "≤ 4", "", "7", "1e2", "-3"]
NUMBERS = [2.5, 12.5, 1000, 2, np.nan, 7, 100, -3]


def test_values_at_limits_are_taken_as_stated_and_told(tmp_path):
    grid = GRIDS["plain"]
    rows, columns = np.full(8, 20.5), np.arange(8) * 6 + 3.5
    x, y = grid.transform * (columns, rows)
    path = tmp_path / "limits.csv"
    pd.DataFrame({"E": x, "N": y, "Cu": TEXTS}).to_csv(path, sep=";", index=False)
    layer = column(str(path), "nearest", distance=100.0, crs="EPSG:3578")
    found = read(layer, grid)[0, 20, (np.arange(8) * 6 + 3)]
    np.testing.assert_allclose(found, NUMBERS)
    told = " | ".join(layer.doubts(grid))
    assert "limits.csv: layer copper: 2 values below a limit of detection, taken as half" in told
    assert "1 value above a limit, taken as the limit" in told
    assert "1 station without a place or a value left out" in told


def test_stations_at_one_place_are_merged_into_their_mean_and_told(tmp_path):
    grid = GRIDS["plain"]
    x, y = grid.transform * (np.array([3.5, 3.5, 3.5, 9.5]), np.full(4, 7.5))
    path = write(tmp_path / "twice.gpkg", grid, x=x, y=y, Cu=[1.0, 2.0, 6.0, 50.0])
    layer = column(path, "inverse-distance", distance=600.0)
    assert read(layer, grid)[0, 7, [3, 9]].tolist() == [3.0, 50.0]
    [told] = layer.doubts(grid)
    assert told.endswith("3 stations share their place with others: of each place, the mean")


def test_stations_are_chosen_and_a_number_may_mean_none(tmp_path):
    grid = GRIDS["plain"]
    x, y = grid.transform * (np.array([3.5, 4.5, 5.5]), np.full(3, 7.5))
    fields = {"Cu": [1.0, -999.0, 6.0], "year": [1990, 1990, 2020]}
    path = write(tmp_path / "chosen.gpkg", grid, x=x, y=y, **fields)
    found = read(column(path, "nearest", nodata=-999.0), grid)[0, 7, 3:6]
    assert found[[0, 2]].tolist() == [1.0, 6.0]
    assert found[1] in (1.0, 6.0)
    assert (read(column(path, "nearest", where="year > 2000"), grid) == 6).all()


def test_of_many_stations_the_variogram_is_fitted_on_the_same_two_thousand(tmp_path):
    grid = GRIDS["plain"]
    x, y, value = measured(grid, n=2500)
    path = write(tmp_path / "many.gpkg", grid, x=x, y=y, Cu=value)
    first, again = (column(path, "kriging").open(grid).gridding for _ in range(2))
    assert (first.sill, first.reach, first.nugget) == (again.sill, again.reach, again.nugget)
    assert first.sentence().startswith("kriged from the nearest 16 by a spherical variogram of r")
    opened = column(path, "kriging").open(grid)
    x, y = (first.stations.space[:5, axis] for axis in (0, 1))
    at_stations = opened.gridding.at(np.column_stack([x, y, np.zeros(5)]))
    np.testing.assert_allclose(at_stations[0], first.stations.values[:5], rtol=1e-9)


@pytest.mark.parametrize("reach", [15_000.0, 40_000.0])
def test_the_variogram_is_that_of_the_field_that_stations_were_drawn_from(tmp_path, reach):
    grid, random = GRIDS["plain"], np.random.default_rng(0)
    places = random.uniform(0, 150_000, (700, 2))
    apart = np.linalg.norm(places[:, None] - places[None], axis=2) / reach
    alike = np.where(apart < 1, 1 - 1.5 * apart + 0.5 * apart**3, 0)
    field = np.linalg.cholesky(0.8 * alike + 0.2 * np.eye(700)) @ random.normal(size=700)
    x, y = (places + np.array([400_000, 600_000])).T
    path = write(tmp_path / "field.gpkg", grid, x=x, y=y, Cu=field)
    fitted = column(path, "kriging").open(grid).gridding
    assert fitted.reach == pytest.approx(reach, rel=0.35)
    assert 0.05 < fitted.nugget / (fitted.sill + fitted.nugget) < 0.4
    assert not fitted.is_flat


def test_values_without_any_likeness_of_neighbours_are_told(tmp_path):
    grid, random = GRIDS["plain"], np.random.default_rng(3)
    x, y, _ = measured(grid, n=300)
    path = write(tmp_path / "noise.gpkg", grid, x=x, y=y, Cu=random.normal(size=300))
    [told] = column(path, "kriging").doubts(grid)
    assert "neighbours are hardly more alike than stations far apart" in told
    assert "leave the layer out" in told


def spoilt(folder, grid, **changes):
    x, y, value = measured(grid, n=12)
    fields = {"x": x, "y": y, "Cu": value} | changes
    return write(folder / f"{len([*folder.iterdir()])}.gpkg", grid, **fields)


@pytest.mark.parametrize(
    ("changes", "options", "said"),
    [
        ({}, {"value": "Au"}, r"no field Au .found fields Cu.*value = "),
        ({"Cu": ["n.d."] * 12}, {}, r"no numbers .found 'n\.d\.' in row 0 .*such as <5 and >1000"),
        ({"Cu": ["1,234"] * 12}, {}, "may part thousands or decimals"),
        ({"Cu": [np.nan] * 12}, {}, "no station has a place and a value"),
        ({"Cu": [4.0] * 12}, {"method": "kriging"}, "tell no variogram .found the value 4 at all"),
        ({}, {"method": "kriging", "where": "Cu > 6"}, r"no variogram .found \d places; expected"),
        ({}, {"variance": True}, r'only kriging gives a variance.*method = "kriging"'),
        ({}, {"crs": "EPSG:32608"}, r"no station lies near the grid .*check the CRS"),
    ],
)  # fmt: skip
def test_a_mistake_names_the_layer_what_was_found_and_how_to_mend_it(
    tmp_path, changes, options, said
):
    grid = GRIDS["plain"]
    path = spoilt(tmp_path, grid, **changes)
    settings = {"value": "Cu", "method": "nearest", "distance": 5000.0} | options
    with pytest.raises(EvidenceError, match=f"(?s)layer copper: .*{said}"):
        Stations("copper", path, **settings).open(grid)


def test_stations_need_a_grid_and_kriging_a_library(tmp_path, monkeypatch):
    grid = GRIDS["plain"]
    path = spoilt(tmp_path, grid)
    with pytest.raises(GridNeededError, match="features have no grid of their own"):
        column(path, "nearest").open(None)
    monkeypatch.setitem(sys.modules, "pykrige.ok", None)  # as where it is not installed
    with pytest.raises(EvidenceError, match=r'pip install "geoprospect\[gridding\]"'):
        column(path, "kriging").open(grid)


def test_a_pickled_column_opens_the_same_file_in_any_folder(files, tmp_path, monkeypatch):
    grid = GRIDS["plain"]
    x, y, value = measured(grid)
    write(tmp_path / "here.gpkg", grid, x=x, y=y, Cu=value)
    monkeypatch.chdir(tmp_path)
    layer = column("here.gpkg", "kriging")
    sent = pickle.dumps(layer)
    monkeypatch.chdir(tmp_path.parent)
    again = pickle.loads(sent)
    np.testing.assert_array_equal(read(again, grid), read(column(files["plain"], "kriging"), grid))
    opened = again.open(grid)
    assert opened.fingerprint() == column(files["plain"], "kriging").open(grid).fingerprint()
    assert opened.fingerprint() != column(files["plain"], "nearest").open(grid).fingerprint()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    path = write_project(tmp_path_factory.mktemp("geochem"))
    random = np.random.default_rng(1)
    rows, columns = (random.uniform(0, side, 40) for side in SHAPE)
    x, y = TRANSFORM * (columns, rows)
    lon, lat = pyproj.Transformer.from_crs(32608, 4326, always_xy=True).transform(x, y)
    copper = np.exp(random.normal(3, 1, 40)).round(1).astype(str)
    copper[::9] = "<5"
    table = pd.DataFrame({"lon": lon, "lat": lat, "Cu_ppm": copper})
    table.to_csv(path.with_name("geochem.csv"), index=False)
    line = (
        'copper = { kind = "stations", path = "geochem.csv", crs = "EPSG:4326", '
        'value = "Cu_ppm", method = "kriging", distance = 2000.0, variance = true }\n'
    )
    path.write_text(PROJECT.replace('C = "rasters/C.tif"\n', 'C = "rasters/C.tif"\n' + line))
    return path


def test_a_project_names_stations_and_check_tells_what_was_taken(project):
    findings = check_project(project)
    texts = [finding.text for finding in findings]
    assert not [finding for finding in findings if finding.level == "error"]
    assert any("layer copper: 5 values below a limit of detection" in text for text in texts)
    with Project.load(project).open_evidence() as stack:
        assert stack.names == ("A", "B", "C", "copper", "copper_variance")
        assert layers_left(stack, "copper") == ("A", "B", "C")
        values = stack.read().values
    assert np.isfinite(values[3]).any()
    assert (values[4][np.isfinite(values[4])] >= 0).all()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (", distance = 2000.0", "", "evidence.copper.distance is missing"),
        ("2000.0", "-1.0", "evidence.copper.distance should be "),
        ('"kriging"', '"krigging"', "evidence.copper.method should be "),
        ("variance = true", "neighbours = 1", "evidence.copper.neighbours should be "),
    ],
)
def test_settings_of_stations_are_checked_as_the_file_is_read(project, old, new, said):
    path = project.with_name("wrong.toml")
    path.write_text(project.read_text().replace(old, new))
    with pytest.raises(ProjectError, match=said):
        Project.load(path)


def test_stations_lie_on_the_grid_of_a_raster_beside_them(project):
    columns = [
        Stations("s", str(project.with_name("geochem.csv")), value="Cu_ppm", method="nearest",
                 distance=2000.0, crs="EPSG:4326"),
        RasterBand("A", str(project.parent / "rasters/A.tif")),
    ]  # fmt: skip
    with EvidenceStack.open(columns) as stack:
        assert stack.grid.shape == SHAPE
