"""Fill values that files do not declare, or declare rounded: none is taken for data in silence."""

import logging
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from smallproject import SHAPE, TRANSFORM, points, write_project, write_raster

import geoprospect as gp
from geoprospect.errors import EvidenceError
from geoprospect.evidence import EvidenceStack, RasterBand
from geoprospect.network import Dense, Network

LEAST = float(np.finfo("float32").min)
FILLS = [-9999.0, -99999.0, 1e20, 1e30, LEAST, -1e32, 1.70141e38, -32768.0]


def holed(fill, cells=180, seed=0):
    values = np.random.default_rng(seed).normal(size=SHAPE).astype(np.float32)
    values.ravel()[:cells] = fill
    return values


def warned(caplog):
    return [x.getMessage() for x in caplog.records if x.levelno >= logging.WARNING]


@pytest.mark.parametrize("fill", FILLS)
def test_the_survey_names_layer_value_and_cells(tmp_path, caplog, fill):
    write_raster(tmp_path / "A.tif", holed(fill), nodata=None)
    with EvidenceStack.open(tmp_path) as stack:
        stack.survey()
        stack.select(["A"]).survey()
    [line] = warned(caplog)
    assert re.search(r"A\.tif: layer A: \S+ in 180 cells .*fill value", line)
    number = float(re.search(r"nodata = (\S+)", line)[1])
    band = RasterBand("A", str(tmp_path / "A.tif"), nodata=number)
    with EvidenceStack.open([band]) as stack:
        assert stack.count_valid() == np.prod(SHAPE) - 180
    assert len(warned(caplog)) == 1


@pytest.mark.parametrize(
    "values",
    [
        np.linspace(-12_000, 9000, np.prod(SHAPE)),
        np.linspace(-10_500, -9800, np.prod(SHAPE)).round(),
        np.arange(np.prod(SHAPE)) * 40.0 - 999,
    ],
)
def test_values_among_others_are_data(tmp_path, caplog, values):
    cells = values.reshape(SHAPE).astype(np.float32)
    cells[0, 0] = -9999 if cells.min() < -9999 else -999
    write_raster(tmp_path / "A.tif", cells, nodata=None)
    with EvidenceStack.open(tmp_path) as stack:
        stack.survey()
    assert warned(caplog) == []


@pytest.mark.parametrize(
    ("fill", "header"), [(LEAST, -3.4e38), (LEAST, -3.40282e38), (2.0**127, 1.70141e38)]
)
def test_a_rounded_header_declares_the_value_it_rounds(tmp_path, caplog, fill, header):
    write_raster(tmp_path / "A.tif", holed(fill), nodata=header)
    with EvidenceStack.open(tmp_path) as stack:
        assert stack.count_valid() == np.prod(SHAPE) - 180
    assert warned(caplog) == []


@pytest.mark.parametrize("header", [0.0, -9999.0, 1e20])
def test_neighbours_of_a_declared_value_are_data(tmp_path, header):
    values = np.full(SHAPE, 1, np.float32)
    values[0, :3] = header, header * (1 + 1e-5) or 1e-30, header * (1 - 1e-5) or -1e-30
    write_raster(tmp_path / "A.tif", values, nodata=header)
    with EvidenceStack.open(tmp_path) as stack:
        assert stack.count_valid() == np.prod(SHAPE) - 1


@pytest.fixture
def project(tmp_path):
    path = write_project(tmp_path)
    networks, _, _ = path.read_text().partition("training = { epochs")
    path.write_text(networks.replace('"fine-tuning"', '"random-forest"'))
    for name, fill in (("A", 1e20), ("C", -9999)):
        write_raster(tmp_path / f"rasters/{name}.tif", holed(fill, 200, ord(name)), nodata=None)
    return path


def test_check_and_run_warn_until_the_project_declares_the_values(project, caplog):
    findings = gp.check(gp.Project.load(project))
    assert warned(caplog)[2:] == []
    caplog.clear()
    lines = [x.text for x in findings if x.level == "warning" and "fill value" in x.text]
    assert len(lines) == 2
    assert any(re.search(r"layer C: -9999 in 200 cells", line) for line in lines)
    with EvidenceStack.open(project.parent / "rasters") as stack:
        samples = gp.read_samples(project.parent / "training.gpkg", stack)
        model = gp.fit(stack, samples, gp.method_named("random-forest"))
    assert len(warned(caplog)) == 2
    caplog.clear()
    with EvidenceStack.open(project.parent / "rasters") as stack:
        gp.write_map(model, stack, project.parent / "map.tif")
    assert sorted(re.findall(r"layer (\w): (\S+) in (\d+) cells", " ".join(warned(caplog)))) == [
        ("A", "1e+20", "200"),
        ("C", "-9999", "200"),
    ]
    text = project.read_text()
    for name, value in (("A", "1e20"), ("C", "-9999")):
        new = f'{name} = {{ path = "rasters/{name}.tif", nodata = {value} }}'
        text = text.replace(f'{name} = "rasters/{name}.tif"', new)
    project.write_text(text)
    assert not [x for x in gp.check(gp.Project.load(project)) if "fill value" in x.text]


def test_a_map_of_other_ground_warns_of_a_model_trained_on_sound_evidence(tmp_path, caplog):
    project = write_project(tmp_path)
    with gp.Project.load(project).open_evidence() as stack:
        samples = gp.read_samples(tmp_path / "training.gpkg", stack)
        model = gp.fit(stack, samples, gp.method_named("logistic-regression"))
        write_raster(tmp_path / "rasters/B.tif", holed(-99999), nodata=None)
    assert warned(caplog) == []
    with gp.Project.load(project).open_evidence() as stack:
        gp.write_map(model, stack, tmp_path / "map.tif")
    [line] = warned(caplog)
    assert re.search(r"B\.tif: layer B: -99999 in 180 cells", line)


def test_a_score_that_is_not_finite_is_an_error_that_names_layer_and_window(tmp_path, caplog):
    project = write_project(tmp_path)
    with gp.Project.load(project).open_evidence() as stack:
        samples = gp.read_samples(tmp_path / "training.gpkg", stack)
        model = gp.fit(stack, samples, gp.method_named("logistic-regression"))
    write_raster(tmp_path / "rasters/B.tif", holed(LEAST), nodata=None)
    hidden = Dense(np.full((3, 2), 1000, np.float32), np.zeros(2, np.float32), "linear")
    last = Dense(np.float32([[1], [-1]]), np.zeros(1, np.float32), "sigmoid")
    model = replace(model, members=(Network((hidden, last)),))
    with (
        gp.Project.load(project).open_evidence() as stack,
        pytest.raises(EvidenceError, match=r"layer B: .*row \d+, column \d+.*e\+38"),
    ):
        gp.write_map(model, stack, tmp_path / "map.tif")
    assert not list(tmp_path.glob("map*"))


def test_a_scored_map_with_an_undeclared_fill_is_told_and_mended(tmp_path, caplog):
    scores = np.random.default_rng(0).random(SHAPE).astype(np.float32)
    scores[:, 25:] = -9999
    write_raster(tmp_path / "map.tif", scores, nodata=None)
    write_raster(tmp_path / "declared.tif", scores)
    points(np.arange(20), np.arange(20)).to_file(tmp_path / "points.gpkg")
    flattered = gp.score_map(tmp_path / "map.tif", tmp_path / "points.gpkg")
    lines = [line for line in warned(caplog) if "--nodata -9999" in line]
    assert len(lines) == 1
    assert f"-9999 in {15 * SHAPE[0]} cells" in lines[0]
    caplog.clear()
    band = RasterBand("prospectivity", str(tmp_path / "map.tif"), nodata=-9999)
    mended = gp.score_map(band, tmp_path / "points.gpkg")
    assert warned(caplog) == []
    assert mended.auc == gp.score_map(tmp_path / "declared.tif", tmp_path / "points.gpkg").auc
    assert mended.auc < flattered.auc


def test_the_command_in_the_warning_declares_the_value(tmp_path, caplog):
    write_raster(tmp_path / "A.tif", holed(LEAST), nodata=None)
    with EvidenceStack.open(tmp_path) as stack:
        stack.survey()
    [line] = warned(caplog)
    command = shlex.split(line.rpartition("or: rio ")[2])
    subprocess.run([Path(sys.executable).with_name("rio"), *command], check=True)
    with rasterio.open(tmp_path / "A.tif") as raster:
        assert raster.nodata == LEAST
        assert raster.transform == TRANSFORM
