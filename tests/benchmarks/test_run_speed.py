"""A whole run beside sklearn-raster, which opens, fits, predicts and writes; and a run's memory.

Times are those of processors, of all threads and of the start of Python. A run checks, draws,
saves its model, scores the map and draws its pictures besides; sklearn-raster does none of it.
The tables are printed with `pytest -m benchmark -s tests/benchmarks/test_run_speed.py`.
"""

import importlib.util
import json
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pytest
from mapjobs import write_stack

from geoprospect.evidence import EvidenceStack

pytestmark = pytest.mark.benchmark

NATIONAL = 10_000  # cells a side: a hundred million
MOST_MEMORY = 700  # MiB of a run, however large the grid
_TOLD = """
import json, re, resource, sys
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
cpu = sum(each.ru_utime + each.ru_stime for each in used)
print(json.dumps({"seconds of processors": cpu, "MiB at most": peak,
                  "TensorFlow": "tensorflow" in sys.modules}))
"""
_OURS = """
import sys
import geoprospect as gp
gp.run(sys.argv[1], overwrite=True)
"""
_SKLEARN_RASTER = """
import sys, warnings
import geopandas as gpd, rioxarray, xarray
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn_raster import FeatureArrayEstimator
warnings.simplefilter("ignore")
home, name, members = sys.argv[1], sys.argv[2], int(sys.argv[3])
layers = [rioxarray.open_rasterio(f"{home}/evidence/X{k}.tif", masked=True, chunks=(1, 512, 512))
          for k in range(1, 8)]
stack = xarray.concat(layers, dim="band").assign_coords(band=[f"X{k}" for k in range(1, 8)])
points = gpd.read_file(f"{home}/training.gpkg")
x, y = (xarray.DataArray(axis, dims="point") for axis in (points.geometry.x, points.geometry.y))
X = stack.sel(x=x, y=y, method="nearest").transpose("point", "band").values
def fitted(seed):
    estimator = {
        "random-forest": RandomForestClassifier(
            500, min_samples_leaf=3, class_weight="balanced", random_state=seed),
        "boosting": HistGradientBoostingClassifier(
            learning_rate=0.03, max_iter=100, max_leaf_nodes=4, min_samples_leaf=5,
            l2_regularization=10, max_features=0.5, class_weight="balanced",
            early_stopping=False, random_state=seed),
    }[name]
    return FeatureArrayEstimator(estimator).fit(X, points["occurrence"])
each = [fitted(seed).predict_proba(stack)[1] for seed in range(members)]
scores = (sum(each) / members).astype("float32")
scores.rio.to_raster(f"{home}/theirs.tif", compress="deflate", tiled=True)
"""


def told(script, *arguments):
    """Run a script in a process of its own; give its processor time and memory."""
    command = [sys.executable, "-c", script + _TOLD, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def write_home(home, side):
    """Write layers, and points of which those with occurrences follow the layers."""
    write_stack(home / "evidence", (side, side))
    with EvidenceStack.open(home / "evidence") as stack:
        X, rows, columns = stack.draw(300, seed=0)
        likely = X[:, 0] + X[:, 3] - X[:, 5] + np.random.default_rng(0).normal(0, 0.5, len(X))
        places = gpd.points_from_xy(*stack.grid.centres(rows, columns), crs=3578)
    labels = {"occurrence": (likely > np.quantile(likely, 0.6)).astype(int)}
    gpd.GeoDataFrame(labels, geometry=places).to_file(home / "training.gpkg")


def write_project(home, name, members):
    layers = "".join(f'X{k} = "evidence/X{k}.tif"\n' for k in range(1, 8))
    points = 'training = { path = "training.gpkg", label = "occurrence" }'
    path = home / f"{name}.toml"
    path.write_text(
        f'[evidence]\n{layers}\n[points]\n{points}\n[model]\nstrategy = "{name}"\n'
        f"members = {members}\n"
        f'[output]\nfolder = "out-{name}"\n'
    )
    return path


def report(title, results):
    print(f"\n{title}")
    for name, values in results.items():
        cpu, memory = values["seconds of processors"], values["MiB at most"]
        print(f"  {name:<16} {cpu:8.1f} s of processors, {memory:6.0f} MiB at most")


@pytest.fixture(scope="module", params=[1500, 3000], ids=lambda side: f"{side} x {side}")
def home(request, tmp_path_factory):
    home = tmp_path_factory.mktemp("run")
    write_home(home, request.param)
    return home


@pytest.mark.parametrize(("name", "members"), [("random-forest", 1), ("boosting", 10)])
def test_a_run_takes_no_more_of_the_processors_than_sklearn_raster(home, name, members, request):
    for module in ("sklearn_raster", "rioxarray"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed: pip install '.[benchmark]'")
    project = write_project(home, name, members)
    told(_OURS, project)  # compiles, once a machine
    results = {
        "run": told(_OURS, project),
        "sklearn-raster": told(_SKLEARN_RASTER, home, name, members),
    }
    report(f"{name}, {request.node.callspec.id}", results)
    ours, theirs = (result["seconds of processors"] for result in results.values())
    print(f"  the run takes {ours / theirs:.2f} of it")
    assert ours <= theirs
    assert not results["run"]["TensorFlow"]
    assert results["run"]["MiB at most"] < MOST_MEMORY


def test_a_run_that_chooses_among_networks_too_stays_within_its_memory(home, request):
    result = told(_OURS, write_project(home, "auto", 10))
    report(f"auto, {request.node.callspec.id}", {"run": result})
    assert result["MiB at most"] < MOST_MEMORY
    assert not result["TensorFlow"]


def test_a_run_over_a_hundred_million_cells_stays_within_its_memory(tmp_path):
    write_home(tmp_path, NATIONAL)
    result = told(_OURS, write_project(tmp_path, "random-forest", 1))
    report(f"random-forest, {NATIONAL} x {NATIONAL}", {"run": result})
    assert result["MiB at most"] < MOST_MEMORY
    assert not result["TensorFlow"]
