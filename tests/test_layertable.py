"""The table of the layers: figures by independent arithmetic, twins, and how it prints."""

import json
import re
import tomllib

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from scipy.stats import skew, spearmanr
from shapely.geometry import LineString, box
from smallproject import SHAPE, TRANSFORM, points, write_project, write_raster

import geoprospect as gp
from geoprospect.cli import main
from geoprospect.evidence import BandGroup, Categorical, EvidenceStack, RasterBand, Ratio
from geoprospect.evidence.computed.prepared import PreparationSettings
from geoprospect.evidence.inspection.likeness import rank_correlations, variance_inflation
from geoprospect.evidence.inspection.table import LayerTable

ROWS, COLUMNS = np.indices(SHAPE)
N = SHAPE[0] * SHAPE[1]
RNG = np.random.default_rng(3)
SMOOTH = (np.sin(ROWS / 9) + np.cos(COLUMNS / 7) + RNG.normal(0, 0.1, SHAPE)).astype("f4")
COPPER = RNG.lognormal(3, 1.3, SHAPE).astype("f4")
NOISY = (SMOOTH + RNG.normal(0, 1, SHAPE)).astype("f4")
ROCKS = np.array([585, 12, 81641, 40])[(ROWS // 12) % 2 * 2 + COLUMNS // 20].astype("i4")
EVIDENCE = """
copper = "copper.tif"
smooth = "smooth.tif"
noisy = "noisy.tif"
again = "again.tif"
codes = "rocks.tif"
rocks = { path = "rocks.tif", kind = "categorical" }
faults = { path = "faults.gpkg", kind = "distance", mapped = "grid" }
flat = { path = "flat.tif", missing = "indicator" }
spectra = { path = "spectra.tif", bands = "all" }
"""


@pytest.fixture(scope="module")
def messy(tmp_path_factory):
    """A project of layers of several kinds, most of which have something odd."""
    folder = tmp_path_factory.mktemp("messy")
    flat = np.where(RNG.random(SHAPE) < 0.8, 0, RNG.normal(size=SHAPE)).astype("f4")
    flat[:9] = -1
    for name, values in {
        "copper": COPPER, "smooth": SMOOTH, "noisy": NOISY, "again": SMOOTH, "rocks": ROCKS,
        "flat": flat,
    }.items():  # fmt: skip
        write_raster(folder / f"{name}.tif", values, nodata=-1 if name == "flat" else None)
    with rasterio.open(folder / "smooth.tif", "r+") as raster:
        raster.units = ("nT",)
    spectra = RNG.normal(size=(10, *SHAPE)).astype("f4")
    spectra[4] = NOISY + spectra[4] / 10
    with rasterio.open(
        folder / "spectra.tif", "w", driver="GTiff", dtype="float32", count=10, height=SHAPE[0],
        width=SHAPE[1], crs="EPSG:32608", transform=TRANSFORM,
    ) as raster:  # fmt: skip
        raster.write(spectra)
        raster.units = ("nm",) * 10
    line = LineString([TRANSFORM @ (3, 3), TRANSFORM @ (30, 44)])
    gpd.GeoDataFrame(geometry=[line], crs="EPSG:32608").to_file(folder / "faults.gpkg")
    chosen = (COLUMNS % 3 == 0) & (ROWS % 3 == 0)
    table = points(ROWS[chosen], COLUMNS[chosen], occurrence=(NOISY[chosen] > 1).astype(int))
    table.to_file(folder / "training.gpkg")
    path = folder / "project.toml"
    path.write_text(
        f'[evidence]{EVIDENCE}\n[points]\ntraining = "training.gpkg"\n'
        '[model]\nstrategy = "logistic-regression"\n'
    )
    return path


@pytest.fixture(scope="module")
def checked(messy):
    return gp.check(messy)


@pytest.fixture(scope="module")
def rows(checked):
    return {row["name"]: row for row in checked.layers.to_dict()}


def inflation_by_regression(X, column, others):
    A = np.column_stack([np.ones(len(X)), X[:, others]])
    y = X[:, column]
    rest = y - A @ np.linalg.lstsq(A, y, rcond=None)[0]
    return np.square(y - y.mean()).sum() / np.square(rest).sum()


def test_figures_are_those_of_the_cells_where_all_layers_are_drawn(rows, messy):
    copper = COPPER.ravel().astype("f8")  # indicator and distance leave no gap: all cells count
    row = rows["copper"]
    quartiles = [row["lower_quartile"], row["median"], row["upper_quartile"]]
    np.testing.assert_allclose(quartiles, np.quantile(copper, [0.25, 0.5, 0.75]), rtol=1e-6)
    assert row["skewness"] == pytest.approx(skew(copper), rel=1e-6)
    assert (row["minimum"], row["maximum"]) == (copper.min(), copper.max())
    assert row["valid_cells"] == N
    assert row["file"] == str(messy.parent / "copper.tif")


def test_kinds_layers_and_units_are_told(rows):
    told = [(row["name"], row["layer"], row["kind"], row["unit"]) for row in rows.values()]
    assert told[:4] == [
        ("copper", "copper", "raster", None),
        ("smooth", "smooth", "raster", "nT"),
        ("noisy", "noisy", "raster", None),
        ("again", "again", "raster", None),
    ]
    assert ("rocks=585", "rocks", "categorical", None) in told
    assert ("faults", "faults", "distance", "m") in told
    assert ("spectra B10", "spectra", "bands", "nm") in told
    assert ("flat missing", "flat", "indicator", None) in told
    assert len(told) == 5 + 4 + 1 + 2 + 10


def test_ranks_correlate_as_scipy_says():
    X = np.column_stack([COPPER.ravel(), NOISY.ravel(), SMOOTH.ravel().round(1), ROCKS.ravel()])
    found = rank_correlations(X.astype("f4"))
    expected = spearmanr(X).statistic
    off = ~np.eye(4, dtype=bool)
    np.testing.assert_allclose(found[off], expected[off], atol=1e-6)


def test_the_layer_most_alike_is_another_one(rows):
    assert rows["noisy"]["most_like"] == "spectra B5"
    assert rows["noisy"]["rank_correlation"] > 0.95
    assert rows["rocks=12"]["most_like"] == "codes"


def test_variance_inflation_is_that_of_a_regression_on_the_others():
    X = RNG.normal(size=(500, 4))
    X[:, 3] = X[:, 0] - X[:, 1] / 2 + RNG.normal(0, 0.3, 500)
    X = X.astype("f4")
    found = variance_inflation(X, [[0], [1], [2], [3]])
    others = [[x for x in range(4) if x != column] for column in range(4)]
    exact = X.astype("f8")
    expected = [inflation_by_regression(exact, column, others[column]) for column in range(4)]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_inflation_of_classes_is_the_generalised_one_whichever_class_is_left_out():
    """det R_classes det R_others / det R, to the power of one over the classes but one."""
    kind = RNG.integers(3, size=600)
    X = np.column_stack([*(kind == number for number in range(3)), RNG.normal(size=600) + kind])
    X = np.column_stack([X, X[:, 3] + RNG.normal(0, 0.5, 600)]).astype("f4")
    found = variance_inflation(X, [[0, 1, 2], [3], [4]])
    for left_out in range(3):
        kept = [column for column in range(5) if column != left_out]
        R = np.corrcoef(X[:, kept], rowvar=False)
        generalised = np.linalg.det(R[:2, :2]) * np.linalg.det(R[2:, 2:]) / np.linalg.det(R)
        assert found[0] == pytest.approx(generalised**0.5, rel=1e-4)
        assert found[1] == pytest.approx(
            inflation_by_regression(X.astype("f8"), 3, [*kept[:2], 4]), rel=1e-4
        )


def test_a_layer_told_by_others_inflates_without_end_and_spares_the_rest():
    X = RNG.normal(size=(300, 4)).astype("f4")
    X[:, 2] = X[:, 0]
    X[:, 3] = 7
    found = variance_inflation(X, [[0], [1], [2], [3]])
    assert found[0] == found[2] == np.inf
    assert found[1] == pytest.approx(1, abs=0.05)
    assert np.isnan(found[3])


def test_classes_are_no_twins_of_each_other(tmp_path):
    two = np.where(COLUMNS < 20, 3, 8).astype("u1")
    write_raster(tmp_path / "rocks.tif", two, nodata=None)
    write_raster(tmp_path / "a.tif", NOISY, nodata=None)
    sources = [gp.RasterBand("a", str(tmp_path / "a.tif"))]
    with EvidenceStack.open([*sources, Categorical("rocks", str(tmp_path / "rocks.tif"))]) as stack:
        found = LayerTable.of(stack)
    assert [row.name for row in found.rows] == ["a", "rocks=3", "rocks=8"]
    assert not found.twins
    assert found.rows[1].most_like == "a"
    assert found.rows[1].inflation == pytest.approx(
        inflation_by_regression(np.column_stack([two.ravel() == 3, NOISY.ravel()]), 0, [1])
    )


def test_twins_are_warned_of_with_what_to_do(checked):
    warned = [x.text for x in checked if x.level == "warning" and "tell" in x.text]
    [same] = [text for text in warned if text.startswith("layer again: ")]
    assert "holds the same values as smooth at all 1920 cells" in same
    assert "again.tif" in same
    assert "leave again or smooth out of [evidence]" in same
    assert not [text for text in warned if text.startswith("layer copper")]
    [near] = [text for text in warned if text.startswith("layer spectra B5: ")]
    assert near.endswith("leave noisy out of [evidence]")  # a band of many is no layer by itself


def test_a_layer_and_its_logarithm_are_twins_but_not_the_same(tmp_path):
    write_raster(tmp_path / "Cu.tif", COPPER, nodata=None)
    layer = RasterBand("Cu", str(tmp_path / "Cu.tif"))
    log = PreparationSettings("log").applied_to(RasterBand("logCu", layer.path))
    with EvidenceStack.open([layer, log]) as stack:
        found = LayerTable.of(stack)
    [text] = found.warnings()
    assert "tells nearly what Cu tells (rank correlation +1.000)" in text
    assert found.rows[1].origin.transforms == ("log",)
    assert not [odd for odd in found.rows[1].oddities if "skewed" in odd]


def test_of_many_twins_ten_are_told_and_the_others_named(tmp_path):
    bands = np.broadcast_to(NOISY, (14, *SHAPE))
    with rasterio.open(
        tmp_path / "many.tif", "w", driver="GTiff", dtype="float32", count=14, height=SHAPE[0],
        width=SHAPE[1], crs="EPSG:32608", transform=TRANSFORM,
    ) as raster:  # fmt: skip
        raster.write(bands)
    with EvidenceStack.open([BandGroup("many", str(tmp_path / "many.tif"))]) as stack:
        found = LayerTable.of(stack)
    *told, last = found.warnings()
    assert len(told) == 10
    assert all("name the bands of many to be read, as in bands = [1, 2]" in x for x in told)
    assert last.startswith("layers many B12, many B13, many B14: tell, too, what others tell")
    assert [row["twin_of"] for row in found.to_dict()] == [None, *["many B1"] * 13]


def line_suggested(row):
    [odd] = [odd for odd in row["oddities"] if odd.startswith("skewed")]
    return re.search(r"write (.*) under \[evidence\]", odd)[1]


def test_the_line_for_a_skewed_layer_can_be_pasted_and_levels_it(messy, rows, tmp_path):
    line = line_suggested(rows["copper"])
    assert line.endswith('transform = "log" }')
    changed = messy.with_name("levelled.toml")
    changed.write_text(messy.read_text().replace('copper = "copper.tif"', line))
    after = {row["name"]: row for row in gp.check(changed).layers.to_dict()}["copper"]
    assert after["skewness"] == pytest.approx(skew(np.log10(COPPER.ravel().astype("f8"))), abs=1e-3)
    assert after["transforms"] == ["log"]


def test_the_line_keeps_what_the_layer_says_of_its_file(messy):
    written = 'copper = { path = "copper.tif", crs = "EPSG:32608", nodata = -7.0 }'
    changed = messy.with_name("settings.toml")
    changed.write_text(messy.read_text().replace('copper = "copper.tif"', written))
    line = line_suggested(
        {row["name"]: row for row in gp.check(changed).layers.to_dict()}["copper"]
    )
    said = tomllib.loads(line)["copper"]
    assert said.pop("path") == str(messy.with_name("copper.tif"))
    assert said == {"crs": "EPSG:32608", "nodata": -7.0, "band": 1, "transform": "log"}


@pytest.mark.parametrize(
    ("values", "transform"),
    [
        (np.exp(SMOOTH * 3), "log"),
        (np.exp(SMOOTH * 3) - 1, "signed-log"),
        (-np.exp(SMOOTH * 3) + np.exp(SMOOTH * 3).max(), "rank"),
    ],
)
def test_a_layer_skewed_to_either_side_gets_the_transform_that_levels_it(
    tmp_path, values, transform
):
    write_raster(tmp_path / "a b.tif", values.astype("f4"), nodata=None)
    with EvidenceStack.open([RasterBand("a b", str(tmp_path / "a b.tif"))]) as stack:
        [row] = LayerTable.of(stack).to_dict()
    line = line_suggested(row)
    assert line.startswith('"a b" = ')
    assert line.endswith(f'transform = "{transform}" }}')


def test_a_computed_layer_that_is_skewed_is_told_where_its_transform_goes(tmp_path):
    for name, values in {"a": COPPER, "b": np.abs(SMOOTH) + 1}.items():
        write_raster(tmp_path / f"{name}.tif", values, nodata=None)
    parts = tuple(RasterBand(name, str(tmp_path / f"{name}.tif")) for name in "ab")
    with EvidenceStack.open([Ratio("a/b", parts)]) as stack:
        [row] = LayerTable.of(stack).rows
    assert row.origin.kind == "ratio"
    assert any('add transform = "log" to the table of a/b' in odd for odd in row.oddities)


def test_odd_values_are_told(rows):
    def told(name):
        return "; ".join(rows[name]["oddities"])

    assert "lies in patches as codes of classes do" in told("codes")
    assert re.search(r"8\d% of the cells hold 0", told("flat"))
    assert "times the interquartile range beyond the quartiles" in told("copper")
    for quiet in ("smooth", "noisy", "rocks=12", "faults", "flat missing"):
        assert told(quiet) == ""


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.where(ROWS + COLUMNS == 5, 2.5, 7), "99.68% of the cells hold 7, so"),
        (np.full(SHAPE, 3.5), "one value everywhere, 3.5"),
        (np.hypot(ROWS, COLUMNS).round(), "whole numbers alone, "),
        (np.where(ROWS < 2, -9999, SMOOTH), "-9999 in 80 cells, far off the others"),
    ],
)
def test_each_oddity_has_its_words(tmp_path, values, said):
    write_raster(tmp_path / "a.tif", values.astype("f4"), nodata=None)
    with EvidenceStack.open([RasterBand("a", str(tmp_path / "a.tif"))]) as stack:
        [row] = LayerTable.of(stack).rows
    assert any(said in odd for odd in row.oddities), row.oddities
    assert not any("skewed" in odd for odd in row.oddities)


def test_a_stack_larger_than_the_draw_is_told_by_cells_drawn_alike_each_time(tmp_path):
    values = np.random.default_rng(0).lognormal(size=(130, 120)).astype("f4")
    write_raster(tmp_path / "a.tif", values, nodata=None)
    tables = []
    for _ in range(2):
        with EvidenceStack.open([RasterBand("a", str(tmp_path / "a.tif"))]) as stack:
            tables.append(LayerTable.of(stack))
    assert tables[0].n_drawn == 10_000 < values.size
    assert tables[0].to_dict() == tables[1].to_dict()
    row = tables[0].to_dict()[0]
    assert row["maximum"] == values.max()
    assert row["median"] == pytest.approx(np.median(values), rel=0.03)


def test_of_a_study_area_shares_are_of_its_cells_and_it_has_no_row(tmp_path):
    project = write_project(tmp_path)
    west = box(*(TRANSFORM @ (0, SHAPE[0])), *(TRANSFORM @ (10, 0)))
    gpd.GeoDataFrame(geometry=[west], crs="EPSG:32608").to_file(tmp_path / "west.gpkg")
    text = project.read_text().replace("[evidence]", '[grid]\narea = "west.gpkg"\n[evidence]')
    project.write_text(text.replace("fine-tuning", "logistic-regression"))
    found = gp.check(project, pictures=tmp_path / "layers.html").layers
    assert [row.name for row in found.rows] == ["A", "B", "C"]
    assert found.rows[0].profile.survey.n_valid == 460  # of ten columns, less two rows of nodata
    assert [row.valid_share for row in found.rows] == [pytest.approx(46 / 48)] * 3
    assert (tmp_path / "layers.html").is_file()


def test_surroundings_have_no_row(messy, rows):
    changed = messy.with_name("context.toml")
    changed.write_text(messy.read_text() + "context = [1]\n")
    assert [row.name for row in gp.check(changed).layers.rows] == list(rows)


def printed(path, *options):
    result = CliRunner().invoke(main, ["check", str(path), *map(str, options)])
    return result.exit_code, result.stdout


def test_check_prints_a_table_of_80_columns_between_findings_and_verdict(messy):
    status, text = printed(messy)
    assert status == 0
    lines = text.splitlines()
    assert lines[-1].startswith("no error: go on")
    head = lines.index("What the layers hold (quartiles and skew of 1920 valid cells):")
    assert any(line.lstrip().startswith("warning") for line in lines[:head])
    tail = lines.index("What is odd:")
    assert max(map(len, lines[head:tail])) <= 80
    for name in ("copper", "smooth", "rocks=12", "faults", "flat missing", "spectra (10)"):
        once_in_each_part = sum(line.startswith(f"{name} ") for line in lines[head:tail])
        assert once_in_each_part == 2, name
    assert "\x1b" not in text
    assert re.search(r"^rocks=12 +class 25.0% +100% +0 +1 +1\.2", text, re.M)


def test_json_has_a_row_for_every_name_and_no_numbers_that_json_lacks(messy):
    status, text = printed(messy, "--json")
    assert status == 0

    def refuse(word):
        raise AssertionError(word)

    told = json.loads(text, parse_constant=refuse)
    assert [row["name"] for row in told["layers"]][-10:] == [f"spectra B{n}" for n in range(1, 11)]
    assert {finding["level"] for finding in told["findings"]} == {"warning", "note"}
    codes = {row["name"]: row for row in told["layers"]}["codes"]
    assert codes["distinct"] == 4
    assert codes["variance_inflation"] is None  # the classes tell it wholly


def test_names_are_printed_as_they_are(tmp_path, messy):
    changed = messy.with_name("names.toml")
    changed.write_text(messy.read_text().replace("noisy =", '"[bold]x :smile:" ='))
    status, text = printed(changed)
    assert status == 0
    assert re.search(r"^\[bold\]x :smile: +1\.\d|^\[bold\]x :smile:", text, re.M)


def test_without_evidence_there_is_no_table_and_errors_are_as_before(messy):
    changed = messy.with_name("broken.toml")
    changed.write_text(messy.read_text().replace("noisy.tif", "nowhere.tif"))
    status, text = printed(changed)
    assert status == 1
    assert text.splitlines()[0].startswith("  error  ")
    assert "What the layers hold" not in text
    status, text = printed(changed, "--json")
    assert json.loads(text)["layers"] == []


def test_with_errors_elsewhere_the_table_is_there_all_the_same(messy):
    changed = messy.with_name("pointless.toml")
    changed.write_text(messy.read_text().replace("training.gpkg", "nowhere.gpkg"))
    status, text = printed(changed)
    assert status == 1
    assert "What the layers hold" in text
    assert text.splitlines()[-1].startswith("1 error:")
