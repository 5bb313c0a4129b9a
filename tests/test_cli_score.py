"""The verb `score`."""

import hashlib
import json
import re
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pytest
from chromium import faults_of
from click.testing import CliRunner
from mapfiles import write_map, write_points
from matplotlib.image import imread

from geoprospect.cli.score import score_command
from geoprospect.errors import OutputError, ScoreError

VALUES = np.linspace(1.0, 0.05, 20, dtype=np.float32).reshape(4, 5)


@pytest.fixture
def inputs(tmp_path):
    return write_inputs(tmp_path)


def write_inputs(tmp_path):
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


@pytest.fixture(scope="module")
def scored_page(tmp_path_factory):
    """The page of a map that has seen one of four occurrences, beside another map of its name."""
    tmp_path = tmp_path_factory.mktemp("page")
    inputs = write_inputs(tmp_path)
    (tmp_path / "old").mkdir()
    write_map(tmp_path / "old" / "map.tif", VALUES[::-1].copy())
    page = tmp_path / "score.html"
    done = score(
        *inputs, "--training", str(tmp_path / "training.csv"), "--training-crs", "EPSG:3578",
        "--against", str(tmp_path / "old" / "map.tif"), "--page", str(page),
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    return page


def test_the_page_says_first_what_occurrences_the_map_has_not_seen_it_finds(scored_page):
    text = scored_page.read_text(encoding="utf-8")
    # The best 10% of 20 cells are (0, 0), which the map was trained on, and (0, 1).
    assert (
        "The best 10% of this map holds 1 of the 3 deposits that lie on ground the model did not "
        "learn from: 33%, where chance would give 10%." in text
    )
    assert "1 of the 4 deposits given to check the map lies in a cell" in text
    for file in ("map.tif", "points.gpkg", "training.csv", "old/map.tif"):
        assert hashlib.sha256((scored_page.parent / file).read_bytes()).hexdigest() in text
    assert str(scored_page.parent) not in text
    assert "<td>old/map.tif</td>" in text
    assert len(re.findall(r'src="data:image/svg', text)) == 6


def test_the_page_reads_well_on_a_desk_and_a_phone(browser, scored_page):
    assert faults_of(browser, scored_page) == []


def test_a_page_replaces_no_other_unasked_and_none_of_what_is_scored(inputs, tmp_path):
    page = tmp_path / "score.html"
    page.write_text("mine")
    assert isinstance(score(*inputs, "--page", str(page)).exception, OutputError)
    assert page.read_text() == "mine"
    replaced = score(*inputs, "--page", inputs[1], "--overwrite")
    assert "would replace what is read as points" in str(replaced.exception)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "Which deposits the map was made from is not known here."),
        (["--training"], "All 4 deposits given to check the map lie in cells that the model"),
        (["--kind", "success-rate"], "of the 4 deposits that it was made from."),
    ],
)
def test_the_page_claims_no_test_where_there_was_none(inputs, tmp_path, options, said):
    page = tmp_path / "score.html"
    done = score(*inputs, *options, *inputs[1:] * ("--training" in options), "--page", str(page))
    assert done.exit_code == 0, done.output
    text = page.read_text(encoding="utf-8")
    assert said in text
    assert "kept apart from the model" not in text


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
