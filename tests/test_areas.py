"""Cells weigh by their area on the ground where it differs, and are counted where it does not."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.windows import Window
from scipy.stats import rankdata

from geoprospect.grid import Grid, area_units
from geoprospect.scoring import rate_curve, score_map

GEOD = pyproj.Geod(ellps="WGS84")
NORTH = Affine(1.0, 0, -141, 0, -0.5, 83)  # 42 to 83 N
SHAPE = (82, 60)


def ground_areas(grid: Grid) -> np.ndarray:
    """Geodesic areas of the cells, from the outline of each."""
    areas = np.empty(grid.shape)
    share = np.linspace(0, 1, 9)
    for row, column in np.ndindex(grid.shape):
        corners = np.array([(0, 0), (0, 1), (1, 1), (1, 0), (0, 0)])
        edges = [a + share[:-1, None] * (b - a) for a, b in pairwise(corners)]
        down, across = np.concatenate(edges).T
        x, y = grid.transform * (column + across, row + down)
        areas[row, column] = abs(GEOD.polygon_area_perimeter(x, y)[0])
    return areas


def write_map(path, cells, crs, transform):
    rows, columns = cells.shape
    with rasterio.open(
        path, "w", driver="GTiff", height=rows, width=columns, count=1, dtype=cells.dtype,
        crs=crs, transform=transform, nodata=-9999,
    ) as file:  # fmt: skip
        file.write(cells, 1)
    return path


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    """A map of noise over the north, 40 occurrences placed evenly over the ground, and truth."""
    folder, random = tmp_path_factory.mktemp("north"), np.random.default_rng(5)
    cells = (random.random(SHAPE) + np.linspace(0.4, 0, SHAPE[0])[:, None]).astype("float32")
    cells[10:14, :20] = -9999
    cells[50:53] = 0.3
    areas = np.where(cells == -9999, 0, ground_areas(Grid(CRS.from_epsg(4326), NORTH, SHAPE)))
    chosen = random.choice(cells.size, 40, replace=False, p=areas.ravel() / areas.sum())
    rows, columns = np.divmod(chosen, SHAPE[1])
    points = gpd.GeoDataFrame(
        {"occurrence": 1}, index=range(40), crs="EPSG:4326",
        geometry=gpd.points_from_xy(*(NORTH * (columns + 0.5, rows + 0.5))),
    )  # fmt: skip
    points.to_file(folder / "points.gpkg")
    path = write_map(folder / "map.tif", cells, "EPSG:4326", NORTH)
    return path, folder / "points.gpkg", cells, areas, (rows, columns)


def shares_outscored(cells, areas, scores):
    """The fraction of the area that each score outscores, ties counted half."""
    lower = np.array([areas[cells < score].sum() for score in scores])
    equal = np.array([areas[cells == score].sum() for score in scores])
    return (lower + equal / 2) / areas.sum()


def test_area_under_the_curve_is_of_the_area_on_the_ground(noise):
    path, points, cells, areas, (rows, columns) = noise
    expected = shares_outscored(cells, areas, cells[rows, columns]).mean()
    counted = shares_outscored(cells, np.sign(areas), cells[rows, columns]).mean()
    assert abs(expected - counted) > 0.02
    score = score_map(path, points)
    assert score.auc == pytest.approx(expected, abs=2e-5)
    assert rate_curve(path, rows, columns).auc == pytest.approx(expected, abs=2e-5)
    assert score.figures.n_cells == (areas > 0).sum()


def test_best_tenth_is_a_tenth_of_the_ground(noise):
    path, points, cells, areas, (rows, columns) = noise
    order = np.argsort(-cells, axis=None)
    taken = np.cumsum(areas.ravel()[order]) / areas.sum()
    bar = cells.ravel()[order][np.searchsorted(taken, 0.1)]
    assert score_map(path, points).figures.best_tenth.captured == pytest.approx(
        (cells[rows, columns] >= bar).mean(), abs=1 / 40
    )


def test_chance_is_that_of_places_on_the_ground(noise):
    path, points, cells, areas, (rows, columns) = noise
    random, share = np.random.default_rng(1), areas.ravel() / areas.sum()
    placed = random.choice(cells.size, (20_000, 40), p=share)
    outscored = shares_outscored(cells, areas, np.unique(cells))
    which = np.searchsorted(np.unique(cells), cells.ravel())
    at_random = outscored[which][placed].mean(axis=1)
    expected = (at_random >= outscored[which][rows * SHAPE[1] + columns].mean()).mean()
    assert score_map(path, points).figures.p_value == pytest.approx(expected, abs=0.015)


def test_curves_cross_where_area_on_the_ground_is_left(noise):
    path, points, cells, areas, (rows, columns) = noise
    crossing = score_map(path, points).prediction_area.crossing
    for share, kept in (
        (crossing.from_threshold, cells >= np.float32(crossing.threshold)),
        (crossing.beyond_threshold, cells > np.float32(crossing.threshold)),
    ):
        assert share.area == pytest.approx(areas[kept].sum() / areas.sum(), abs=2e-5)
        assert share.captured == pytest.approx(kept[rows, columns].mean())


def test_boyce_expects_occurrences_by_area_on_the_ground(noise):
    path, points, cells, areas, (rows, columns) = noise
    valid = areas > 0
    low, high = cells[valid].min(), cells[valid].max()
    edges = np.linspace(float(low), float(high), 1001).astype("float32")
    found = cells[rows, columns]
    ratios = []
    for start in range(0, 901, 9):
        inside = valid & (cells >= edges[start]) & (cells <= edges[start + 100])
        here = ((found >= edges[start]) & (found <= edges[start + 100])).mean()
        ratios.append(here / (areas[inside].sum() / areas.sum()))
    assert score_map(path, points).figures.boyce.ratio == pytest.approx(ratios, rel=1e-3)


def test_figures_do_not_depend_on_the_windows_read(noise):
    path, points, *_ = noise
    whole, parts = score_map(path, points), score_map(path, points, window=(7, 11))
    assert whole.to_dict() == parts.to_dict()


@pytest.mark.parametrize(
    "transform",
    [NORTH, Affine(0.6, 0.3, -100, 0.3, -0.4, 60)],
    ids=["north up", "turned"],
)
def test_units_are_in_proportion_to_geodesic_areas(transform):
    grid = Grid(CRS.from_epsg(4326), transform, (40, 24))
    units = np.broadcast_to(area_units(grid, Window(0, 0, 24, 40)), grid.shape)
    areas = ground_areas(grid)
    assert units / units.sum() == pytest.approx(areas / areas.sum(), rel=1e-4)
    part = np.broadcast_to(area_units(grid, Window(5, 9, 3, 4)), (4, 3))
    assert (part == units[9:13, 5:8]).all()


def test_units_of_a_huge_grid_leave_room_for_sums():
    grid = Grid(CRS.from_epsg(4326), Affine(0.0008, 0, -180, 0, -0.0008, 80), (200_000, 450_000))
    units = area_units(grid, Window(0, 100_000, 1, 1))
    assert int(units.max()) * grid.n_cells < 2**47
    assert int(units.min()) > 100


@pytest.mark.parametrize("code", [3578, 3857])
def test_cells_of_a_projected_grid_weigh_the_same(code):
    grid = Grid(CRS.from_epsg(code), Affine(9, 0, 0, 0, -9, 0), (2, 2))
    assert area_units(grid, Window(0, 0, 2, 2)) is None


def test_figures_of_a_projected_map_are_counts_of_cells(tmp_path):
    random = np.random.default_rng(2)
    cells = (random.integers(0, 40, (30, 40)) / 40).astype("float32")
    transform = Affine(1000, 0, 500_000, 0, -1000, 900_000)
    path = write_map(tmp_path / "map.tif", cells, "EPSG:3578", transform)
    rows, columns = random.integers(0, 30, 12), random.integers(0, 40, 12)
    ranks = rankdata(cells).reshape(cells.shape)[rows, columns]
    expected = (ranks.mean() - 0.5) / cells.size
    assert rate_curve(path, rows, columns).auc == pytest.approx(expected, abs=1e-14)
