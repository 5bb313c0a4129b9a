"""`geoprospect uncertainty`, and the product that a run makes where its project asks for it."""

import json

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from smallproject import PROJECT, write_project

import geoprospect as gp
from geoprospect.cli import main
from geoprospect.errors import ProjectError, SamplesError

QUICK = PROJECT.replace('"fine-tuning"\nmembers = 2', '"svm"')


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    path = write_project(tmp_path_factory.mktemp("asked"))
    path.write_text(QUICK + "[products]\nuncertainty = { refits = 6, threshold = 0.6 }\n")
    gp.run(path)
    return path.parent / "out"


def values(path):
    with rasterio.open(path) as raster:
        return raster.read()


def run(*arguments):
    result = CliRunner().invoke(main, ["uncertainty", *map(str, arguments)])
    assert isinstance(result.exception, SystemExit | None), result.exception
    return result


def test_a_run_makes_it_and_the_command_adds_the_same_to_a_finished_run(asked, tmp_path):
    path = write_project(tmp_path)
    path.write_text(QUICK)
    gp.run(path)
    out = tmp_path / "out"
    done = run(out, "--refits", 6, "--threshold", 0.6, "--json")
    assert done.exit_code == 0, done.output
    sure = json.loads(done.stdout)
    told = sure["uncertainty"]
    assert (told["refits"], told["seeds"]) == (6, 0)
    assert told["std"] == pytest.approx(told["data"])
    assert np.array_equal(values(out / "uncertainty.tif"), values(asked / "uncertainty.tif"))
    assert (out / "uncertainty.qml").read_text() == (asked / "uncertainty.qml").read_text()
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["added"]["uncertainty"] == {"refits": 6, "members": 2, "threshold": 0.6}
    files = {"uncertainty.tif", "measure_next.tif", "measure_next.gpkg"}
    assert files <= set(manifest["outputs"])
    listed = gpd.read_file(out / "measure_next.gpkg", layer="measure_next")
    assert listed["rank"].tolist() == list(range(1, len(sure["next_cells"]) + 1))
    assert listed["words"][0].startswith(f"scores {listed['score'][0]:.2f} ± ")
    again = run(out, "--refits", 6)
    assert again.exit_code == 1
    assert "--overwrite" in again.output
    assert not list(out.glob("*.refits"))


def test_the_command_says_how_sure_the_map_is(asked):
    done = run(asked, "--refits", 5, "--overwrite")
    assert "uncertainty.tif: the score's standard deviation is 0." in done.stdout
    assert "of the area is among the best 10% for sure" in done.stdout
    assert "where it is most open what is best; the first of them:" in done.stdout
    assert "of the refits have it in the best 10% of the area" in done.stdout


def test_occurrences_of_one_cluster_are_refused_before_the_run_trains(tmp_path):
    path = write_project(tmp_path)
    path.write_text(QUICK + "[products]\nuncertainty = true\n")
    points = gpd.read_file(tmp_path / "training.gpkg")
    points["occurrence"] = (np.arange(len(points)) == 5).astype(int)
    points.to_file(tmp_path / "training.gpkg")
    with pytest.raises(SamplesError, match="the occurrences are one cluster"):
        gp.run(path)
    assert not (tmp_path / "out" / "prospectivity.tif").exists()


def test_too_few_refits_are_refused_where_they_are_asked_for(tmp_path):
    path = write_project(tmp_path)
    path.write_text(QUICK + "[products]\nuncertainty = { refits = 4 }\n")
    with pytest.raises(ProjectError, match=r"uncertainty\.refits.*at least 5"):
        gp.Project.load(path)
