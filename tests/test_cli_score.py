"""The verb `score`."""

import json
import re
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pytest
from click.testing import CliRunner
from mapfiles import write_map, write_points
from matplotlib.image import imread

from geoprospect.cli.score import score_command
from geoprospect.errors import OutputError, ScoreError

VALUES = np.linspace(1.0, 0.05, 20, dtype=np.float32).reshape(4, 5)


@pytest.fixture
def inputs(tmp_path):
    write_map(tmp_path / "map.tif", VALUES)
    cells = [(0, 0), (0, 1), (2, 0), (3, 4), (0, 2), (2, 1)]
    write_points(tmp_path / "points.gpkg", cells, DEP=[1, 1, 1, 1, 0, 0])
    write_points(tmp_path / "training.csv", [(0, 0), (2, 1)])
    return [str(tmp_path / "map.tif"), str(tmp_path / "points.gpkg")]


def score(*arguments, **settings):
    return CliRunner().invoke(score_command, list(arguments), **settings)


def test_a_table_and_a_sentence_come_on_stdout(inputs):
    done = score(*inputs)
    assert done.exit_code == 0
    assert done.stderr == ""
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["occurrences", "4"] in rows
    assert ["area", "under", "the", "rate", "curve", "0.600"] in [row[:6] for row in rows]
    (tenth,) = (row for row in rows if row[:5] == ["captured", "in", "the", "top", "10%"])
    assert tenth[7:-3] == ["(×", "better", "than", "chance)"]
    assert tenth[-3] == "50%"
    assert re.fullmatch(r"\(\d+–\d+%\),", tenth[-2])
    assert tenth[-1] == "×5.0"
    assert ["area", "needed", "to", "capture", "50%", "of", "occurrences", "10.0%"] in rows
    assert ["area", "under", "the", "ROC", "curve", "0.625"] in rows
    assert ["occurrences", "from", "0.5", "on", "(tp)", "3"] in rows
    assert done.stdout.splitlines()[-1].startswith("the best 10% of the area holds 50% of the 4")


def test_json_is_all_that_comes_on_stdout(inputs):
    done = score(*inputs, "--json", "--kind", "success-rate")
    content = json.loads(done.stdout)
    assert content["auc"] == pytest.approx(0.6)
    assert content["kind"] == "success-rate"
    assert content["confusion"] == {"threshold": 0.5, "tn": 1, "fp": 1, "fn": 1, "tp": 3}


def test_training_points_put_a_column_without_their_cells_first(inputs, tmp_path):
    training = ["--training", str(tmp_path / "training.csv"), "--training-crs", "EPSG:3578"]
    done = score(*inputs, *training)
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["excluding", "points", "that"] in rows  # the head of the first column, on three lines
    assert ["data", "all", "validation", "points"] in rows
    assert ["occurrences", "3", "4"] in rows
    assert "2 of the 6 points lie in a cell that holds a training point: rows 0, 5." in done.stdout


def test_a_table_of_points_takes_its_crs_and_columns_from_options(inputs, tmp_path):
    table = tmp_path / "points.csv"
    table.write_text("east_m;north_m;gold\n159650;976982;1\n160850;976982;0\n")
    done = score(
        inputs[0], str(table), "--crs", "EPSG:3578", "--x", "east_m", "--y", "north_m",
        "--label", "gold", "--json",
    )  # fmt: skip
    content = json.loads(done.stdout)
    assert (content["label"], content["n_occurrences"], content["n_non_occurrences"]) == (
        "gold",
        1,
        1,
    )


def test_a_layer_is_chosen_among_several(inputs, tmp_path):
    several = tmp_path / "several.gpkg"
    points = gpd.read_file(inputs[1])
    points.to_file(several, layer="all")
    points[:2].to_file(several, layer="two")
    content = json.loads(score(inputs[0], str(several), "--layer", "two", "--json").stdout)
    assert content["n_occurrences"] == 2


def test_the_curve_is_drawn_and_not_overwritten_unasked(inputs, tmp_path):
    png = tmp_path / "curve.png"
    assert score(*inputs, "--png", str(png)).exit_code == 0
    before = png.read_bytes()
    assert before.startswith(b"\x89PNG")
    refused = score(*inputs, "--png", str(png))
    assert isinstance(refused.exception, OutputError)
    assert refused.stdout == ""
    assert png.read_bytes() == before
    assert score(*inputs, "--png", str(png), "--overwrite").exit_code == 0


def test_points_near_training_points_get_a_column_of_their_own(inputs, tmp_path):
    training = ["--training", str(tmp_path / "training.csv"), "--training-crs", "EPSG:3578"]
    done = score(*inputs, *training, "--near", "1300")
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["occurrences", "3", "4", "1"] in rows
    assert "points lie within 1.3 km of a training point" in done.stdout


def test_a_distance_of_nothing_is_a_mistake_of_usage(inputs):
    assert score(*inputs, "--near", "0").exit_code == 2


def test_maps_are_compared_at_the_same_occurrences(inputs, tmp_path):
    others = [
        write_map(tmp_path / f"{name}.tif", values.copy())
        for name, values in (("turned", VALUES[::-1]), ("dull", np.full_like(VALUES, 0.5)))
    ]
    options = [part for other in others for part in ("--against", str(other))]
    done = score(*inputs, *options, "--png", str(tmp_path / "curves.png"))
    assert done.exit_code == 0
    said = [line for line in done.stdout.splitlines() if line.startswith("against ")]
    assert [line.split(",")[0] for line in said] == [f"against {other}" for other in others]
    content = json.loads(score(*inputs, *options, "--json").stdout)
    assert [one["auc"] for one in content["against"]][1] == 0.5
    assert content["against"][1]["auc_difference"]["value"] == pytest.approx(0.1)
    assert imread(tmp_path / "curves.png").shape == (1000, 1080, 4)


def test_pictures_of_all_measures_come_into_one_folder(inputs, tmp_path):
    folder = tmp_path / "pictures"
    assert score(*inputs, "--pictures", str(folder)).exit_code == 0
    names = {"rate-curves.png", "prediction-area.png", "boyce.png", "classification.png"}
    assert {path.name for path in folder.iterdir()} == names
    (folder / "boyce.png").unlink()
    refused = score(*inputs, "--pictures", str(folder))
    assert isinstance(refused.exception, OutputError)
    assert not (folder / "boyce.png").exists()
    assert score(*inputs, "--pictures", str(folder), "--overwrite").exit_code == 0


@pytest.mark.parametrize("cells", [[(0, 0)], [(0, 0), (1, 1), (3, 3)], [(2, 2)] * 20])
def test_few_or_equal_occurrences_give_no_nan_and_no_interval_of_no_width(inputs, tmp_path, cells):
    write_points(tmp_path / "few.gpkg", cells)
    few = str(tmp_path / "few.gpkg")
    done = score(inputs[0], few)
    assert done.exit_code == 0
    assert "nan" not in done.stdout
    content = json.loads(score(inputs[0], few, "--json").stdout)
    low, high = content["auc_interval"]
    assert high - low > 0.3
    assert all(high > low for low, high in (one["interval"] for one in content["captures"]))


def test_points_without_labels_are_said_to_be_all_occurrences(inputs, tmp_path):
    write_points(tmp_path / "bare.gpkg", [(0, 0), (1, 1)])
    done = score(inputs[0], str(tmp_path / "bare.gpkg"))
    assert "All points count as occurrences" in done.stdout
    assert "ROC" not in done.stdout


def test_a_missing_map_is_one_line_and_exit_status_1(inputs, tmp_path):
    missing = score(str(tmp_path / "absent.tif"), inputs[1])
    assert isinstance(missing.exception, ScoreError)
    done = subprocess.run(
        [sys.executable, "-c", "from geoprospect.cli import main; main()", "score", "absent.tif",
         inputs[1]],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Error: absent.tif: no such file")
    assert len(done.stderr.splitlines()) == 1


def test_an_unknown_kind_is_a_mistake_of_usage(inputs):
    assert score(*inputs, "--kind", "hit-rate").exit_code == 2


def test_scoring_never_imports_tensorflow(inputs):
    code = (
        "import sys\nfrom geoprospect.cli.score import score_command\n"
        f"score_command({inputs!r}, standalone_mode=False)\n"
        "assert not {'tensorflow', 'keras', 'matplotlib.pyplot'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
