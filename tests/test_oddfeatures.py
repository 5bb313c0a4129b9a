"""Odd vector files as layers: across 180°, beyond a projection, broken, mixed, empty, in space."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from rasterio.crs import CRS
from rasterio.features import rasterize
from rasterio.windows import Window

from geoprospect.errors import EvidenceError
from geoprospect.evidence import Attribute, Density, Distance, Inside
from geoprospect.grid import Grid

ALBERS, DEGREES = CRS.from_epsg(3578), CRS.from_epsg(4326)
PLAIN = Grid(ALBERS, Affine(500, 0, 400_000, 0, -500, 700_000), (40, 60))


def write(path, shapes, crs=3578, **fields):
    gpd.GeoDataFrame(fields, geometry=shapes, crs=crs).to_file(path)
    return str(path)


def read(column, grid):
    opened = column.open(grid)
    out = np.empty((len(column.names), *grid.shape), np.float32)
    opened.read(Window(0, 0, *grid.shape[::-1]), out)
    return out[0]


def centres(grid):
    rows, columns = np.indices(grid.shape)
    return grid.centres(rows, columns)


@pytest.mark.parametrize(
    "west", [179.0, -181.0, 178.5], ids=["from 179", "from -181", "from 178.5"]
)
def test_polygons_split_at_180_are_one_on_a_grid_across_it(tmp_path, west):
    grid = Grid(DEGREES, Affine(0.05, 0, west, 0, -0.05, 61), (30, 40))
    halves = shapely.MultiPolygon(
        [shapely.box(179.3, 59.8, 180, 60.6), shapely.box(-180, 59.8, -179.6, 60.6)]
    )
    path = write(tmp_path / "area.gpkg", [halves], crs=4326)
    x, y = centres(grid)
    x = np.mod(x, 360)
    inside = (x > 179.3) & (x < 180.4) & (y > 59.8) & (y < 60.6)
    assert inside.sum() > 50
    np.testing.assert_array_equal(read(Inside("I", path, mapped="grid"), grid), inside)
    np.testing.assert_array_equal(read(Distance("D", path, mapped="grid"), grid) == 0, inside)


def test_polygons_of_a_projection_are_whole_on_a_grid_of_degrees_across_180(tmp_path):
    """Polygons about the North Pole's projection lie on both sides of 180°."""
    polar, grid = 3413, Grid(DEGREES, Affine(0.1, 0, 178, 0, -0.05, 72), (40, 40))
    middle = gpd.GeoSeries.from_xy([180.0], [71.0], crs=4326).to_crs(polar)[0]
    path = write(tmp_path / "area.gpkg", [middle.buffer(45_000)], crs=polar)
    x, y = (axis.ravel() for axis in centres(grid))
    places = gpd.GeoSeries.from_xy(x, y, crs=4326).to_crs(polar)
    expected = (places.distance(middle) < 45_000).to_numpy().reshape(grid.shape)
    off = np.abs(places.distance(middle) - 45_000).to_numpy().reshape(grid.shape) > 200
    assert expected.sum() > 50
    found = read(Inside("I", path, mapped="grid"), grid) == 1
    np.testing.assert_array_equal(found[off], expected[off])  # a buffer is no circle


def test_longitudes_from_0_to_360_meet_those_from_minus_180(tmp_path):
    grid = Grid(DEGREES, Affine(1, 0, 0, 0, -1, 30), (60, 360))
    shapes = [shapely.box(-125.5, -10.5, -60.2, 12.5), shapely.box(-8.5, 3.5, 7.5, 20.5)]
    path = write(tmp_path / "area.gpkg", shapes, crs=4326, n=[1, 2])
    x, y = centres(grid)
    x = np.where(x > 180, x - 360, x)
    expected = np.full(grid.shape, np.nan)
    for number, shape in enumerate(shapes, start=1):
        west, south, east, north = shape.bounds
        expected[(west < x) & (x <= east) & (south < y) & (y <= north)] = number
    found = read(Attribute("A", path, field="n", mapped="grid"), grid)
    np.testing.assert_array_equal(found, expected)


def test_what_a_projection_does_not_reach_is_left_out_and_said(tmp_path):
    """A transverse Mercator reaches no place a quarter of the globe away."""
    grid = Grid(CRS.from_epsg(32608), Affine(500, 0, 400_000, 0, -500, 6_700_000), (40, 60))
    near = gpd.GeoSeries([shapely.box(405_000, 6_685_000, 420_000, 6_695_000)], crs=32608)
    world = shapely.box(-179, -89.9, 179, 0)
    line = shapely.LineString([(-135, 0.001), (-45, 0.0)])
    shapes = [near.to_crs(4326)[0], world, line]
    path = write(tmp_path / "world.gpkg", shapes, crs=4326)
    column = Distance("D", path, mapped="grid")
    inside = rasterize(near, out_shape=grid.shape, transform=grid.transform).astype(bool)
    found = read(column, grid)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found == 0, inside)


def test_broken_outlines_are_mended_and_collections_taken_apart(tmp_path):
    bow = shapely.Polygon(
        [(401_000, 681_000), (411_000, 691_100), (411_000, 681_000), (401_000, 691_000)]
    )
    camp, road = (
        shapely.Point(420_000, 695_000),
        shapely.LineString([(425_000, 682_000), (428_000, 699_000)]),
    )
    several = shapely.GeometryCollection([shapely.MultiPoint([camp]), road, bow])
    path = write(tmp_path / "all.geojson", [several])
    found = read(Distance("D", path, mapped="grid"), PLAIN)
    x, y = centres(PLAIN)
    parts = [camp, road, shapely.make_valid(bow)]
    places = shapely.points(x, y)
    expected = np.min([shapely.distance(places, part) for part in parts], axis=0)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-3)


def test_heights_of_features_are_not_looked_at(tmp_path):
    flat = [shapely.LineString([(402_000, 683_000), (425_000, 697_000)])]
    high = [shapely.LineString([(402_000, 683_000, 900), (425_000, 697_000, 4000)])]
    paths = [write(tmp_path / f"{name}.gpkg", x) for name, x in (("flat", flat), ("high", high))]
    flat_ways, high_ways = (read(Distance("D", path, mapped="grid"), PLAIN) for path in paths)
    np.testing.assert_array_equal(flat_ways, high_ways)


def test_vertices_given_twice_change_nothing(tmp_path):
    corners = [(402_000, 683_000), (410_000, 690_000), (425_000, 697_000)]
    once = write(tmp_path / "once.gpkg", [shapely.LineString(corners)])
    twice = write(tmp_path / "twice.gpkg", [shapely.LineString(np.repeat(corners, 2, axis=0))])
    for kind, more in ((Distance, {}), (Density, {"radius": 3000.0})):
        first, second = (
            read(kind("L", path, mapped="grid", **more), PLAIN) for path in (once, twice)
        )
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ([], r"layer L: the file holds no feature"),
        ([None, None], r"layer L: no feature has a place.*2 without a geometry"),
        ([shapely.LineString([(400_000, 690_000)] * 2)], r"layer L: no feature has a place"),
    ],
    ids=["none", "missing", "no length"],
)
def test_files_without_a_feature_are_refused(tmp_path, shapes, said):
    path = write(tmp_path / "empty.gpkg", gpd.GeoSeries(shapes, dtype="geometry"))
    with pytest.raises(EvidenceError, match=said):
        Distance("L", path).open(PLAIN)


def test_of_several_layers_one_is_to_be_named(tmp_path):
    path = tmp_path / "geology.gpkg"
    for name, x in (("faults", 405_000), ("dykes", 425_000)):
        line = shapely.LineString([(x, 680_000), (x, 700_000)])
        gpd.GeoDataFrame(geometry=[line], crs=3578).to_file(path, layer=name)
    with pytest.raises(EvidenceError, match=r'layer L: .*several layers .found .*layer = "faults"'):
        Distance("L", str(path)).open(PLAIN)
    found = read(Distance("L", str(path), layer="dykes", mapped="grid"), PLAIN)
    np.testing.assert_allclose(found, np.abs(centres(PLAIN)[0] - 425_000), rtol=1e-6, atol=1e-3)


def test_a_table_without_geometries_is_no_layer(tmp_path):
    (tmp_path / "names.csv").write_text("name,commodity\na,Cu\n")
    with pytest.raises(EvidenceError, match=r"layer L: no columns of coordinates are recognised"):
        Distance("L", str(tmp_path / "names.csv"), crs="EPSG:3578").open(PLAIN)


def test_polygons_that_overlap_count_once_inside_and_the_last_tells_its_number(tmp_path):
    first, second = (
        shapely.box(405_000, 685_000, 420_000, 695_000),
        shapely.box(412_000, 690_000, 427_000, 699_000),
    )
    path = write(tmp_path / "rocks.gpkg", [first, second], n=[1, 2])
    place = {"out_shape": PLAIN.shape, "transform": PLAIN.transform}
    expected = rasterize([(first, 1), (second, 2)], **place)
    np.testing.assert_array_equal(read(Inside("I", path, mapped="grid"), PLAIN), expected > 0)
    found = read(Attribute("A", path, field="n", mapped="grid"), PLAIN)
    np.testing.assert_array_equal(np.nan_to_num(found), expected)


def test_metres_that_are_said_to_be_degrees_are_refused(tmp_path):
    line = shapely.LineString([(405_000, 685_000), (420_000, 695_000)])
    path = write(tmp_path / "faults.gpkg", [line], crs=4326)
    said = r"layer L: the coordinates are no longitudes and latitudes.*found latitude 685000"
    with pytest.raises(EvidenceError, match=said):
        Distance("L", path).open(PLAIN)
    right = Distance("L", path, crs="EPSG:3578", mapped="grid")
    assert read(right, PLAIN).min() < 250


def test_features_beyond_any_ground_are_left_out(tmp_path):
    line = shapely.LineString([(405_000, 685_000), (420_000, 695_000)])
    nowhere = shapely.Polygon([(0, 0), (1e5, 1e5), (np.inf, 0), (0, 1)])
    lost = [shapely.Point(1e300, 7e5), shapely.LineString([(0, 0), (-1e200, 1e200)]), nowhere]
    path = write(tmp_path / "faults.gpkg", [line, *lost])
    alone = write(tmp_path / "alone.gpkg", [line])
    columns = [Distance("L", x, mapped="grid") for x in (path, alone)]
    np.testing.assert_array_equal(*(read(column, PLAIN) for column in columns))
    [sentence] = columns[0].doubts(PLAIN)
    assert "3 features left out" in sentence
