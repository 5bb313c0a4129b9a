import csv
import json
import re
import shutil

import numpy as np
import pytest
import rasterio
from chromium import faults_of
from click.testing import CliRunner
from rasterio.transform import from_origin
from smallproject import write_raster
from studyfiles import write_h5, write_study

from geoprospect.cli import main
from geoprospect.published.audit import recovered_components
from geoprospect.published.tables import LAYERS, Study

EFFORT = ["--seeds", "2", "--effort", "0.001"]


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A study with layers, whose training points lie in cells of their own."""
    home = write_study(tmp_path_factory.mktemp("out") / "<b>&study")
    components = recovered_components(Study.read(home))
    transform = from_origin(200_000, 900_000, 10_000, 10_000)
    cells = np.random.default_rng(5).normal(size=(10, 10, 7)) * 0.3
    layers = cells.reshape(-1, 7) @ components.rotation.T * components.scale + components.mean
    for name, layer in zip(LAYERS, layers.reshape(10, 10, 7).transpose(2, 0, 1), strict=True):
        write_raster(
            home / f"evidence/{name}.tif", layer.astype("float32"), crs="EPSG:3578",
            transform=transform,
        )  # fmt: skip
    return home


@pytest.fixture(scope="module")
def done(small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "reproduction"
    result = run("reproduce", small, *EFFORT, "--map", "--output", folder)
    assert result.exit_code == 0, result.output
    return result, folder


def test_the_leak_comes_first_then_the_experiments_then_where_the_page_is(done):
    result, folder = done
    lines = result.stdout.splitlines()
    assert lines[0].startswith("5 of the 16 validation points repeat a training point's cell")
    titles = [line for line in lines if line.startswith(("Experiment", "Tried:"))]
    assert [title.split(":")[0] for title in titles] == [
        "Experiment I",
        "Experiment II",
        "Experiment III",
        "Tried",
    ]
    assert "A trial run with 0.10%" in result.stdout
    assert str(folder / "reproduction.html") in lines[-1]


def test_progress_goes_to_stderr(done):
    assert re.search(r"^FDE-FT: 6 of 6, loss", done[0].stderr, flags=re.M)
    assert "of 6, loss" not in done[0].stdout


def test_the_json_holds_every_method_with_median_range_and_published_figure(done):
    content = json.loads((done[1] / "reproduction.json").read_text(), parse_constant=pytest.fail)
    results = content["results"]
    assert [r["method"] for r in results if "I" in r["experiments"]] == [
        "FDE-LP",
        "FDE-FT",
        "GCP-LP",
        "GCP-FT",
        "from scratch",
    ]
    assert [r["method"] for r in results if "II" in r["experiments"]] == [
        "FDE-FT",
        "logistic regression",
        "random forest",
        "SVM",
    ]
    third = [r for r in results if r["experiments"] == ["III"]]
    assert len(third) == 16
    assert {r["training_occurrences"] for r in third} == {21 - 2 * k for k in range(1, 9)}
    for result in results:
        assert (result["weights"] is None) == (result["method"] in ("random forest", "SVM"))
        for figures in result["roc_auc"].values():
            low, high = figures["range"]
            assert low <= figures["median"] <= high
            assert len(figures["seeds"]) == 2
    noted = [r for r in results if r["experiments"] == ["tried"]]
    notes = [r["note"] for r in noted if r["method"] == "GCP-LP"]
    assert notes == ["rate 1e-05", "study's encoder, rate 1e-05"]


def test_the_csv_repeats_the_json(done):
    content = json.loads((done[1] / "reproduction.json").read_text())
    with (done[1] / "reproduction.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 4 * len(content["results"])
    first = content["results"][0]["roc_auc"]["training"]
    assert float(rows[0]["median"]) == pytest.approx(first["median"], abs=1e-6)
    assert float(rows[0]["published"]) == pytest.approx(first["published"], abs=1e-6)


def test_the_page_needs_nothing_beside_it_and_says_the_leak_before_all_else(done):
    page = (done[1] / "reproduction.html").read_text()
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    content = json.loads((done[1] / "reproduction.json").read_text())
    compared = [one for one in content["results"] if {"I", "II"} & set(one["experiments"])]
    # A ROC picture a method, the imbalance, a map and its curves each.
    assert len(sources) == len(compared) + 1 + 2 * len(content["maps"])
    assert all(source.startswith("data:image/") for source in sources)
    assert "<script" not in page
    body = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.S)
    assert "5 of 16" in " ".join(body.split())
    assert page.index("5 of the 16") < page.index("<h2>")
    assert "rebuilt" in body
    verdict = page.partition('class="verdict"')[2].partition("</div>")[0]
    assert "published figures lie inside our range" in verdict
    for name in ("FDE", "GCP", "FT", "LP"):
        assert f"<em>{name}</em>" in page
    assert str(done[1].parent) not in page


def test_the_page_is_for_all_readers_on_a_desk_and_on_a_phone(done, browser):
    assert faults_of(browser, done[1] / "reproduction.html") == []


def test_the_page_escapes_what_it_shows(done):
    page = (done[1] / "reproduction.html").read_text()
    assert "&lt;b&gt;&amp;study" in page
    assert "<b>" not in page


def test_every_method_and_every_weight_file_is_mapped(done):
    maps = json.loads((done[1] / "reproduction.json").read_text())["maps"]
    assert len([one for one in maps if one["published"]]) == 14
    assert len([one for one in maps if not one["published"]]) == 8
    for one in maps:
        with rasterio.open(done[1] / "maps" / one["map"]) as raster:
            scores = raster.read(1)
        assert scores.shape == (10, 10)
        assert scores.min() >= 0
        assert scores.max() <= 1
        assert one["success_rate"]["n_cells"] == 100
        assert one["prediction_rate"] is None  # no validation points with coordinates here


def test_the_components_written_make_a_model_of_published_weights(done, small, tmp_path):
    weights = small / "Models/EXPERIMENT_I/autoencoder_fine.h5"
    arguments = ("train", "--weights", weights, "--components", done[1] / "components.json")
    result = run(*arguments, "--output", tmp_path / "model")
    assert result.exit_code == 0, result.output
    mapped = run("map", tmp_path / "model", small / "evidence", "--output", tmp_path / "map.tif")
    assert mapped.exit_code == 0, mapped.output
    with (
        rasterio.open(tmp_path / "map.tif") as here,
        rasterio.open(done[1] / "maps/autoencoder_fine.tif") as there,
    ):
        np.testing.assert_array_equal(here.read(1), there.read(1))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--weights", "n.h5"], "go together"),
        (["--components", "c.json"], "go together"),
        ([], "Missing argument 'PROJECT'"),
        (["p.toml", "--weights", "n.h5", "--components", "c.json"], "without a PROJECT"),
    ],
)
def test_train_tells_what_its_options_need(arguments, said):
    result = run("train", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_nothing_is_overwritten_unasked(done, small):
    before = (done[1] / "reproduction.json").read_bytes()
    result = run("reproduce", small, *EFFORT, "--output", done[1])
    assert result.exit_code == 1
    assert "exists already" in result.stderr
    assert (done[1] / "reproduction.json").read_bytes() == before


def test_maps_of_a_former_run_are_not_overwritten_unasked(small, tmp_path):
    (tmp_path / "out/maps").mkdir(parents=True)
    result = run("reproduce", small, *EFFORT, "--map", "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert "maps: exists already" in result.stderr


def spoil_table(home):
    (home / "Data/06_exp2.csv").unlink()


def spoil_weights(home):
    path = home / "Models/EXPERIMENT_III/autoencoder_fine_exp3.h5"
    path.write_bytes(path.read_bytes()[:3000])


def spoil_shape(home):
    write_h5(home / "Models/PRETRAINED_MODELS/modelo_pretext.h5", [4, 2], ["relu"])


def spoil_text(home):
    path = home / "Data/05_exp1.csv"
    path.write_bytes(path.read_bytes().rstrip() + b"x\r\n")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_table, "06_exp2.csv is missing"),
        (spoil_weights, "autoencoder_fine_exp3.h5: cannot be read as a network"),
        (spoil_shape, "is a network of another shape"),
        (spoil_text, "column PC7 holds no number"),
    ],
)
def test_a_spoiled_study_is_told_in_one_line_before_any_training(small, tmp_path, spoil, said):
    home = shutil.copytree(small, tmp_path / "study")
    spoil(home)
    result = run("reproduce", home, "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stdout == ""


def test_a_study_without_layers_says_so_before_any_training(small, tmp_path):
    home = shutil.copytree(small, tmp_path / "study")
    shutil.rmtree(home / "evidence")
    result = run("reproduce", home, "--map", "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert "there are no layers to map" in result.stderr
