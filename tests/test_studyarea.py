"""The study area: what lies outside is hidden from maps, draws, samples and figures."""

import pickle
import shutil

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from rasterio.crs import CRS
from rasterio.features import rasterize
from rasterio.warp import transform as warp
from rasterio.windows import Window
from smallproject import SHAPE, TRANSFORM, points, write_project, write_raster

from geoprospect import check, fit, read_samples, write_map
from geoprospect.errors import EvidenceError, OutputError, ProjectError
from geoprospect.evidence import EvidenceStack, Neighbourhood, RasterBand, Surroundings
from geoprospect.evidence.studyarea.column import StudyArea
from geoprospect.evidence.studyarea.territory import Territory
from geoprospect.grid import Grid
from geoprospect.mapping import Execution
from geoprospect.project import Project

UTM = CRS.from_epsg(32608)
GRID = Grid(UTM, TRANSFORM, SHAPE)
# In cells of the grid: columns, then rows.
TRIANGLE = [(2, 3), (37, 9), (11, 45)]
PARKS = [[(10, 10), (20, 12), (16, 22)], [(5, 30), (14, 30), (14, 40)]]


def ground(*corners):
    """Give polygons of corners in cells, in the CRS of the grid."""
    return [shapely.Polygon([TRANSFORM * corner for corner in part]) for part in corners]


def burnt(shapes):
    return rasterize(shapes, out_shape=SHAPE, transform=TRANSFORM).astype(bool)


def write_polygons(path, shapes, crs="EPSG:32608", **fields):
    gpd.GeoDataFrame(fields, geometry=shapes, crs=UTM.to_wkt()).to_crs(crs).to_file(path)
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Give a folder of a layer, an area, two parks and a lake."""
    folder = tmp_path_factory.mktemp("area")
    random = np.random.default_rng(0)
    values = random.normal(size=SHAPE).astype("float32")
    values[-3:] = -9999
    write_raster(folder / "A.tif", values)
    write_raster(folder / "B.tif", random.normal(size=SHAPE).astype("float32"))
    write_polygons(folder / "area.gpkg", ground(TRIANGLE))
    write_polygons(folder / "parks.shp", ground(*PARKS), kind=["park", "plan"])
    lake = np.zeros(SHAPE, "uint8")
    lake[20:26, 8:15] = 7
    write_raster(folder / "lake.tif", lake, nodata=None)
    return folder


def open_stack(folder, area):
    bands = [RasterBand(name, str(folder / f"{name}.tif")) for name in "AB"]
    return EvidenceStack.open([*bands, area])


def territory(folder, name, **more):
    return Territory(str(folder / name), **more)


def lake_cells():
    lake = np.zeros(SHAPE, bool)
    lake[20:26, 8:15] = True
    return lake


CASES = {
    "area": ((("area.gpkg", {}),), (), lambda: burnt(ground(TRIANGLE))),
    "excluded": ((), (("parks.shp", {}),), lambda: ~burnt(ground(*PARKS))),
    "chosen": (
        (),
        (("parks.shp", {"where": "kind = 'park'"}),),
        lambda: ~burnt(ground(PARKS[0])),
    ),
    "raster": ((), (("lake.tif", {}),), lambda: ~lake_cells()),
    "all": (
        (("area.gpkg", {}),),
        (("parks.shp", {}), ("lake.tif", {})),
        lambda: burnt(ground(TRIANGLE)) & ~burnt(ground(*PARKS)) & ~lake_cells(),
    ),
}


def area_of(folder, case):
    area, exclude, _ = CASES[case]
    within = [territory(folder, name, **more) for name, more in area]
    return StudyArea(*within or [None], tuple(territory(folder, x, **more) for x, more in exclude))


@pytest.mark.parametrize("case", CASES)
def test_cells_belong_whose_centre_does(folder, case):
    expected = CASES[case][2]()
    assert 0 < expected.sum() < expected.size
    with open_stack(folder, area_of(folder, case)) as stack:
        assert stack.names == ("A", "B")
        block = stack.read()
        np.testing.assert_array_equal(np.isfinite(block.values[1]), expected)
        valid = expected.copy()
        valid[-3:] = False
        assert stack.count_valid() == valid.sum()
        _, rows, columns = stack.draw(500, seed=0)
        assert valid[rows, columns].all()
        selected = stack.select(["B"])
        assert selected.count_valid() == expected.sum()
        assert stack.bare().count_valid() == valid.sum()


@pytest.fixture(scope="module")
def stack(folder):
    with open_stack(folder, area_of(folder, "all")) as stack:
        yield stack


@given(data=st.data())
def test_windows_of_any_size_hide_the_same_cells(stack, data):
    whole = stack.read().values
    top, left = (data.draw(st.integers(0, n - 1)) for n in SHAPE)
    height = data.draw(st.integers(1, SHAPE[0] - top))
    width = data.draw(st.integers(1, SHAPE[1] - left))
    window = Window(left, top, width, height)
    np.testing.assert_array_equal(stack.read(window).values, whole[:, *window.toslices()])


@pytest.mark.parametrize(
    ("crs", "transform", "shape"),
    [
        (UTM, Affine(37, 5, 499_000, -4, -41, 7_001_000), (150, 150)),
        (UTM, Affine(450, 0, 499_100, 0, 450, 6_994_000), (15, 12)),
        (CRS.from_epsg(4326), Affine(0.0011, 0, -135.03, 0, -0.0007, 63.14), (90, 110)),
    ],
    ids=["finer and rotated", "coarser and south-up", "in degrees"],
)
def test_a_raster_on_another_grid_is_looked_up_at_the_centres_of_cells(
    folder, tmp_path, crs, transform, shape
):
    mask = (np.random.default_rng(1).random(shape) < 0.4).astype("int16") * 3
    mask[:, : shape[1] // 8] = -1
    write_raster(tmp_path / "mask.tif", mask, nodata=-1, crs=crs, transform=transform)
    rows, columns = np.indices(SHAPE)
    x, y = GRID.centres(rows.ravel(), columns.ravel())
    x, y = (np.array(axis) for axis in warp(UTM, crs, x, y))
    across, down = (np.floor(axis).astype(int) for axis in ~transform * (x, y))
    on = (across >= 0) & (down >= 0) & (across < shape[1]) & (down < shape[0])
    expected = np.zeros(rows.size, bool)
    expected[on] = mask[down[on], across[on]] == 3
    assert 0.05 < expected.mean() < 0.95
    with open_stack(folder, StudyArea(territory(tmp_path, "mask.tif"))) as stack:
        found = np.isfinite(stack.read().values[1])
        np.testing.assert_array_equal(found, expected.reshape(SHAPE))
        window = Window(7, 11, 3, 20)
        np.testing.assert_array_equal(
            np.isfinite(stack.read(window).values[1]), found[window.toslices()]
        )


def test_polygons_in_another_crs_hide_the_same_cells(folder, tmp_path):
    write_polygons(tmp_path / "area.geojson", ground(TRIANGLE), crs="EPSG:4326")
    with open_stack(folder, StudyArea(territory(tmp_path, "area.geojson"))) as stack:
        found = np.isfinite(stack.read().values[1])
    np.testing.assert_array_equal(found, burnt(ground(TRIANGLE)))


def test_surroundings_see_beyond_the_area(folder):
    whole = [RasterBand("B", str(folder / "B.tif"))]
    with EvidenceStack.open(whole) as free, open_stack(folder, area_of(folder, "all")) as stack:
        around = Neighbourhood((2,))
        expected = free.surrounded(around).read().values
        found = stack.select(["B"]).surrounded(around).read().values
    kept = CASES["all"][2]()
    np.testing.assert_array_equal(found[:, kept], expected[:, kept])
    assert np.isnan(found[:, ~kept]).all()


def test_points_outside_the_area_are_told_apart_from_those_without_a_value(folder):
    kept = CASES["area"][2]()
    inside, outside = np.argwhere(kept[:-3])[:6], np.argwhere(~kept[:-3])[:3]
    off = np.array([[-4, 2]])
    hollow = np.argwhere(kept & (np.indices(SHAPE)[0] >= SHAPE[0] - 3))[:1]
    cells = np.concatenate([inside, outside, off, hollow])
    table = points(cells[:, 0], cells[:, 1], occurrence=np.arange(len(cells)) % 2)
    with open_stack(folder, area_of(folder, "area")) as stack:
        audit = read_samples(table, stack, label="occurrence").audit
    assert (audit.excluded, audit.outside) == ((6, 7, 8), (9,))
    assert audit.invalid == tuple(range(10, len(cells)))
    assert "3 points left out outside the study area: rows 6, 7, 8." in audit.lines()


def test_a_map_has_no_value_outside_in_any_process_and_is_not_resumed_with_another_area(
    folder, tmp_path
):
    kept = CASES["all"][2]()
    kept[-3:] = False
    cells = np.argwhere(kept)[::5]
    table = points(cells[:, 0], cells[:, 1], occurrence=np.arange(len(cells)) % 2)
    with open_stack(folder, area_of(folder, "all")) as stack:
        model = fit(stack, read_samples(table, stack, label="occurrence"), "logistic-regression")
        small = Execution(window=(16, 16))
        write_map(model, stack, tmp_path / "map.tif", execution=small)
        sent = pickle.loads(pickle.dumps(stack.columns))  # as to other processes
        with EvidenceStack.open(sent, names=stack.names, grid=stack.grid) as elsewhere:
            np.testing.assert_array_equal(elsewhere.read().valid, kept)
        fingerprints = stack.fingerprints()
    assert len(model.training_cells) == len(cells)
    with rasterio.open(tmp_path / "map.tif") as raster:
        np.testing.assert_array_equal(raster.read(1) != raster.nodata, kept)
    with open_stack(folder, area_of(folder, "area")) as stack:
        other = stack.fingerprints()
    assert {name for name in other if other[name] != fingerprints[name]} == {"study area"}


def test_an_area_that_holds_no_cell_is_refused_by_name(folder, tmp_path):
    far = [shapely.box(0, 0, 9, 9)]
    gpd.GeoDataFrame(geometry=far, crs=4326).to_file(tmp_path / "far.gpkg")
    with (
        open_stack(folder, StudyArea(territory(tmp_path, "far.gpkg"))) as stack,
        pytest.raises(EvidenceError, match=r"far\.gpkg: no cell with a value lies in the study"),
    ):
        stack.survey()


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("none.gpkg", {}, r"none\.gpkg: no such file"),
        ("camps.gpkg", {}, r"camps\.gpkg: a study area is told by polygons.*found points"),
        ("lake.tif", {"where": "x = 1"}, r"lake\.tif: where is a setting of polygons"),
        ("parks.shp", {"where": "kind = 'x'"}, r"parks\.shp: .*holds for no feature"),
    ],
)
def test_what_tells_no_area_is_refused(folder, name, more, said):
    points([3], [4]).to_file(folder / "camps.gpkg")
    with pytest.raises(EvidenceError, match=said):
        open_stack(folder, StudyArea(territory(folder, name, **more)))


def test_an_area_travels_with_its_absolute_path(folder, monkeypatch):
    monkeypatch.chdir(folder)
    travelled = pickle.dumps(StudyArea(Territory("area.gpkg"), (Territory("lake.tif"),)))
    monkeypatch.chdir("/")
    expected = StudyArea(territory(folder, "area.gpkg"), (territory(folder, "lake.tif"),))
    assert pickle.loads(travelled) == expected


def test_a_project_file_names_the_area_and_what_is_left_out(tmp_path):
    path = write_project(tmp_path)
    write_polygons(tmp_path / "area.gpkg", ground(TRIANGLE))
    write_polygons(tmp_path / "parks.shp", ground(*PARKS), kind=["park", "plan"])
    text = path.read_text()
    path.write_text(
        text
        + """
        [grid]
        area = "area.gpkg"
        exclude = [{ path = "parks.shp", where = "kind = 'park'" }]
        """
    )
    project = Project.load(path)
    kept = burnt(ground(TRIANGLE)) & ~burnt(ground(PARKS[0]))
    kept[:2] = False
    with project.open_evidence() as stack:
        assert stack.count_valid() == kept.sum()
    assert ("the study area", str(tmp_path / "area.gpkg")) in project.inputs()
    told = [finding.text for finding in check(project) if finding.level == "note"]
    assert any("lie in the study area, area.gpkg without parks.shp" in line for line in told)
    assert any("left out outside the study area: rows" in line for line in told)
    path.write_text(text + '[grid]\nexclude = "parks.shp"\nareas = "x.gpkg"\n')
    with pytest.raises(ProjectError, match=r"grid\.areas is no setting"):
        Project.load(path)
    path.write_text(text + '[grid]\nexclude = "parks.shp"\n')
    with Project.load(path).open_evidence() as stack:
        hidden = ~burnt(ground(*PARKS))
        hidden[:2] = False
        assert stack.count_valid() == hidden.sum()


@pytest.mark.parametrize(
    ("name", "what"),
    [("area.tif", "the study area"), ("lake.tif", "the study area"), ("A.tif", "layer A")],
)
def test_a_map_does_not_replace_a_file_that_it_is_made_of(folder, tmp_path, name, what):
    shutil.copytree(folder, tmp_path / "files")
    place = tmp_path / "files"
    write_raster(place / "area.tif", np.ones(SHAPE, "uint8"), nodata=None)
    bands = [RasterBand(name, str(place / f"{name}.tif")) for name in "AB"]
    area = StudyArea(territory(place, "area.tif"), (territory(place, "lake.tif"),))
    before = (place / name).read_bytes()
    with EvidenceStack.open([Surroundings(tuple(bands), (1,)), area]) as stack:
        table = points([5, 9, 30, 40], [5, 30, 9, 33], occurrence=[1, 0, 1, 0])
        samples = read_samples(table, stack, label="occurrence")
        model = fit(stack, samples, "logistic-regression")
        with pytest.raises(OutputError, match=rf"{name}: would replace what is read as {what} "):
            write_map(model, stack, place / name, overwrite=True)
    assert (place / name).read_bytes() == before
