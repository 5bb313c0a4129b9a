"""What QGIS itself makes of a run: its project opened, drawn and printed by the QGIS installed."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import rasterio.shutil
from click.testing import CliRunner
from conftest import QGIS_PYTHON
from rasterio.crs import CRS
from rasterio.transform import from_origin
from shapely.geometry import shape
from smallproject import write_project, write_raster

import geoprospect as gp
from geoprospect.cli import main
from geoprospect.output import checksum
from geoprospect.project import results
from geoprospect.project.qgisproject.rasters import raster_layers
from geoprospect.project.qgisproject.refreshing import show_held_out
from geoprospect.qgis.metadata import Metadata
from geoprospect.reliability.uncertainty.kernel import UncertaintyKernel
from geoprospect.synthetic.geology import ROCK_CLASSES

LOOK = Path(__file__).with_name("qgislook.py")
NAME = "Süd & <Nord> 1"  # hostile to XML, addresses and shells alike
SETTINGS = """
[evidence]
"Cu & <Zn> ü" = "rasters/A.tif"
B = "NETCDF:rasters/B & co.nc:Band1"
geology = {{ kind = "categorical", path = "rasters/rock & co.tif", legend = {legend} }}

[points]
training = {{ path = "training.gpkg", label = "occurrence" }}
validation = {{ path = "validation.shp", label = "occurrence" }}

[model]
strategy = "logistic-regression"
"""
LEGEND = '{ 1 = "granite <S-type>", 2 = "schist & gneiss" }'
PRODUCTS = "[products]\ncontributions = true\napplicability = true\n"
CALIBRATION = "[calibration]\ndeposits = 30\nbuffer = 150.0\n"
_TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
DEGREES = CRS.from_proj4("+proj=longlat +a=6378140 +b=6356750 +no_defs")


def project_of(folder, text):
    """Write the small project with a layer of rock classes, and run it."""
    path = write_project(folder)
    with rasterio.open(folder / "rasters" / "C.tif") as raster:
        values = raster.read(1)
    rocks = np.where(values == -9999, 0, 1 + (values > 0)).astype(np.uint8)
    write_raster(folder / "rasters" / "rock & co.tif", rocks, nodata=0)
    rasterio.shutil.copy(
        folder / "rasters" / "B.tif", folder / "rasters" / "B & co.nc", driver="netCDF"
    )
    path.write_text(text, encoding="utf-8")
    gp.run(path)
    return folder / "out"


def project_text(out):
    """Read the project in the folder of a run."""
    with zipfile.ZipFile(out / "prospectivity.qgz") as archive:
        return archive.read("prospectivity.qgs").decode()


def spread_errors(held_out):
    """Give points held out all errors from 0 to 1; those of the small project are small."""
    with closing(sqlite3.connect(held_out)) as table, table:
        for (name,) in table.execute(_TRIGGERS).fetchall():
            table.execute(f'DROP TRIGGER "{name}"')  # of places, which only GDAL can follow
        table.execute("UPDATE cells SET logistic_regression_error = (fid % 21) / 20.0")


def turned_to_degrees(folder):
    """Put the small project onto a grid of degrees on an ellipsoid that has no code."""
    transform = from_origin(-130, 62, 0.02, 0.01)
    path = write_project(folder)
    for raster in sorted((folder / "rasters").glob("?.tif")):
        with rasterio.open(raster) as opened:
            values, old = opened.read(1), opened.transform
        write_raster(raster, values, crs=DEGREES, transform=transform)
    for name in ("training.gpkg", "validation.shp"):
        table = gpd.read_file(folder / name)
        columns, rows = ~old * (table.geometry.x.to_numpy(), table.geometry.y.to_numpy())
        places = gpd.points_from_xy(*(transform * (columns, rows)))
        table = table.drop(columns="geometry").set_geometry(places).set_crs(DEGREES.to_wkt())
        table.to_file(folder / name)
    text = path.read_text().partition("lithology =")[0]
    path.write_text(text + '[model]\nstrategy = "logistic-regression"\n')
    gp.run(path)
    return folder / "out"


@pytest.fixture(scope="module")
def qgis():
    """Ask QGIS, in a process of its own; many questions at once, for it starts slowly."""
    if (
        not os.path.exists(QGIS_PYTHON)
        or subprocess.run(
            [QGIS_PYTHON, "-c", "import qgis.core"], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("QGIS is not installed (on Debian: apt-get install python3-qgis)")

    def ask(folder, questions):
        asked, told = folder / "questions.json", folder / "answers.json"
        asked.write_text(json.dumps(questions), encoding="utf-8")
        private = folder / "private"
        private.mkdir(mode=0o700)
        kept = ("PROJ_", "GDAL_", "PYTHON")
        known = {key: value for key, value in os.environ.items() if not key.startswith(kept)}
        own = {"QT_QPA_PLATFORM": "offscreen", "QGIS_CUSTOM_CONFIG_PATH": str(private)}
        done = subprocess.run(
            [QGIS_PYTHON, str(LOOK), str(asked), str(told)],
            env=known | own | {"XDG_RUNTIME_DIR": str(private), "HOME": str(private)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert told.is_file(), done.stderr
        return json.loads(told.read_text(encoding="utf-8"))

    return ask


class Looked:
    """A run and what QGIS says of it."""

    def __init__(self, qgis, home):
        folder = home / NAME
        text = SETTINGS.format(legend=LEGEND) + CALIBRATION + PRODUCTS
        self.out = project_of(folder, text)
        done = CliRunner().invoke(
            main, ["crossval", str(folder / "project.toml"), "--repeats", "1", "--number", "2"]
        )
        assert done.exit_code == 0, done.stderr
        self.after_crossval = project_text(self.out)
        spread_errors(self.out / "crossval" / "held_out.gpkg")
        told = {"IGNORE_COG_LAYOUT_BREAK": "YES"}
        with rasterio.open(self.out / "applicability.tif", "r+", **told) as raster:
            inside = raster.read(2)
            inside[10:20, 5:30] = 0
            raster.write(inside, 2)
        self.n_outside = int((inside == 0).sum())
        gp.write_qgis_project(self.out)
        moved = self.elsewhere = home / "elsewhere" / "moved"
        shutil.copytree(folder, moved)
        self.degrees = turned_to_degrees(home / "degrees")
        sample = gp.sample_project(home / "sample").parent / "data"
        self.points = gpd.read_file(self.out / "points.gpkg", layer="validation")
        places = [[place.x, place.y] for place in self.points.geometry]
        files = ("prospectivity.tif", "probability.tif", "points.gpkg|layername=training",
                 "crossval/held_out.gpkg|layername=cells")  # fmt: skip
        self.picture, self.page = home / "view.png", home / "page.pdf"
        questions = [
            {
                "project": str(self.out / "prospectivity.qgz"),
                "places": places,
                "sampled": ["Prospectivity", "Probability of a deposit", "Cu & <Zn> ü"],
                "picture": str(self.picture),
                "page": str(self.page),
            },
            {"project": str(moved / "out" / "prospectivity.qgz")},
            {
                "project": str(self.degrees / "prospectivity.qgz"),
                "picture": str(home / "degrees.png"),
                "page": str(home / "degrees.pdf"),
            },
            {"files": [str(self.out / name) for name in files] + [str(sample / "geology.tif")]},
        ]
        self.here, self.moved, self.far, self.dropped = qgis(home, questions)

    def layer(self, name):
        (found,) = (x for x in self.here["layers"] if x["name"] == name)
        return found


@pytest.fixture(scope="module")
def looked(qgis, tmp_path_factory):
    return Looked(qgis, tmp_path_factory.mktemp("qgis"))


def test_every_layer_of_the_project_is_valid_and_knows_its_crs(looked):
    for answer in (looked.here, looked.moved, looked.far):
        assert answer["opened"]
        assert answer["crs valid"]
        assert len(answer["layers"]) > 5
        assert [x["name"] for x in answer["layers"] if not x["valid"]] == []
        assert [x["name"] for x in answer["layers"] if not x["crs valid"]] == []


def test_layers_lie_in_their_groups(looked):
    homes = {layer["name"]: layer["groups"] for layer in looked.here["layers"]}
    assert homes["Prospectivity"] == ["Results"]
    assert homes["Probability of a deposit"] == ["Results"]
    assert homes["Contribution of B"] == ["Results", "Contributions of the layers"]
    assert homes["Training points"] == homes["Validation points"] == ["Validation"]
    assert homes["Points held out"] == ["Validation"]
    assert homes["Cu & <Zn> ü"] == homes["B"] == ["Evidence"]
    assert homes["geology"] == ["Geology"]


def test_rasters_lie_where_the_map_lies(looked):
    with rasterio.open(looked.out / "prospectivity.tif") as raster:
        bounds = list(raster.bounds)
    for layer in looked.here["layers"]:
        if "band" in layer:
            assert layer["extent"] == bounds
    west, south, east, north = looked.here["extent"]
    wide, high = 0.05 * (bounds[2] - bounds[0]), 0.05 * (bounds[3] - bounds[1])
    expected = [bounds[0] - wide, bounds[1] - high, bounds[2] + wide, bounds[3] + high]
    assert [west, south, east, north] == pytest.approx(expected)


def test_values_that_qgis_reads_at_the_validation_points_are_ours(looked):
    values = looked.here["values"]
    assert len(looked.points) > 20
    np.testing.assert_array_equal(values["Prospectivity"], looked.points["score"])
    for name, file in (
        ("Prospectivity", "out/prospectivity.tif"),
        ("Probability of a deposit", "out/probability.tif"),
        ("Cu & <Zn> ü", "rasters/A.tif"),
    ):
        with rasterio.open(looked.out.parent / file) as raster:
            places = zip(looked.points.geometry.x, looked.points.geometry.y, strict=True)
            ours = [cell[0] for cell in raster.sample(places)]
        np.testing.assert_array_equal(np.float32(values[name]), ours)


def test_prospectivity_is_told_by_shares_of_the_area_and_probability_in_per_cent(looked):
    classes = looked.layer("Prospectivity")["legend"]
    assert [label.partition(" (")[0] for label in classes] == [
        "the other 50%",
        *(f"best {share}% of the area" for share in (50, 20, 10, 5, 1)),
    ]
    assert len(set(looked.layer("Prospectivity")["colours"])) == 6
    for name in ("prospectivity", "probability"):
        ramp = (looked.out / f"{name}.qml").read_text()
        assert 'minimumValue="0" maximumValue="1"' in ramp
        assert '<colorramp name="[source]" type="gradient">' in ramp
    probability = looked.layer("Probability of a deposit")["legend"]
    assert probability[0].startswith("less than ")
    assert all("%" in label for label in probability)
    assert len(set(probability)) == len(probability)


def test_evidence_is_stretched_from_the_2nd_to_the_98th_hundredth_of_its_values(looked):
    with rasterio.open(looked.out.parent / "rasters" / "B.tif") as raster:
        low, high = np.percentile(raster.read(1, masked=True).compressed(), [2, 98])
    layers = ET.fromstring(looked.after_crossval).iter("maplayer")
    (shader,) = (x.find(".//colorrampshader") for x in layers if x.findtext("layername") == "B")
    ends = float(shader.get("minimumValue")), float(shader.get("maximumValue"))
    assert ends == pytest.approx((low, high), rel=1e-6)


def test_classes_are_named_and_points_told_apart(looked):
    assert looked.layer("geology")["legend"] == ["granite <S-type>", "schist & gneiss"]
    assert looked.layer("geology")["renderer"] == "paletted"
    for name in ("Training points", "Validation points"):
        assert looked.layer(name)["legend"] == ["occurrence", "non-occurrence"]
        assert looked.layer(name)["aliases"]["occurrence"].startswith("1 at an occurrence")


def test_ground_outside_the_area_of_applicability_is_hatched_over_the_map(looked):
    names = [layer["name"] for layer in looked.here["layers"]]
    hatched = looked.layer("Outside the area of applicability")
    assert names.index(hatched["name"]) < names.index("Prospectivity")
    assert (hatched["groups"], hatched["shown"], hatched["features"]) == (["Results"], True, 1)
    (feature,) = json.loads(hatched["source"])["features"]
    assert looked.n_outside >= 250
    assert shape(feature["geometry"]).area == pytest.approx(looked.n_outside * 100 * 100)


def test_layers_say_what_they_are_and_are_not(looked):
    layer = looked.layer("Prospectivity")
    assert layer["title"] == "Prospectivity"
    assert "no probability of a deposit" in layer["abstract"]
    model = "by logistic-regression, over Cu & <Zn> ü, B, geology; trained on"
    assert any(model in step for step in layer["history"])
    assert looked.here["title"] == f"Mineral prospectivity: {NAME}"


def test_a_raster_alone_says_what_it_is_and_does_not_flood_its_information(looked):
    described = {"prospectivity": "no probability of a deposit", "probability": "sum to the number",
                 "contributions": "log-odds", "leading_layer": "contributes most",
                 "applicability": "may be believed"}  # fmt: skip
    for name, words in described.items():
        with rasterio.open(looked.out / f"{name}.tif") as raster:
            tags = raster.tags()
        assert words in tags["TIFFTAG_IMAGEDESCRIPTION"]
        assert tags["TIFFTAG_DOCUMENTNAME"]
        assert tags["TIFFTAG_COPYRIGHT"].startswith("Rights are those of the data")
        others = [text for key, text in tags.items() if not key.startswith("TIFFTAG")]
        assert max(map(len, others)) <= 80
    assert looked.dropped[0]["title"] == "Prospectivity"
    assert "no probability of a deposit" in looked.dropped[0]["abstract"]
    assert looked.dropped[0]["rights"] == ["Rights are those of the data that it was made from."]
    told = looked.dropped[0]["information"]
    assert "no probability of a deposit" in told
    assert "TRAINING_CELLS" not in told


def test_one_file_dropped_in_is_styled_by_itself(looked):
    prospectivity, probability, training, held_out, rocks = looked.dropped
    assert rocks["legend"] == list(ROCK_CLASSES)
    assert prospectivity["legend"] == looked.layer("Prospectivity")["legend"]
    assert probability["legend"] == looked.layer("Probability of a deposit")["legend"]
    assert training["legend"] == ["occurrence", "non-occurrence"]
    assert held_out["renderer"] == "categorizedSymbol"
    assert held_out["legend"][0] == "occurrence ranked below more than 50% of the non-occurrences"
    assert held_out["legend"][-1] == "non-occurrence ranked above at most 5% of the occurrences"
    spread = held_out["aliases"]["logistic_regression_spread"]
    assert spread == "standard deviation of these scores over members and repeats"


def test_the_project_is_drawn_and_printed(looked):
    assert looked.here["drawn"] > 30  # colours
    assert looked.page.read_bytes().startswith(b"%PDF")
    assert looked.here["exported"] == 0
    assert looked.here["items"] == ["legend", "map", "north arrow", "scale bar"]


def test_degrees_on_an_ellipsoid_without_a_code_are_drawn_and_measured_in_kilometres(looked):
    assert looked.far["crs"] in ("", "USER:100000")
    assert looked.far["drawn"] > 30
    assert looked.far["bars"] == ["km"]
    with rasterio.open(looked.degrees / "prospectivity.tif") as raster:
        assert raster.crs.is_geographic
        bounds = list(raster.bounds)
    (layer,) = (x for x in looked.far["layers"] if x["name"] == "Prospectivity")
    assert layer["extent"] == pytest.approx(bounds)


def test_each_point_held_out_has_the_symbol_of_its_label_and_of_how_wrongly_it_is_ranked(looked):
    points = gpd.read_file(looked.out / "crossval" / "held_out.gpkg", layer="cells")
    ends = np.array([0.05, 0.25, 0.5])
    steps = np.searchsorted(ends, points["logistic_regression_error"])
    names = np.array(["0.05", "0.25", "0.5", "1.0"])[steps]
    expected = [f"{label} {x}" for label, x in zip(points["occurrence"], names, strict=True)]
    assert len({*expected}) == 8
    assert looked.dropped[3]["classes"] == expected


def test_points_held_out_enter_the_project_when_methods_are_compared(looked):
    assert "crossval/held_out.gpkg|layername=cells" in looked.after_crossval
    manifest = json.loads((looked.out / "manifest.json").read_text())
    assert manifest["outputs"]["prospectivity.qgz"] == checksum(looked.out / "prospectivity.qgz")


def test_a_project_that_qgis_has_saved_since_stays_when_methods_are_compared(looked):
    out = looked.elsewhere / "out"
    (out / "prospectivity.qgz").write_bytes(b"someone's work")
    show_held_out(out / "crossval")
    assert (out / "prospectivity.qgz").read_bytes() == b"someone's work"


def test_points_held_out_elsewhere_than_in_a_run_change_no_project(tmp_path):
    (tmp_path / "crossval").mkdir()
    show_held_out(tmp_path / "crossval")
    assert [path.name for path in tmp_path.rglob("*")] == ["crossval"]


def test_bands_of_uncertainty_are_coloured_on_scales_that_compare(tmp_path):
    names = UncertaintyKernel(None, None, 0.5).bands
    highs = (0.3, 0.2, 0.1, 0.6, 0.9, 0.7, 0.4)
    profile = {"driver": "GTiff", "height": 1, "width": 2, "dtype": "float32", "nodata": -9999}
    with rasterio.open(
        tmp_path / "uncertainty.tif", "w", count=7, crs="EPSG:32608",
        transform=from_origin(0, 100, 100, 100), **profile,
    ) as raster:  # fmt: skip
        for band, (named, high) in enumerate(zip(names, highs, strict=True), start=1):
            raster.write(np.array([[0.05, high]], np.float32), band)
            raster.set_band_description(band, named.name)
            figures = {"MINIMUM": 0.05, "MAXIMUM": high, "MEAN": high / 2, "STDDEV": high}
            raster.update_tags(band, **{f"STATISTICS_{k}": v for k, v in figures.items()})
    words = Metadata("Uncertainty", "")
    layers = raster_layers(results.UNCERTAINTY, tmp_path, words)
    ends = [
        re.search('minimumValue="(.*?)" maximumValue="(.*?)"', x.style).groups() for x in layers
    ]
    assert ends == [("0", "0.3")] * 3 + [("0", "1")] * 4
    assert [layer.name for layer in layers[:2]] == [
        "Standard deviation of the score", "Standard deviation due to few data",
    ]  # fmt: skip


def test_the_moved_folder_reads_its_own_files(looked):
    files = [x for x in looked.moved["layers"] if not x["source"].startswith("{")]
    assert len(files) > 10
    for layer in files:
        assert "/elsewhere/moved/" in layer["source"]


def test_geopackages_are_of_a_version_that_the_oldest_qgis_knows(looked):
    found = sorted(looked.out.rglob("*.gpkg"))
    assert found
    for path in found:  # QGIS 3.22 warns of any after 1.2
        with closing(sqlite3.connect(path)) as file:
            assert file.execute("PRAGMA user_version").fetchone()[0] <= 10200, path


def test_the_project_holds_relative_paths_and_no_hour(looked):
    with zipfile.ZipFile(looked.out / "prospectivity.qgz") as archive:
        (member,) = archive.infolist()
    text = project_text(looked.out)
    assert member.date_time == (1980, 1, 1, 0, 0, 0)
    sources = [x.text for x in ET.fromstring(text).iter("datasource")]
    part = "NETCDF:../rasters/B & co.nc:Band1"
    assert {"../rasters/A.tif", part, "./prospectivity.tif"} <= {*sources}
    assert "./points.gpkg|layername=training" in sources
    assert {source[:1] for source in sources if source != part} == {".", "{"}  # the latter no path
    assert str(looked.out.parent) not in text
