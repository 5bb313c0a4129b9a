"""Optional products of a run: made by it where they are asked for, or added to it afterwards."""

import json
from dataclasses import fields

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from smallproject import PROJECT, write_project

import geoprospect as gp
from geoprospect.cli import main
from geoprospect.errors import OutputError, ProjectError
from geoprospect.output import checksum
from geoprospect.project import results
from geoprospect.project.inputs import Inputs
from geoprospect.project.products.product import MadeRun
from geoprospect.project.products.registry import OPTIONAL
from geoprospect.project.productsettings import NoSettings, ProductSettings

QUICK = PROJECT.replace('"fine-tuning"\nmembers = 2', '"logistic-regression"')


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A project that asks for contributions, run once."""
    path = write_project(tmp_path_factory.mktemp("asked"))
    path.write_text(QUICK + "[products]\ncontributions = true\n")
    gp.run(path)
    return path.parent / "out"


@pytest.fixture
def plain(tmp_path):
    """The same project without products, run."""
    path = write_project(tmp_path)
    path.write_text(QUICK)
    gp.run(path)
    return tmp_path / "out"


def listed(folder):
    return json.loads((folder / "manifest.json").read_text())["outputs"]


def values(path):
    with rasterio.open(path) as raster:
        return raster.read()


def test_every_product_has_a_setting_and_files_that_the_manifest_may_list():
    assert list(OPTIONAL) == [field.name for field in fields(ProductSettings)]
    for product in OPTIONAL.values():
        assert set(product.files) <= set(results.PRODUCTS)


def test_a_product_added_to_a_finished_run_is_the_one_that_a_run_makes(asked, plain):
    assert "contributions.tif" in listed(asked)
    assert "contributions.tif" not in listed(plain)
    gp.add_product(plain, "contributions", NoSettings())
    assert np.array_equal(values(plain / "contributions.tif"), values(asked / "contributions.tif"))
    told = listed(plain)
    assert told["contributions.tif"] == checksum(plain / "contributions.tif")
    assert told.keys() == listed(asked).keys()
    assert {"leading_layer.tif", "leading_layer.qml"} <= told.keys()
    assert json.loads((plain / "manifest.json").read_text())["added"] == {"contributions": {}}
    # It is replaced by leave alone, and a run that does not ask for it takes it away.
    with pytest.raises(OutputError, match="--overwrite"):
        gp.add_product(plain, "contributions", NoSettings())
    gp.add_product(plain, "contributions", NoSettings(), overwrite=True)
    gp.run(plain.parent / "project.toml", overwrite=True)
    assert not (plain / "contributions.tif").exists()


def test_explain_maps_contributions_and_leading_layers_into_the_folder_of_a_run(asked, plain):
    done = CliRunner().invoke(main, ["explain", str(plain), "--map"])
    assert done.exit_code == 0, done.output
    made = ("contributions.tif", "leading_layer.tif")
    assert done.stdout.splitlines() == [f"written: {plain / name}" for name in made]
    for name in made:
        assert np.array_equal(values(plain / name), values(asked / name))
        assert listed(plain)[name] == checksum(plain / name)


def test_a_file_of_that_name_that_no_run_made_is_kept(plain):
    (plain / "contributions.tif").write_text("mine")
    with pytest.raises(OutputError, match="no former run lists this"):
        gp.add_product(plain, "contributions", NoSettings(), overwrite=True)
    assert (plain / "contributions.tif").read_text() == "mine"


def test_what_a_killed_addition_left_is_replaced_by_the_next_run(plain):
    (plain / ".geoprospect-adding").write_text('["contributions.tif"]')
    (plain / "contributions.tif").write_text("half")
    gp.run(plain.parent / "project.toml", overwrite=True)
    assert not (plain / "contributions.tif").exists()


def test_points_that_changed_since_the_run_are_refused(plain):
    path = plain.parent / "training.gpkg"
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ProjectError, match=r"has changed since: training.*run it again"):
        gp.add_product(plain, "contributions", NoSettings())
    assert not (plain / "contributions.tif").exists()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("contributions = 3", "contributions"),
        ("contributions = { deep = true }", "products.contributions.deep is no setting"),
        ("reasons = true", "products.reasons is no setting"),
    ],
)
def test_a_product_that_is_not_understood_is_refused(tmp_path, text, problem):
    path = write_project(tmp_path)
    path.write_text(QUICK + f"[products]\n{text}\n")
    with pytest.raises(ProjectError, match=problem):
        gp.Project.load(path)


def test_a_product_that_cannot_be_made_does_not_take_the_map_with_it(tmp_path):
    path = write_project(tmp_path)
    path.write_text(QUICK + "[products]\ntargets = { smallest = 1e6 }\napplicability = true\n")
    done = CliRunner().invoke(main, ["run", str(path)])
    assert done.exit_code == 0, done.output
    told = " ".join(done.stderr.split())
    assert "targets: not made, and the map is kept: " in told
    assert "no target takes as much as 1e+06 km² of ground" in told
    made = listed(tmp_path / "out")
    assert {"prospectivity.tif", "applicability.tif"} <= made.keys()
    assert "targets.gpkg" not in made
    assert not (tmp_path / "out/targets.gpkg").exists()
    assert "no target takes as much" in (tmp_path / "out/report.html").read_text()


def test_false_asks_for_nothing(tmp_path):
    path = write_project(tmp_path)
    path.write_text(QUICK + "[products]\ncontributions = false\n")
    assert gp.Project.load(path).products == ProductSettings()


def test_the_method_of_a_finished_run_is_the_one_that_was_chosen(plain):
    model = gp.model_of_run(plain)
    with Inputs(gp.project_of_run(plain)) as inputs:
        assert MadeRun(inputs, model, plain).method.name == inputs.ensemble.name
