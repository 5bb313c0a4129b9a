import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from fits import method
from smallproject import PROJECT, write_project

from geoprospect.crossval import FoldScheme
from geoprospect.project.calibration import calibrate
from geoprospect.project.file import Project
from geoprospect.project.inputs import Inputs
from geoprospect.project.run import run_project
from geoprospect.project.settings import CalibrationSettings
from geoprospect.scoring import score_map

REPEATED = 300
SETTINGS = PROJECT[: PROJECT.index("[model]")]


@pytest.fixture(scope="module", params=["labelled", "occurrences alone"])
def projects(request, tmp_path_factory):
    """A project twice: as it is, and with one occurrence written many times more."""
    folder = tmp_path_factory.mktemp("once")
    write_project(folder)
    points = gpd.read_file(folder / "training.gpkg")
    if request.param == "occurrences alone":
        points = points[points.occurrence == 1]
    occurrence = points.index[points.occurrence == 1][3]
    more = pd.concat([points, points.loc[[occurrence] * REPEATED]], ignore_index=True)
    loaded = []
    for name, table in (("once", points), ("often", more)):
        table.to_file(folder / f"{name}.gpkg")
        path = folder / f"{name}.toml"
        text = SETTINGS.replace("training.gpkg", f"{name}.gpkg")
        path.write_text(
            f'{text}[model]\nstrategy = "svm"\nmembers = 1\n[output]\nfolder = "{name}"'
        )
        loaded.append(Project.load(path))
    return loaded


def test_a_point_written_many_times_more_changes_neither_the_map_nor_its_success_rate(projects):
    runs = [run_project(project) for project in projects]
    cells = [rasterio.open(run.map.path).read(1) for run in runs]
    np.testing.assert_array_equal(*cells)
    once, often = (run.scores["training"] for run in runs)
    assert once.sentence() == often.sentence()
    assert once.figures.n_occurrences == often.figures.n_occurrences
    said = (projects[1].folder / "log.txt").read_text()
    assert re.search(r"model: \d+ points lie in \d+ cells; a cell counts once", said)


def test_validation_points_that_share_a_cell_count_each(projects, tmp_path):
    often = projects[1]
    summary = run_project(often, overwrite=True)
    score = score_map(summary.map.path, often.points.training, kind="prediction-rate")
    assert score.figures.n_occurrences >= REPEATED


def test_a_calibration_counts_a_cell_once(projects):
    curves = []
    for project in projects:
        with Inputs(project) as inputs:
            fitted = calibrate(
                inputs.fit_inputs([]),
                method("svm"),
                FoldScheme(folds=3, repeats=1),
                CalibrationSettings(deposits=20),
            )
            curves.append(fitted.calibration)
    assert curves[0].knots == curves[1].knots
