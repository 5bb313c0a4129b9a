"""The evidence stack: one grid, validity, windows, samples and draws."""

import hashlib
import tracemalloc
import zipfile

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.crs import CRS
from rasterio.enums import ColorInterp
from rasterio.windows import Window

from geoprospect.errors import EvidenceError, GridMismatchError, LayerNameError
from geoprospect.evidence import EvidenceStack, RasterBand
from geoprospect.evidence.rasters.raster import whole_blocks

TRANSFORM = Affine(1200, 0, 159050, 0, -1200, 977582)
NAMELESS = (
    "+proj=aea +lat_0=50 +lon_0=-130 +lat_1=55 +lat_2=65 +x_0=500000 +y_0=0 +datum=NAD83 +units=m"
)


def write(path, *bands, **options):
    """Write bands as a GeoTIFF and give its path."""
    mask = options.pop("mask", None)
    alpha = options.pop("alpha", None)
    scale = options.pop("scale", None)
    descriptions = options.pop("descriptions", None)
    bands = [np.asarray(band) for band in bands] + ([] if alpha is None else [np.asarray(alpha)])
    profile = {
        "driver": "GTiff",
        "height": bands[0].shape[0],
        "width": bands[0].shape[1],
        "count": len(bands),
        "dtype": bands[0].dtype.name,
        "crs": "EPSG:3578",
        "transform": TRANSFORM,
    } | options
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **profile) as file:
        if alpha is not None:
            file.colorinterp = [ColorInterp.gray] * (len(bands) - 1) + [ColorInterp.alpha]
        for k, band in enumerate(bands, start=1):
            file.write(band, k)
        if mask is not None:
            file.write_mask(np.asarray(mask, dtype="uint8") * 255)
        if scale is not None:
            file.scales, file.offsets = ([value] * len(bands) for value in scale)
        if descriptions is not None:
            file.descriptions = descriptions
    return path


def ramp(rows=4, columns=5, start=0.0, dtype="float32"):
    return (np.arange(rows * columns).reshape(rows, columns) + start).astype(dtype)


@pytest.fixture
def scattered(tmp_path):
    """Three layers stored in other blocks each, of which a third of the cells is invalid."""
    generator = np.random.default_rng(7)
    cells = generator.normal(size=(3, 150, 170)).astype("float32")
    cells[generator.random(cells.shape) < 0.13] = np.nan
    blocks = (
        {"tiled": True, "blockxsize": 16, "blockysize": 32},
        {"blockysize": 1},
        {"tiled": True, "blockxsize": 64, "blockysize": 16, "compress": "deflate"},
    )
    for k, (band, options) in enumerate(zip(cells, blocks, strict=True), start=1):
        write(tmp_path / f"X{k}.tif", band, **options)
    with EvidenceStack.open(tmp_path) as stack:
        yield stack, cells


# Opening: names, files, bands


def test_layers_are_in_the_order_named(tmp_path):
    first, second = write(tmp_path / "a.tif", ramp()), write(tmp_path / "b.tif", ramp(start=50))
    with EvidenceStack.open({"X2": second, "X1": first}) as stack:
        assert stack.names == ("X2", "X1")
        assert stack.read().X[0].tolist() == [50.0, 0.0]
        assert stack.select(["X1", "X2"]).read().X[0].tolist() == [0.0, 50.0]


def test_layers_may_be_bands_of_files(tmp_path):
    path = write(tmp_path / "stack.tif", ramp(), ramp(start=20), ramp(start=40))
    layers = {
        "deep": (path, 3),
        "shallow": {"path": path, "band": 1},
        "X": RasterBand("b", str(path), 2),
    }
    with EvidenceStack.open(layers) as stack:
        assert stack.names == ("deep", "shallow", "X")
        assert stack.read().X[0].tolist() == [40.0, 0.0, 20.0]
        assert stack.columns[0] == RasterBand("deep", str(path), 3)


def test_a_folder_is_read_in_natural_order(tmp_path):
    for name in ("X10.tif", "X2.tif", "x1.TIFF"):
        write(tmp_path / name, ramp())
    (tmp_path / "notes.txt").write_text("not a raster")
    with EvidenceStack.open(tmp_path) as stack:
        assert stack.names == ("x1", "X2", "X10")


def test_bands_of_one_file_are_named_by_description_or_number(tmp_path):
    path = write(tmp_path / "s.tif", ramp(), ramp(), descriptions=("gravity", None))
    with EvidenceStack.open(path) as stack:
        assert stack.names == ("gravity", "B2")


def test_a_file_with_one_band_is_named_by_its_stem(tmp_path):
    with EvidenceStack.open(write(tmp_path / "magnetics.tif", ramp())) as stack:
        assert stack.names == ("magnetics",)


def test_bands_of_a_file_in_a_folder_carry_the_name_of_the_file(tmp_path):
    write(tmp_path / "radio.tif", ramp(), ramp(), descriptions=("K", "Th"))
    with EvidenceStack.open(tmp_path) as stack:
        assert stack.names == ("radio_K", "radio_Th")


def test_two_layers_of_one_name_are_refused(tmp_path):
    write(tmp_path / "X1.tif", ramp())
    write(tmp_path / "X1.tiff", ramp())
    with pytest.raises(LayerNameError, match=r"several layers are named X1.*rename"):
        EvidenceStack.open(tmp_path)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (("X1", "X3"), "the stack lacks layer X3.*found X1, X2"),
        (("X1", "X1"), "every layer must be named once"),
        ((), "every layer must be named once"),
    ],
)
def test_selecting_by_wrong_names_is_refused(tmp_path, wanted, message):
    path = write(tmp_path / "s.tif", ramp(), ramp(), descriptions=("X1", "X2"))
    with EvidenceStack.open(path) as stack, pytest.raises(LayerNameError, match=message):
        stack.select(wanted)


def test_a_selection_leaves_the_stack_open(tmp_path):
    with EvidenceStack.open(write(tmp_path / "X1.tif", ramp())) as stack:
        with stack.select(["X1"]) as view:
            assert view.count_valid() == 20
        assert stack.count_valid() == 20


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(EvidenceError, match=r"gone\.tif: layer X1: no such file"):
        EvidenceStack.open({"X1": tmp_path / "gone.tif"})


def test_a_folder_without_rasters_is_refused(tmp_path):
    with pytest.raises(EvidenceError, match="holds no raster"):
        EvidenceStack.open(tmp_path)


def test_no_layer_at_all_is_refused():
    with pytest.raises(EvidenceError, match="no evidence layer is given"):
        EvidenceStack.open({})


def test_a_file_that_is_no_raster_is_named(tmp_path):
    path = tmp_path / "X1.tif"
    path.write_text("easting,northing")
    with pytest.raises(EvidenceError, match=r"X1\.tif: layer X1: cannot be read as a raster"):
        EvidenceStack.open({"X1": path})


def test_a_truncated_tiff_is_named_when_its_cells_are_read(tmp_path):
    path = write(tmp_path / "X1.tif", ramp(256, 256), tiled=True, blockxsize=64, blockysize=64)
    path.write_bytes(path.read_bytes()[:100_000])
    with (
        EvidenceStack.open({"X1": path}) as stack,
        pytest.raises(EvidenceError, match=r"X1\.tif: layer X1: cannot be read.*cut short"),
    ):
        stack.count_valid()


def test_a_band_that_does_not_exist_is_refused(tmp_path):
    path = write(tmp_path / "X1.tif", ramp())
    with pytest.raises(EvidenceError, match=r"layer X1: the raster has no band 2 \(found 1 band\)"):
        EvidenceStack.open({"X1": (path, 2)})


def test_complex_numbers_are_refused(tmp_path):
    path = write(tmp_path / "X1.tif", ramp(dtype="complex64"))
    with pytest.raises(EvidenceError, match="complex numbers cannot be evidence"):
        EvidenceStack.open({"X1": path})


def test_a_raster_without_crs_is_refused(tmp_path):
    path = write(tmp_path / "X1.tif", ramp(), crs=None)
    with pytest.raises(EvidenceError, match=r"has no CRS.*rio edit-info --crs"):
        EvidenceStack.open({"X1": path})


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_raster_without_georeference_is_refused(tmp_path):
    path = write(tmp_path / "X1.tif", ramp(), transform=Affine.identity())
    with pytest.raises(EvidenceError, match="has no affine"):
        EvidenceStack.open({"X1": path})


def test_a_picture_without_georeference_is_refused_without_warnings(tmp_path):
    path = tmp_path / "X1.png"
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        write(path, ramp(dtype="uint8"), driver="PNG", crs=None, transform=Affine.identity())
    with pytest.raises(EvidenceError, match="has no CRS"):
        EvidenceStack.open({"X1": path})


def test_a_raster_inside_a_zip_is_read(tmp_path):
    write(tmp_path / "X1.tif", ramp())
    with zipfile.ZipFile(tmp_path / "rasters.zip", "w") as archive:
        archive.write(tmp_path / "X1.tif", "X1.tif")
    layers = {"X1": f"/vsizip/{tmp_path}/rasters.zip/X1.tif"}
    cells = hashlib.sha256(ramp().tobytes()).hexdigest()
    with EvidenceStack.open(layers) as stack:
        assert stack.count_valid() == 20
        assert stack.checksums() == {"X1": cells}


# One grid


def pair(tmp_path, **options):
    return {
        "X1": write(tmp_path / "first.tif", ramp()),
        "X2": write(tmp_path / "second.tif", options.pop("cells", ramp()), **options),
    }


def test_layers_that_differ_by_millimetres_lie_on_one_grid(tmp_path):
    layers = pair(tmp_path, transform=Affine(1200, 0, 159050.003, 0, -1200, 977581.998))
    with EvidenceStack.open(layers) as stack:
        assert stack.grid.transform == TRANSFORM


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        ({"transform": Affine(1200, 0, 159062, 0, -1200, 977582)}, "upper left corner 12 m east"),
        ({"transform": Affine(1210, 0, 159050, 0, -1200, 977582)}, "cell size 1200 x 1200 against"),
        ({"crs": "EPSG:32608"}, "CRS EPSG:3578 against EPSG:32608"),
        ({"cells": ramp(4, 6)}, "shape 4 x 5 against 4 x 6"),
    ],
)
def test_layers_on_two_grids_are_refused_naming_both_files(tmp_path, options, difference):
    with pytest.raises(GridMismatchError) as refused:
        EvidenceStack.open(pair(tmp_path, **options))
    message = str(refused.value)
    for part in ("first.tif", "second.tif", difference, "rio warp", "--like"):
        assert part in message


def test_a_crs_without_epsg_code_is_as_good_as_any(tmp_path):
    for name in ("X1", "X2"):
        write(tmp_path / f"{name}.tif", ramp(), crs=CRS.from_string(NAMELESS))
    with EvidenceStack.open(tmp_path) as stack:
        assert stack.grid.crs.to_epsg() is None
        assert stack.count_valid() == 20


# Validity


def valid_and_values(path):
    with EvidenceStack.open({"X1": path}) as stack:
        block = stack.read()
        assert block.values.dtype == np.float32
        assert np.isnan(block.values[0, ~block.valid]).all()
        assert block.X.flags.c_contiguous
        return block.valid.tolist(), block.X.ravel().tolist()


def test_nodata_of_int16_is_invalid(tmp_path):
    cells = np.array([[-32768, 0, 7]], dtype="int16")
    path = write(tmp_path / "X1.tif", cells, nodata=-32768)
    assert valid_and_values(path) == ([[False, True, True]], [0.0, 7.0])


def test_nan_nodata_is_invalid(tmp_path):
    path = write(tmp_path / "X1.tif", np.array([[np.nan, 1.5]], "float32"), nodata=np.nan)
    assert valid_and_values(path) == ([[False, True]], [1.5])


def test_nan_and_infinity_are_invalid_without_any_nodata(tmp_path):
    cells = np.array([[np.nan, np.inf, -np.inf, 2.0]], "float32")
    assert valid_and_values(write(tmp_path / "X1.tif", cells)) == (
        [[False, False, False, True]],
        [2.0],
    )


def test_nodata_that_float32_rounds_is_invalid(tmp_path):
    cells = np.array([[-3.4028234663852886e38, 1.0]], "float32")
    path = write(tmp_path / "X1.tif", cells, nodata=-3.4028234663852886e38)
    assert valid_and_values(path) == ([[False, True]], [1.0])
    path = write(tmp_path / "X2.tif", np.array([[0.1, 1.0]], "float32"), nodata=0.1)
    assert valid_and_values(path) == ([[False, True]], [1.0])


def test_what_float32_cannot_hold_is_invalid(tmp_path):
    path = write(tmp_path / "X1.tif", np.array([[1e300, -1e300, 1e30]], "float64"))
    assert valid_and_values(path) == ([[False, False, True]], [float(np.float32(1e30))])


def test_int64_becomes_float32(tmp_path):
    cells = np.array([[2**40, -5, -1]], "int64")
    path = write(tmp_path / "X1.tif", cells, nodata=-1)
    assert valid_and_values(path) == ([[True, True, False]], [float(2**40), -5.0])


def test_a_mask_band_hides_cells(tmp_path):
    path = write(tmp_path / "X1.tif", np.array([[1.0, 2.0]], "float32"), mask=[[True, False]])
    assert valid_and_values(path) == ([[True, False]], [1.0])


def test_a_mask_band_and_nodata_both_hide_cells(tmp_path):
    cells = np.array([[1, 2, -9999]], "int32")
    path = write(tmp_path / "X1.tif", cells, mask=[[True, False, True]], nodata=-9999)
    assert valid_and_values(path) == ([[True, False, False]], [1.0])


def test_an_alpha_band_hides_cells_and_is_no_layer(tmp_path):
    path = write(
        tmp_path / "X1.tif", np.array([[5, 6]], "uint8"), alpha=np.array([[0, 255]], "uint8")
    )
    assert valid_and_values(path) == ([[False, True]], [6.0])
    with EvidenceStack.open(path) as stack:
        assert stack.names == ("X1",)


def test_an_alpha_band_and_nodata_both_hide_cells(tmp_path):
    alpha = np.array([[0, 255, 255]], "uint8")
    path = write(tmp_path / "X1.tif", np.array([[5, 6, 7]], "uint8"), alpha=alpha, nodata=7)
    assert valid_and_values(path) == ([[False, True, False]], [6.0])


def test_scale_and_offset_of_a_band_are_applied(tmp_path):
    cells = np.array([[100, 250, -1]], "int16")
    path = write(tmp_path / "X1.tif", cells, nodata=-1, scale=(0.01, 3.0))
    assert valid_and_values(path) == ([[True, True, False]], [4.0, 5.5])


def test_a_cell_is_valid_only_where_every_layer_is(tmp_path):
    layers = {
        "X1": write(tmp_path / "X1.tif", np.array([[1.0, np.nan], [3.0, 4.0]], "float32")),
        "X2": write(tmp_path / "X2.tif", np.array([[0, 6], [7, 8]], "uint8"), nodata=0),
    }
    with EvidenceStack.open(layers) as stack:
        block = stack.read()
        assert block.valid.tolist() == [[False, False], [True, True]]
        assert block.X.tolist() == [[3.0, 7.0], [4.0, 8.0]]
        assert block.values[0, 0, 0] == 1.0
        assert stack.count_valid() == 2


def test_a_layer_of_nodata_only_is_named(tmp_path):
    layers = pair(tmp_path, cells=np.full((4, 5), -1, "int16"), nodata=-1)
    with EvidenceStack.open(layers) as stack:
        for use in (stack.count_valid, lambda: stack.draw(3, seed=0)):
            with pytest.raises(EvidenceError, match=r"second\.tif: layer X2: .*no valid cell"):
                use()


def test_layers_without_a_common_cell_are_refused_with_their_counts(tmp_path):
    layers = {
        "X1": write(tmp_path / "X1.tif", np.array([[1, 1, 0]], "uint8"), nodata=0),
        "X2": write(tmp_path / "X2.tif", np.array([[0, 0, 1]], "uint8"), nodata=0),
    }
    with (
        EvidenceStack.open(layers) as stack,
        pytest.raises(EvidenceError, match="X1 2 valid cells, X2 1 valid cells"),
    ):
        stack.count_valid()


# Reading in windows


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(size=st.tuples(st.integers(20, 200), st.integers(20, 200)))
def test_windows_of_any_size_read_what_the_whole_read_does(scattered, size):
    stack, cells = scattered
    read = np.zeros_like(cells)
    for window in stack.windows(size):
        block = stack.read(window)
        read[:, *window.toslices()] = block.values
        assert (block.valid == ~np.isnan(block.values).any(axis=0)).all()
    np.testing.assert_array_equal(read, cells)


@pytest.mark.parametrize(
    "window", [Window(-1, 0, 5, 5), Window(160, 0, 11, 5), Window(0, 146, 5, 5)]
)
def test_a_window_off_the_grid_is_refused(scattered, window):
    with pytest.raises(ValueError, match="does not lie inside a grid of 150 x 170"):
        scattered[0].read(window)


@pytest.mark.parametrize(
    ("shape", "block", "cells", "window"),
    [
        ((50_000, 40_000), (512, 512), 2**20, (1024, 1024)),
        ((50_000, 40_000), (1, 40_000), 2**20, (26, 40_000)),
        ((50_000, 40_000), (50_000, 40_000), 2**20, (26, 40_000)),
        ((10, 5_000_000), (1, 5_000_000), 2**20, (1, 2**20)),
        ((110, 118), (17, 118), 2**20, (110, 118)),
        ((50_000, 40_000), (256, 256), 2**23 // 500, (65, 256)),
        ((3, 3), (256, 256), 1, (1, 1)),
    ],
)
def test_windows_are_whole_blocks_of_about_a_million_cells(shape, block, cells, window):
    assert whole_blocks(shape, [block], cells) == window


# Sampling and drawing


def test_samples_are_the_cells_asked_for_in_their_order(scattered):
    stack, cells = scattered
    generator = np.random.default_rng(3)
    rows, columns = generator.integers(150, size=400), generator.integers(170, size=400)
    X, valid = stack.sample(rows, columns)
    np.testing.assert_array_equal(X, cells[:, rows, columns].T)
    np.testing.assert_array_equal(valid, ~np.isnan(X).any(axis=1))


def test_cells_off_the_grid_are_invalid(scattered):
    X, valid = scattered[0].sample([-1, 150, 0, 5], [-1, 0, 170, -3])
    assert np.isnan(X).all()
    assert not valid.any()


def test_sampling_nothing_gives_nothing(scattered):
    X, valid = scattered[0].sample([], [])
    assert (X.shape, valid.shape) == ((0, 3), (0,))


def test_a_draw_takes_valid_cells_once_each_row_by_row(scattered):
    stack, cells = scattered
    X, rows, columns = stack.draw(500, seed=11)
    flat = rows * 170 + columns
    assert (np.diff(flat) > 0).all()
    np.testing.assert_array_equal(X, cells[:, rows, columns].T)
    assert np.isfinite(X).all()


def test_a_draw_of_all_gives_every_valid_cell(scattered):
    stack, cells = scattered
    X, rows, columns = stack.draw(10**6, seed=0)
    expected = np.argwhere(np.isfinite(cells).all(axis=0))
    np.testing.assert_array_equal(np.column_stack([rows, columns]), expected)
    assert len(X) == stack.count_valid() == len(expected)


def test_a_draw_depends_on_the_seed(scattered):
    stack, _ = scattered
    assert (stack.draw(300, seed=5)[1] == stack.draw(300, seed=5)[1]).all()
    assert (stack.draw(300, seed=5)[1] != stack.draw(300, seed=6)[1]).any()


def test_a_draw_does_not_depend_on_the_blocks_and_windows_of_the_files(tmp_path):
    generator = np.random.default_rng(1)
    cells = generator.integers(0, 9, size=(1300, 1700), dtype="uint8")
    tiled = {"tiled": True, "blockxsize": 256, "blockysize": 128}
    blocks = {"tiles": tiled, "strips": {"blockysize": 1}}
    draws, windows = [], []
    for name, options in blocks.items():
        with EvidenceStack.open(write(tmp_path / f"{name}.tif", cells, nodata=0, **options)) as s:
            windows.append([(w.height, w.width) for w in s.windows()])
            draws.append(s.draw(2_000, seed=5))
    assert windows[0] != windows[1]
    assert min(len(windows[0]), len(windows[1])) > 1
    for ours, theirs in zip(*draws, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    X, rows, columns = draws[0]
    assert len(X) == 2_000
    np.testing.assert_array_equal(X[:, 0], cells[rows, columns])
    assert X.min() > 0


@pytest.mark.parametrize("n", [5, 15])
def test_every_valid_cell_is_as_likely_to_be_drawn(tmp_path, n):
    cells = ramp()
    cells[1, 2] = np.nan
    with EvidenceStack.open(write(tmp_path / "X1.tif", cells)) as stack:
        drawn = np.zeros((4, 5), dtype=int)
        for seed in range(600):
            drawn[stack.draw(n, seed=seed)[1:]] += 1
    share = n / 19
    spread = np.sqrt(600 * share * (1 - share))
    assert drawn[1, 2] == 0
    assert np.abs(drawn[np.isfinite(cells)] - 600 * share).max() < 4.5 * spread


def test_a_large_stack_is_sampled_and_drawn_from_in_little_memory(tmp_path):
    path = tmp_path / "X1.tif"
    profile = {"driver": "GTiff", "height": 20_000, "width": 20_000, "count": 1, "dtype": "uint8"}
    tiles = {"tiled": True, "blockxsize": 512, "blockysize": 512, "sparse_ok": True}
    place = {"crs": "EPSG:3578", "transform": TRANSFORM, "nodata": 0}
    with rasterio.open(path, "w", **profile, **tiles, **place) as file:
        for offset in (0, 9_000, 19_900):
            file.write(np.full((100, 100), 9, "uint8"), 1, window=Window(offset, offset, 100, 100))
    with EvidenceStack.open(path) as stack:
        tracemalloc.start()
        X, rows, _ = stack.draw(50, seed=0)
        sampled, valid = stack.sample([0, 9_050, 19_999, 0], [0, 9_050, 19_999, 19_999])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert X.tolist() == [[9.0]] * 50
    assert set(rows // 9_000) == {0, 1, 2}
    assert valid.tolist() == [True, True, True, False]
    assert sampled[:3].tolist() == [[9.0]] * 3
    assert peak < 64 * 2**20  # the whole as float32 is 1.6 GB


def test_checksums_are_those_of_the_files(tmp_path):
    layers = pair(tmp_path)
    expected = {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in layers.items()
    }
    with EvidenceStack.open(layers) as stack:
        assert stack.checksums() == expected


def test_the_study_rasters_are_one_stack(study):
    layers = {f"X{k}": study / "evidence" / f"X{k}.tif" for k in range(1, 8)}
    with EvidenceStack.open(layers) as stack:
        assert stack.grid.shape == (110, 118)
        assert stack.count_valid() == 12_980
