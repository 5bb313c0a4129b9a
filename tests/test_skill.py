"""How close the default model's map comes to the best possible one, on the sample's known truth."""

from dataclasses import replace

import numpy as np
import pytest
import rasterio
from conftest import ROOT
from sklearn.metrics import roc_auc_score

from geoprospect.project.file import Project
from geoprospect.project.run import run_project
from geoprospect.synthetic import province


def share_of_skill(path):
    """The map's AUC above chance, as a share of the truth's own."""
    truth = province()
    drawn = truth.draw_occurrences(2000, seed=11), truth.draw_cells(2000, seed=12)
    rows, columns = np.concatenate(drawn, axis=1)
    label = np.repeat([1, 0], 2000)
    with rasterio.open(path) as raster:
        scores = raster.read(1)[rows, columns]
    assert (scores >= 0).all()
    best = roc_auc_score(label, truth.intensity[rows, columns])
    return (roc_auc_score(label, scores) - 0.5) / (best - 0.5)


def sample(folder, seed):
    project = Project.load(ROOT / "project.toml")
    return replace(project, model=replace(project.model, seed=seed), folder=folder)


def test_the_average_comes_near_the_best_possible_map(tmp_path):
    assert share_of_skill(run_project(sample(tmp_path / "out", 0).quick).map.path) >= 0.85


@pytest.mark.slow
def test_the_median_of_five_seeds_reaches_nine_tenths_of_the_truths_skill(tmp_path, capsys):
    maps = [run_project(sample(tmp_path / str(seed), seed)).map.path for seed in range(5)]
    shares = [share_of_skill(path) for path in maps]
    with capsys.disabled():
        print("\nshare of the truth's skill, seeds 0-4:", *(f"{share:.3f}" for share in shares))
    assert np.median(shares) >= 0.9
