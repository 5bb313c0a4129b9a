"""The area of applicability of millions of cells, beside the map of the same model.

The stack is that of `test_mapping_speed`; models have the study's network, or the recommended one.
Training cells are drawn from the stack, so that they lie among the cells as those of a run do. The
table is printed with `pytest -m benchmark -s`.
"""

import re
import resource
import time
from pathlib import Path

import numpy as np
import pytest
from mapjobs import PAPER, cosines, network, write_model, write_stack

from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import write_map
from geoprospect.reliability.applicability import (
    Applicability,
    ModelApplicability,
    PredictorSpace,
    write_applicability,
)

pytestmark = pytest.mark.benchmark

NETWORKS = {"the study's network": (network, PAPER), "200 cosines": (cosines, (7, 200, 1))}


def spent(write):
    """Give the seconds of the processors and of the clock that a piece of work takes."""
    clock, begun = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    write()
    ended = resource.getrusage(resource.RUSAGE_SELF)
    cpu = ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime
    return cpu, time.perf_counter() - clock


def compared(folder, stack, name, members, cells):
    """Write a map, and for each number of training cells where it may be believed; give ratios."""
    build, sizes = NETWORKS[name]
    model = write_model(folder / "model", stack, members=members, build=build, sizes=sizes)
    background = stack.draw(2000, seed=2)[0]
    mapped = spent(lambda: write_map(model, stack, folder / "m.tif", overwrite=True))
    print(f"  {name}, {members} members: the map {mapped[0]:.1f} ({mapped[1]:.1f})")
    ratios = {}
    for n in cells:
        X = stack.draw(n, seed=1)[0]
        space = PredictorSpace.of_model(model, X, background)
        folds = np.random.default_rng(0).integers(0, 5, n)
        fitted = ModelApplicability(model, Applicability.of(space, X, folds))
        fitted.applicability.of_cells(X)  # compiles, once a machine
        path = folder / "a.tif"
        took = spent(lambda f=fitted, p=path: write_applicability(f, stack, p, overwrite=True))
        ratios[n] = took[0] / mapped[0]
        print(f"    {n} training cells: {took[0]:.1f} ({took[1]:.1f}), {ratios[n]:.2f} times")
    return ratios


def test_it_takes_at_most_three_times_the_map_of_few_members_and_less_than_that_of_ten(tmp_path):
    write_stack(tmp_path / "evidence", (2048, 2048))
    print("\n4.2 million cells, seconds of the processors (of the clock)")
    with EvidenceStack.open(tmp_path / "evidence") as stack:
        for name in NETWORKS:
            one = compared(tmp_path, stack, name, 1, (100, 300, 700, 2000))
            assert max(one[100], one[300]) <= 3
            ten = compared(tmp_path, stack, name, 10, (100, 300, 700, 2000))
            assert max(ten[100], ten[300], ten[700]) <= 1
            assert ten[2000] <= 3


def test_a_hundred_million_cells_take_at_most_three_times_the_map(tmp_path):
    write_stack(tmp_path / "evidence", (10_000, 10_000))
    print("\n100 million cells, seconds of the processors (of the clock)")
    with EvidenceStack.open(tmp_path / "evidence") as stack:
        ratios = compared(tmp_path, stack, "the study's network", 1, (300,))
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]
    print(f"  peak memory {int(peak) / 1024:.0f} MiB")
    assert ratios[300] <= 3
