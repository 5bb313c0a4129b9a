"""Labels: what a file says of its points, what it may leave unsaid, and which points are taken."""

import json

import geopandas as gpd
import numpy as np
import pytest
from click.testing import CliRunner
from smallproject import points as small_points
from smallproject import write_project, write_raster

from geoprospect import Project
from geoprospect.cli import main
from geoprospect.errors import SamplesError
from geoprospect.evidence.features.points import as_points
from geoprospect.project.check import check_project
from geoprospect.samples import read_points
from geoprospect.samples.labels import read_labels

BARREN = np.arange(12) % 3 > 0
PLACES = gpd.points_from_xy(np.arange(12), np.arange(12))


def table(**fields):
    return gpd.GeoDataFrame(fields, geometry=PLACES, crs="EPSG:3578")


COULD_BE = {
    "0/1 and one 9": ("deposit", np.where(np.arange(12) == 2, 9, BARREN)),
    "0/1": ("active", BARREN.astype(int)),
    "-1/1": ("deposit", np.where(BARREN, -1, 1)),
    "1/2": ("deposit", np.where(BARREN, 1, 2)),
    "Yes/No": ("deposit", np.where(BARREN, "No", "Yes")),
    "y/n": ("gold", np.where(BARREN, "n", "y")),
    "TRUE/FALSE": ("deposit", np.where(BARREN, "FALSE", "TRUE")),
    "truth values": ("gold", ~BARREN),
    "deposit/barren": ("kind", np.where(BARREN, "barren", "deposit")),
    "all 0": ("deposit", np.zeros(12, int)),
    "floats": ("gold", BARREN.astype(float)),
    "status": ("Status", np.where(BARREN, "Anomaly", "Deposit")),
}


@pytest.mark.parametrize("what", COULD_BE)
def test_a_field_that_could_hold_labels_is_not_passed_over(what):
    field, values = COULD_BE[what]
    with pytest.raises(SamplesError) as caught:
        read_labels(table(**{"name": list("abcdefghijkl"), field: values}), "p.gpkg")
    said = str(caught.value)
    assert said.startswith("p.gpkg: which field tells")
    assert f'label = "{field}"' in said
    assert "label = false" in said
    assert str(values[0]) in said


def test_the_line_that_the_error_gives_can_be_pasted():
    values = np.where(BARREN, "barren", "deposit")
    with pytest.raises(SamplesError, match=r'label = "kind", occurrence_values = \["deposit"\]'):
        read_labels(table(kind=values), "p.gpkg")
    labels = read_labels(table(kind=values), "p.gpkg", label="kind", occurrence_values=["deposit"])
    assert labels.codes.tolist() == (~BARREN).astype(int).tolist()


@pytest.mark.parametrize(
    "fields",
    [
        {"name": [f"Camp {k}" for k in range(12)]},
        {"tonnes": np.arange(12) * 1.5, "grade": np.linspace(0, 1, 12)},
        {"commodity": ["Cu", "Au", "Zn"] * 4},
        {"deposit": [f"Mine {k}" for k in range(12)]},
        {"id": np.arange(12)},
    ],
)
def test_points_whose_fields_hold_no_labels_are_all_occurrences(fields):
    labels = read_labels(table(**fields), "p.gpkg")
    assert labels.codes.tolist() == [1] * 12
    assert labels.sentence == "All points count as occurrences: no field tells otherwise."


def test_all_points_are_occurrences_where_the_project_says_so():
    labels = read_labels(table(DEP=BARREN.astype(int)), "p.gpkg", label=False)
    assert labels.codes.tolist() == [1] * 12
    assert "label = false" in labels.sentence


def test_values_that_mean_an_occurrence_are_told_apart_from_all_others():
    status = ["Deposit", " prospect", "Anomaly", None, "Deposit", "Showing"] * 2
    labels = read_labels(
        table(Status=status), "p", label="Status", occurrence_values=["Deposit", "Prospect"]
    )
    assert labels.codes.tolist() == [1, 1, 0, -1, 1, 0] * 2
    assert labels.sentence == (
        "Field Status tells: Deposit, prospect are occurrences, Anomaly, Showing non-occurrences."
    )
    codes = read_labels(table(k=[1, 2, 3.0] * 4), "p", label="k", occurrence_values=["2"]).codes
    assert codes.tolist() == [0, 1, 0] * 4


def test_a_value_that_no_point_has_is_refused_with_those_there_are():
    with pytest.raises(SamplesError, match=r"no point has Mine in field S.*found Deposit, Camp"):
        read_labels(
            table(S=["Deposit", "Camp"] * 6), "p", label="S", occurrence_values=["Deposit", "Mine"]
        )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"occurrence_values": ["a"]}, "without the field"),
        ({"occurrence_values": ["a"], "label": False}, "without the field"),
        ({"label": False, "kind": "class"}, "field of the classes is not named"),
        ({"label": "S", "occurrence_values": ["a"], "kind": "class"}, "not to classes"),
        ({"label": "T"}, "no field T.*found fields S"),
    ],
)
def test_what_contradicts_itself_is_refused(options, said):
    with pytest.raises(SamplesError, match=said):
        read_labels(table(S=["a", "b"] * 6), "p", **options)


@pytest.mark.parametrize("name", ["p.gpkg", "p.shp", "p.geojson", "p.csv"])
def test_a_condition_takes_some_points_and_keeps_their_rows(tmp_path, name):
    camps = table(commodity=["Cu", "Au", "Cu"] * 4, year=np.arange(1990, 2002))
    if name.endswith("csv"):
        camps.drop(columns="geometry").assign(x=PLACES.x, y=PLACES.y).to_csv(tmp_path / name)
    else:
        camps.to_file(tmp_path / name)
    where = "commodity = 'Cu' AND YEAR > 1995"
    points = read_points(tmp_path / name, crs="EPSG:3578", where=where)
    assert points.index.tolist() == [6, 8, 9, 11]
    assert points.attrs["not_chosen"] == 8


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("metal = 'Cu'", "not understood: no such column: metal.*found fields commodity"),
        ("commodity =", "not understood"),
        ("1=1); DROP TABLE points; --", "not understood"),
        ("commodity = 'Zn'", "holds for no point"),
    ],
)
def test_a_condition_that_does_not_hold_or_is_none_is_refused(where, said):
    camps = table(commodity=["Cu", "Au", "Cu"] * 4)
    with pytest.raises(SamplesError, match=said):
        as_points(camps, where=where)


def test_check_says_which_field_told_what_and_how_many_were_not_taken(tmp_path):
    path = write_project(tmp_path)
    training = gpd.read_file(tmp_path / "training.gpkg")
    training["Status"] = np.where(training.pop("occurrence") == 1, "Deposit", "Barren")
    training["metal"] = np.where(np.arange(len(training)) % 5 == 4, "Au", "Cu")
    training.to_file(tmp_path / "training.gpkg")
    entry = (
        'training = { path = "training.gpkg", label = "Status", '
        'occurrence_values = ["Deposit"], where = "metal = \'Cu\'" }'
    )
    lines = path.read_text().splitlines()
    path.write_text(
        "\n".join(entry if line.startswith("training = { p") else line for line in lines)
    )
    said = "\n".join(finding.text for finding in check_project(path))
    n = len(training)
    assert "left out by the condition `where`" in said
    assert f"training points: {n - n // 5} points read" in said
    assert "Field Status tells: Deposit is an occurrence, Barren a non-occurrence." in said
    project = Project.load(path)
    with project.open_evidence() as stack:
        samples = project.read_samples("training", stack)
    chosen = training[training.metal == "Cu"]
    assert samples.label.tolist() == (chosen.Status == "Deposit").astype(int).tolist()


def test_score_takes_labels_as_text_all_occurrences_and_a_condition(tmp_path):
    scores = np.linspace(0, 1, 100, dtype=np.float32).reshape(10, 10)
    write_raster(tmp_path / "map.tif", scores)
    camps = small_points(
        [9, 9, 0, 0], [9, 8, 0, 1], kind=["deposit", "deposit", "barren", "barren"]
    )
    camps.assign(metal=["Cu", "Au", "Cu", "Cu"]).to_file(tmp_path / "p.gpkg")

    def score(*options):
        command = ["score", str(tmp_path / "map.tif"), str(tmp_path / "p.gpkg"), "--json", *options]
        return CliRunner().invoke(main, command)

    assert 'label = "kind", occurrence_values = ["deposit"]' in score().stderr
    both = json.loads(score("--label", "kind", "--occurrence-value", "deposit").stdout)
    assert (both["n_occurrences"], both["n_non_occurrences"]) == (2, 2)
    every = json.loads(score("--all-occurrences").stdout)
    assert (every["n_occurrences"], every["n_non_occurrences"], every["label"]) == (4, 0, None)
    copper = json.loads(score("--all-occurrences", "--where", "metal = 'Cu'").stdout)
    assert (copper["n_occurrences"], copper["audit"]["not_chosen"]) == (3, 1)
    assert score("--all-occurrences", "--label", "kind").exit_code == 2
