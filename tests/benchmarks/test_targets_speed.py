"""How fast targets are found on a hundred million cells, in how much memory."""

import subprocess
import sys
import time
from textwrap import dedent

import numpy as np
import pytest
import rasterio
from scipy import ndimage

SIDE = 10_000

FIND = """
import re, sys, time
from geoprospect.targets import TargetSettings, find_targets, write_targets
start = time.perf_counter(), time.process_time()
targets = find_targets({"score": sys.argv[1]}, TargetSettings(smallest=0.05))
write_targets(targets, sys.argv[2])
cells = sum(target.cells for target in targets.targets)
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
print(time.perf_counter() - start[0], time.process_time() - start[1], peak,
      len(targets.targets), cells)
"""


def write_scores(path):
    """Write a map as smooth as one of surveys: features of 30 cells, with rougher ones on them."""
    profile = {
        "driver": "GTiff", "height": SIDE, "width": SIDE, "count": 1, "dtype": "float32",
        "crs": "EPSG:3578", "transform": rasterio.Affine(30, 0, 0, 0, -30, 0), "tiled": True,
        "blockxsize": 512, "blockysize": 512, "compress": "deflate", "predictor": 3,
    }  # fmt: skip
    rng = np.random.default_rng(0)
    with rasterio.open(path, "w", **profile) as file:
        coarse = ndimage.zoom(rng.normal(size=(340, 340)).astype(np.float32), 30, order=3)[
            :SIDE, :SIDE
        ]
        for row in range(0, SIDE, 500):
            rough = ndimage.gaussian_filter(rng.normal(size=(500, SIDE)), 2) * 3
            part = 1 / (1 + np.exp(-coarse[row : row + 500] - rough))
            window = rasterio.windows.Window(0, row, SIDE, 500)
            file.write(part.astype(np.float32), 1, window=window)


@pytest.mark.benchmark
def test_targets_of_a_hundred_million_cells(tmp_path):
    write_scores(tmp_path / "map.tif")
    started = time.perf_counter()
    with rasterio.open(tmp_path / "map.tif") as file:
        for _, window in file.block_windows(1):
            file.read(1, window=window)
    reading = time.perf_counter() - started
    done = subprocess.run(
        [sys.executable, "-c", dedent(FIND), tmp_path / "map.tif", tmp_path / "targets.gpkg"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    clock, processors, memory, n, cells = map(float, done.stdout.split())
    print(
        f"\n{SIDE**2:.0e} cells, the best 2% of them in {n:.0f} targets of {cells:.0f} cells: "
        f"{clock:.1f} s ({processors:.1f} s of processors), {memory:.0f} MiB; reading the map once "
        f"{reading:.1f} s"
    )
    assert memory < 1024
