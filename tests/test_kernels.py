"""Any function of a stack as a raster: in windows of any size, in threads, processes, resumed."""

import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mapjobs import write_model, write_stack
from scipy.ndimage import maximum_filter
from toykernels import Flawed, Highest, Nothing, Unknown

from geoprospect.errors import EvidenceError, OutputError
from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import NODATA, Execution, write_map, write_raster

SHAPE = (150, 130)
SMALL = Execution(window=(64, 50))

_STOPPED = """
import os, signal, sys
from toykernels import Highest
from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import Execution, write_raster
def progress(done, total):
    if done > total / 3:
        os.kill(os.getpid(), signal.SIGKILL)
with EvidenceStack.open(sys.argv[1]) as stack:
    write_raster(stack, Highest(2), sys.argv[2],
                 execution=Execution(window=(16, 20)), progress=progress)
"""


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    return write_stack(tmp_path_factory.mktemp("evidence"), SHAPE, layouts=({}, {}))


def expected(layers, reach):
    """The bands of `Highest`, computed over the whole grid at once."""
    with EvidenceStack.open(layers) as stack:
        layer = stack.read().values[0]
    low = np.where(np.isnan(layer), -np.inf, layer)
    largest = maximum_filter(low, 2 * reach + 1, mode="constant", cval=-np.inf)
    bands = np.stack([largest, largest - layer])
    bands[:, np.isnan(layer)] = NODATA
    return bands.astype(np.float32)


def written(layers, path, kernel=None, **options):
    with EvidenceStack.open(layers) as stack:
        summary = write_raster(stack, kernel or Highest(2), path, **options)
    with rasterio.open(path) as raster:
        return summary, raster.read()


def killed(layers, path):
    """Stop a raster half-way, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _STOPPED, layers, path], cwd=Path(__file__).parent, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert list(path.with_name(f"{path.name}.unfinished").glob("part-*.tif"))


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(height=st.integers(1, 160), width=st.integers(1, 140), reach=st.integers(0, 3))
def test_a_kernel_gives_the_same_cells_and_counts_in_any_window(
    layers, tmp_path, height, width, reach
):
    if height * width < 200:  # thousands of windows say no more than hundreds
        height += 60
    whole = expected(layers, reach)
    summary, bands = written(
        layers,
        tmp_path / "map.tif",
        Highest(reach),
        execution=Execution(window=(height, width)),
        overwrite=True,
    )
    np.testing.assert_array_equal(bands, whole)
    assert summary.counts == {"peaks": (whole[1] == 0).sum(), "cells": whole[0].size}


def test_the_kernel_names_bands_units_statistics_style_and_tags(layers, tmp_path):
    summary, bands = written(layers, tmp_path / "map.tif")
    assert (summary.path, summary.n_cells) == (str(tmp_path / "map.tif"), SHAPE[0] * SHAPE[1])
    assert [band.n for band in summary.statistics] == [(bands[0] != NODATA).sum()] * 2
    with rasterio.open(tmp_path / "map.tif") as raster:
        assert raster.descriptions == ("largest nearby", "depth below it")
        assert raster.units == ("m", "m")
        assert raster.tags()["REACH"] == "2"
        assert float(raster.tags(2)["STATISTICS_MAXIMUM"]) == pytest.approx(bands[1].max())
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    renderer = ET.parse(tmp_path / "map.qml").getroot().find("pipe/rasterrenderer")
    assert renderer.get("band") == "2"  # the first that has a style
    assert sorted(path.name for path in tmp_path.iterdir()) == ["map.qml", "map.tif"]


def test_a_killed_kernel_gone_on_with_has_the_same_cells_and_counts(layers, tmp_path):
    path = tmp_path / "map.tif"
    killed(layers, path)
    with pytest.raises(OutputError, match="another reach"):
        written(layers, path, Highest(1), resume=True)
    with pytest.raises(OutputError, match="another kernel"):
        written(layers, path, Nothing(2), resume=True)
    with pytest.raises(OutputError, match="this one cannot be known again"):
        written(layers, path, Unknown(2), resume=True)
    summary, bands = written(layers, path, resume=True)
    np.testing.assert_array_equal(bands, expected(layers, 2))
    assert summary.counts == {"peaks": (bands[1] == 0).sum(), "cells": bands[0].size}


def test_a_kernel_over_parts_left_as_they_are_has_the_same_cells(layers, tmp_path):
    _, bands = written(layers, tmp_path / "map.vrt", execution=SMALL)
    np.testing.assert_array_equal(bands, expected(layers, 2))
    with rasterio.open(tmp_path / "map.vrt") as raster:
        assert raster.descriptions == ("largest nearby", "depth below it")
        assert raster.units == ("m", "m")


def test_a_kernel_travels_to_local_workers(layers, tmp_path):
    pytest.importorskip("distributed", reason="the cluster extra is not installed")
    execution = Execution(window=(80, 80), workers=2)
    summary, bands = written(layers, tmp_path / "map.tif", execution=execution)
    np.testing.assert_array_equal(bands, expected(layers, 2))
    assert summary.counts["cells"] == bands[0].size


class Local(Highest):
    """A kernel that says it comes from a program rather than a module."""

    __module__ = "__main__"


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (Unknown(), "not described in plain values"),
        (Local(), "cannot import the class of the kernel"),
    ],
    ids=["not described", "not importable"],
)
def test_a_kernel_that_cannot_travel_is_one_clear_error(layers, tmp_path, kernel, message):
    pytest.importorskip("distributed", reason="the cluster extra is not installed")
    with pytest.raises(OutputError, match=message):
        written(layers, tmp_path / "map.tif", kernel, execution=Execution(workers=2))
    assert not list(tmp_path.iterdir())
    written(layers, tmp_path / "map.tif", kernel)  # threads take it as it is


@pytest.mark.parametrize(
    ("flaw", "error", "message"),
    [
        ("shape", ValueError, r"Flawed\(reach=2.*gave"),
        ("type", ValueError, r"Flawed\(reach=2.*gave"),
        ("nan", EvidenceError, r"layer \w+: the kernel gives no number in \d+ cells of the window"),
    ],
)
def test_what_a_kernel_should_not_give_is_refused(layers, tmp_path, flaw, error, message):
    with pytest.raises(error, match=message):
        written(layers, tmp_path / "map.tif", Flawed(2, flaw))
    assert not list(tmp_path.iterdir())


def test_a_band_without_values_does_not_hide_another(layers, tmp_path):
    summary, bands = written(layers, tmp_path / "map.tif", Nothing(1), execution=SMALL)
    whole = expected(layers, 1)[1]
    assert summary.statistics[0].n == 0
    np.testing.assert_array_equal(bands[0], np.full(SHAPE, NODATA, np.float32))
    np.testing.assert_array_equal(bands[1, 1], whole[1])
    assert (bands[1, 2:] == NODATA).all()


def test_a_model_folder_may_be_moved_while_its_map_is_unfinished(layers, tmp_path):
    def stop(done, total):
        if done > total / 3:
            raise KeyboardInterrupt

    path = tmp_path / "map.tif"
    with EvidenceStack.open(layers) as stack:
        model = write_model(tmp_path / "model", stack)
        with pytest.raises(KeyboardInterrupt, match="--resume"):
            write_map(model, stack, path, execution=SMALL, progress=stop)
        (tmp_path / "model").rename(tmp_path / "moved")
        moved = type(model).load(tmp_path / "moved")
        resumed = write_map(moved, stack, path, resume=True)
        whole = write_map(moved, stack, tmp_path / "whole.tif", execution=SMALL)
    assert resumed.n_beyond == whole.n_beyond
    with rasterio.open(path) as raster, rasterio.open(whole.path) as undisturbed:
        np.testing.assert_array_equal(raster.read(), undisturbed.read())
