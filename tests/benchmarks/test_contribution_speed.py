"""Rasters of contributions beside the map: processor time, memory, and what predicting costs.

Times are those of processors, of all threads, from opening the layers to the file written. A
prediction of each coalition is timed on few cells, and told for as many as the raster has.
"""

import numpy as np
import pytest
from mapjobs import measured, write_stack

from geoprospect.evidence import EvidenceStack
from geoprospect.methods import MethodOptions, PretextCells, SampleTable, method_named
from geoprospect.model import Components
from geoprospect.model.model import ProspectivityModel

pytestmark = pytest.mark.benchmark

SIDE, FEW, LARGE = 1000, 100, 10_000  # cells a side
_TOLD = """
import geoprospect as gp
from geoprospect.mapping.contributions import ContributionKernel
from geoprospect.model.contributions import Contributions
what, evidence, model = sys.argv[1:]
model = gp.load_model(model)
started = time.process_time()
with gp.open_evidence(evidence) as stack:
    if what == "map":
        gp.write_map(model, stack, f"{evidence}-{what}.tif", overwrite=True)
    else:
        kernel = ContributionKernel(Contributions.of(model, model.select(stack)), what)
        gp.write_raster(model.select(stack), kernel, f"{evidence}-{what}.tif", overwrite=True)
"""


def told(what, evidence, model):
    """Write a raster in a process of its own; give its processor time and memory."""
    return measured(_TOLD, what, evidence, model)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("why")
    write_stack(home / "evidence", (SIDE, SIDE))
    write_stack(home / "few", (FEW, 2 * FEW))
    return home


def write_model(home, name, members):
    """Fit a method to three hundred points of the stack."""
    with EvidenceStack.open(home / "evidence") as stack:
        X = stack.draw(300, seed=0)[0]
        names = stack.names
    options = MethodOptions(members=members, pretext="distribution" if name == "average" else None)
    made = method_named(name, options)
    components = Components.fit(X, names=names).seen_as(made.sees)
    P = components.transform(X)
    likely = P @ np.arange(-3, 4) + 3 * np.random.default_rng(0).normal(size=len(X))
    table = SampleTable(P, (likely > 0).astype(np.int64))
    cells = PretextCells(P) if name == "average" else None
    fitted = made.fit(
        table, table.masks_of_all(made.members), preparation=made.prepare(cells, len(names))
    )
    ranges = np.stack([X.min(axis=0), X.max(axis=0)], axis=1)
    ProspectivityModel(components, fitted.members, ranges).save(home / name)
    return home / name


@pytest.mark.parametrize(
    ("name", "members", "times"),
    [("random-forest", 1, 3), ("boosting", 10, 10), ("average", 10, 10)],
)
def test_contributions_take_far_less_than_a_prediction_of_each_coalition(
    home, name, members, times
):
    model = write_model(home, name, members)
    told("compiled", home / "few", model)  # compiles, once a machine
    chart, chart_memory = told("map", home / "evidence", model)
    seconds, memory = told("compiled", home / "evidence", model)
    each = told("numpy", home / "few", model)[0] - told("map", home / "few", model)[0]
    with EvidenceStack.open(home / "few") as few, EvidenceStack.open(home / "evidence") as stack:
        each *= stack.read().valid.sum() / few.read().valid.sum()
    print(f"\n{name}, {members} members, {SIDE**2 / 1e6:.0f} million cells of seven layers")
    print(
        f"  the map                 {chart:8.1f} s of processors, {chart_memory:5.0f} MiB at most"
    )
    print(f"  contributions           {seconds:8.1f} s of processors, {memory:5.0f} MiB at most")
    print(f"  by a score a coalition  {each:8.1f} s of processors, told of {2 * FEW**2} cells")
    assert times * seconds < each
    assert memory < 700


def test_contributions_of_a_linear_method_on_a_hundred_million_cells(home, tmp_path):
    model = write_model(home, "logistic-regression", 1)
    told("compiled", home / "few", model)  # compiles, once a machine
    large = write_stack(tmp_path / "evidence", (LARGE, LARGE))
    chart, chart_memory = told("map", large, model)
    seconds, memory = told("compiled", large, model)
    print(f"\nlogistic-regression, {LARGE**2 / 1e6:.0f} million cells of seven layers")
    print(f"  the map        {chart:8.1f} s of processors, {chart_memory:5.0f} MiB at most")
    print(f"  contributions  {seconds:8.1f} s of processors, {memory:5.0f} MiB at most")
    assert seconds < 20 * chart
    assert memory < 1000
