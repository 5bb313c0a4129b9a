"""Stacks and models on disk, for the tests and benchmarks of mapping."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from rasterio.windows import Window

from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import write_map
from geoprospect.model import Components
from geoprospect.model.model import ProspectivityModel
from geoprospect.network import Dense, Network

TILED = {"tiled": True, "blockxsize": 512, "blockysize": 512}
STRIPED = {"tiled": False, "blockysize": 1}
PAPER = (7, 100, 8, 6, 4, 2, 1)


def write_stack(folder: Path, shape, *, layouts=(TILED,) * 7) -> Path:
    """Write deflated float32 layers of smooth fields with noise and gaps, one for each layout."""

    def write(k):
        rng = np.random.default_rng(k)
        profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "nodata": -9999.0}
        place = {"crs": "EPSG:3578", "transform": Affine(100, 0, 0, 0, -100, 0)}
        size = {"height": shape[0], "width": shape[1], "compress": "deflate"}
        path = folder / f"X{k + 1}.tif"
        with rasterio.open(path, "w", **profile, **place, **size, **layouts[k]) as raster:
            for top in range(0, shape[0], 512):
                rows, columns = np.ogrid[top : min(top + 512, shape[0]), : shape[1]]
                values = np.sin(columns / (50 + 20 * k)) * np.cos(rows / (70 + 10 * k))
                values = values + 0.2 * rng.standard_normal(values.shape, np.float32)
                values[(columns // 97 + rows // 101) % 17 == 0] = -9999
                window = Window(0, top, shape[1], len(rows))
                raster.write(values.astype(np.float32), 1, window=window)

    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(len(layouts))))
    return folder


def network(seed: int, sizes=PAPER) -> Network:
    """Give a network of the study's shape with weights at random, none of its units dead."""
    rng = np.random.default_rng(seed)
    layers = []
    for n_inputs, n_outputs in pairwise(sizes):
        kernel = rng.normal(0, np.sqrt(2 / n_inputs), (n_inputs, n_outputs)).astype(np.float32)
        bias = rng.uniform(0, 0.5, n_outputs).astype(np.float32)
        layers.append(Dense(kernel, bias, "sigmoid" if n_outputs == 1 else "relu"))
    return Network(tuple(layers))


def cosines(seed: int, sizes=(7, 200, 1)) -> Network:
    """Give a network of the recommended shape with weights at random."""
    rng = np.random.default_rng(seed)
    n_inputs, width, _ = sizes
    kernel = rng.normal(0, 1 / np.sqrt(n_inputs), (n_inputs, width)).astype(np.float32)
    phases = rng.uniform(0, 2 * np.pi, width).astype(np.float32)
    head = rng.normal(0, 0.1, (width, 1)).astype(np.float32)
    return Network((Dense(kernel, phases, "cosine"), Dense(head, np.zeros(1, "f4"), "sigmoid")))


def write_model(
    folder: Path, stack: EvidenceStack, *, members: int = 1, build=network, sizes=PAPER
) -> ProspectivityModel:
    """Write a model of the stack's layers and read it again."""
    X, _, _ = stack.draw(5000, seed=0)
    components = Components.fit(X, names=stack.names)
    networks = tuple(build(seed, (stack.n_layers, *sizes[1:])) for seed in range(members))
    ranges = np.stack([X.min(axis=0), X.max(axis=0)], axis=1) * np.float32(0.9)
    ProspectivityModel(components, networks, ranges).save(folder, overwrite=True)
    return ProspectivityModel.load(folder)


def write_job(home: Path, shape) -> Path:
    """Write a stack, a model, and their map as made undisturbed."""
    write_stack(home / "evidence", shape)
    with EvidenceStack.open(home / "evidence") as stack:
        model = write_model(home / "model", stack, members=2)
        write_map(model, stack, home / "undisturbed.tif")
    return home


def cells(path) -> bytes:
    """Give the cells of a raster, all bands of it."""
    with rasterio.open(path) as raster:
        return raster.read().tobytes()


_MEASURED = """
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
print(json.dumps([time.process_time() - started, peak]))
"""


def measured(script: str, *arguments) -> tuple[float, float]:
    """Run a script in a process of its own; give its processor time since `started`, and memory."""
    code = f"import json, re, sys, time\n{script}{_MEASURED}"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, mebibytes = json.loads(done.stdout.splitlines()[-1])
    return seconds, mebibytes
