"""Why a place scores as it does: reasons in numbers, words and bars, and the command."""

import json
import shutil

import matplotlib.image
import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from scipy.special import expit, logit
from smallproject import SHAPE, points, write_project
from smallproject import write_raster as write_layer

import geoprospect as gp
from geoprospect.cli import main
from geoprospect.errors import EvidenceError
from geoprospect.evidence import EvidenceStack, RasterBand
from geoprospect.evidence.computed.categorical import Categorical
from geoprospect.evidence.computed.prepared import Prepared
from geoprospect.evidence.features.kinds import Direction, Distance, Inside
from geoprospect.model import Components
from geoprospect.model.explanation import Explanation, Reason
from geoprospect.model.reasonwords import Words
from geoprospect.network import Dense, Network

SLOPES = np.array([1.0, -0.5, 0.25])


def linear(stack):
    """A model whose log-odds rise with A, fall with B, and rise a little with C."""
    cells = stack.read().X
    components = Components.fit(cells, names=stack.names).seen_as("standardised")
    head = Dense(SLOPES.astype(np.float32)[:, None], np.zeros(1, np.float32), "sigmoid")
    ranges = np.stack([cells.min(axis=0), cells.max(axis=0)], axis=1)
    return gp.ProspectivityModel(components, (Network((head,)),), ranges)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A project with the folder that a run with the linear model would leave."""
    project = write_project(tmp_path_factory.mktemp("project"))
    out = project.parent / "out"
    with gp.Project.load(project).open_evidence() as stack:
        linear(stack).save(out / "model")
    manifest = {"project": gp.Project.load(project).to_dict(), "outputs": {}}
    (out / "manifest.json").write_text(json.dumps(manifest, default=str))
    return project, out


@pytest.fixture(scope="module")
def truth(run):
    """The cells' standardised layers: on paper, contributions are these times the slopes."""
    layers = []
    for name in "ABC":
        with rasterio.open(run[0].parent / "rasters" / f"{name}.tif") as raster:
            layer = raster.read(1).astype(np.float64)
        inside = layer[2:]  # the first two rows have no value
        layers.append((layer - inside.mean()) / inside.std())
    return np.stack(layers)


def place(row, column):
    """Easting and northing of a cell's centre."""
    geometry = points([row], [column]).geometry
    return float(geometry.x[0]), float(geometry.y[0])


def explained(run, *arguments):
    return CliRunner().invoke(main, ["explain", str(run[1]), *map(str, arguments)])


def test_a_place_is_explained_by_slope_times_deviation_the_largest_first(run, truth):
    done = explained(run, *place(30, 20), "--json")
    assert done.exit_code == 0, done.output
    [told] = json.loads(done.stdout)
    on_paper = dict(zip("ABC", SLOPES * truth[:, 30, 20], strict=True))
    assert {x["layer"]: x["contribution"] for x in told["reasons"]} == pytest.approx(
        on_paper, abs=1e-4
    )
    ranked = sorted(on_paper, key=lambda name: -abs(on_paper[name]))
    assert [x["layer"] for x in told["reasons"]] == ranked
    assert told["score"] == pytest.approx(expit(sum(on_paper.values())), abs=1e-5)
    total = sum(x["contribution"] for x in told["reasons"])
    assert total == pytest.approx(logit(told["score"]) - logit(told["background_score"]), abs=1e-3)
    assert (told["row"], told["column"]) == (30, 20)
    high = {x["layer"]: x["words"].split()[-1] for x in told["reasons"]}
    assert high == {name: "high" if truth[k, 30, 20] > 0 else "low" for k, name in enumerate("ABC")}


def test_the_table_and_the_sentence_say_the_same(run, truth):
    done = explained(run, *place(30, 20))
    assert done.exit_code == 0, done.output
    sentence, *table = done.stdout.splitlines()
    easting, northing = place(30, 20)
    score = expit(SLOPES @ truth[:, 30, 20])
    assert sentence.startswith(f"{easting:g}, {northing:.0f}: {score:.2f} because: ")
    contributions = SLOPES * truth[:, 30, 20]
    for name, contribution in zip("ABC", contributions, strict=True):
        [row] = [line for line in table if f" {name} " in line and "." in line]
        assert f"{contribution:+.2f}" in row


def reason(layer, contribution):
    return Reason(layer, contribution, None, f"{layer} high", {layer: 1.0}, {layer: 0.0})


def test_a_sentence_sides_with_the_score_and_leaves_out_what_rounds_to_nothing():
    reasons = (reason("A", 1.23), reason("B", -0.31), reason("C", 0.04))
    high = Explanation(0, 0, 0, 0, 0.87, 0.5, reasons)
    assert high.sentence() == "0.87 because: A high (+1.2); against: B high (−0.3)"
    low = Explanation(0, 0, 0, 0, 0.12, 0.5, (reason("A", -2.0), reason("B", 0.31)))
    assert low.sentence() == "0.12 because: A high (−2.0); against: B high (+0.3)"
    mean = Explanation(0, 0, 0, 0, 0.5, 0.5, (reason("A", 0.0),))
    assert mean.sentence() == "0.50 because: no layer tells it from the mean cell"


def test_words_tell_classes_gaps_distances_and_the_inside():
    words = Words(
        {"faults": ("faults",), "granite": ("granite",), "Cu": ("Cu", "Cu missing"), "e": ("e 1",)},
        {"faults": Distance("faults", "f.gpkg"), "granite": Inside("granite", "g.gpkg")},
    )
    values = {"faults": 3049.0, "granite": 1.0, "Cu": 2.0, "Cu missing": 0.0, "e 1": 1.0}
    mean = dict.fromkeys(values, 1.5)
    told = [words.of_layer(layer, values, mean) for layer in words.layers]
    assert told == ["3 km from faults", "inside granite", "Cu high", "e"]
    elsewhere = {"granite": 0.0, "Cu": 2.0, "Cu missing": 1.0}
    assert words.of_layer("granite", elsewhere, mean) == "outside granite"
    assert words.of_layer("Cu", elsewhere, mean) == "Cu without a value"
    for metres, said in ((0, "at"), (349, "350 m from"), (999, "1 km from"), (12345, "12 km from")):
        assert words.of_layer("faults", {"faults": metres}, mean) == f"{said} faults"


@pytest.mark.parametrize("strike", [0, 45, 90, 179])
def test_words_tell_a_direction_of_its_sine_and_cosine(strike):
    column = Direction("faults", "f.gpkg")
    words = Words({"faults": column.names}, {"faults": column})
    twice = np.radians(2 * strike)
    values = dict(zip(column.names, (np.sin(twice), np.cos(twice)), strict=True))
    assert words.of_layer("faults", values, values) == f"faults striking {strike:03d}°"


def test_units_that_files_and_kinds_tell_stand_beside_values(tmp_path):
    write_layer(tmp_path / "A.tif", np.arange(16, dtype=np.float32).reshape(4, 4))
    with rasterio.open(tmp_path / "A.tif", "r+") as raster:
        raster.units = ("nT",)
    points([2], [2]).to_file(tmp_path / "faults.gpkg")
    columns = (
        RasterBand("A", str(tmp_path / "A.tif")),
        Distance("faults", str(tmp_path / "faults.gpkg")),
    )
    with EvidenceStack.open(columns) as stack:
        words = Words.of(stack, {"A": ("A",), "faults": ("faults",)})
    assert words.units == {"A": "nT", "faults": "m"}


def test_classes_are_one_layer_named_by_the_class_that_is_there(tmp_path):
    codes = np.tile(np.array([1, 2, 3, 1], np.float32), (4, 1))
    copper = np.arange(16, dtype=np.float32).reshape(4, 4)
    copper[0, 0] = -9999
    write_layer(tmp_path / "rock.tif", codes)
    write_layer(tmp_path / "Cu.tif", copper)
    columns = (
        Categorical("rock", str(tmp_path / "rock.tif"), legend={"1": "a", "2": "b", "3": "c"}),
        Prepared(RasterBand("Cu", str(tmp_path / "Cu.tif")), missing="indicator"),
    )
    slopes = np.array([[2.0], [0.0], [-1.0], [0.1], [0.5]], np.float32)
    with EvidenceStack.open(columns) as stack:
        head = Network((Dense(slopes, np.zeros(1, np.float32), "sigmoid"),))
        ranges = np.zeros((5, 2), np.float32)
        model = gp.ProspectivityModel(Components.identity(stack.names), (head,), ranges)
        b, gap = gp.explain(model, stack, *np.transpose([place(1, 1), place(0, 0)]))
    # Half of the cells are of class a, a quarter each of b and c; the mean of copper is that of
    # 1 to 15 and their median, 8, in the gap.
    by_layer = {x.layer: x for x in b.reasons}
    assert by_layer["rock"].words == "rock b"
    assert by_layer["rock"].there() == ("b", "25% of cells")
    assert by_layer["Cu"].there()[0] == "5"
    assert by_layer["rock"].contribution == pytest.approx(-2 * 0.5 + 1 * 0.25, abs=1e-3)
    assert by_layer["Cu"].words == "Cu low"
    assert by_layer["Cu"].contribution == pytest.approx(0.1 * (5 - 8) - 0.5 / 16, abs=1e-3)
    [missing] = [x for x in gap.reasons if x.layer == "Cu"]
    assert missing.words == "Cu without a value"
    assert missing.there() == ("no value", "")
    assert missing.contribution == pytest.approx(0.5 * 15 / 16, abs=1e-3)


def test_points_of_a_file_in_another_crs_are_explained_and_those_without_a_score_are_told(
    run, truth, tmp_path
):
    rows, columns = [30, 0, 10], [20, 5, 7]
    points(rows, columns, name=list("xyz")).to_crs(4326).to_file(tmp_path / "p.gpkg")
    done = explained(run, "--points", tmp_path / "p.gpkg", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert [(x["row"], x["column"]) for x in told] == [(30, 20), (10, 7)]
    for one in told:
        on_paper = dict(zip("ABC", SLOPES * truth[:, one["row"], one["column"]], strict=True))
        assert {x["layer"]: x["contribution"] for x in one["reasons"]} == pytest.approx(
            on_paper, abs=1e-4
        )
    assert "1 of 3 points have no score" in done.stderr
    assert "left out: 2, counted from 1" in done.stderr


def test_a_negative_coordinate_is_a_number_and_no_option(run):
    done = explained(run, "-132.5", "59")
    assert done.exit_code == 1
    assert "outside the grid" in done.output
    assert "found -132.5, 59" in done.output


WRONG = {
    "off the grid": ([1.0, 2.0], 1, "easting 500000 to 504000, northing 6995200 to 7000000"),
    "no value": (place(0, 5), 1, "no layer has a value"),
    "half a place": ([500_050], 2, "both"),
    "no place": ([], 2, "give EASTING and NORTHING"),
    "no number": (["here", "there"], 2, "not a valid float"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_place_that_cannot_be_explained_is_one_clear_error(run, wrong):
    arguments, status, message = WRONG[wrong]
    done = explained(run, *arguments)
    assert done.exit_code == status
    assert message in done.output
    assert "Traceback" not in done.output


def test_a_picture_needs_one_place_and_never_replaces_what_is_there(run, tmp_path):
    points([30], [20]).to_file(tmp_path / "p.gpkg")
    done = explained(run, "--points", tmp_path / "p.gpkg", "--picture", tmp_path / "why.png")
    assert (done.exit_code, "one place" in done.output) == (2, True)
    done = explained(run, *place(30, 20), "--picture", tmp_path / "why.png")
    assert done.exit_code == 0, done.output
    drawn = matplotlib.image.imread(tmp_path / "why.png")
    assert len(np.unique(drawn.reshape(-1, drawn.shape[2]), axis=0)) > 10
    again = explained(run, *place(30, 20), "--picture", tmp_path / "why.png")
    assert again.exit_code == 1
    assert "--overwrite" in again.output


def test_the_raster_holds_the_contributions_of_every_cell(run, truth, tmp_path):
    done = explained(run, "--raster", tmp_path / "why.tif")
    assert done.exit_code == 0, done.output
    with rasterio.open(tmp_path / "why.tif") as raster:
        bands = raster.read()
    on_paper = SLOPES[:, None, None] * truth
    np.testing.assert_allclose(bands[:3, 2:], on_paper[:, 2:], atol=2e-4)
    assert (bands[:, :2] == -9999).all()
    assert bands.shape == (3, *SHAPE)
    with rasterio.open(tmp_path / "why_leading.tif") as raster:
        [leading] = raster.read()
    np.testing.assert_array_equal(leading[2:], np.abs(bands[:, 2:]).argmax(axis=0) + 1)
    assert done.stdout.splitlines() == [
        f"written: {tmp_path / name}" for name in ("why.tif", "why_leading.tif")
    ]


def test_map_and_project_do_not_go_together_and_neither_replaces_unasked(run, tmp_path):
    (tmp_path / "why_leading.tif").write_text("mine")
    done = explained(run, "--raster", tmp_path / "why.tif")
    assert (done.exit_code, "why_leading.tif" in done.output) == (1, True)
    assert not (tmp_path / "why.tif").exists()
    done = explained(run, "--map", "--project", run[0])
    assert (done.exit_code, "give --raster" in done.output) == (2, True)


def test_a_folder_that_was_moved_asks_for_the_project(run, tmp_path):
    moved = tmp_path / "elsewhere"
    shutil.copytree(run[1], moved)
    arguments = [str(moved), *map(str, place(30, 20))]
    done = CliRunner().invoke(main, ["explain", *arguments])
    assert done.exit_code == 1
    assert "--project PROJECT" in done.output
    named = CliRunner().invoke(main, ["explain", *arguments, "--project", str(run[0]), "--json"])
    assert named.exit_code == 0, named.output
    assert json.loads(named.stdout) == json.loads(explained(run, *place(30, 20), "--json").stdout)
    model, rasters = str(moved / "model"), str(run[0].parent / "rasters")
    by_model = CliRunner().invoke(
        main, ["explain", model, *arguments[1:], "--project", rasters, "--json"]
    )
    assert json.loads(by_model.stdout) == json.loads(named.stdout)


def test_places_are_refused_together_only_where_none_has_a_score(run):
    with gp.Project.load(run[0]).open_evidence() as stack:
        model = linear(stack)
        with pytest.raises(EvidenceError, match="no layer has a value"):
            gp.explain(model, stack, *np.transpose([place(0, 5), (1.0, 2.0)]))


def test_a_raster_among_the_rasters_that_it_is_made_of_is_refused(run):
    rasters = run[0].parent / "rasters"
    done = explained(run, "--project", rasters, "--raster", rasters / "why.tif")
    assert done.exit_code == 1
    assert sorted(path.name for path in rasters.iterdir()) == ["A.tif", "B.tif", "C.tif"]
