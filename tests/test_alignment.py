"""Rasters on other grids than the stack's: resampled as they are read, whatever the window."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, Resampling
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform
from rasterio.windows import Window
from smallproject import write_raster

from geoprospect.errors import EvidenceError, GridMismatchError
from geoprospect.evidence import Categorical, EvidenceStack, Neighbourhood, RasterBand
from geoprospect.evidence.computed.prepared import Prepared
from geoprospect.evidence.computed.surroundings import surrounded
from geoprospect.grid import Grid

ALBERS, UTM, DEGREES = CRS.from_epsg(3578), CRS.from_epsg(32608), CRS.from_epsg(4326)
PLACE = transform(UTM, ALBERS, [460_000], [6_840_000])


def about(cell, shape, *, turn=0.0, east=0.0, north=0.0, crs=ALBERS, south_up=False):
    """Give a grid about one place in the Yukon, whatever the CRS."""
    x, y = [p[0] for p in transform(ALBERS, crs, *PLACE)]
    scale = Affine.scale(cell, cell if south_up else -cell)
    middle = Affine.translation(-shape[1] / 2, -shape[0] / 2)
    place = Affine.translation(x + east, y + north) * Affine.rotation(turn) * scale * middle
    return Grid(crs, place, shape)


def smooth(grid, dtype=np.float32):
    """Give values that change slowly from cell to cell."""
    rows, columns = np.indices(grid.shape)
    return (np.sin(rows / 30) * np.cos(columns / 40) + 2).astype(dtype)


def written(path, values, grid, **settings):
    write_raster(path, values, crs=grid.crs, transform=grid.transform, **settings)
    return str(path)


def read(band, grid, window=None):
    with EvidenceStack.open([band], grid=grid) as stack:
        return stack.read(window).values[0]


def by_library(path, grid, resampling, scale=(1, 1)):
    """Warp a whole raster at once, following each cell exactly."""
    place = {"crs": grid.crs, "transform": grid.transform}
    size = {"height": grid.shape[0], "width": grid.shape[1]}
    scales = {"XSCALE": scale[0], "YSCALE": scale[1]}
    with (
        rasterio.open(path) as raster,
        WarpedVRT(
            raster,
            resampling=Resampling[resampling],
            tolerance=1e-9,
            nodata=np.nan,
            dtype="float32",
            **place,
            **size,
            **scales,
        ) as warped,
    ):
        return warped.read(1)


SOURCE = about(50, (330, 360), crs=UTM)
CASES = {
    "another crs": (SOURCE, about(50, (300, 310), east=7), "bilinear"),
    "finer": (SOURCE, about(31, (300, 290)), "bilinear"),
    "coarser": (SOURCE, about(200, (70, 80)), "average"),
    "cubic": (SOURCE, about(50, (90, 95)), "cubic"),
    "classes": (SOURCE, about(47, (300, 310)), "nearest"),
    "coarser classes": (SOURCE, about(170, (70, 80)), "mode"),
    "counts": (SOURCE, about(170, (70, 80)), "sum"),
    "turned": (about(50, (300, 320), turn=30), about(50, (300, 310)), "bilinear"),
    "onto a turned one": (SOURCE, about(45, (200, 210), turn=-50), "bilinear"),
    "south-up": (about(50, (300, 320), crs=UTM, south_up=True), about(60, (90, 80)), "bilinear"),
    "onto a south-up one": (SOURCE, about(52, (200, 190), south_up=True), "bilinear"),
    "from degrees": (
        about(0.0007, (300, 500), crs=DEGREES),
        about(50, (200, 210), east=7),
        "bilinear",
    ),
    "onto degrees": (SOURCE, about(0.0006, (200, 300), crs=DEGREES), "bilinear"),
    "one cell": (SOURCE, about(50, (1, 1)), "bilinear"),
    "one row": (SOURCE, about(50, (1, 600)), "bilinear"),
    "one column": (SOURCE, about(50, (600, 1)), "bilinear"),
    "of one row": (about(50, (1, 300), crs=UTM), about(10, (60, 800)), "nearest"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_layer_is_resampled_as_by_warping_all_of_it_at_once(tmp_path, case):
    source, grid, resampling = CASES[case]
    values = smooth(source)
    values[100:120, 90:140] = -9999
    path = written(tmp_path / "A.tif", values, source)
    if resampling in ("nearest", "mode"):
        values = np.where(values < -99, values, np.round(values * 4)).astype(np.float32)
        path = written(tmp_path / "A.tif", values, source)
    band = RasterBand("A", path, resampling=resampling)
    opened = band.open(grid)
    coarser = [1 / max(1, along) if along > 1.05 else 1 for along in opened.warp.between.along]
    opened.close()
    expected = by_library(path, grid, resampling, coarser)
    found = read(band, grid)
    differ = np.isnan(found) != np.isnan(expected)
    assert differ.mean() < 1e-4, "cells on the edge of the layer may fall to either side"
    assert np.isfinite(expected).any()
    both = np.isfinite(found) & np.isfinite(expected)
    away = np.abs(found - expected)[both]
    if resampling in ("nearest", "mode"):
        assert (away > 0).mean() < 1e-3
    else:
        most = 1e-3 if resampling == "sum" else 1e-5  # of the range; a sum has edges besides
        assert away.max() <= most * np.ptp(smooth(source)) * max(1, expected[both].max() / 3)


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Give each case as a stack, with all its cells as one window gives them."""
    stacks = {}
    for case, (source, grid, resampling) in CASES.items():
        values = smooth(source)
        values[100:120, 90:140] = -9999
        path = written(tmp_path_factory.mktemp("a") / "A.tif", values, source)
        stack = EvidenceStack.open([RasterBand("A", path, resampling=resampling)], grid=grid)
        stacks[case] = stack, stack.read().values[0]
    yield stacks
    for stack, _ in stacks.values():
        stack.close()


@given(st.data())
@settings(max_examples=60)
def test_cells_are_the_same_whatever_the_window(opened, data):
    stack, whole = opened[data.draw(st.sampled_from(sorted(CASES)))]
    rows, columns = whole.shape
    top, left = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1))
    height = data.draw(st.integers(1, min(40, rows - top)))
    width = data.draw(st.integers(1, min(40, columns - left)))
    part = stack.read(Window(left, top, width, height)).values[0]
    np.testing.assert_array_equal(part, whole[top : top + height, left : left + width])


def test_a_grid_of_many_tiles_is_the_same_in_windows_of_any_size(tmp_path):
    source = about(50, (1200, 1300), crs=UTM)
    path = written(tmp_path / "A.tif", smooth(source), source)
    grid = about(50, (1050, 1100))
    with EvidenceStack.open([RasterBand("A", path)], grid=grid) as stack:
        whole = stack.read().values[0]
        pieced = np.empty_like(whole)
        for window in stack.windows((300, 700)):
            pieced[window.toslices()] = stack.read(window).values[0]
        rows, columns = np.array([0, 511, 512, 1049]), np.array([512, 511, 1099, 0])
        X, _ = stack.sample(rows, columns)
    np.testing.assert_array_equal(pieced, whole)
    np.testing.assert_array_equal(X[:, 0], whole[rows, columns])
    # No seam: steps from tile to tile are those of the layer itself.
    for axis in (0, 1):
        steps = np.abs(np.diff(whole, 2, axis=axis))
        assert np.nanmax(steps) < 3e-3  # of the sines: 1 / 30 ** 2, and no more


@pytest.mark.parametrize("south_up", [False, True])
@pytest.mark.parametrize("crs", [ALBERS, CRS.from_wkt(ALBERS.to_wkt(version="WKT1_ESRI"))])
def test_cells_that_are_the_same_are_copied_and_not_computed(tmp_path, south_up, crs):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(40, 50)).astype(np.float32)
    whole = Grid(crs, Affine(100, 0, 1000, 0, -100, 9000), (40, 50))
    path = written(tmp_path / "A.tif", values, whole)
    place = Affine(100, 0, 600, 0, -100, 8500)  # 4 columns before it, 5 rows into it
    if south_up:
        place = Affine(100, 0, 600, 0, 100, 8500 - 60 * 100)
    grid = Grid(ALBERS, place, (60, 30))
    expected = np.full((60, 30), np.nan, np.float32)
    expected[:35, 4:] = values[5:, :26]
    if south_up:
        expected = expected[::-1]
    found = read(RasterBand("A", path), grid)
    np.testing.assert_array_equal(found, expected)
    part = read(RasterBand("A", path), grid, Window(2, 20, 9, 30))
    np.testing.assert_array_equal(part, expected[20:50, 2:11])


def test_a_layer_on_the_grid_is_read_as_it_is(tmp_path):
    values = np.random.default_rng(0).normal(size=(40, 50)).astype(np.float32)
    grid = Grid(ALBERS, Affine(100, 0, 1000, 0, -100, 9000), (40, 50))
    path = written(tmp_path / "A.tif", values, grid)
    nearly = Grid(ALBERS, Affine(100, 0, 1000.05, 0, -100, 9000), (40, 50))
    np.testing.assert_array_equal(read(RasterBand("A", path), nearly), values)


def test_a_global_layer_is_read_across_180(tmp_path):
    globe = Grid(DEGREES, Affine(1, 0, -180, 0, -1, 90), (180, 360))
    longitudes, _ = globe.centres(*np.indices(globe.shape))
    values = np.cos(np.radians(longitudes)).astype(np.float32)
    path = written(tmp_path / "A.tif", values, globe)
    across = Grid(DEGREES, Affine(1, 0, 170, 0, -1, 60), (10, 20))
    expected = np.cos(np.radians(170.5 + np.arange(20)))
    np.testing.assert_allclose(read(RasterBand("A", path), across)[0], expected, atol=1e-6)
    finer = Grid(DEGREES, Affine(0.3, 0, 170.1, 0, -0.3, 60), (30, 60))
    expected = np.cos(np.radians(170.25 + 0.3 * np.arange(60)))
    np.testing.assert_allclose(read(RasterBand("A", path), finer)[5], expected, atol=2e-4)
    chukotka = CRS.from_epsg(3576)  # polar, its middle at 90° E: 180° runs through it
    x, y = transform(DEGREES, chukotka, [180.0], [65.0])
    polar = Grid(chukotka, Affine(2e4, 0, x[0] - 1e6, 0, -2e4, y[0] + 1e6), (100, 100))
    found = read(RasterBand("A", path), polar)
    lon, _ = transform(
        chukotka, DEGREES, *(z.ravel() for z in polar.centres(*np.indices((100, 100))))
    )
    expected = np.cos(np.radians(lon)).reshape(100, 100)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, expected, atol=5e-3)


def test_a_layer_from_0_to_360_degrees_is_found_by_western_longitudes(tmp_path):
    pacific = Grid(DEGREES, Affine(0.5, 0, 200, 0, -0.5, 70), (40, 60))
    values = smooth(pacific)
    path = written(tmp_path / "A.tif", values, pacific)
    west = Grid(DEGREES, Affine(0.5, 0, -158, 0, -0.5, 70), (40, 20))  # 202 to 212
    np.testing.assert_array_equal(read(RasterBand("A", path), west), values[:, 4:24])
    moved = Grid(DEGREES, Affine(0.5, 0, -157.9, 0, -0.5, 70), (40, 20))
    between = 0.8 * values[:, 4:24] + 0.2 * values[:, 5:25]
    np.testing.assert_allclose(read(RasterBand("A", path), moved), between, atol=1e-5)
    utm = Grid(CRS.from_epsg(32605), Affine(5e4, 0, 4e5, 0, -5e4, 7e6), (5, 5))
    assert np.isfinite(read(RasterBand("A", path), utm)).all()


HIDDEN = (slice(30, 50), slice(40, 70))


def marked(path, how, values):
    """Write values of which some are hidden, marked in one of the ways that files have."""
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "crs": UTM}
    profile |= {"height": values.shape[0], "width": values.shape[1], "transform": SMALL.transform}
    wild = values.copy()
    wild[HIDDEN] = 1e6
    if how == "a value":
        profile["nodata"] = 1e6
    if how == "NaN":
        wild[HIDDEN] = np.nan
    if how == "infinity":
        wild[HIDDEN] = np.inf
    if how == "scale and offset":
        profile |= {"dtype": "int16", "nodata": -32768}
        wild = np.round((values - 2) * 1e4).astype(np.int16)
        wild[HIDDEN] = -32768
    if how == "an integer beyond 2 ** 53":
        profile |= {"dtype": "int64", "nodata": 2**53 + 2}
        wild = np.round(values * 1e4).astype(np.int64)
        wild[HIDDEN] = 2**53 + 2
    if how == "an alpha band":
        profile["count"] = 2
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(wild, 1)
        hides = np.ones(values.shape, bool)
        hides[HIDDEN] = False
        if how == "a mask":
            raster.write_mask(hides)
        if how == "an alpha band":
            raster.write(hides.astype(np.float32), 2)
            raster.colorinterp = [ColorInterp.gray, ColorInterp.alpha]
        if how == "scale and offset":
            raster.scales, raster.offsets = (1e-4,), (2.0,)
        if how == "an integer beyond 2 ** 53":
            raster.scales = (1e-4,)
    nodata = 1e6 if how == "the project file" else None
    return RasterBand("A", str(path), nodata=nodata)


SMALL = about(50, (90, 100), crs=UTM)
ONTO = {"bilinear": about(50, (80, 90), east=20), "average": about(150, (25, 27))}
ONTO |= {"cubic": ONTO["bilinear"], "nearest": ONTO["bilinear"], "sum": ONTO["average"]}
WAYS = [
    *("a value", "NaN", "infinity", "a mask", "an alpha band", "scale and offset"),
    *("an integer beyond 2 ** 53", "the project file"),
]


@pytest.mark.parametrize("resampling", ONTO)
@pytest.mark.parametrize("how", WAYS)
def test_hidden_cells_leave_no_trace_however_they_are_marked(tmp_path, how, resampling):
    values = smooth(SMALL)
    band = marked(tmp_path / "A.tif", how, values)
    hidden = values.copy()
    hidden[HIDDEN] = np.nan
    plain = written(tmp_path / "plain.tif", hidden, SMALL, nodata=np.nan)
    grid = ONTO[resampling]
    found = read(replace(band, resampling=resampling), grid)
    expected = read(RasterBand("A", plain, resampling=resampling), grid)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_allclose(found, expected, atol=2e-3)  # scaled integers are rounded
    assert np.isnan(found).any()
    if resampling not in ("sum", "cubic"):  # which may go beyond the values themselves
        assert np.nanmin(found) >= values.min() - 1e-3
        assert np.nanmax(found) <= values.max() + 1e-3


@given(st.integers(0, 2**32 - 1), st.sampled_from(["bilinear", "average", "nearest", "mode"]))
@settings(max_examples=25)
def test_no_value_lies_beyond_those_of_the_layer(tmp_path_factory, seed, resampling):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=SMALL.shape).astype(np.float32)
    values[rng.random(SMALL.shape) < rng.random()] = -3e38
    path = written(tmp_path_factory.mktemp("b") / "A.tif", values, SMALL, nodata=-3e38)
    grid = about(rng.uniform(20, 200), (40, 45), turn=rng.uniform(-180, 180))
    found = read(RasterBand("A", path, resampling=resampling), grid)
    known = found[np.isfinite(found)]
    valid = values[values > -1e38]
    last_digit = np.spacing(np.abs(valid).max(initial=1))  # to which an average is rounded
    assert (known >= valid.min(initial=np.inf) - last_digit).all()
    assert (known <= valid.max(initial=-np.inf) + last_digit).all()


def test_an_average_is_that_of_the_cells_within(tmp_path):
    values = np.arange(16, dtype=np.float32).reshape(4, 4)
    values[0, 0] = -9999
    fine = Grid(ALBERS, Affine(50, 0, 0, 0, -50, 200), (4, 4))
    path = written(tmp_path / "A.tif", values, fine)
    coarse = Grid(ALBERS, Affine(100, 0, 0, 0, -100, 200), (2, 2))
    # of 1, 4, 5; of 2, 3, 6, 7; of 8, 9, 12, 13; of 10, 11, 14, 15
    np.testing.assert_allclose(read(RasterBand("A", path), coarse), [[10 / 3, 4.5], [10.5, 12.5]])
    counts = RasterBand("A", path, resampling="sum")
    np.testing.assert_allclose(read(counts, coarse), [[10, 18], [42, 50]])


def test_classes_are_never_mixed(tmp_path):
    rng = np.random.default_rng(0)
    codes = np.kron(rng.choice([1, 5, 9], size=(15, 15)), np.ones((6, 6))).astype(np.int16)
    source = about(50, codes.shape, crs=UTM)
    path = written(tmp_path / "G.tif", codes, source, nodata=-1)
    for cell in (20, 50, 180):
        grid = about(cell, (20, 22))
        with EvidenceStack.open([Categorical("G", path)], grid=grid) as stack:
            values = stack.read().values
        assert stack.names == ("G=1", "G=5", "G=9")
        known = np.isfinite(values[0])
        assert known.any()
        np.testing.assert_array_equal(values.sum(axis=0)[known], 1)
        assert set(np.unique(values[:, known])) == {0, 1}


def test_a_layer_of_a_computed_column_is_resampled_too(tmp_path):
    path = written(tmp_path / "A.tif", smooth(SOURCE), SOURCE)
    grid = about(60, (30, 32))
    plain = read(RasterBand("A", path), grid)
    np.testing.assert_array_equal(read(Prepared(RasterBand("A", path)), grid), plain)


def test_without_a_named_grid_a_layer_of_another_is_refused_with_the_line_to_write(tmp_path):
    first = RasterBand("first", written(tmp_path / "A.tif", smooth(SOURCE), SOURCE))
    second = RasterBand("B", written(tmp_path / "B.tif", smooth(SMALL), SMALL))
    with pytest.raises(GridMismatchError, match='write grid = "first" at the top'):
        EvidenceStack.open([first, second])


def test_a_layer_without_crs_is_taken_where_one_is_stated(tmp_path):
    nowhere = Grid(None, SOURCE.transform, SOURCE.shape)
    path = written(tmp_path / "A.tif", smooth(SOURCE), nowhere)
    grid = about(60, (30, 32))
    with pytest.raises(EvidenceError, match='crs = "EPSG:…"'):
        read(RasterBand("A", path), grid)
    known = written(tmp_path / "B.tif", smooth(SOURCE), SOURCE)
    stated = RasterBand("A", path, crs="EPSG:32608")
    np.testing.assert_array_equal(read(stated, grid), read(RasterBand("B", known), grid))
    with EvidenceStack.open([stated]) as stack:
        assert stack.grid == SOURCE
    with pytest.raises(EvidenceError, match="no such CRS"):
        read(RasterBand("A", path, crs="UTM zone 8"), grid)


def test_a_stated_crs_goes_before_that_of_the_file(tmp_path):
    wrong = Grid(CRS.from_epsg(32609), SOURCE.transform, SOURCE.shape)
    path = written(tmp_path / "A.tif", smooth(SOURCE), wrong)
    right = written(tmp_path / "B.tif", smooth(SOURCE), SOURCE)
    grid = about(60, (30, 32))
    found = read(RasterBand("A", path, crs="EPSG:32608"), grid)
    np.testing.assert_array_equal(found, read(RasterBand("B", right), grid))


def test_a_layer_elsewhere_is_refused(tmp_path):
    path = written(tmp_path / "A.tif", smooth(SMALL), SMALL)
    far = Grid(ALBERS, Affine(50, 0, 9e6, 0, -50, 9e6), (10, 10))
    with pytest.raises(EvidenceError, match=r"A\.tif: layer A: the layer shares no ground"):
        read(RasterBand("A", path), far)


def test_a_described_layer_opens_alike_in_another_process(tmp_path):
    path = written(tmp_path / "A.tif", smooth(SMALL), SMALL)
    band = RasterBand("A", path, resampling="cubic", crs="EPSG:32608")
    again = pickle.loads(pickle.dumps(band))
    assert again == band
    with EvidenceStack.open([band], grid=ONTO["cubic"]) as stack:
        fingerprint = stack.fingerprints()
        (column,) = stack.columns
    with EvidenceStack.open([pickle.loads(pickle.dumps(column))], grid=ONTO["cubic"]) as stack:
        assert stack.fingerprints() == fingerprint
    with EvidenceStack.open([RasterBand("A", path)], grid=ONTO["cubic"]) as stack:
        assert stack.fingerprints() != fingerprint
    with EvidenceStack.open([band], grid=ONTO["average"]) as stack:
        assert stack.fingerprints() != fingerprint


def test_cells_far_too_fine_are_refused_before_they_fill_the_memory(tmp_path):
    path = written(tmp_path / "A.tif", smooth(SMALL), SMALL)
    coarse = Grid(UTM, Affine(5e5, 0, 0, 0, -5e5, 7e6), (2, 2))
    with pytest.raises(EvidenceError, match="too fine for the grid"):
        read(RasterBand("A", path), coarse)


@pytest.mark.parametrize("turn", [0, 12, 30, 45, 90, 135, 180])
def test_an_average_is_that_of_the_cells_within_however_the_rows_are_turned(tmp_path, turn):
    source = about(25, (200, 200))
    values = np.random.default_rng(0).normal(size=source.shape).astype(np.float32)
    values[80:120, 60:90] = -9999
    path = written(tmp_path / "A.tif", values, source)
    grid = about(100, (20, 20), turn=turn)
    # The average of the values at 20 x 20 places within each cell.
    across, down = np.meshgrid(*[(np.arange(400) + 0.5) / 20] * 2)
    a, b, c, d, e, f = grid.transform[:6]
    x, y = c + a * across + b * down, f + d * across + e * down
    rows, columns, _ = source.cells(x.ravel(), y.ravel())
    within = np.where(values == -9999, np.nan, values)[rows, columns].reshape(20, 20, 20, 20)
    whole = np.isfinite(within).all(axis=(1, 3))
    found = read(RasterBand("A", path), grid)
    expected = within.mean(axis=(1, 3))
    assert np.corrcoef(found[whole], expected[whole])[0, 1] > 0.99
    none = ~np.isfinite(within).any(axis=(1, 3))
    assert none.any()
    assert np.isnan(found[none]).mean() > 0.9  # a corner that no place lies in may have one


def test_surroundings_are_those_of_the_resampled_layer(tmp_path):
    path = written(tmp_path / "A.tif", smooth(SOURCE), SOURCE)
    grid = about(60, (40, 42))
    [column] = surrounded([RasterBand("A", path)], Neighbourhood((2,)))
    with EvidenceStack.open([column], grid=grid) as stack:
        whole = stack.read().values
        part = stack.read(Window(11, 9, 13, 8)).values
    np.testing.assert_array_equal(whole[0], read(RasterBand("A", path), grid))
    np.testing.assert_array_equal(part, whole[:, 9:17, 11:24])


def test_a_row_of_100_000_cells_is_read_alike_in_any_window(tmp_path):
    source = about(60, (40, 90_000), crs=ALBERS, turn=0.01)
    path = written(tmp_path / "A.tif", smooth(source), source)
    row = about(50, (1, 100_000))
    with EvidenceStack.open([RasterBand("A", path)], grid=row) as stack:
        whole = stack.read().values[0, 0]
        for left, width in ((0, 1), (511, 3), (40_000, 777), (99_990, 10)):
            part = stack.read(Window(left, 0, width, 1)).values[0, 0]
            np.testing.assert_array_equal(part, whole[left : left + width])
    assert np.isfinite(whole).sum() > 50_000
