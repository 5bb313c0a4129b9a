"""The map's speed and memory on a hundred million cells, each against a yardstick of its own run.

The stack is seven float32 layers, deflated in tiles of 512, written by `mapjobs.write_stack`; the
networks have the study's shape, or the recommended one. The tables are printed with
`pytest -m benchmark -s`.
"""

import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import keras
import numpy as np
import pytest
import rasterio
from mapjobs import STRIPED, TILED, cosines, network, write_model, write_stack

from geoprospect.evidence import EvidenceStack
from geoprospect.network.compiled import CompiledPass

pytestmark = pytest.mark.benchmark

SIDE = 10_000
REPEATS = 3
COMMAND = [sys.executable, "-c", "from geoprospect.cli import main; main()", "map"]

# Maps, and prints the seconds and the peak of the process' memory in MiB.
_MAP = """
import re, sys, time
from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import write_map
from geoprospect.model.model import ProspectivityModel
model = ProspectivityModel.load(sys.argv[1])
started = time.perf_counter()
with EvidenceStack.open(sys.argv[2]) as stack:
    write_map(model, stack, sys.argv[3], overwrite=True)
seconds = time.perf_counter() - started
peak = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]
print(seconds, int(peak) / 1024)
"""

# Reads the same windows in two threads and writes one raster with the same settings, no model.
_PASS = """
import sys, threading, time
from concurrent.futures import ThreadPoolExecutor
import rasterio, rasterio.shutil
from rasterio.windows import Window
folder, path, cog = sys.argv[1], sys.argv[2], sys.argv[3] == "cog"
own, lock = threading.local(), threading.Lock()
def one(window):
    with rasterio.Env(GDAL_CACHEMAX=64 * 2**20):
        if not hasattr(own, "files"):
            own.files = [rasterio.open(f"{folder}/X{k}.tif") for k in range(1, 8)]
        layers = [file.read(1, window=window) for file in own.files]
    with lock:
        raster.write(layers[0], 1, window=window)
started = time.perf_counter()
with rasterio.Env(GDAL_CACHEMAX=64 * 2**20, GDAL_NUM_THREADS="ALL_CPUS"):
    with rasterio.open(f"{folder}/X1.tif") as file:
        (rows, columns), profile = file.shape, file.profile
    tiles = dict(tiled=True, blockxsize=256, blockysize=256)
    packed = dict(compress="none") if cog else dict(compress="deflate", zlevel=1, predictor=3)
    with rasterio.open(path, "w", **(profile | tiles | packed)) as raster:
        with ThreadPoolExecutor(2) as pool:
            windows = [Window(left, top, min(1024, columns - left), min(1024, rows - top))
                       for top in range(0, rows, 1024) for left in range(0, columns, 1024)]
            list(pool.map(one, windows))
    if cog:
        rasterio.shutil.copy(path, path + ".cog.tif", driver="COG", compress="deflate", level=1,
                             predictor="floating_point", blocksize=256,
                             overview_resampling="average")
print(time.perf_counter() - started)
"""


def run(script, *arguments):
    """Run a script in a process of its own and give the numbers it prints."""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    return [float(number) for number in done.stdout.split()]


def report(title, rows):
    print(f"\n{title}")
    for name, value in rows.items():
        print(f"  {name:<58} {value}")


def cells(path):
    with rasterio.open(path) as raster:
        return raster.read().tobytes()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Stacks of a hundred and of four million cells, and models of one and of ten members."""
    home = tmp_path_factory.mktemp("national")
    write_stack(home / "large", (SIDE, SIDE))
    write_stack(home / "small", (2048, 2048))
    with EvidenceStack.open(home / "small") as stack:
        for members in (1, 10):
            write_model(home / f"model-{members}", stack, members=members)
            write_model(
                home / f"cosines-{members}",
                stack,
                members=members,
                build=cosines,
                sizes=(7, 200, 1),
            )
    run(_MAP, home / "model-1", home / "small", home / "warm.tif")  # compiles, once a machine
    return home


def test_a_map_costs_hardly_more_than_reading_and_writing(home):
    mapped, recommended, cog, plain = [], [], [], []
    for _ in range(REPEATS):
        mapped.append(run(_MAP, home / "model-1", home / "large", home / "map.tif")[0])
        recommended.append(run(_MAP, home / "cosines-1", home / "large", home / "map.tif")[0])
        cog += run(_PASS, home / "large", home / "pass.tif", "cog")
        plain += run(_PASS, home / "large", home / "pass.tif", "plain")
    ten, ten_recommended = (
        run(_MAP, home / f"{name}-10", home / "large", home / "ten.tif")[0]
        for name in ("model", "cosines")
    )
    one, cog, plain = min(mapped), min(cog), min(plain)
    best = min(recommended)
    million = SIDE**2 / 1e6
    report(
        "A hundred million cells, 7 layers, two threads (fastest of three)",
        {
            "reading, and writing one GeoTIFF": f"{plain:6.1f} s {million / plain:6.1f} M cells/s",
            "reading, and writing one cloud-optimised GeoTIFF with overviews": (
                f"{cog:6.1f} s {million / cog:6.1f} M cells/s"
            ),
            "the map, one member": f"{one:6.1f} s {million / one:6.1f} M cells/s",
            "the map, ten members": f"{ten:6.1f} s {million / ten:6.1f} M cells/s",
            "the map, one member of 200 cosines": f"{best:6.1f} s {million / best:6.1f} M cells/s",
            "the map, ten members of 200 cosines": (
                f"{ten_recommended:6.1f} s {million / ten_recommended:6.1f} M cells/s"
            ),
            "map / cloud-optimised pass": f"{one / cog:6.2f}",
            "map of 200 cosines / cloud-optimised pass": f"{best / cog:6.2f}",
            "map / plain pass": f"{one / plain:6.2f}",
            "ten members / one": f"{ten / one:6.2f}",
            "ten members / one, of 200 cosines": f"{ten_recommended / best:6.2f}",
        },
    )
    assert one <= 1.5 * cog
    assert best <= 1.5 * cog
    assert ten < 8 * one
    assert ten_recommended < 8 * best


def test_a_map_is_far_quicker_than_keras(home):
    million = SIDE**2 / 1e6
    speed = million / run(_MAP, home / "model-1", home / "large", home / "map.tif")[0]
    whole = keras.Sequential([keras.Input((7,))])
    for layer in network(0).layers:
        whole.add(keras.layers.Dense(layer.bias.size, activation=layer.activation))
        whole.layers[-1].set_weights([layer.kernel, layer.bias])
    rows = np.random.default_rng(0).normal(size=(2**22, 7)).astype(np.float32)
    speeds = {}
    for batch, n in ((32, 2**18), (65_536, 2**22)):
        whole.predict(rows[:batch], batch_size=batch, verbose=0)
        started = time.perf_counter()
        whole.predict(rows[:n], batch_size=batch, verbose=0)
        speeds[batch] = n / 1e6 / (time.perf_counter() - started)
    engine = CompiledPass([network(0)], np.zeros(7, np.float32), np.zeros((7, 2), np.float32))
    halves = [np.ascontiguousarray(half.T) for half in np.array_split(rows, 2)]
    bands = [np.empty((1, half.shape[1]), np.float32) for half in halves]
    with ThreadPoolExecutor(2) as pool:
        engine.score(halves[0], bands[0], nodata=-1)
        started = time.perf_counter()
        list(pool.map(partial(engine.score, nodata=-1), halves, bands))
        alone = len(rows) / 1e6 / (time.perf_counter() - started)
    report(
        "The study's network on two cores",
        {
            "`predict`, batches of 32, as in the study's notebooks": f"{speeds[32]:.3f} M cells/s",
            "`predict`, batches of 65,536": f"{speeds[65_536]:.2f} M cells/s",
            "the compiled loop on the same cells": f"{alone:.2f} M cells/s",
            "the map, reading and writing included": f"{speed:.2f} M cells/s",
            "the map / batches of 32": f"{speed / speeds[32]:.0f}",
            "the map / batches of 65,536": f"{speed / speeds[65_536]:.1f}",
            "the compiled loop / batches of 65,536": f"{alone / speeds[65_536]:.1f}",
        },
    )
    expected = whole.predict(halves[0].T, batch_size=65_536, verbose=0)[:, 0]
    np.testing.assert_allclose(bands[0][0], expected, atol=1e-5)
    assert speed >= 200 * speeds[32]
    assert alone >= 5 * speeds[65_536]


def test_memory_does_not_grow_with_the_raster(home):
    peaks = {
        name: [run(_MAP, home / "model-1", home / name, home / "map.tif")[1] for _ in range(2)]
        for name in ("small", "large")
    }
    small, large = max(peaks["small"]), max(peaks["large"])
    report(
        "Peak resident memory",
        {
            "4 million cells": f"{small:.0f} MiB",
            "100 million cells": f"{large:.0f} MiB",
            "ratio": f"{large / small:.2f}",
        },
    )
    assert large <= 512  # what `Execution` stays below unless told otherwise
    assert large <= 1.1 * small


@pytest.mark.parametrize("layout", ["striped", "mixed"])
def test_rows_and_mixed_layouts_run_as_well_as_tiles(home, layout):
    layouts = (STRIPED,) * 7 if layout == "striped" else (TILED, STRIPED) * 3 + (TILED,)
    folder = home / layout
    write_stack(folder, (4000, SIDE), layouts=layouts)
    write_stack(home / "tiles", (4000, SIDE))
    tiles = min(run(_MAP, home / "model-1", home / "tiles", home / "map.tif")[0] for _ in range(2))
    other = min(run(_MAP, home / "model-1", folder, home / "other.tif")[0] for _ in range(2))
    report("40 million cells", {f"{layout} files / tiled files": f"{other / tiles:.2f}"})
    assert cells(home / "map.tif") == cells(home / "other.tif")
    assert other <= 1.5 * tiles


def test_killed_twenty_times_a_map_has_the_same_cells(home):
    undisturbed, killed, moments = home / "map.tif", home / "killed.tif", random.Random(0)
    whole = run(_MAP, home / "model-1", home / "large", undisturbed)[0]
    command = [*COMMAND, home / "model-1", home / "large", "--output", killed, "--resume"]
    kills = 0
    while kills < 20:
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            process.wait(moments.uniform(0.5, whole / 8))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
        if killed.exists():
            assert cells(killed) == cells(undisturbed)
            killed.unlink()
    subprocess.run(command, check=True, capture_output=True)
    report("Killed and gone on with", {"kills": kills})
    assert cells(killed) == cells(undisturbed)


def test_the_command_starts_quickly(tmp_path):
    folder = write_stack(tmp_path / "evidence", (118, 110))
    with EvidenceStack.open(folder) as stack:
        write_model(tmp_path / "model", stack, members=10)
    command = [*COMMAND, tmp_path / "model", folder, "--output", tmp_path / "map.tif"]
    yardstick = [sys.executable, "-c", "import numpy, rasterio"]
    seconds = {"map": [], "import": []}
    for _ in range(7):
        for name, line in (("map", [*command, "--overwrite"]), ("import", yardstick)):
            started = time.perf_counter()
            subprocess.run(line, check=True, capture_output=True)
            seconds[name].append(time.perf_counter() - started)
    mapped, imported = (min(seconds[name]) for name in ("map", "import"))
    report(
        "A small map, ten members, as a process",
        {
            "import numpy, rasterio": f"{imported:.2f} s",
            "geoprospect map": f"{mapped:.2f} s",
            "ratio": f"{mapped / imported:.2f}",
        },
    )
    assert mapped <= 2.5 * imported
