"""The whole job on real ground: the published study's points over its rebuilt layers."""

import json
import re
import subprocess
import sys

import pytest
import rasterio
from conftest import ROOT


@pytest.fixture(scope="module")
def finished(study, tmp_path_factory):
    """A run of the project file that the manual shows, with fewer epochs and none compared."""
    if not (study / "evidence" / "X1.tif").is_file():
        pytest.skip("the study's folder holds no rebuilt evidence layers")
    page = (ROOT / "docs" / "score.md").read_text()
    (block,) = (b for b in re.findall(r"```toml\n(.*?)```", page, flags=re.S) if "yukon" in b)
    folder = tmp_path_factory.mktemp("yukon")
    text = block.replace("../shared/yukon", str(study)).replace("out/yukon", "out")
    text += "\n[model.training]\nepochs = 1500\nrate = 1e-4\n"
    (folder / "project.toml").write_text(text)
    command = [sys.executable, "-c", "from geoprospect.cli import main; main()", "run", "--quick"]
    done = subprocess.run(
        [*command, folder / "project.toml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "out"


def test_the_map_lies_on_the_rebuilt_grid_and_every_cell_is_scored(finished, study):
    with rasterio.open(study / "evidence" / "X1.tif") as layer:
        grid = (layer.shape, layer.crs, layer.transform)
    with rasterio.open(finished / "prospectivity.tif") as raster:
        assert raster.shape == grid[0]
        assert raster.crs == grid[1]
        assert raster.transform.almost_equals(grid[2])
        scores = raster.read(1, masked=True)
    assert scores.count() == 118 * 110
    assert scores.min() >= 0
    assert scores.max() <= 1


def test_the_score_says_which_points_repeat_training_cells(finished):
    validation = json.loads((finished / "scores.json").read_text())["validation"]
    # 24 of the 40 validation points have exactly the features of a training point.
    assert len(validation["repeats"]) == 24
    assert validation["n_occurrences"] == 20
    assert validation["without_repeats"]["n_occurrences"] == 14
    assert validation["n_cells"] == 118 * 110


def test_the_map_finds_held_out_deposits_far_better_than_chance(finished):
    validation = json.loads((finished / "scores.json").read_text())["validation"]
    # Chance has a standard deviation of 0.29 / sqrt(14) = 0.077 for the 14 that repeat nothing.
    assert validation["without_repeats"]["auc"] > 0.5 + 3 * 0.077
    assert validation["auc"] > 0.75


def test_the_point_without_coordinates_is_told(finished):
    log = (finished / "log.txt").read_text()
    assert "training points: 1 point left out for want of coordinates: row 312." in log
