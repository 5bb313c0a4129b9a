"""The grid: cells of points, centres, windows, and what counts as one grid."""

import math

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from rasterio.crs import CRS

from geoprospect.grid import Grid, describe_crs, same_crs

ALBERS = CRS.from_epsg(3578)
TRANSFORM = Affine(1200, 0, 159050, 0, -1200, 977582)
GRID = Grid(ALBERS, TRANSFORM, (110, 118))
NAMELESS = (
    "+proj=aea +lat_0=50 +lon_0=-130 +lat_1=55 +lat_2=65 +x_0=500000 +y_0=0 +datum=NAD83 +units=m"
)


def moved(east=0.0, north=0.0, cell=1200.0):
    return Grid(ALBERS, Affine(cell, 0, 159050 + east, 0, -cell, 977582 + north), (110, 118))


def test_a_point_belongs_to_the_cell_it_lies_in():
    rows, columns, inside = GRID.cells([159050 + 1200 * 3 + 1], [977582 - 1200 * 7 - 1199])
    assert (rows.tolist(), columns.tolist(), inside.tolist()) == ([7], [3], [True])
    assert rows.dtype == columns.dtype == np.int64


def test_points_on_the_right_edge_belong_to_the_last_cell():
    rows, columns, inside = GRID.cells([159050 + 118 * 1200] * 2, [977582, 977582 - 110 * 1200])
    assert (rows.tolist(), columns.tolist()) == ([0, 109], [117, 117])
    assert inside.all()


def test_points_on_the_bottom_edge_belong_to_the_last_row():
    rows, columns, inside = GRID.cells(159050, 977582 - 110 * 1200)
    assert (int(rows), int(columns), bool(inside)) == (109, 0, True)


def test_points_on_an_edge_between_cells_belong_to_the_cell_right_of_it_and_below_it():
    rows, columns, _ = GRID.cells(159050 + 5 * 1200, 977582 - 4 * 1200)
    assert (int(rows), int(columns)) == (4, 5)


def test_edges_hold_for_cell_sizes_that_binary_numbers_cannot_write():
    grid = Grid(CRS.from_epsg(4326), Affine(0.1, 0, -137.7, 0, -0.1, 62.6), (30, 30))
    k = np.arange(31)
    rows, columns, inside = grid.cells(-137.7 + 0.1 * k, 62.6 - 0.1 * k)
    assert inside.all()
    assert columns.tolist() == rows.tolist() == [*range(30), 29]


@pytest.mark.parametrize(
    "point",
    [
        (159049, 977000),
        (159050 + 118 * 1200 + 1, 977000),
        (160000, 977583),
        (160000, 977581 - 110 * 1200),
        (math.nan, 977000),
        (160000, math.nan),
        (math.inf, -math.inf),
        (1e300, 1e300),
    ],
)
def test_points_off_the_grid_or_without_coordinates_have_no_cell(point):
    rows, columns, inside = GRID.cells([point[0]], [point[1]])
    assert (rows.tolist(), columns.tolist(), inside.tolist()) == ([-1], [-1], [False])


@given(
    angle=st.floats(-180, 180),
    cell=st.floats(1e-3, 1e4),
    origin=st.tuples(st.floats(-1e7, 1e7), st.floats(-1e7, 1e7)),
    flipped=st.booleans(),
)
def test_the_centre_of_a_cell_lies_in_it_on_any_rotated_grid(angle, cell, origin, flipped):
    turn = Affine.rotation(angle)
    down = cell if flipped else -cell
    transform = Affine(
        turn.a * cell, turn.b * down, origin[0], turn.d * cell, turn.e * down, origin[1]
    )
    grid = Grid(ALBERS, transform, (13, 17))
    rows, columns = (cells.ravel() for cells in np.mgrid[0:13, 0:17])
    found_rows, found_columns, inside = grid.cells(*grid.centres(rows, columns))
    assert inside.all()
    assert (found_rows == rows).all()
    assert (found_columns == columns).all()
    assert grid.cell_area == pytest.approx(cell**2, rel=1e-9)


def test_centres_lie_half_a_cell_from_the_corner():
    easting, northing = GRID.centres([0, 109], [0, 117])
    assert easting.tolist() == [159650, 159650 + 117 * 1200]
    assert northing.tolist() == [976982, 976982 - 109 * 1200]


@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    size=st.tuples(st.integers(1, 50), st.integers(1, 50)),
)
def test_windows_cover_every_cell_once(shape, size):
    seen = np.zeros(shape, dtype=int)
    for window in Grid(ALBERS, TRANSFORM, shape).windows(size):
        seen[window.toslices()] += 1
        assert window.height <= size[0]
        assert window.width <= size[1]
    assert (seen == 1).all()


def test_an_empty_window_size_is_refused():
    with pytest.raises(ValueError, match="0 x 5 cells is empty"):
        next(GRID.windows((0, 5)))


def test_grids_that_differ_by_millimetres_are_one_grid():
    assert GRID.difference(moved(east=0.004, north=-0.003)) is None


def test_grids_a_hundredth_of_a_cell_apart_are_not_one_grid():
    assert GRID.difference(moved(east=12)) == (
        "upper left corner 12 m east and 0 m north of the first"
    )


def test_a_cell_size_that_drifts_by_a_hundredth_of_a_cell_over_the_grid_is_another_grid():
    drift = 1200 * (1 + 0.01 / 118)
    assert "cell size 1200 x 1200 against 1200.1" in str(GRID.difference(moved(cell=drift)))
    assert GRID.difference(moved(cell=1200 * (1 + 1e-6))) is None


def test_another_shape_is_another_grid():
    assert GRID.difference(Grid(ALBERS, TRANSFORM, (110, 120))) == (
        "shape 110 x 118 against 110 x 120 cells (rows x columns)"
    )


def test_another_crs_is_another_grid():
    assert GRID.difference(Grid(CRS.from_epsg(32608), TRANSFORM, (110, 118))) == (
        "CRS EPSG:3578 against EPSG:32608"
    )


def test_a_raster_upside_down_is_another_grid():
    upside_down = Grid(ALBERS, Affine(1200, 0, 159050, 0, 1200, 977582 - 110 * 1200), (110, 118))
    assert "run in other directions" in str(GRID.difference(upside_down))


def test_displacements_are_told_in_the_direction_of_the_other_grid():
    assert "600 m west and 300 m south" in str(GRID.difference(moved(east=-600, north=-300)))


def test_crs_without_a_code_are_as_good_as_any():
    first, second = CRS.from_string(NAMELESS), CRS.from_wkt(CRS.from_string(NAMELESS).to_wkt())
    assert first.to_epsg() is None
    assert Grid(first, TRANSFORM, (2, 2)).difference(Grid(second, TRANSFORM, (2, 2))) is None
    other = CRS.from_string(NAMELESS.replace("lon_0=-130", "lon_0=-131"))
    assert not same_crs(first, other)


def test_crs_are_one_in_the_words_of_esri_and_of_epsg():
    esri = CRS.from_wkt(
        'PROJCS["NAD_1983_Yukon_Albers",GEOGCS["GCS_North_American_1983",'
        'DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137.0,298.257222101]],'
        'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Albers"],'
        'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",500000.0],'
        'PARAMETER["Central_Meridian",-132.5],PARAMETER["Standard_Parallel_1",61.6666666666667],'
        'PARAMETER["Standard_Parallel_2",68.0],PARAMETER["Latitude_Of_Origin",59.0],'
        'UNIT["Meter",1.0]]'
    )
    assert same_crs(esri, ALBERS)


def test_a_missing_crs_is_not_the_same_as_one():
    assert not same_crs(None, ALBERS)
    assert same_crs(None, CRS())


def test_units_are_those_of_the_crs():
    assert Grid(CRS.from_epsg(4326), TRANSFORM, (1, 1)).unit == "degrees"
    assert Grid(CRS.from_epsg(2229), TRANSFORM, (1, 1)).unit == "US survey foot"


def test_a_crs_without_a_code_is_described_by_its_name():
    assert describe_crs(CRS.from_string(NAMELESS)) == '"unknown"'
