"""Speed of the distance to lines: of this package, and of shapely's tree."""

import time

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from rasterio.crs import CRS
from rasterio.windows import Window

from geoprospect.evidence import Distance
from geoprospect.grid import Grid

pytestmark = pytest.mark.benchmark

GRID = Grid(CRS.from_epsg(3578), Affine(100, 0, 400_000, 0, -100, 900_000), (2000, 2000))
ROWS = 50  # of which the tree is asked


def faults():
    """Give 400 lines of 50 segments each, of 100 to 1500 m, over all of the grid."""
    random = np.random.default_rng(0)
    lines = []
    for _ in range(400):
        turns = random.normal(random.uniform(0, 2 * np.pi), 0.3, 50)
        steps = np.column_stack([np.cos(turns), np.sin(turns)]) * random.uniform(100, 1500, (50, 1))
        start = random.uniform([400_000, 700_000], [600_000, 900_000])
        lines.append(shapely.LineString(np.vstack([start, start + np.cumsum(steps, axis=0)])))
    return lines


def test_distances_of_four_million_cells_to_twenty_thousand_segments_take_seconds(tmp_path):
    lines = faults()
    gpd.GeoDataFrame(geometry=lines, crs=3578).to_file(tmp_path / "faults.gpkg")
    opened = Distance("faults", str(tmp_path / "faults.gpkg"), mapped="grid").open(GRID)
    found = np.empty((1, 2000, 2000), np.float32)
    opened.read(Window(0, 0, 9, 9), found[:, :9, :9])  # compiled, and the tree grown
    start = time.process_time()
    opened.read(Window(0, 0, 2000, 2000), found)
    ours = time.process_time() - start
    rows, columns = np.mgrid[:ROWS, :2000]
    places = shapely.points(*GRID.centres(rows.ravel(), columns.ravel()))
    start = time.process_time()
    corners = [shapely.get_coordinates(line) for line in lines]
    pairs = np.concatenate([np.stack([xy[:-1], xy[1:]], axis=1) for xy in corners])
    tree = shapely.STRtree(shapely.linestrings(pairs))
    _, distance = tree.query_nearest(places, all_matches=False, return_distance=True)
    theirs = (time.process_time() - start) * 2000 / ROWS
    np.testing.assert_allclose(found[0, :ROWS].ravel(), distance, rtol=1e-6, atol=1e-3)
    print(f"\n4 million cells: {ours:.2f} s of one processor; shapely's tree {theirs:.0f} s")
    assert ours < theirs
