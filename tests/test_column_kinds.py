"""Every kind of column gives the same cells in any window, on grids of any kind."""

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.windows import Window
from smallproject import write_raster

from geoprospect.evidence import EvidenceStack, RasterBand, column_kinds
from geoprospect.evidence.computed.neighbourhood import Neighbourhood
from geoprospect.evidence.computed.prepared import PreparationSettings
from geoprospect.evidence.computed.surroundings import surrounded
from geoprospect.grid import Grid

UTM, DEGREES = "EPSG:32608", "EPSG:4326"
NORTH_UP = Affine(100, 0, 500_000, 0, -100, 7_000_000)
GRIDS = {
    "one cell": (UTM, NORTH_UP, (1, 1)),
    "one row": (UTM, NORTH_UP @ Affine.scale(0.05), (1, 3000)),
    "one column": (UTM, NORTH_UP, (700, 1)),
    "south up": (UTM, Affine(100, 0, 500_000, 0, 100, 6_990_000), (40, 50)),
    "rotated": (UTM, NORTH_UP @ Affine.rotation(30), (40, 50)),
    "degrees": (DEGREES, Affine(0.01, 0, -133, 0, -0.01, 61), (40, 50)),
    "across 180 degrees": (DEGREES, Affine(0.01, 0, 179.8, 0, -0.01, 61), (40, 50)),
    "beyond 180 degrees": (DEGREES, Affine(0.01, 0, 190, 0, -0.01, 61), (40, 50)),
}
IN_METRES = {"horizontal-gradient", "vertical-derivative", "tilt", "analytic-signal"}


@pytest.fixture(scope="module", params=GRIDS)
def ground(request, tmp_path_factory):
    return laid_out(tmp_path_factory.mktemp("ground"), *GRIDS[request.param])


def laid_out(folder, crs, transform, shape):
    """Write rasters, lines, polygons and points on a grid."""
    rng = np.random.default_rng(8)
    for name in "ab":
        values = rng.lognormal(0, 1, shape).astype(np.float32)
        values[rng.random(shape) < 0.1] = -9999 if values.size > 1 else values[0, 0]
        write_raster(folder / f"{name}.tif", values, crs=crs, transform=transform)
    codes = rng.integers(1, 4, shape).astype(np.uint8)
    write_raster(folder / "codes.tif", codes, crs=crs, transform=transform, nodata=0)
    finer = transform @ Affine.translation(-20, -20) @ Affine.scale(0.7)
    fine = rng.normal(size=(shape[0] * 2 + 60, shape[1] * 2 + 60)).astype(np.float32)
    write_raster(folder / "fine.tif", fine, crs=crs, transform=finer)

    def places(n):
        across, down = rng.random(n) * shape[1], rng.random(n) * shape[0]
        x, y = transform @ (across, down)
        if crs == DEGREES:
            x = (x + 180) % 360 - 180
        return np.column_stack([x, y])

    stations = gpd.GeoDataFrame(
        {"Cu": rng.lognormal(0, 1, 60)}, geometry=gpd.points_from_xy(*places(60).T), crs=crs
    )
    stations.to_file(folder / "stations.gpkg")
    size = 5 * abs(transform.determinant) ** 0.5
    boxes = [shapely.box(x, y, x + size, y + 2 * size) for x, y in places(6)]
    table = {"unit": list("abcabc"), "age": np.arange(6.0)}
    gpd.GeoDataFrame(table, geometry=boxes, crs=crs).to_file(folder / "units.gpkg")
    lines = [shapely.LineString([(x, y), (x + size, y + 3 * size)]) for x, y in places(6)]
    gpd.GeoDataFrame({"n": range(6)}, geometry=lines, crs=crs).to_file(folder / "faults.gpkg")
    return folder, Grid(rasterio.crs.CRS.from_string(crs), transform, shape)


def columns_of(folder, grid):
    """Give a column of each kind that is known, on the files of a folder."""
    kinds = column_kinds()
    a, b = (RasterBand(name, str(folder / f"{name}.tif")) for name in "ab")
    faults, units, stations = (
        {"path": str(folder / f"{name}.gpkg"), "mapped": "grid"}
        for name in ("faults", "units", "stations")
    )
    radius = 2e3 if grid.crs.is_geographic else 800.0
    made = {
        "raster": RasterBand("fine", str(folder / "fine.tif")),
        "bands": kinds["bands"]("group", str(folder / "b.tif")),
        "categorical": kinds["categorical"]("units", units["path"], field="unit", missing="class"),
        "ordinal": kinds["ordinal"]("grade", str(folder / "codes.tif"), order=("3", "1", "2")),
        "distance": kinds["distance"]("distance", **faults),
        "inside": kinds["inside"]("inside", **units),
        "density": kinds["density"]("density", **faults, radius=radius),
        "direction": kinds["direction"]("strike", **faults),
        "attribute": kinds["attribute"]("age", **units, field="age"),
        "stations": kinds["stations"](
            "Cu", stations["path"], value="Cu", method="inverse-distance", distance=5 * radius
        ),
        "ratio": kinds["ratio"]("ratio", (a, b)),
        "difference": kinds["difference"]("difference", (a, b)),
        "log-ratio": kinds["log-ratio"]("soil", (a, b)),
        **{kind: kinds[kind](kind, (a,)) for kind in IN_METRES},
    }
    assert set(made) == set(kinds)
    if grid.crs.is_geographic:
        made = {kind: column for kind, column in made.items() if kind not in IN_METRES}
    if grid.n_cells == 1:  # which is of one class
        made = {kind: x for kind, x in made.items() if kind not in ("categorical", "ordinal")}
    wholes = PreparationSettings(["rank"], missing="nearest", missing_within=4)
    prepared = wholes.applied_to(RasterBand("prepared", str(folder / "a.tif")))
    return [*made.values(), *surrounded([prepared], Neighbourhood((1,)))]


@pytest.fixture(scope="module")
def stack(ground):
    folder, grid = ground
    with EvidenceStack.open(columns_of(folder, grid), grid=grid) as stack:
        yield stack, stack.read().values


@given(
    start=st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)),
    size=st.tuples(st.integers(1, 700), st.integers(1, 3000)),
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_window_of_any_size_holds_the_same_cells(stack, start, size):
    stack, whole = stack
    row, column = (int(share * n) for share, n in zip(start, stack.grid.shape, strict=True))
    height, width = (
        min(n, most - first)
        for n, most, first in zip(size, stack.grid.shape, (row, column), strict=True)
    )
    values = stack.read(Window(column, row, width, height)).values
    expected = whole[:, row : row + height, column : column + width]
    for name, found, cells in zip(stack.names, values, expected, strict=True):
        np.testing.assert_array_equal(found, cells, err_msg=name)


def test_each_column_has_values(stack):
    stack, whole = stack
    if min(stack.grid.shape) > 1:
        for name, values in zip(stack.names, whole, strict=True):
            assert np.isfinite(values).mean() > 0.05, name


def test_a_grid_of_a_hundred_thousand_columns_is_read_where_it_is_asked(tmp_path):
    row = (UTM, NORTH_UP @ Affine.scale(0.05), (1, 100_000))
    folder, grid = laid_out(tmp_path, *row)
    with EvidenceStack.open(columns_of(folder, grid), grid=grid) as stack:
        wide = stack.read(Window(49_700, 0, 600, 1)).values
        narrow = stack.read(Window(49_990, 0, 20, 1)).values
    np.testing.assert_array_equal(narrow, wide[:, :, 290:310])
