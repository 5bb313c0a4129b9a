"""Layers computed from vector files: distance, inside, density, direction and attribute."""

import pickle
from contextlib import ExitStack

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.crs import CRS
from rasterio.features import rasterize
from rasterio.windows import Window
from scipy.ndimage import distance_transform_edt

from geoprospect.errors import EvidenceError, GridNeededError, ProjectError
from geoprospect.evidence import (
    Attribute,
    Density,
    Direction,
    Distance,
    EvidenceStack,
    Inside,
    RasterBand,
    open_evidence,
)
from geoprospect.grid import Grid
from geoprospect.project import Project
from geoprospect.samples import read_samples
from geoprospect.samples.giveaway import warn_of_giveaways

ALBERS, DEGREES = CRS.from_epsg(3578), CRS.from_epsg(4326)
CELL = 500.0
GEOD = pyproj.Geod(ellps="WGS84")
PLAIN = Grid(ALBERS, Affine(CELL, 0, 400_000, 0, -CELL, 700_000), (40, 60))
GRIDS = {
    "plain": PLAIN,
    "one cell": Grid(ALBERS, Affine(CELL, 0, 410_000, 0, -CELL, 690_000), (1, 1)),
    "one row": Grid(ALBERS, Affine(CELL, 0, 400_000, 0, -CELL, 690_000), (1, 60)),
    "one column": Grid(ALBERS, Affine(CELL, 0, 415_000, 0, -CELL, 700_000), (40, 1)),
    "south-up": Grid(ALBERS, Affine(CELL, 0, 400_000, 0, CELL, 680_000), (40, 60)),
    "rotated": Grid(
        ALBERS,
        Affine.translation(408_000, 702_000) * Affine.rotation(-35) * Affine.scale(CELL, -400),
        (40, 50),
    ),
    "feet": Grid(CRS.from_epsg(2263), Affine(1500, 0, 950_000, 0, -1500, 250_000), (40, 60)),
    "geographic": Grid(DEGREES, Affine(0.02, 0, -134, 0, -0.01, 61), (40, 60)),
    "across 180": Grid(DEGREES, Affine(0.02, 0, 179.4, 0, -0.01, 61), (40, 60)),
    "gradians": Grid(CRS.from_epsg(4807), Affine(0.02, 0, 0, 0, -0.01, 52), (40, 60)),
}


def outline(grid, grown=0.0):
    """Give the corners of a grid in its CRS, grown by some cells."""
    rows, columns = grid.shape
    low, right, down = -grown, columns + grown, rows + grown
    corners = [(low, low), (right, low), (right, down), (low, down)]
    return shapely.Polygon([grid.transform * corner for corner in corners])


def strewn(grid, kind, n=12, seed=0):
    """Strew wandering lines, points or stars over a grid, some of them beyond its edges."""
    random = np.random.default_rng(seed)
    shapes = []
    for _ in range(n):
        column, row = random.uniform(-3, np.array(grid.shape[::-1]) + 3)
        if kind == "points":
            cells = [(column, row)]
        elif kind == "lines":
            cells = np.cumsum(np.vstack([[column, row], random.normal(0, 2, (9, 2))]), axis=0)
        else:
            turn, long = np.sort(random.uniform(0, 2 * np.pi, 11)), random.uniform(1, 9, 11)
            cells = np.column_stack([column + np.cos(turn) * long, row + np.sin(turn) * long])
        places = [grid.transform * tuple(cell) for cell in cells]
        make = {"points": shapely.Point, "lines": shapely.LineString, "polygons": shapely.Polygon}
        shapes.append(make[kind](places[0] if kind == "points" else places))
    table = {"number": random.integers(0, 99, n), "kind": ["a", "b"] * (n // 2)}
    return gpd.GeoDataFrame(table, geometry=shapely.make_valid(shapes), crs=grid.crs.to_wkt())


def write(path, table):
    table.to_file(path)
    return str(path)


def centres(grid):
    rows, columns = np.indices(grid.shape)
    return grid.centres(rows.ravel(), columns.ravel())


def read(column, grid, window=None):
    opened = column.open(grid)
    window = window or Window(0, 0, *grid.shape[::-1])
    out = np.full((len(column.names), window.height, window.width), -1, np.float32)
    opened.read(window, out)
    return out


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Give the files of features of each kind for each grid."""
    folder = tmp_path_factory.mktemp("features")
    return {
        (name, kind): write(folder / f"{name}-{kind}.gpkg", strewn(grid, kind))
        for name, grid in GRIDS.items()
        for kind in ("points", "lines", "polygons")
    }


def columns_for(files, name):
    """Give a column of each kind and each kind of feature."""
    points, lines, polygons = (files[name, kind] for kind in ("points", "lines", "polygons"))
    return (
        Distance("D points", points, mapped="grid"),
        Distance("D lines", lines, where="kind = 'a'", limit=4000.0),
        Distance("D areas", polygons),
        Distance("D edges", polygons, to="edge", mapped=polygons),
        Inside("I", polygons, mapped="grid"),
        Density("N points", points, radius=3000.0),
        Density("N lines", lines, radius=2000.0),
        Direction("S", lines),
        Attribute("A points", points, field="number"),
        Attribute("A areas", polygons, field="number"),
    )


@pytest.fixture(scope="module")
def stacks(files):
    """Give for each grid a stack of columns of each kind, and all that it reads."""
    with ExitStack() as opened:
        stacks = {
            name: opened.enter_context(EvidenceStack.open(columns_for(files, name), grid=grid))
            for name, grid in GRIDS.items()
        }
        yield {name: (stack, stack.read().values) for name, stack in stacks.items()}


@settings(max_examples=60)
@given(data=st.data())
def test_windows_of_any_size_give_the_same_cells_of_every_kind_on_any_grid(stacks, data):
    stack, whole = stacks[data.draw(st.sampled_from([*GRIDS]))]
    shape = stack.grid.shape
    top, left = (data.draw(st.integers(0, n - 1)) for n in shape)
    height = data.draw(st.integers(1, shape[0] - top))
    width = data.draw(st.integers(1, shape[1] - left))
    window = Window(left, top, width, height)
    np.testing.assert_array_equal(stack.read(window).values, whole[:, *window.toslices()])


@pytest.mark.parametrize("name", GRIDS)
def test_every_kind_gives_values_on_every_grid(stacks, name):
    _, whole = stacks[name]
    known = np.isfinite(whole).any(axis=(1, 2))
    assert known.all() or (name.startswith("one") and known[0])


@pytest.mark.parametrize("name", ["plain", "one row", "one column", "south-up", "rotated", "feet"])
@pytest.mark.parametrize("kind", ["points", "lines", "polygons"])
def test_distances_in_a_plane_are_those_of_shapely(files, name, kind):
    grid = GRIDS[name]
    found = read(Distance("D", files[name, kind], mapped="grid"), grid).ravel()
    ground = shapely.union_all(gpd.read_file(files[name, kind]).geometry.to_numpy())
    unit = 1200 / 3937 if name == "feet" else 1.0
    expected = shapely.distance(shapely.points(*centres(grid)), ground) * unit
    np.testing.assert_allclose(found, expected, rtol=2e-7, atol=1e-3)
    if kind == "polygons":
        assert (expected == 0).any() or name.startswith("one")
        edges = read(Distance("D", files[name, kind], to="edge", mapped="grid"), grid).ravel()
        rings = gpd.read_file(files[name, kind]).geometry.boundary.union_all()
        expected = shapely.distance(shapely.points(*centres(grid)), rings) * unit
        np.testing.assert_allclose(edges, expected, rtol=2e-7, atol=1e-3)


@pytest.mark.parametrize("name", ["geographic", "across 180"])
def test_distances_in_degrees_are_geodesics_to_a_thousandth_of_a_cell(files, name):
    grid = GRIDS[name]
    for kind in ("points", "lines"):
        found = read(Distance("D", files[name, kind], mapped="grid"), grid).ravel()
        parts = gpd.read_file(files[name, kind]).geometry.segmentize(5e-5).get_coordinates()
        chosen = np.random.default_rng(0).choice(grid.n_cells, 8, replace=False)
        easting, northing = (axis[chosen] for axis in centres(grid))
        n = len(parts)
        pairs = np.repeat(easting, n), np.repeat(northing, n), *np.tile(parts.to_numpy(), (8, 1)).T
        expected = GEOD.inv(*pairs)[2].reshape(8, n).min(axis=1)
        np.testing.assert_allclose(found[chosen], expected, rtol=1e-6, atol=0.5)  # cells: 1080 m


def test_features_across_180_are_near_those_on_the_other_side(tmp_path):
    camps = gpd.GeoSeries.from_xy([-179.9, 179.5], [60.9, 60.7], crs=4326)
    path = write(tmp_path / "camps.gpkg", gpd.GeoDataFrame(geometry=camps))
    grid = GRIDS["across 180"]
    found = read(Distance("D", path, mapped="grid"), grid)[0]
    x, y = (axis.reshape(grid.shape) for axis in centres(grid))
    row, column = np.unravel_index(found.argmin(), grid.shape)
    assert abs(y[row, column] - 60.9) < 0.011 or abs(y[row, column] - 60.7) < 0.011
    far = GEOD.inv(x[0, 59], y[0, 59], -179.9, 60.9)[2]
    assert found[0, 59] == pytest.approx(far, rel=1e-6)


def test_lines_keep_their_course_in_another_crs(tmp_path):
    """A parallel 30° long is straight in degrees and bent by the grid's projection."""
    line = shapely.LineString([(-140, 60), (-110, 60)])
    path = write(tmp_path / "line.gpkg", gpd.GeoDataFrame(geometry=[line], crs=4326))
    grid = Grid(ALBERS, Affine(5000, 0, 300_000, 0, -5000, 800_000), (40, 60))
    found = read(Distance("D", path, mapped="grid"), grid).ravel()
    course = gpd.GeoSeries([line.segmentize(1e-2)], crs=4326).to_crs(3578)[0]
    expected = shapely.distance(shapely.points(*centres(grid)), course)
    np.testing.assert_allclose(found, expected, atol=5)  # a thousandth of a cell


@pytest.mark.parametrize("name", ["plain", "south-up", "rotated", "one row", "geographic"])
def test_polygons_are_burnt_as_gdal_burns_them(files, name):
    grid, path = GRIDS[name], files[name, "polygons"]
    table = gpd.read_file(path)
    place = {"out_shape": grid.shape, "transform": grid.transform}
    inside = rasterize(table.geometry, **place)
    np.testing.assert_array_equal(read(Inside("I", path, mapped="grid"), grid)[0], inside)
    numbers = rasterize(
        zip(table.geometry, table["number"], strict=True), fill=-1, dtype="int32", **place
    )
    found = read(Attribute("A", path, field="number", mapped="grid"), grid)[0]
    np.testing.assert_array_equal(np.nan_to_num(found, nan=-1), numbers)


def test_a_centre_on_an_outline_belongs_to_the_polygon_left_of_it_or_below_it(tmp_path):
    grid = Grid(ALBERS, Affine(10, 0, 0, 0, -10, 100), (10, 10))
    squares = [shapely.box(5, 15, 45, 55), shapely.box(45, 15, 85, 55), shapely.box(5, 55, 85, 95)]
    table = gpd.GeoDataFrame({"number": [1, 2, 3]}, geometry=squares, crs=3578)
    path = write(tmp_path / "squares.gpkg", table)
    found = read(Attribute("A", path, field="number", mapped="grid"), grid)[0]
    x, y = (axis.reshape(grid.shape) for axis in centres(grid))
    expected = np.zeros(grid.shape)
    for number, square in enumerate(squares, start=1):
        low_x, low_y, high_x, high_y = square.bounds
        expected[(low_x < x) & (x <= high_x) & (low_y < y) & (y <= high_y)] = number
    np.testing.assert_array_equal(np.nan_to_num(found), expected)


def test_the_distance_to_a_point_in_a_cells_middle_is_the_distance_transform(tmp_path):
    cells = np.ones(PLAIN.shape, bool)
    rows, columns = np.array([3, 17, 38]), np.array([50, 8, 31])
    cells[rows, columns] = False
    places = gpd.GeoSeries.from_xy(*PLAIN.centres(rows, columns), crs=3578)
    path = write(tmp_path / "camps.gpkg", gpd.GeoDataFrame(geometry=places))
    found = read(Distance("D", path, mapped="grid"), PLAIN)[0]
    np.testing.assert_allclose(found, distance_transform_edt(cells) * CELL, atol=1e-3)


@pytest.mark.parametrize("name", ["plain", "rotated"])
def test_densities_are_lengths_and_counts_within_the_radius(files, name):
    grid, radius = GRIDS[name], 3000.0
    middles = shapely.points(*centres(grid))[::37]
    discs = shapely.buffer(middles, radius, quad_segs=500)
    area = np.pi * (radius / 1000) ** 2
    lines = gpd.read_file(files[name, "lines"]).geometry.to_numpy()
    length = shapely.length(shapely.intersection(discs[:, None], lines[None])).sum(axis=1)
    found = read(Density("N", files[name, "lines"], radius=radius, mapped="grid"), grid).ravel()
    np.testing.assert_allclose(found[::37], length / 1000 / area, rtol=1e-4, atol=1e-5)
    camps = gpd.read_file(files[name, "points"]).geometry.to_numpy()
    count = (shapely.distance(middles[:, None], camps[None]) <= radius).sum(axis=1)
    found = read(Density("N", files[name, "points"], radius=radius, mapped="grid"), grid).ravel()
    np.testing.assert_allclose(found[::37], count / area, rtol=1e-6)
    assert count.any()
    assert length.any()


def test_densities_in_degrees_count_metres_on_the_ground(files):
    grid, radius = GRIDS["geographic"], 8000.0
    camps = gpd.read_file(files["geographic", "points"]).get_coordinates().to_numpy()
    x, y = centres(grid)
    pairs = np.repeat(x, 12), np.repeat(y, 12), *np.tile(camps, (grid.n_cells, 1)).T
    near = (GEOD.inv(*pairs)[2].reshape(-1, 12) <= radius).sum(axis=1)
    column = Density("N", files["geographic", "points"], radius=radius, mapped="grid")
    np.testing.assert_allclose(read(column, grid).ravel(), near / (np.pi * 64), rtol=1e-6)


@pytest.mark.parametrize(("angle", "name"), [(30, "plain"), (120, "rotated"), (80, "geographic")])
def test_the_direction_is_the_strike_of_the_nearest_line_either_way(tmp_path, angle, name):
    grid = GRIDS[name]
    x, y = grid.transform * (grid.shape[1] / 2, grid.shape[0] / 2)
    long = 0.001 if name == "geographic" else 900.0
    step = np.array([np.sin(np.radians(angle)), np.cos(np.radians(angle))]) * long
    if name == "geographic":
        step[0] /= np.cos(np.radians(y))
    for sign in (1, -1):
        ends = [(x - sign * step[0], y - sign * step[1]), (x + sign * step[0], y + sign * step[1])]
        table = gpd.GeoDataFrame(geometry=[shapely.LineString(ends)], crs=grid.crs.to_wkt())
        path = write(tmp_path / f"line{sign}.gpkg", table)
        column = Direction("S", path, mapped="grid")
        assert column.names == ("S sin", "S cos")
        twice = np.radians(2 * angle)
        tolerance = 2e-2 if name == "geographic" else 1e-6  # the Earth is no ball
        for plane, expected in zip(read(column, grid), (np.sin(twice), np.cos(twice)), strict=True):
            np.testing.assert_allclose(plane, expected, atol=tolerance)


def test_the_attribute_of_points_is_that_of_the_nearest(files):
    table = gpd.read_file(files["plain", "points"])
    found = read(Attribute("A", files["plain", "points"], field="number", mapped="grid"), PLAIN)
    middles = shapely.points(*centres(PLAIN))
    nearest = shapely.distance(middles[:, None], table.geometry.to_numpy()[None]).argmin(axis=1)
    np.testing.assert_array_equal(found.ravel(), table["number"].to_numpy()[nearest])


def test_a_number_that_means_none_gives_no_value(tmp_path):
    table = gpd.GeoDataFrame(
        {"age": [-9999.0, 12.5, None]},
        geometry=[shapely.box(400_000, 680_000, x, 700_000) for x in (430_000, 420_000, 410_000)],
        crs=3578,
    )
    path = write(tmp_path / "rocks.gpkg", table)
    found = read(Attribute("A", path, field="age", nodata=-9999, mapped="grid"), PLAIN)[0]
    assert np.isnan(found[:, :20]).all()
    assert (found[:, 20:40] == 12.5).all()
    assert np.isnan(found[:, 40:]).all()


def test_features_are_chosen_by_a_condition(files):
    table = gpd.read_file(files["plain", "lines"])
    chosen = table[table["kind"] == "b"].geometry.union_all()
    column = Distance("D", files["plain", "lines"], where="kind = 'b'", mapped="grid")
    expected = shapely.distance(shapely.points(*centres(PLAIN)), chosen)
    np.testing.assert_allclose(read(column, PLAIN).ravel(), expected, rtol=1e-6, atol=1e-3)


def test_what_is_farther_than_the_limit_counts_as_that_far(files):
    path = files["plain", "lines"]
    free = read(Distance("D", path, mapped="grid"), PLAIN)
    limited = read(Distance("D", path, mapped="grid", limit=2000.0), PLAIN)
    np.testing.assert_array_equal(limited, np.minimum(free, 2000))
    assert (free > 2000).any()


def camps_west(folder):
    """Write camps every 2 km over the western half of the plain grid; gaps are 1.41 km wide."""
    x, y = np.meshgrid(np.arange(401_000, 416_000, 2000), np.arange(681_000, 700_000, 2000))
    places = gpd.GeoSeries.from_xy(x.ravel(), y.ravel(), crs=3578)
    table = gpd.GeoDataFrame({"n": np.arange(len(places))}, geometry=places)
    return write(folder / "camps.gpkg", table)


def test_beyond_the_mapped_ground_there_is_no_value(tmp_path):
    """The camps lie 401 to 415 km east; the widest gap between four of them is 1.4 km."""
    path = camps_west(tmp_path)
    found = np.isfinite(read(Distance("D", path), PLAIN)[0])
    x, y = (axis.reshape(PLAIN.shape) for axis in centres(PLAIN))
    gap = 1000 * np.sqrt(2)
    surely = (x < 415_000 + 0.9 * gap) & (y > 681_000 - 0.9 * gap) & (y < 699_000 + 0.9 * gap)
    assert found[surely].all()
    assert not found[x > 415_000 + gap].any()
    chosen = np.isfinite(read(Distance("D", path, where="n = 0"), PLAIN)[0])
    np.testing.assert_array_equal(chosen, found)


def test_the_mapped_ground_may_be_told_by_polygons_or_be_all_of_the_grid(tmp_path):
    path = camps_west(tmp_path)
    area = shapely.Polygon([(402_000, 682_000), (428_000, 683_000), (410_000, 698_000)])
    mapped = write(tmp_path / "area.gpkg", gpd.GeoDataFrame(geometry=[area], crs=3578))
    found = read(Distance("D", path, mapped=mapped), PLAIN)[0]
    inside = rasterize([area], out_shape=PLAIN.shape, transform=PLAIN.transform).astype(bool)
    np.testing.assert_array_equal(np.isfinite(found), inside)
    everywhere = read(Distance("D", path, mapped="grid"), PLAIN)[0]
    np.testing.assert_array_equal(found[inside], everywhere[inside])
    assert np.isfinite(everywhere).all()


def raster(folder, grid=PLAIN):
    """Write a raster of a grid, and give its path."""
    place = {"height": grid.shape[0], "width": grid.shape[1], "count": 1, "dtype": "float32"}
    place |= {"crs": grid.crs, "transform": grid.transform}
    with rasterio.open(folder / "X1.tif", "w", driver="GTiff", **place) as file:
        file.write(np.random.default_rng(0).normal(size=grid.shape).astype("float32"), 1)
    return str(folder / "X1.tif")


def test_cells_beyond_the_mapped_ground_are_warned_of_with_the_line_to_write(tmp_path, caplog):
    path = camps_west(tmp_path)
    columns = [RasterBand("X1", raster(tmp_path)), Distance("camps", path)]
    with open_evidence(columns) as stack:
        share = 1 - stack.count_valid() / PLAIN.n_cells
    [line] = [record.getMessage() for record in caplog.records]
    assert f"layer camps: {share:.0%}"[:-2] in line
    assert 'mapped = "grid"' in line
    caplog.clear()
    open_evidence([columns[0], Distance("camps", path, mapped="grid")]).close()
    assert not caplog.records


def test_features_without_a_place_are_said(tmp_path, caplog):
    shapes = [shapely.LineString([(401_000, 690_000), (429_000, 699_000)]), None]
    path = write(tmp_path / "faults.gpkg", gpd.GeoDataFrame(geometry=shapes, crs=3578))
    columns = [
        RasterBand("X1", raster(tmp_path)),
        Distance("faults", path, mapped="grid"),
    ]
    open_evidence(columns).close()
    [record] = caplog.records
    assert "layer faults: 1 feature without a geometry left out" in record.getMessage()


@pytest.mark.parametrize(
    ("column", "kind", "said"),
    [
        (Inside, "lines", r"gpkg: layer L: .*such features .found lines; expected polygons"),
        (Direction, "points", r"layer L: .*found points; expected lines or polygons"),
        (Density, "polygons", r"layer L: .*found polygons; expected points or lines"),
        (Attribute, "lines", r"layer L: there is no field depth .found fields number, kind"),
    ],
)
def test_features_of_another_kind_are_refused_with_the_kinds_taken(files, column, kind, said):
    more = {Density: {"radius": 10.0}, Attribute: {"field": "depth"}}.get(column, {})
    with pytest.raises(EvidenceError, match=said):
        column("L", files["plain", kind], **more).open(PLAIN)


def test_texts_are_no_numbers_and_the_kind_of_classes_is_told(files):
    said = r'field kind holds no numbers .found a, b.*kind = "categorical"'
    with pytest.raises(EvidenceError, match=said):
        Attribute("L", files["plain", "polygons"], field="kind").open(PLAIN)


def test_features_need_the_grid_of_a_raster(files):
    with pytest.raises(GridNeededError, match=r"layer D: features have no grid.*give a raster"):
        EvidenceStack.open([Distance("D", files["plain", "lines"])])


def test_features_elsewhere_on_earth_are_refused_with_the_line_to_write(tmp_path):
    line = shapely.LineString([(10, 50), (10.001, 50.001)])
    path = write(tmp_path / "far.gpkg", gpd.GeoDataFrame(geometry=[line], crs=4326))
    said = r'far\.gpkg: layer far: no cell lies on ground that was mapped.*mapped = "grid"'
    with pytest.raises(EvidenceError, match=said):
        Distance("far", path).open(PLAIN)
    assert np.isfinite(read(Distance("far", path, mapped="grid"), PLAIN)).all()


def test_columns_travel_and_change_with_their_file(files, tmp_path, monkeypatch):
    column = Distance("D", files["plain", "lines"], limit=2000.0)
    assert pickle.loads(pickle.dumps(column)) == column
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "near.gpkg", strewn(PLAIN, "lines"))
    near = pickle.dumps(Distance("D", "near.gpkg", mapped="grid"))
    monkeypatch.chdir("/")
    travelled = pickle.loads(near)
    assert travelled == Distance("D", str(tmp_path / "near.gpkg"), mapped="grid")
    first = travelled.open(PLAIN)
    before = first.fingerprint(), first.checksum()
    assert travelled.open(PLAIN).traced is first.traced
    write(tmp_path / "near.gpkg", strewn(PLAIN, "lines", seed=1))
    after = travelled.open(PLAIN)
    assert (after.fingerprint() != before[0]) & (after.checksum() != before[1])
    limited = Distance("D", str(tmp_path / "near.gpkg"), limit=9.0, mapped="grid").open(PLAIN)
    assert limited.fingerprint() != after.fingerprint()


def test_the_checksum_follows_the_mapped_ground_wherever_its_file_lies(files, tmp_path):
    def checksum(name, corner):
        area = gpd.GeoDataFrame(geometry=[shapely.box(405_000, 685_000, *corner)], crs=3578)
        mapped = write(tmp_path / name, area)
        return Distance("D", files["plain", "lines"], mapped=mapped).open(PLAIN).checksum()

    first = checksum("one.gpkg", (420_000, 695_000))
    assert checksum("two.gpkg", (420_000, 695_000)) == first
    assert checksum("one.gpkg", (421_000, 695_000)) != first


def test_a_table_of_points_is_as_good_as_a_vector_file(tmp_path, files):
    table = gpd.read_file(files["plain", "points"])
    lines = [f"{x:.6f};{y:.6f}".replace(".", ",") for x, y in table.get_coordinates().to_numpy()]
    (tmp_path / "camps.csv").write_text("\n".join(["este;norte", *lines]), encoding="latin-1")
    column = Distance("D", str(tmp_path / "camps.csv"), crs="EPSG:3578", mapped="grid")
    expected = read(Distance("D", files["plain", "points"], mapped="grid"), PLAIN)
    np.testing.assert_allclose(read(column, PLAIN), expected, rtol=1e-6)


def test_a_project_file_names_each_kind_and_its_settings(tmp_path):
    raster(tmp_path)
    write(tmp_path / "faults.gpkg", strewn(PLAIN, "lines"))
    area = gpd.GeoDataFrame(geometry=[outline(PLAIN, grown=1)], crs=3578)
    write(tmp_path / "area.gpkg", area)
    write(tmp_path / "camps.gpkg", strewn(PLAIN, "points"))
    (tmp_path / "project.toml").write_text(
        """
        [evidence]
        X1 = "X1.tif"
        faults = { kind = "distance", path = "faults.gpkg", where = "kind = 'a'", mapped = "grid" }
        contact = { kind = "distance", path = "area.gpkg", to = "edge", limit = 5000.0 }
        inside = { kind = "inside", path = "area.gpkg" }
        faulting = { kind = "density", path = "faults.gpkg", radius = 4000.0, mapped = "area.gpkg" }
        strike = { kind = "direction", path = "faults.gpkg", mapped = "area.gpkg" }
        number = { kind = "attribute", path = "faults.gpkg", field = "number", mapped = "grid" }
        [points]
        training = { path = "camps.gpkg", label = false }
        """
    )
    with Project.load(tmp_path / "project.toml").open_evidence() as stack:
        assert stack.names[1:5] == ("faults", "contact", "inside", "faulting")
        assert stack.names[5:] == ("strike sin", "strike cos", "number")
        assert stack.count_valid() == PLAIN.n_cells
    settings = (tmp_path / "project.toml").read_text()
    (tmp_path / "wrong.toml").write_text(
        settings.replace("radius = 4000.0, ", "").replace('to = "edge"', 'to = "rim"')
    )
    with pytest.raises(
        ProjectError, match=r"contact.to should be .*rim.*faulting.radius is missing"
    ):
        Project.load(tmp_path / "wrong.toml")


@pytest.mark.parametrize("kind", ["points", "outlines"])
def test_features_that_are_the_training_points_are_warned_of(tmp_path, caplog, kind):
    random = np.random.default_rng(3)
    rows, columns = random.integers(0, 40, 60), random.integers(0, 60, 60)
    x, y = PLAIN.centres(rows, columns)
    known = gpd.GeoDataFrame(
        {"DEP": np.arange(60) % 2}, geometry=gpd.points_from_xy(x, y), crs=3578
    )
    deposits = known[known["DEP"] == 1].to_crs("EPSG:4326")
    if kind == "outlines":
        moved = deposits.to_crs(3578).geometry.translate(90, -70)
        deposits = deposits.set_geometry(moved.buffer(400)).set_crs(3578, allow_override=True)
    path = write(tmp_path / "known.gpkg", deposits)
    elsewhere = known.set_geometry(known.translate(2600, -1700))
    others = write(tmp_path / "others.gpkg", elsewhere)
    columns = [
        RasterBand("X1", raster(tmp_path)),
        Distance("near", path, mapped="grid"),
        Distance("meant", path, mapped="grid", intended=True),
        Distance("camps", others, mapped="grid"),
        Density("faults", write(tmp_path / "faults.gpkg", strewn(PLAIN, "lines")), radius=900.0),
    ]
    with EvidenceStack.open(columns) as stack:
        warn_of_giveaways(read_samples(known, stack, label="DEP"), stack)
    [record] = caplog.records
    assert "layer near: its features lie where the training points do, so" in record.getMessage()
    assert "intended = true" in record.getMessage()


def test_the_file_of_the_training_points_is_no_evidence(tmp_path, caplog):
    camps = strewn(PLAIN, "points", n=60)
    path = write(tmp_path / "camps.gpkg", camps)
    columns = [RasterBand("X1", raster(tmp_path)), Distance("near", path, mapped="grid")]
    with EvidenceStack.open(columns) as stack:
        warn_of_giveaways(read_samples(path, stack, label=False), stack)
    [record] = caplog.records
    assert "layer near: its features are the training points, so" in record.getMessage()
