"""What stops a run stops it before the training, and `check` tells it with the same words."""

import re

import geopandas as gpd
import numpy as np
import pytest
from rasterio.transform import from_origin
from smallproject import PROJECT, SHAPE, TUNED, points, write_project, write_raster

from geoprospect.errors import GeoprospectError, ProjectError
from geoprospect.project import Project
from geoprospect.project.check import check_project
from geoprospect.project.inputs import Inputs
from geoprospect.project.preconditions import settings_taken
from geoprospect.project.run import run_project

FOREST = PROJECT.replace(
    '"fine-tuning"\nmembers = 2', '"random-forest"\nmembers = 2\nbaseline = { trees = 5 }'
)


@pytest.fixture
def project(tmp_path):
    path = write_project(tmp_path)
    path.write_text(FOREST)
    return path


def errors_of(path):
    return [x.text for x in check_project(Project.load(path)) if x.level == "error"]


def validation_outside_the_grid(folder):
    points([-20, -30], [5, 6], occurrence=[1, 0]).to_file(folder / "validation.shp")
    return r"validation\.shp: no point is left to use .*outside"


def validation_without_its_field(folder):
    table = gpd.read_file(folder / "validation.shp").rename(columns={"occurrence": "deposit"})
    table.to_file(folder / "validation.shp")
    return r"validation\.shp: there is no field occurrence .*deposit"


def validation_of_other_labels(folder):
    table = gpd.read_file(folder / "validation.shp")
    table["occurrence"] = np.arange(len(table)) % 3
    table.to_file(folder / "validation.shp")
    return r"validation\.shp.*labels other than 0 and 1.*found 2"


def a_constant_layer(folder):
    write_raster(folder / "rasters/C.tif", np.full(SHAPE, 7, np.float32))
    return "layer C: the layer has one value everywhere"


def fewer_valid_cells_than_layers(folder):
    values = np.full(SHAPE, -9999, np.float32)
    values[10, 10:13] = [1, 2, 3]
    write_raster(folder / "rasters/C.tif", values)
    points([10, 10], [10, 11], occurrence=[1, 0]).to_file(folder / "training.gpkg")
    points([10, 10], [10, 11], occurrence=[1, 0]).to_file(folder / "validation.shp")
    return "too few valid cells for a principal component analysis"


def one_rock_class(folder):
    table = gpd.read_file(folder / "lithology.geojson").assign(rock="shale")
    (folder / "lithology.geojson").unlink()
    table.to_file(folder / "lithology.geojson")
    (folder / "project.toml").write_text(PROJECT)
    return r"lithology\.geojson: rocks of one class .*found shale"


def no_such_components(folder):
    text = FOREST.replace("[model]", '[model]\ncomponents = "none.json"')
    (folder / "project.toml").write_text(text)
    return r"none\.json"


def no_room_for_draws(folder):
    gpd.read_file(folder / "training.gpkg").assign(occurrence=1).to_file(folder / "training.gpkg")
    more = "[points.non_occurrences]\ndistance = 90000\n[model]"
    (folder / "project.toml").write_text(FOREST.replace("[model]", more))
    return "too few valid cells to draw non-occurrences from"


def folds_that_cannot_be(folder):
    more = "[calibration]\ndeposits = 30\nbuffer = 90000\n[model]"
    (folder / "project.toml").write_text(FOREST.replace("[model]", more))
    return "leaves too little to learn from"


def as_many_deposits_as_cells(folder):
    more = "[calibration]\ndeposits = 1840\n[model]"
    (folder / "project.toml").write_text(FOREST.replace("[model]", more))
    return "1840 deposits"


def settings_that_contradict(folder):
    (folder / "project.toml").write_text(
        FOREST.replace("[model]", '[model]\npretext = "lithology"')
    )
    return "contradict each other"


@pytest.mark.parametrize(
    "spoil",
    [
        validation_outside_the_grid,
        validation_without_its_field,
        validation_of_other_labels,
        a_constant_layer,
        fewer_valid_cells_than_layers,
        one_rock_class,
        no_such_components,
        no_room_for_draws,
        folds_that_cannot_be,
        as_many_deposits_as_cells,
        settings_that_contradict,
    ],
)
def test_check_and_run_refuse_the_same_before_any_training(project, spoil):
    expected = spoil(project.parent)
    errors = errors_of(project)
    assert len(errors) == 1, errors
    assert re.search(expected, errors[0]), errors[0]
    with pytest.raises(GeoprospectError) as caught:
        run_project(Project.load(project))
    assert str(caught.value) == errors[0]
    log = (project.parent / "out" / "log.txt").read_text()
    assert not re.search("^(model|calibration):", log, re.MULTILINE)


def test_check_tells_the_faults_of_several_stages_at_once(project):
    expected = [spoil(project.parent) for spoil in (a_constant_layer, validation_of_other_labels)]
    errors = errors_of(project)
    assert len(errors) == 2
    for pattern in expected:
        assert any(re.search(pattern, error) for error in errors), errors


def test_check_names_every_layer_that_lies_on_another_grid(project):
    for name, cell in (("B", 120), ("C", 90)):
        transform = from_origin(500_000, 7_000_000, cell, cell)
        path = project.parent / f"rasters/{name}.tif"
        write_raster(path, np.zeros(SHAPE, np.float32), transform=transform)
    errors = errors_of(project)
    assert [re.search(r"layer ([A-C]): the layer does not lie on", x)[1] for x in errors] == [
        "B",
        "C",
    ]


def test_points_in_a_folder_are_as_good_as_in_a_file(project):
    folder = project.parent / "deposits"
    folder.mkdir()
    gpd.read_file(project.parent / "training.gpkg").to_file(folder / "training.shp")
    project.write_text(FOREST.replace("training.gpkg", "deposits"))
    assert errors_of(project) == []
    run_project(Project.load(project))
    assert (project.parent / "out" / "manifest.json").is_file()


def test_a_project_that_draws_runs_where_check_finds_no_error(project):
    table = gpd.read_file(project.parent / "training.gpkg")
    table[table.occurrence == 1].to_file(project.parent / "training.gpkg")
    project.write_text(FOREST.replace("[model]", "[calibration]\ndeposits = 30\n[model]"))
    assert errors_of(project) == []
    run_project(Project.load(project))


@pytest.mark.parametrize(
    ("strategy", "setting", "taken"),
    [
        (strategy, setting, setting.partition(" ")[0] in takes)
        for strategy, takes in {
            "random-forest": ("trees", "leaf", "rotated"),
            "extra-trees": ("trees", "leaf", "rotated"),
            "boosting": ("trees", "leaf", "monotonic"),
            "svm": ("costs", "gammas", "kernels"),
            "average": ("trees", "leaf", "rotated", "costs", "gammas", "kernels"),
            "auto": ("trees", "leaf", "rotated", "costs", "gammas", "kernels", "monotonic"),
            "gaussian-process": (),
            "logistic-regression": (),
            "fine-tuning": (),
            "from-scratch": (),
        }.items()
        for setting in ("trees = 5", "leaf = 2", "rotated = true", "costs = [1.0]",
                        "gammas = [0.5]", 'kernels = ["rbf"]',
                        'monotonic = { A = "increasing" }')
    ],
)  # fmt: skip
def test_a_method_takes_its_own_settings_of_baselines_and_refuses_others(
    tmp_path_factory, strategy, setting, taken
):
    folder = tmp_path_factory.getbasetemp() / "settings"
    path = folder / "project.toml"
    if not path.exists():
        write_project(folder)
    head = path.read_text().partition("[model]")[0]
    path.write_text(f'{head}[model]\nstrategy = "{strategy}"\nbaseline = {{ {setting} }}\n')
    name = setting.partition(" ")[0]
    with Inputs(Project.load(path)) as inputs:
        if taken:
            settings_taken(inputs)
            return
        with pytest.raises(ProjectError, match=f"takes no {name} .*found {name} = "):
            settings_taken(inputs)


@pytest.mark.parametrize(
    ("strategy", "warned"),
    [
        ("random-forest", ["rate, epochs under [model.training]", "[model.pretraining]"]),
        ("from-scratch", ["epochs under [model.pretraining] changes nothing"]),
        ("fine-tuning", []),
    ],
)
def test_settings_of_networks_that_change_nothing_are_said(tmp_path, strategy, warned):
    path = write_project(tmp_path)
    path.write_text(path.read_text().replace(TUNED, f'strategy = "{strategy}"\n'))
    found = [x.text for x in check_project(path) if x.level == "warning" and "change" in x.text]
    assert len(found) == len(warned)
    for text, said in zip(found, warned, strict=True):
        assert said in text
        assert "To mend it: leave" in text
