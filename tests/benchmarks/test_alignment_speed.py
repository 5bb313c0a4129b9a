"""The speed and memory of a map whose layers are all resampled from another CRS as they are read.

The yardstick is warping the same layers into files as `gdalwarp` does, with as many threads and
GDAL's own tolerance of an eighth of a cell, and mapping these. Seconds of the processors are told
besides those of the clock, for machines are shared. Run with `pytest -m benchmark -s`.
"""

import subprocess
import sys

import pytest
from mapjobs import write_model, write_stack

from geoprospect.evidence import EvidenceStack

pytestmark = pytest.mark.benchmark

THREADS = 2
_GRID = """
import re, resource, sys, time
from pathlib import Path
from affine import Affine
from rasterio.crs import CRS
from rasterio.warp import transform
from geoprospect.grid import Grid
folder, side = Path(sys.argv[1]), int(sys.argv[2])
x, y = transform(CRS.from_epsg(3578), CRS.from_epsg(3005), [side * 50], [-side * 50])
place = Affine(100, 0, x[0] - side * 45, 0, -100, y[0] + side * 45)
grid = Grid(CRS.from_epsg(3005), place, (side * 9 // 10, side * 9 // 10))
def tell(started):
    spent = [resource.getrusage(x) for x in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    peak = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]
    print(time.perf_counter() - started, sum(x.ru_utime + x.ru_stime for x in spent) - before,
          int(peak) / 1024)
before = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
"""
_WARP = (
    _GRID
    + """
import rasterio
from rasterio.warp import Resampling, reproject
started = time.perf_counter()
for path in sorted((folder / "evidence").glob("*.tif")):
    with rasterio.open(path) as source:
        profile = source.profile | {"crs": grid.crs, "transform": grid.transform,
                                    "height": grid.shape[0], "width": grid.shape[1]}
        del profile["compress"]
        with rasterio.open(folder / "warped" / path.name, "w", **profile) as target:
            reproject(rasterio.band(source, 1), rasterio.band(target, 1), num_threads=2,
                      resampling=Resampling.bilinear)
tell(started)
"""
)
_MAP = (
    _GRID
    + """
from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import write_map
from geoprospect.model.model import ProspectivityModel
model = ProspectivityModel.load(folder / "model")
before = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
started = time.perf_counter()
aligned = sys.argv[3] == "evidence"
with EvidenceStack.open(folder / sys.argv[3], grid=grid if aligned else None) as stack:
    write_map(model, stack, folder / f"map-{sys.argv[3]}.tif", overwrite=True)
tell(started)
"""
)


def run(script, *arguments):
    """Run a script in a process of its own; give seconds, processors' seconds and MiB at most."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(number) for number in done.stdout.split()]


@pytest.mark.parametrize("side", [3_000, 10_000])
def test_a_map_of_layers_from_another_crs_costs_little_more_than_warping_them(tmp_path, side):
    write_stack(tmp_path / "evidence", (side, side))
    (tmp_path / "warped").mkdir()
    with EvidenceStack.open(tmp_path / "evidence") as stack:
        write_model(tmp_path / "model", stack)
    warped = run(_WARP, tmp_path, side)
    mapped = run(_MAP, tmp_path, side, "warped")
    aligned = run(_MAP, tmp_path, side, "evidence")
    print(f"\n{(side * 9 // 10) ** 2:,} cells of seven layers, {THREADS} threads")
    rows = {"warped into files": warped, "map of these": mapped, "map, resampled as read": aligned}
    for name, (seconds, processors, peak) in rows.items():
        print(f"  {name:<24} {seconds:7.1f} s {processors:7.1f} s of processors {peak:6.0f} MiB")
    for name, k in (("clock", 0), ("processors", 1)):
        print(f"  ratio by {name}: {aligned[k] / (warped[k] + mapped[k]):.2f}")
    assert aligned[1] <= 1.2 * (warped[1] + mapped[1])
    assert aligned[2] <= 700
