"""Layers computed from others: ratios, log-ratios, derivatives of fields, groups of bands."""

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin
from rasterio.windows import Window
from smallproject import PROJECT, write_raster

import geoprospect as gp
from geoprospect.errors import EvidenceError, ProjectError
from geoprospect.evidence import EvidenceStack, RasterBand, column_kinds
from geoprospect.evidence.computed.combined import Difference, LogRatios, Ratio
from geoprospect.evidence.rasters.bandgroup import BandGroup

SHAPE = (19, 27)
PARTS = ("Cu", "Zn", "Pb")


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Three parts of a whole, one with zeros, one with a gap; gives bands and values."""
    folder = tmp_path_factory.mktemp("parts")
    rng = np.random.default_rng(3)
    values = rng.lognormal(1, 0.7, (3, *SHAPE)).astype(np.float32)
    values[1, 4:6, 2:9], values[2, 0, 0] = 0, -9999
    for name, layer in zip(PARTS, values, strict=True):
        write_raster(folder / f"{name}.tif", layer)
    values[values == -9999] = np.nan
    bands = tuple(RasterBand(name, str(folder / f"{name}.tif")) for name in PARTS)
    return bands, values.astype(np.float64)


def read(column, window=None):
    with EvidenceStack.open([column]) as stack:
        return stack.read(window).values


def with_floors(values):
    floors = [0.65 * layer[layer > 0].min() for layer in values]
    return np.stack([np.where(x < f, f, x) for x, f in zip(values, floors, strict=True)])


def test_ratios_and_differences_are_those_of_the_cells(parts):
    bands, values = parts
    [ratio] = read(Ratio("Cu/Zn", bands[:2]))
    expected = np.where(values[1] == 0, np.nan, values[0] / np.where(values[1] == 0, 1, values[1]))
    np.testing.assert_allclose(ratio, expected, rtol=1e-6)
    [difference] = read(Difference("Cu-Pb", (bands[0], bands[2])))
    np.testing.assert_allclose(difference, values[0] - values[2], rtol=1e-5, atol=1e-6)


def test_centred_log_ratios_are_to_the_geometric_mean(parts):
    bands, values = parts
    whole = with_floors(values)
    mean = np.prod(whole, axis=0) ** (1 / 3)
    centred = read(LogRatios("soil", bands))
    np.testing.assert_allclose(centred, np.log(whole / mean), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.nansum(centred, axis=0), 0, atol=1e-5)


def test_isometric_log_ratios_keep_the_distances_of_centred_ones(parts):
    bands, values = parts
    whole = with_floors(values).reshape(3, -1).T
    isometric = read(LogRatios("soil", bands, "ilr")).reshape(2, -1).T
    centred = np.log(whole) - np.log(whole).mean(axis=1, keepdims=True)
    first, second = np.arange(1, 200), np.arange(201, 400)
    np.testing.assert_allclose(
        np.linalg.norm(isometric[first] - isometric[second], axis=1),
        np.linalg.norm(centred[first] - centred[second], axis=1),
        rtol=1e-4,
    )
    # The last pivot coordinate is the one of two parts.
    expected = np.log(whole[1:, 1] / whole[1:, 2]) / np.sqrt(2)
    np.testing.assert_allclose(isometric[1:, 1], expected, rtol=1e-4, atol=1e-5)


def test_closure_gives_shares_of_the_sum(parts):
    bands, values = parts
    shares = read(LogRatios("soil", bands, "closure"))
    np.testing.assert_allclose(shares, values / values.sum(axis=0), rtol=1e-5)


def test_a_part_that_is_negative_is_refused(parts, tmp_path):
    bands, _ = parts
    write_raster(tmp_path / "As.tif", np.full(SHAPE, -2, np.float32))
    with pytest.raises(EvidenceError, match=r"layer As: .*cannot be negative.*values from -2"):
        read(LogRatios("soil", (*bands, RasterBand("As", str(tmp_path / "As.tif")))))


DEPTH, CELL, FIELD_SHAPE = 600.0, 100.0, (300, 280)


@pytest.fixture(scope="module")
def sphere(tmp_path_factory):
    """The gravity of a point mass below the middle of a grid; gives the band and the distances."""
    path = tmp_path_factory.mktemp("sphere") / "gravity.tif"
    rows, columns = np.indices(FIELD_SHAPE)
    x, y = (columns - 140) * CELL, (150 - rows) * CELL
    field = DEPTH / (x**2 + y**2 + DEPTH**2) ** 1.5
    scale = 1 / field.max()
    write_raster(path, (10 + field * scale).astype(np.float64))
    return RasterBand("gravity", str(path)), x, y, scale


def derivative(kind, band):
    return column_kinds()[kind](kind, (band,))


def test_the_derivatives_of_a_point_mass_are_those_known_on_paper(sphere):
    band, x, y, scale = sphere
    square = x**2 + y**2 + DEPTH**2
    vertical = scale * (2 * DEPTH**2 - x**2 - y**2) / square**2.5
    horizontal = scale * 3 * DEPTH * np.hypot(x, y) / square**2.5
    inside = slice(60, -60), slice(60, -60)
    for kind, expected, margin in (
        ("vertical-derivative", vertical, 0.002 * vertical.max()),
        ("horizontal-gradient", horizontal, 0.05 * horizontal.max()),
        ("analytic-signal", np.hypot(vertical, horizontal), 0.05 * vertical.max()),
    ):
        [values] = read(derivative(kind, band))
        np.testing.assert_allclose(values[inside], expected[inside], atol=margin)
    [tilt] = read(derivative("tilt", band))
    near = np.hypot(x, y) < 3 * DEPTH
    np.testing.assert_allclose(tilt[near], np.arctan2(vertical, horizontal)[near], atol=0.06)
    assert np.all(np.isfinite(tilt))


def test_the_operator_agrees_with_the_wavenumber_domain_on_a_periodic_field(tmp_path):
    rows, columns = np.indices((256, 256))
    field = np.sin(2 * np.pi * columns / 32) * np.cos(2 * np.pi * rows / 16)
    write_raster(tmp_path / "wave.tif", field)
    wavenumber = 2 * np.pi * np.hypot(1 / 32, 1 / 16) / 100
    [values] = read(derivative("vertical-derivative", RasterBand("w", str(tmp_path / "wave.tif"))))
    middle = slice(100, 156), slice(100, 156)
    np.testing.assert_allclose(values[middle], wavenumber * field[middle], atol=1e-4 * wavenumber)


@given(
    row=st.integers(0, FIELD_SHAPE[0] - 1),
    column=st.integers(0, FIELD_SHAPE[1] - 1),
    height=st.integers(1, FIELD_SHAPE[0]),
    width=st.integers(1, FIELD_SHAPE[1]),
    kind=st.sampled_from(["tilt", "horizontal-gradient"]),
)
@settings(max_examples=8, deadline=None)
def test_a_window_of_any_size_holds_the_same_derivatives(sphere, row, column, height, width, kind):
    band = sphere[0]
    window = Window(column, row, min(width, 280 - column), min(height, 300 - row))
    whole = read(derivative(kind, band))[:, *window.toslices()]
    np.testing.assert_array_equal(read(derivative(kind, band), window), whole)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 2)])
def test_thin_grids_have_derivatives(tmp_path, shape):
    write_raster(tmp_path / "f.tif", np.arange(np.prod(shape), dtype=np.float32).reshape(shape))
    [values] = read(derivative("horizontal-gradient", RasterBand("f", str(tmp_path / "f.tif"))))
    assert values.shape == shape
    assert shape != (1, 300) or np.isnan(values).all() or np.allclose(values, 0.01)


def test_a_gap_has_no_derivative_and_its_neighbours_take_the_other_side(tmp_path):
    field = np.tile(np.arange(20, dtype=np.float32) * 100, (20, 1))
    field[10, 10] = -9999
    write_raster(tmp_path / "f.tif", field)
    [values] = read(derivative("horizontal-gradient", RasterBand("f", str(tmp_path / "f.tif"))))
    assert np.isnan(values[10, 10])
    values[10, 10] = 1
    np.testing.assert_allclose(values, 1, rtol=1e-5)


def test_a_field_on_degrees_is_refused(tmp_path):
    field = np.zeros((5, 5), np.float32) + np.arange(5)
    path = tmp_path / "f.tif"
    write_raster(
        path, field.astype("f4"), crs="EPSG:4326", transform=from_origin(-133, 61, 0.1, 0.1)
    )
    with pytest.raises(EvidenceError, match=r"layer tilt: .*in degrees.*\[grid\] crs"):
        read(derivative("tilt", RasterBand("f", str(path))))


def write_bands(path, values, descriptions=()):
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        dtype="float32",
        count=len(values),
        height=values.shape[1],
        width=values.shape[2],
        crs="EPSG:32608",
        transform=from_origin(500_000, 7_000_000, 100, 100),
    ) as raster:
        raster.write(values)
        raster.descriptions = descriptions or [None] * len(values)


@pytest.fixture
def embedding(tmp_path):
    values = np.random.default_rng(2).normal(size=(6, *SHAPE)).astype(np.float32)
    write_bands(tmp_path / "embedding.tif", values, [f"A{k:02d}" for k in range(6)])
    return tmp_path / "embedding.tif", values


def test_all_bands_of_a_file_are_one_line(embedding):
    path, values = embedding
    group = BandGroup("emb", str(path))
    with EvidenceStack.open([group]) as stack:
        assert stack.names == tuple(f"emb A{k:02d}" for k in range(6))
        np.testing.assert_array_equal(stack.read().values, values)
    np.testing.assert_array_equal(read(BandGroup("emb", str(path), (2, 5))), values[[1, 4]])
    with pytest.raises(EvidenceError, match=r"layer emb: the raster has no band 7 .*6 bands"):
        read(BandGroup("emb", str(path), (7,)))


def test_the_rasters_of_a_folder_are_one_line(parts):
    bands, values = parts
    folder = bands[0].path.rpartition("/")[0]
    with EvidenceStack.open([BandGroup("soil", folder)]) as stack:
        assert stack.names == ("soil Cu", "soil Pb", "soil Zn")
        np.testing.assert_allclose(stack.read().values, values[[0, 2, 1]], rtol=1e-6)


LAYERS = """
embedding = { path = "embedding.tif", bands = "all" }
"Cu/Zn" = { kind = "ratio", of = ["Cu", "Zn"], transform = "signed-log" }
Cu = "Cu.tif"
Zn = { path = "Zn.tif", missing = "median" }
soil = { kind = "log-ratio", form = "ilr", of = { As = "Cu.tif", Sb = { path = "Pb.tif" } } }
tilt = { kind = "tilt", of = "Cu" }
"""


def project(folder, layers):
    path = folder / "project.toml"
    text = PROJECT.partition("[evidence]")[2].partition("[points]")[2]
    path.write_text(f"[evidence]\n{layers}\n[points]{text}")
    return path


def test_a_project_names_layers_and_what_they_are_computed_from(parts, embedding):
    folder, (bands, values) = embedding[0].parent, parts
    for band in bands:
        with rasterio.open(band.path) as raster:
            write_raster(folder / f"{band.name}.tif", raster.read(1))
    loaded = gp.Project.load(project(folder, LAYERS))
    with EvidenceStack.open(loaded.columns()) as stack:
        assert stack.names[6:] == ("Cu/Zn", "Cu", "Zn", "soil As", "tilt")
        soil = stack.read().values[9]
    pair = np.log(values[0] / values[2]) / np.sqrt(2)
    np.testing.assert_allclose(soil, pair, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ('tilt = { kind = "tilt", of = "B" }', "evidence.tilt.of names B, which"),
        ('tilt = { kind = "tilt", of = 3 }', "evidence.tilt.of should name layers"),
        ('r = { kind = "ratio", of = ["A"] }', r"layer r: .*expected 2 layers"),
        ('r = { kind = "ratio", of = "s" }\ns = { kind = "ratio", of = "r" }', "in a circle"),
        ('g = { kind = "log-ratio", of = ["A"], form = "alr" }', "evidence.g.form"),
        ('t = { kind = "tilt", of = "A", path = "x.tif" }', "evidence.t.path is no setting"),
        ('e = { path = "e.tif", bands = "some" }', "evidence.e.bands"),
    ],
)
def test_what_cannot_be_computed_is_named(tmp_path, layer, said):
    with pytest.raises(ProjectError, match=said):
        gp.Project.load(project(tmp_path, f'A = "A.tif"\n{layer}'))
