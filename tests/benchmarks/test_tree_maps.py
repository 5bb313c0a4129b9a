"""Maps by trees: processor time against scikit-learn's own predictions and sklearn-raster's.

Times are those of processors, of all threads, from opening the layers to the file written.
"""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest
from mapjobs import write_stack

from geoprospect.evidence import EvidenceStack
from geoprospect.methods import MethodOptions, SampleTable, method_named
from geoprospect.model import Components
from geoprospect.model.model import ProspectivityModel

pytestmark = pytest.mark.benchmark

SIDE = 800
REPEATS = 2

_OURS = """
import sys, time
import geoprospect as gp
model = gp.load_model(sys.argv[2])
started = time.process_time()
with gp.open_evidence(sys.argv[1]) as stack:
    gp.write_map(model, stack, sys.argv[3], overwrite=True)
print(time.process_time() - started)
"""

# The same members through scikit-learn alone, over the same cells.
_SCIKIT_LEARN = """
import sys, time
import numpy as np
import geoprospect as gp
model = gp.load_model(sys.argv[2])
with gp.open_evidence(sys.argv[1]) as stack:
    X = np.concatenate([stack.read(window).X for window in stack.windows()])
started = time.process_time()
rows = model.components.transform(X)
for member in model.members:
    member.estimator.predict_proba(rows)
print(time.process_time() - started)
"""

# The same estimators through sklearn-raster, which fits them itself: what they predict is written.
_SKLEARN_RASTER = """
import sys, time, warnings
import numpy as np, rioxarray, xarray
from sklearn.base import clone
from sklearn_raster import FeatureArrayEstimator
import geoprospect as gp
warnings.simplefilter("ignore")
model = gp.load_model(sys.argv[2])
points = np.load(sys.argv[4])
P = model.components.transform(points["X"])
fitted = [FeatureArrayEstimator(clone(member.estimator)).fit(P, points["label"])
          for member in model.members]
started = time.process_time()
layers = [rioxarray.open_rasterio(f"{sys.argv[1]}/{name}.tif", masked=True, chunks=(1, 512, 512))
          for name in model.names]
stack = xarray.concat(layers, dim="band").assign_coords(band=list(model.names))
mean, scale = (xarray.DataArray(part.astype("f4"), dims="band", coords={"band": stack.band})
               for part in (model.components.mean, model.components.scale))
stack = (stack - mean) / scale
predicted = sum(one.predict_proba(stack)[1] if hasattr(one, "predict_proba") else one.predict(stack)
                for one in fitted) / len(fitted)
predicted.squeeze().astype("float32").rio.to_raster(sys.argv[3], compress="deflate", tiled=True)
print(time.process_time() - started)
"""


def seconds(script, *arguments):
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("trees")
    write_stack(home / "evidence", (SIDE, SIDE))

    return home


@pytest.mark.parametrize(("name", "members"), [("random-forest", 1), ("boosting", 10)])
def test_a_map_takes_less_of_the_processors_than_predicting_alone(home, name, members):
    method = method_named(name, MethodOptions(members=members))
    with EvidenceStack.open(home / "evidence") as stack:
        X, _, _ = stack.draw(300, seed=0)
        components = Components.fit(X, names=stack.names).seen_as(method.sees)
    noise = np.random.default_rng(0).normal(size=len(X))
    label = (components.transform(X) @ np.arange(-3, 4) + 3 * noise > 0).astype(np.int64)
    table = SampleTable(components.transform(X), label)
    fitted = method.fit(table, table.masks_of_all(members)).members
    ranges = np.stack([X.min(axis=0), X.max(axis=0)], axis=1)
    folder = home / name
    ProspectivityModel(components, fitted, ranges).save(folder)
    np.savez(home / "points.npz", X=X, label=label)
    places = home / "evidence", folder, home / "map.tif", home / "points.npz"
    seconds(_OURS, home / "evidence", folder, home / "map.tif")  # compiles, once a machine
    scripts = {"the map": _OURS, "predict_proba alone": _SCIKIT_LEARN}
    if importlib.util.find_spec("sklearn_raster") and importlib.util.find_spec("rioxarray"):
        scripts["sklearn-raster"] = _SKLEARN_RASTER
    taken = {
        told: min(seconds(script, *places) for _ in range(REPEATS))
        for told, script in scripts.items()
    }
    print(f"\n{name}, {members} members, {SIDE**2 / 1e6:.2f} million cells, seconds of processors")
    for told, value in taken.items():
        print(f"  {told:<22} {value:7.1f} s; the map takes {taken['the map'] / value:.2f} of it")
    assert taken["the map"] <= 0.8 * taken["predict_proba alone"]
    assert taken["the map"] <= 0.8 * taken.get("sklearn-raster", np.inf)
