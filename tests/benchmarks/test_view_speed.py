"""How long a browser waits for a tile of a map of a hundred million cells."""

import time

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window

from geoprospect.mapping.assembly import write_cog
from geoprospect.project.viewing.layers import ViewLayer
from geoprospect.project.viewing.tiles import tile, value

SIDE = 10_000


@pytest.mark.benchmark
def test_tiles_of_a_hundred_million_cells_come_at_once(tmp_path):
    plain, path = tmp_path / "plain.tif", tmp_path / "map.tif"
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "height": SIDE, "width": SIDE,
               "tiled": True, "crs": "EPSG:3857", "nodata": -9999,
               "transform": rasterio.Affine(100, 0, 0, 0, -100, 100 * SIDE)}  # fmt: skip
    with rasterio.open(plain, "w", **profile) as raster:
        for row in range(0, SIDE, 1000):
            cells = np.random.default_rng(row).random((1, 1000, SIDE), np.float32)
            raster.write(cells, window=Window(0, row, SIDE, 1000))
        raster.build_overviews([2, 4, 8, 16, 32])
    write_cog(plain, path)
    layer = ViewLayer(str(path), 1, (0.0, 1.0))
    tile(layer, 0, 0, 0)  # loads the library
    longest = 0.0
    for zoom in range(4, 12):
        start = time.perf_counter()
        assert len(tile(layer, zoom, 2**zoom // 2, 2**zoom // 2 - 1)) > 100
        took = time.perf_counter() - start
        print(f"zoom {zoom}: {took * 1000:.0f} ms")
        longest = max(longest, took)
    start = time.perf_counter()
    assert value(str(path), 1, 3.0, 3.0) is not None
    print(f"value: {(time.perf_counter() - start) * 1000:.0f} ms")
    assert longest < 2
