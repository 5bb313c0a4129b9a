"""The grid of a project: that of a layer, or one laid out over the ground of the layers."""

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from rasterio.crs import CRS

import geoprospect as gp
from geoprospect.errors import EvidenceError, ProjectError
from geoprospect.evidence import RasterBand
from geoprospect.evidence.rasters.gridchoice import GridChoice
from geoprospect.grid import Grid, transformed
from geoprospect.grid.layout import laid_out

ALBERS, UTM = CRS.from_epsg(3578), CRS.from_epsg(32608)


def layer(folder, name, *, crs=ALBERS, transform, shape):
    path = folder / f"{name}.tif"
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "crs": crs}
    size = {"height": shape[0], "width": shape[1]}
    with rasterio.open(path, "w", transform=transform, **profile, **size) as raster:
        raster.write(np.ones(shape, np.float32), 1)
    return RasterBand(name, str(path))


@pytest.fixture
def pair(tmp_path):
    return [
        layer(tmp_path, "A", transform=Affine(100, 0, 5030, 0, -100, 9060), shape=(40, 30)),
        layer(tmp_path, "B", transform=Affine(250, 0, 6000, 0, -250, 10_000), shape=(10, 20)),
    ]


def test_a_grid_like_a_layer_is_that_of_the_layer(pair):
    assert GridChoice(like="B").of(pair) == Grid(
        ALBERS, Affine(250, 0, 6000, 0, -250, 10_000), (10, 20)
    )


@pytest.mark.parametrize(
    ("extent", "west", "south", "east", "north"),
    [("union", 5000, 5000, 11000, 10000), ("intersection", 6000, 7500, 8500, 9500)],
)
def test_cells_lie_at_whole_multiples_about_the_ground_of_the_layers(
    pair, extent, west, south, east, north
):
    # A: 5030 to 8030 and 5060 to 9060; B: 6000 to 11000 and 7500 to 10000; cells of 500
    grid = GridChoice(crs="EPSG:3578", cell=500, extent=extent).of(pair)
    assert grid.transform == Affine(500, 0, west, 0, -500, north)
    assert grid.shape == ((north - south) / 500, (east - west) / 500)


def test_without_extent_the_grid_is_the_ground_that_all_layers_share(pair):
    shared = GridChoice(crs="EPSG:3578", cell=500, extent="intersection").of(pair)
    assert GridChoice(crs="EPSG:3578", cell=500).of(pair) == shared


def test_a_wider_grid_like_a_layer_keeps_the_place_of_its_cells(pair):
    grid = GridChoice(like="A", extent="union").of(pair)
    # from 5030 to 11030 and from 5060 to 10060, in cells of 100 that begin at 30 and 60
    assert grid == Grid(ALBERS, Affine(100, 0, 5030, 0, -100, 10_060), (50, 60))


def test_bounds_in_degrees_go_across_180():
    grid = GridChoice(crs="EPSG:4326", cell=0.5, bounds=(179, -10, -179, -9)).of([])
    assert grid == Grid(CRS.from_epsg(4326), Affine(0.5, 0, 179, 0, -0.5, -9), (2, 4))


def test_layers_on_both_sides_of_180_share_one_grid(tmp_path):
    wgs84 = CRS.from_epsg(4326)
    layers = [
        layer(tmp_path, "A", crs=wgs84, transform=Affine(1, 0, 170, 0, -1, 60), shape=(9, 15)),
        layer(tmp_path, "B", crs=wgs84, transform=Affine(1, 0, -180, 0, -1, 60), shape=(9, 3)),
    ]
    both = GridChoice(crs="EPSG:4326", cell=1, extent="union").of(layers)
    assert both == Grid(wgs84, Affine(1, 0, 170, 0, -1, 60), (9, 15))
    shared = GridChoice(crs="EPSG:4326", cell=1).of(layers)
    assert shared == Grid(wgs84, Affine(1, 0, 180, 0, -1, 60), (9, 3))


def test_ground_in_another_crs_lies_within_the_union(tmp_path):
    transform = Affine.translation(400_000, 7_000_000) * Affine.rotation(30) * Affine.scale(90, -90)
    column = layer(tmp_path, "A", crs=UTM, transform=transform, shape=(300, 200))
    grid = GridChoice(crs="EPSG:3578", cell=100).of([column])
    across, down = np.meshgrid(np.linspace(0, 200, 41), np.linspace(0, 300, 41))
    a, b, c, d, e, f = transform[:6]
    easting, northing = c + a * across + b * down, f + d * across + e * down
    x, y = transformed(easting.ravel(), northing.ravel(), UTM, ALBERS)
    assert grid.cells(x, y)[2].all()
    left, top = grid.transform.c, grid.transform.f
    assert (left % 100, top % 100) == (0, 0)
    assert x.min() - left < 101
    assert top - y.max() < 101


@given(
    st.floats(0.001, 1e4),
    st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4, unique=True),
    st.floats(-180, 180),
)
def test_a_grid_holds_the_box_that_it_is_laid_out_over_and_less_than_a_cell_more(cell, ends, turn):
    box = np.array([min(ends[:2]), min(ends[2:]), max(ends[:2]), max(ends[2:])])
    lattice = Affine.rotation(turn) * Affine.scale(cell, -cell)
    grid = laid_out(ALBERS, lattice, box)
    left, top = ~lattice * (grid.transform.c, grid.transform.f)
    right, bottom = left + grid.shape[1], top + grid.shape[0]
    beyond = np.array([box[0] - left, box[1] - top, right - box[2], bottom - box[3]])
    assert (beyond > -1e-4).all()
    assert (beyond < 1.0001).all()
    assert abs(left - round(left)) < 1e-4


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "a grid needs a layer that it is like, or CRS and cell"),
        ({"crs": "EPSG:3578"}, "a grid needs a layer that it is like, or CRS and cell"),
        ({"like": "A", "cell": 5.0}, "has its CRS and cell"),
        ({"like": "C"}, 'found grid = "C"; expected one of A, B'),
        ({"like": "A", "bounds": (0, 0, 1, 1), "extent": "union"}, "not both"),
        ({"like": "A", "bounds": (0, 5, 1, 1)}, "west, south, east and north"),
        ({"like": "A", "bounds": (2, 0, 1, 1)}, "west, south, east and north"),
        ({"crs": "EPSG:99999999", "cell": 5.0}, "there is no such CRS"),
        ({"crs": "EPSG:4326", "cell": 500.0}, "degrees of EPSG:4326"),
        ({"crs": "EPSG:3578", "cell": 1e-7, "bounds": (0, 0, 1e4, 1e4)}, "too many cells"),
    ],
)
def test_settings_that_give_no_grid_are_refused_in_words(pair, settings, said):
    with pytest.raises(EvidenceError) as refused:
        GridChoice(**settings).of(pair)
    assert said in str(refused.value)
    assert "To mend it" in str(refused.value)


def test_layers_that_share_no_ground_are_named(tmp_path, pair):
    far = layer(tmp_path, "far", transform=Affine(100, 0, 90_000, 0, -100, 9000), shape=(5, 5))
    with pytest.raises(EvidenceError, match=r"far\.tif: layer far: the layer shares no ground"):
        GridChoice(crs="EPSG:3578", cell=500).of([*pair, far])
    assert GridChoice(crs="EPSG:3578", cell=500, extent="union").of([*pair, far]).shape[1] == 171


def project(folder, grid):
    path = folder / "project.toml"
    path.write_text(
        f'{grid}\n[evidence]\nA = "A.tif"\nB = "B.tif"\n[points]\ntraining = "points.gpkg"\n'
    )
    return path


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("", GridChoice()),
        ('grid = "A"', GridChoice(like="A")),
        ('[grid]\nlike = "A"\nextent = "union"', GridChoice(like="A", extent="union")),
        (
            '[grid]\ncrs = "EPSG:3578"\ncell = 500\nbounds = [0, 0, 900, 900]',
            GridChoice(crs="EPSG:3578", cell=500.0, bounds=(0.0, 0.0, 900.0, 900.0)),
        ),
    ],
)
def test_a_project_file_names_the_grid(tmp_path, text, choice):
    read = gp.Project.load(project(tmp_path, text)).grid
    names = ("like", "crs", "cell", "bounds", "extent")
    assert [getattr(read, name) for name in names] == [getattr(choice, name) for name in names]
    assert read.named == bool(text)


@pytest.mark.parametrize("text", ["grid = 5", "[grid]\ncells = 500", '[grid]\nextent = "all"'])
def test_a_grid_that_is_not_understood_is_refused(tmp_path, text):
    with pytest.raises(ProjectError, match="grid"):
        gp.Project.load(project(tmp_path, text))
