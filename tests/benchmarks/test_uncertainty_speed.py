"""The raster of uncertainty beside the map on a hundred million cells: processors' time, memory.

Times are those of processors, of all threads, from opening the layers to the file written; the
refits are fitted before. `pytest -m benchmark -s` prints them.
"""

import geopandas as gpd
import numpy as np
import pytest
from mapjobs import measured, write_stack

from geoprospect.evidence import EvidenceStack
from geoprospect.methods import MethodOptions, method_named
from geoprospect.model import FitInputs, fit
from geoprospect.model.refitting import Refitting
from geoprospect.reliability.uncertainty import ClusterBootstrap
from geoprospect.samples import read_samples

pytestmark = pytest.mark.benchmark

SMALL, LARGE = 500, 10_000  # cells a side
REFITS, MEMBERS = 30, 2

_TOLD = """
import geoprospect as gp
from geoprospect.model.model import ProspectivityModel
from geoprospect.reliability.uncertainty.kernel import UncertaintyKernel
from geoprospect.reliability.uncertainty.refitscores import BestTenth, RefitScores
what, evidence, model = sys.argv[1:]
model = ProspectivityModel.load(model)
out = f"{evidence}-{what}.tif"
started = time.process_time()
with gp.open_evidence(evidence) as stack:
    if what == "map":
        gp.write_map(model, stack, out, overwrite=True)
    else:
        scores = RefitScores.quickest(model, stack.grid.n_cells)
        kernel = UncertaintyKernel(scores, BestTenth.of(scores, stack), 0.5)
        gp.write_raster(stack, kernel, out, overwrite=True)
"""


def told(what, evidence, model):
    """Write a raster in a process of its own; give its processor time and memory."""
    return measured(_TOLD, what, evidence, model)


def test_uncertainty_of_a_linear_method_takes_a_small_multiple_of_the_map(tmp_path):
    small = write_stack(tmp_path / "small", (SMALL, SMALL))
    large = write_stack(tmp_path / "large", (LARGE, LARGE))
    method = method_named("logistic-regression", MethodOptions(members=MEMBERS))
    with EvidenceStack.open(small) as stack:
        X, rows, columns = stack.draw(300, seed=0)
        places = gpd.points_from_xy(*stack.grid.centres(rows, columns))
        sums = X[:, 0] + X[:, 1]
        label = (sums > np.quantile(sums, 0.7)).astype(int)
        points = gpd.GeoDataFrame({"occurrence": label}, geometry=places, crs="EPSG:3578")
        samples = read_samples(points, stack, label="occurrence")
        inputs = FitInputs.of(stack, samples)
        fit(stack, samples, method, components=inputs.components_for(method)).save(tmp_path / "map")
        refits = ClusterBootstrap(Refitting(inputs, method, REFITS, MEMBERS)).fit()
        refits.save(tmp_path / "refits")
    told("map", small, tmp_path / "map")  # compiles, once a machine
    told("uncertainty", small, tmp_path / "refits")
    chart, chart_memory = told("map", large, tmp_path / "map")
    seconds, memory = told("uncertainty", large, tmp_path / "refits")
    print(f"\nlogistic-regression, {LARGE**2 / 1e6:.0f} million cells of seven layers")
    print(f"  the map      {chart:8.1f} s of processors, {chart_memory:5.0f} MiB at most")
    print(f"  uncertainty  {seconds:8.1f} s of processors, {memory:5.0f} MiB at most "
          f"({REFITS} refits of {MEMBERS} members)")  # fmt: skip
    assert seconds < 20 * chart
    assert memory < 1000
