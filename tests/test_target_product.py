"""Targets of a run, made by it or by the command, and of any other map."""

import json

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from smallproject import PROJECT, write_project, write_raster
from test_targets import write

import geoprospect as gp
from geoprospect.cli.targets import targets_command
from geoprospect.errors import OutputError, ProjectError, SamplesError, TargetsError
from geoprospect.evidence.computed.categorical import Categorical
from geoprospect.model import Components
from geoprospect.network import Dense, Network
from geoprospect.output import checksum
from geoprospect.project.products.targets import reasons_of

QUICK = PROJECT.replace('"fine-tuning"\nmembers = 2', '"svm"')
ASKED = """
[calibration]
deposits = 25
buffer = 150.0

[products]
targets = { share = 0.05, number = 4, formats = ["csv"], roads = "roads.gpkg" }
"""


def command(*arguments):
    return CliRunner().invoke(targets_command, [*map(str, arguments)], catch_exceptions=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The output folder of a calibrated run that asks for targets."""
    path = write_project(tmp_path_factory.mktemp("asked"))
    gpd.GeoSeries.from_xy([502_000.0], [6_999_000.0], crs=32608).to_file(path.parent / "roads.gpkg")
    path.write_text(QUICK.replace("[points]", "[points]\n") + ASKED)
    gp.run(path)
    return path.parent / "out"


def table(folder):
    return gpd.read_file(folder / "targets.gpkg", layer="targets")


def test_a_run_leaves_targets_with_what_it_knows(run):
    targets = table(run)
    listed = json.loads((run / "manifest.json").read_text())["outputs"]
    assert {name for name in listed if name.startswith("targets")} == {
        "targets.gpkg", "targets.csv",
    }  # fmt: skip
    with rasterio.open(run / "prospectivity.tif") as file:
        score = file.read(1, masked=True)
    with rasterio.open(run / "probability.tif") as file:
        probability = file.read(1, masked=True)
    cut = np.sort(score.compressed())[::-1]
    cut = cut[int(np.ceil(0.05 * cut.size)) - 1]
    taken = (score >= cut).filled(fill_value=False)
    assert targets["cells"].sum() == taken.sum()
    assert targets["deposits"].sum() == pytest.approx(probability[taken].sum(), rel=1e-4)
    assert targets["area_km2"].to_numpy() == pytest.approx(targets["cells"].to_numpy() / 100)
    gain = (targets["deposits"] / targets["area_km2"]).to_numpy()
    assert targets["gain"].to_numpy() == pytest.approx(gain, rel=1e-4)
    assert targets["gain"].is_monotonic_decreasing
    assert targets["km_roads"].between(0, 5).all()
    assert set(targets["ground"]) == {"new", "known"}
    assert ((targets["n_known"] > 0) == (targets["ground"] == "known")).all()
    assert targets["reasons"].head(100).str.contains(r"[ABC] high \(\+").all()  # as they were made
    assert "uncertain" not in targets


def test_the_known_occurrences_are_those_of_training_and_validation(run):
    project = gp.project_of_run(run)
    cells = set()
    with rasterio.open(run / "prospectivity.tif") as file:
        for source in (project.points.training, project.points.validation):
            points = gpd.read_file(source.path)
            points = points[points["occurrence"] == 1]
            places = zip(points.geometry.x, points.geometry.y, strict=True)
            cells |= {file.index(*place) for place in places}
        score = file.read(1, masked=True)
    threshold = json.loads(command(run, "--json", "--share", "0.05", "--overwrite").stdout)
    reached = sum(score[int(row), int(column)] >= threshold["threshold"] for row, column in cells)
    assert table(run)["n_known"].sum() == reached


def test_uncertainty_and_applicability_are_read_where_they_lie_in_the_folder(run, tmp_path):
    with rasterio.open(run / "prospectivity.tif") as file:
        shape, place = file.shape, {"transform": file.transform, "crs": file.crs}
    write_raster(run / "uncertainty.tif", np.full(shape, 0.125, np.float32), **place)
    profile = {"driver": "GTiff", "height": shape[0], "width": shape[1], "count": 2} | place
    with rasterio.open(run / "applicability.tif", "w", dtype="float32", **profile) as file:
        file.write(np.stack([np.full(shape, 9.0), np.ones(shape)]).astype(np.float32))
        file.set_band_description(1, "dissimilarity index")
        file.set_band_description(2, "inside the area of applicability")
    done = command(run, "--overwrite", "--format", "geojson")
    assert done.exit_code == 0, done.output
    assert (table(run)["uncertain"] == 0.125).all()
    assert (table(run)["inside_aoa"] == 1).all()
    assert "100%" in done.output
    for name in ("uncertainty.tif", "applicability.tif"):
        (run / name).unlink()
    listed = json.loads((run / "manifest.json").read_text())["outputs"]
    assert listed["targets.geojson"] == checksum(run / "targets.geojson")
    assert "targets.csv" not in listed  # made anew without
    assert not (run / "targets.csv").exists()


def test_the_command_tells_the_shortlist_with_reasons_and_refuses_to_replace(run):
    done = command(run, "--overwrite", "--share", "0.05", "--number", "3", "--apart", "1")
    lines = done.stdout.splitlines()
    assert lines[0].split()[:3] == ["rank", "ground", "km²"]
    reasons = [line for line in lines if line[:1].isdigit() and ": " in line]
    assert len([line for line in reasons if "high (+" in line]) == 3
    assert "ranked by expected deposits per km²" in done.output
    assert "95% interval" in done.output
    assert lines[-1] == f"written: {run / 'targets.gpkg'}"
    with pytest.raises(OutputError, match="exists already"):
        command(run)


def test_the_crossing_is_that_of_the_validation_points(run):
    scores = json.loads((run / "scores.json").read_text())
    crossing = scores["validation"]["prediction_area"]["crossing"]["threshold"]
    told = json.loads(command(run, "--threshold", "crossing", "--overwrite", "--json").stdout)
    assert told["threshold"] == pytest.approx(crossing, rel=1e-5)


def test_reasons_take_the_mean_over_cells_and_the_commonest_class(tmp_path):
    codes = np.array([[1, 2, 2, 3]], np.float32)
    copper = np.array([[1, 2, 3, 6]], np.float32)
    for name, values in (("rock", codes), ("Cu", copper)):
        write(tmp_path / f"{name}.tif", values)
    legend = {"1": "a", "2": "b", "3": "c"}
    columns = (
        Categorical("rock", str(tmp_path / "rock.tif"), legend=legend),
        gp.RasterBand("Cu", str(tmp_path / "Cu.tif")),
    )
    slopes = np.array([[2.0], [0.0], [-1.2], [0.1]], np.float32)
    head = Network((Dense(slopes, np.zeros(1, np.float32), "sigmoid"),))
    with gp.EvidenceStack.open(columns) as stack:
        model = gp.ProspectivityModel(
            Components.identity(stack.names), (head,), np.zeros((4, 2), np.float32)
        )
        texts = reasons_of(
            model, stack, np.zeros(4, int), np.array([0, 1, 2, 3]), np.array([1, 1, 1, 0])
        )
    # Mean: copper 3; class a in a quarter, b in half, c in a quarter: 2 / 4 - 1.2 / 4 = 0.2.
    # The last cell alone: c is -1.2 - 0.2, copper 0.1 * (6 - 3). The first three: a class is
    # 2 / 3 - 0.2 on the mean, most are b, and copper is 0.1 * (2 - 3).
    assert texts == [
        "Cu high (+0.3); against: rock c (−1.4)",
        "rock b (+0.5); against: Cu low (−0.1)",
    ]


@pytest.mark.parametrize(
    ("text", "error", "problem"),
    [
        ("{ share = 2 }", ProjectError, "products.targets.share"),
        ("{ colour = 1 }", ProjectError, "products.targets.colour is no setting"),
        ('{ threshold = "high" }', ProjectError, "products.targets.threshold"),
        ("{ threshold = 0.0, share = 0.1 }", TargetsError, "by one rule alone"),
        ("{ deposits = 0.5 }", TargetsError, r"\[calibration\]"),
        ('{ roads = "none.gpkg" }', SamplesError, r"none.gpkg: no such file"),
    ],
)
def test_settings_that_cannot_be_met_are_refused_before_a_run_trains(
    tmp_path, text, error, problem
):
    path = write_project(tmp_path)
    path.write_text(QUICK + f"[products]\ntargets = {text}\n")
    with pytest.raises(error, match=problem):
        gp.run(path)
    assert not (tmp_path / "out" / "prospectivity.tif").exists()


def test_any_map_has_targets_and_one_of_probabilities_expected_deposits(tmp_path):
    path = write(tmp_path / "map.tif", [[0.9, 0.1, 0.1, 0.5]])
    points = gpd.GeoSeries.from_xy([400_500.0], [899_500.0], crs=3578)
    points.to_file(tmp_path / "known.gpkg")
    done = command(path, "--threshold", "0.4", "--known", tmp_path / "known.gpkg", "--json")
    told = json.loads(done.stdout)
    assert [t["ground"] for t in told["targets"]] == ["known", "new"]
    assert told["targets"][0]["deposits"] is None
    told = json.loads(command(path, "--share", "0.5", "--probabilities", "--json").stdout)
    assert [t["deposits"] for t in told["targets"]] == pytest.approx([0.9, 0.5])
    assert [path.name for path in tmp_path.iterdir()].count("targets.gpkg") == 0
    output = tmp_path / "targets.gpkg"
    done = command(path, "--share", "0.5", "--output", output, "--format", "kml")
    assert done.exit_code == 0
    assert (tmp_path / "targets.kml").exists()
    for arguments, problem in (
        ((path, "--format", "kml"), "--format goes with --output"),
        ((tmp_path, "--known", "known.gpkg"), "go with MAP.tif"),
        ((path, "--threshold", "high"), "'high' is not a valid threshold"),
    ):
        assert problem in command(*arguments).output


def test_a_calibrated_map_of_a_run_tells_that_it_is_one(run):
    told = json.loads(command(run / "probability.tif", "--share", "0.05", "--json").stdout)
    assert told["ranked_by"] == "expected deposits per km²"
