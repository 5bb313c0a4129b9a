"""Layers transformed, filled in and told apart by class: what they learn, and where it is kept."""

import json
import logging
import pickle

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.features import rasterize
from rasterio.windows import Window
from scipy.stats import rankdata
from smallproject import PROJECT, TRANSFORM, TUNED, write_project, write_raster

import geoprospect as gp
from geoprospect.cli import main
from geoprospect.errors import EvidenceError, ProjectError
from geoprospect.evidence import Categorical, EvidenceStack, Neighbourhood, RasterBand
from geoprospect.evidence.computed.prepared import PreparationSettings, filled_from_nearest
from geoprospect.evidence.computed.surroundings import surrounded
from geoprospect.evidence.studyarea.column import StudyArea
from geoprospect.evidence.studyarea.territory import Territory

SHAPE = (23, 31)
LOGISTIC = PROJECT.replace(TUNED, 'strategy = "logistic-regression"\n').partition(
    "training = { epochs"
)[0]


@pytest.fixture(scope="module")
def skewed(tmp_path_factory):
    """A layer of copper, with zeros and gaps; gives its path and its values, NaN in gaps."""
    rng = np.random.default_rng(1)
    values = rng.lognormal(2, 1.5, SHAPE).astype(np.float32)
    values[rng.random(SHAPE) < 0.05] = 0
    values[rng.random(SHAPE) < 0.1] = -1
    path = tmp_path_factory.mktemp("skewed") / "Cu.tif"
    write_raster(path, values, nodata=-1.0)
    return str(path), np.where(values == -1, np.nan, values).astype(np.float64)


@pytest.fixture
def rocks(tmp_path):
    """A layer of codes of four classes, the last of them rare; gives its path and its codes."""
    codes = np.repeat([1, 1, 3, 3, 7], [8, 5, 5, 4, 1])[:, None] * np.ones(SHAPE, np.uint8)
    codes[:3, :3], codes[-1, 1:] = 0, 9
    codes = codes.astype(np.uint8)
    write_raster(tmp_path / "geology.tif", codes, nodata=0)
    return tmp_path / "geology.tif", codes


def read(column, **options):
    with EvidenceStack.open([column], **options) as stack:
        return stack.read().values, stack.names


def prepared(path, transform=(), **more):
    return PreparationSettings(list(transform), **more).applied_to(RasterBand("Cu", path))


def log(values):
    least = np.nanmin(values[values > 0]) / 2
    return np.log10(np.where(values < least, least, values))


def signed_log(values):
    return np.sign(values) * np.log10(1 + np.abs(values) / np.nanmedian(np.abs(values)))


def clip(values):
    return np.clip(values, *np.nanquantile(values, [0.01, 0.99]))


def robust(values):
    low, middle, high = np.nanquantile(values, [0.25, 0.5, 0.75])
    return (values - middle) / (high - low)


def rank(values):
    return (rankdata(values, nan_policy="omit") - 1).reshape(SHAPE) / (
        np.isfinite(values).sum() - 1
    )


@pytest.mark.parametrize(
    ("names", "arithmetic"),
    [
        (["log"], log),
        (["signed-log"], signed_log),
        (["clip"], clip),
        (["robust"], robust),
        (["rank"], rank),
        (["clip", "log", "robust"], lambda values: robust(log(clip(values)))),
    ],
)
def test_transforms_are_the_arithmetic_of_all_cells(skewed, names, arithmetic):
    path, values = skewed
    [read_values], _ = read(prepared(path, names))
    np.testing.assert_allclose(read_values, arithmetic(values), rtol=1e-5, atol=1e-5)


def test_a_large_layer_is_learned_from_cells_spread_over_it(tmp_path):
    rows, columns = np.indices((1100, 1000), dtype=np.float32)
    write_raster(tmp_path / "X.tif", rows * 1000 + columns)
    [values], _ = read(prepared(str(tmp_path / "X.tif"), ["rank"]))
    assert np.abs(values - (rows * 1000 + columns) / (rows.size - 1)).max() < 0.001


@given(
    row=st.integers(0, SHAPE[0] - 1),
    column=st.integers(0, SHAPE[1] - 1),
    height=st.integers(1, SHAPE[0]),
    width=st.integers(1, SHAPE[1]),
)
@settings(max_examples=30, deadline=None)
def test_a_window_of_any_size_holds_the_same_cells(skewed, row, column, height, width):
    path, _ = skewed
    window = Window(column, row, min(width, SHAPE[1] - column), min(height, SHAPE[0] - row))
    filled = prepared(path, ["log"], missing="nearest", missing_within=3)
    with EvidenceStack.open([filled]) as stack:
        rows, columns = window.toslices()
        whole = stack.read().values[:, rows, columns]
        np.testing.assert_array_equal(stack.read(window).values, whole)


def test_a_gap_gets_the_median_and_an_indicator_tells_it(skewed):
    path, values = skewed
    (filled, indicator), names = read(prepared(path, missing="indicator"))
    assert names == ("Cu", "Cu missing")
    np.testing.assert_array_equal(indicator, np.isnan(values))
    gaps = np.isnan(values)
    np.testing.assert_allclose(filled[gaps], np.nanmedian(values), rtol=1e-6)
    np.testing.assert_allclose(filled[~gaps], values[~gaps], rtol=1e-6)


@pytest.mark.parametrize("within", [1, 2, 5])
def test_a_gap_gets_the_mean_of_the_nearest_cells(within):
    rng = np.random.default_rng(within)
    cells = rng.integers(0, 9, (12, 15)).astype(np.float32)
    cells[rng.random(cells.shape) < 0.8] = np.nan
    rows, columns = np.nonzero(np.isfinite(cells))
    expected = cells.copy()
    for row, column in zip(*np.nonzero(np.isnan(cells)), strict=True):
        squares = (rows - row) ** 2 + (columns - column) ** 2
        near = squares == squares.min()
        if squares.min() <= within**2:
            expected[row, column] = cells[rows[near], columns[near]].mean()
    np.testing.assert_allclose(filled_from_nearest(cells, within), expected, rtol=1e-6)


def test_classes_become_columns_of_their_own_and_rare_ones_are_taken_together(rocks, caplog):
    path, codes = rocks
    caplog.set_level(logging.INFO, "geoprospect")
    legend = {"1": "granite", "3": "schist", "7": "dyke", "9": "vein"}
    column = Categorical("geology", str(path), legend=legend, smallest=0.05)
    values, names = read(column)
    assert names == ("geology=granite", "geology=schist", "geology=other")
    for plane, of_class in zip(values, ([1], [3], [7, 9]), strict=True):
        expected = np.where(codes == 0, np.nan, np.isin(codes, of_class))
        np.testing.assert_array_equal(plane, expected)
    assert "other, of less than 0.05 of the cells each: dyke, vein" in caplog.text


def test_gaps_may_be_a_class(rocks):
    path, codes = rocks
    values, names = read(Categorical("geology", str(path), missing="class", smallest=0))
    assert names[-1] == "geology=missing"
    np.testing.assert_array_equal(values[-1], codes == 0)
    np.testing.assert_array_equal(values.sum(axis=0), 1)


ROCKS = ((1, "granite"), (3, "schist"), (7, "dyke"), (9, "vein"))


def write_csv(path):
    text = "code;rock\n" + "".join(f"{code};{name}\n" for code, name in ROCKS)
    path.with_suffix(".csv").write_text(text)
    return str(path.with_suffix(".csv"))


def write_plain_csv(path):
    path.with_suffix(".csv").write_text("".join(f"{code},{name}\n" for code, name in ROCKS))
    return str(path.with_suffix(".csv"))


def write_style(path):
    entries = "".join(f'<paletteEntry value="{c}" label="{n}" color="#f00"/>' for c, n in ROCKS)
    path.with_suffix(".qml").write_text(f"<qgis><pipe>{entries}</pipe></qgis>")


def write_attributes(path):
    fields = ((0, "Value", 0, 5), (1, "Count", 0, 1), (2, "Rock", 2, 2))
    head = "".join(
        f'<FieldDefn index="{i}"><Name>{n}</Name><Type>{t}</Type><Usage>{u}</Usage></FieldDefn>'
        for i, n, t, u in fields
    )
    rows = "".join(
        f'<Row index="{i}"><F>{c}</F><F>5</F><F>{n}</F></Row>' for i, (c, n) in enumerate(ROCKS)
    )
    path.with_name(f"{path.name}.aux.xml").write_text(
        '<PAMDataset><PAMRasterBand band="1"><GDALRasterAttributeTable tableType="thematic">'
        f"{head}{rows}</GDALRasterAttributeTable></PAMRasterBand></PAMDataset>"
    )


def write_categories(path):
    names = dict(ROCKS)
    text = "".join(f"<Category>{names.get(code, '')}</Category>" for code in range(10))
    path.with_name(f"{path.name}.aux.xml").write_text(
        '<PAMDataset><PAMRasterBand band="1"><CategoryNames>'
        f"{text}</CategoryNames></PAMRasterBand></PAMDataset>"
    )


def write_table(path):
    table = pd.DataFrame(ROCKS, columns=["VALUE", "ROCK"])
    places = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy([0] * 4, [0] * 4))
    places.to_file(path.with_suffix(".shp"))
    path.with_suffix(".dbf").rename(path.with_name(f"{path.name}.vat.dbf"))
    for suffix in (".shp", ".shx", ".cpg"):
        path.with_suffix(suffix).unlink()


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
@pytest.mark.parametrize(
    "write",
    [write_csv, write_plain_csv, write_style, write_attributes, write_categories, write_table],
)
def test_names_of_classes_are_found_where_they_are_kept(rocks, write):
    path, _ = rocks
    given = write(path)
    _, names = read(Categorical("geology", str(path), legend=given, smallest=0))
    assert names == tuple(f"geology={name}" for _, name in ROCKS)


def test_names_of_classes_are_read_from_inside_a_raster(rocks):
    path, _ = rocks
    write_attributes(path)
    with rasterio.open(path) as raster:
        rasterio.shutil.copy(raster, path.with_suffix(".img"), driver="HFA")
    _, names = read(Categorical("geology", str(path.with_suffix(".img")), smallest=0))
    assert names == tuple(f"geology={name}" for _, name in ROCKS)


def test_classes_in_an_order_become_their_ranks(rocks):
    path, codes = rocks
    order = ("vein", "granite", "dyke", "schist")
    table = {"kind": "ordinal", "order": list(order), "legend": {str(c): n for c, n in ROCKS}}
    column = gp.Project.load(project_with(path.parent, geology=table | {"path": path.name}))
    [values], names = read(column.evidence[-1])
    assert names == ("geology",)
    expected = np.select([codes == 9, codes == 1, codes == 7, codes == 3], range(4), np.nan)
    np.testing.assert_array_equal(values, expected)


def test_classes_of_polygons_are_columns_of_the_cells_whose_centres_they_hold(tmp_path):
    write_raster(tmp_path / "grid.tif", np.ones(SHAPE, np.float32))
    left, bottom, right, top = rasterio.open(tmp_path / "grid.tif").bounds
    middle = left + 1230
    shapes = {
        "granite": shapely.box(left, bottom, middle, top),
        "schist": shapely.Polygon([(middle, bottom), (right, bottom), (middle, top)]),
        None: shapely.box(right - 250, top - 250, right, top),
    }
    units = gpd.GeoDataFrame({"UNIT": list(shapes)}, geometry=[*shapes.values()], crs="EPSG:32608")
    units.to_file(tmp_path / "geology.gpkg")
    path = str(tmp_path / "geology.gpkg")
    geology = Categorical("geology", path, field="UNIT", legend={"schist": "host"}, missing="class")
    columns = [RasterBand("grid", str(tmp_path / "grid.tif")), geology]
    with EvidenceStack.open(columns) as stack:
        assert set(stack.names[1:]) == {f"geology={x}" for x in ("granite", "host", "missing")}
        values = dict(zip(stack.names, stack.read().values, strict=True))
    burnt = rasterize(
        [(shape, code) for code, shape in enumerate([*shapes.values()][:2], start=1)],
        out_shape=SHAPE,
        transform=TRANSFORM,
    )
    for name, code in (("granite", 1), ("host", 2), ("missing", 0)):
        np.testing.assert_array_equal(values[f"geology={name}"], burnt == code)
    absent = Categorical("geology", path, field="ROCK")
    with pytest.raises(EvidenceError, match=r"layer geology: there is no field ROCK .*fields UNIT"):
        EvidenceStack.open([columns[0], absent])


def toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{k}" = {toml(v)}' for k, v in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value)


def project_with(folder, **layers):
    path = folder / "project.toml"
    lines = "".join(f"{name} = {toml(value)}\n" for name, value in layers.items())
    path.write_text(LOGISTIC.replace("\n[points]", f"{lines}\n[points]"))
    return path


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ({"transform": "ln"}, "evidence.geology.transform"),
        ({"transform": [{"kind": "clip", "low": 0.7, "high": 0.9}]}, "less than 0.5"),
        ({"missing": "mean"}, "evidence.geology.missing"),
        ({"kind": "categorical", "transform": "log"}, "transform cannot be applied to classes"),
        ({"kind": "categorical", "smallest": 2}, "less than 1"),
    ],
)
def test_a_preparation_that_is_not_understood_is_named(rocks, layer, said):
    with pytest.raises(ProjectError, match=said):
        gp.Project.load(project_with(rocks[0].parent, geology=layer | {"path": "geology.tif"}))


def test_what_a_layer_cannot_be_is_said_with_the_line_to_write(tmp_path, rocks):
    values = np.where(np.indices(SHAPE)[0] > 1, 5, -3).astype(np.float32)
    write_raster(tmp_path / "X.tif", values)
    path = str(tmp_path / "X.tif")
    with pytest.raises(EvidenceError, match=r"layer Cu: .*negative values.*signed-log"):
        read(prepared(path, ["log"]))
    with pytest.raises(EvidenceError, match="half of its values are 5"):
        read(prepared(path, ["robust"]))
    column = PreparationSettings({"kind": "clip", "low": 0.1, "high": 0.9})
    with pytest.raises(EvidenceError, match=r"quantiles 0.1 and 0.9 are all 5"):
        read(column.applied_to(RasterBand("Cu", path)))
    noise = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
    write_raster(tmp_path / "noise.tif", noise)
    with pytest.raises(EvidenceError, match=r"too many values for classes .*found 713"):
        read(Categorical("geology", str(tmp_path / "noise.tif")))
    with pytest.raises(EvidenceError, match=r"one class only .*found 1"):
        read(Categorical("geology", str(rocks[0]), legend={str(c): "1" for c in (1, 3, 7, 9)}))
    (tmp_path / "names.csv").write_text("a,b\nc,d\n")
    with pytest.raises(EvidenceError, match="names no classes"):
        read(Categorical("geology", str(rocks[0]), legend=str(tmp_path / "names.csv")))
    order = {"path": "geology.tif", "kind": "ordinal", "order": ["1", "3", "9"]}
    project = gp.Project.load(project_with(tmp_path, geology=order))
    with pytest.raises(EvidenceError, match=r"no place for 7 \(1 cell\)"):
        read(project.evidence[-1])


def test_a_fill_value_is_told_before_a_transform_hides_it(tmp_path, caplog):
    values = np.random.default_rng(0).normal(50, 5, SHAPE).astype(np.float32)
    values[:2] = -99999
    write_raster(tmp_path / "X.tif", values)
    read(prepared(str(tmp_path / "X.tif"), ["rank"]))
    assert "layer Cu: -99999 in 62 cells is far outside the other values" in caplog.text


def test_what_a_layer_learns_is_of_the_study_area_alone(skewed, rocks, tmp_path):
    path, values = skewed
    area = np.zeros(SHAPE, np.uint8)
    area[5:15, 4:20] = 1
    write_raster(tmp_path / "area.tif", area, nodata=None)
    geology = Categorical("geology", str(rocks[0]), smallest=0, missing="class")
    columns = [prepared(path, ["clip"], missing="median"), geology]
    with EvidenceStack.open([*columns, StudyArea(Territory(str(tmp_path / "area.tif")))]) as stack:
        assert stack.names == ("Cu", "geology=1", "geology=3")  # no gaps, and no rarer rocks
        copper = stack.read().values[0]
    inside = area == 1
    assert np.isnan(copper[~inside]).all()
    known = inside & np.isfinite(values)
    limits = np.quantile(values[known], [0.01, 0.99])
    np.testing.assert_allclose(copper[known], np.clip(values[known], *limits), rtol=1e-5)
    middle = np.median(np.clip(values[known], *limits))
    np.testing.assert_allclose(copper[inside & ~known], middle, rtol=1e-5)


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    """A project with a transformed, a filled and a class layer, run; gives its folder."""
    folder = tmp_path_factory.mktemp("province")
    write_project(folder)
    with rasterio.open(folder / "rasters" / "A.tif") as raster:
        values = raster.read(1)
    (folder / "rasters" / "A.tif").unlink()
    write_raster(folder / "rasters" / "A.tif", np.where(values > -99, 10**values, -9999.0))
    gaps = np.random.default_rng(5).random(values.shape) < 0.1
    write_raster(folder / "rasters" / "G.tif", np.where(gaps, -9999.0, values).astype("f4"))
    codes = np.digitize(values, [-1, 0, 1]).astype(np.uint8)
    write_raster(folder / "rasters" / "geology.tif", codes, nodata=255)
    path = project_with(
        folder,
        G={"path": "rasters/G.tif", "missing": "indicator"},
        geology={"path": "rasters/geology.tif", "kind": "categorical"},
    )
    text = path.read_text()
    path.write_text(
        text.replace('A = "rasters/A.tif"', 'A = { path = "rasters/A.tif", transform = "log" }')
    )
    gp.run(path)
    return folder


def cells(path):
    with rasterio.open(path) as raster:
        return raster.read()


def test_a_model_keeps_what_its_layers_learned_and_maps_by_it(province, tmp_path):
    learnt = json.loads((province / "out" / "model" / "model.json").read_text())["preparation"]
    assert set(learnt) == {"A", "G", "geology"}
    model = gp.load_model(province / "out" / "model")
    assert model.names[3:] == ("G", "G missing", *(f"geology={code}" for code in range(4)))
    arguments = ["map", str(province / "out/model"), str(province / "project.toml")]
    result = CliRunner().invoke(main, [*arguments, "--output", str(tmp_path / "map.tif")])
    assert result.exit_code == 0, result.output
    np.testing.assert_array_equal(
        cells(tmp_path / "map.tif"), cells(province / "out" / "prospectivity.tif")
    )


def test_the_map_counts_the_layers_that_were_filled_in(province):
    with rasterio.open(province / "rasters" / "G.tif") as raster:
        gaps = raster.read(1) == raster.nodata
    with rasterio.open(province / "out" / "prospectivity.tif") as raster:
        scores, filled = raster.read(1), raster.read(raster.count)
        assert raster.descriptions[-1] == "layers filled in"
        assert raster.count == 3
    valid = scores != -9999
    assert filled[valid].any()
    np.testing.assert_array_equal(filled[valid], gaps[valid])
    assert (filled[~valid] == -9999).all()


def test_layers_of_other_ground_are_prepared_as_those_trained_on(province, tmp_path, caplog):
    project = gp.Project.load(province / "project.toml")
    model = gp.load_model(province / "out" / "model")
    with project.open_evidence() as stack:
        known = stack.read(Window(0, 0, 40, 20)).values
    for name in ("A", "B", "C", "G", "geology"):
        path = province / "rasters" / f"{name}.tif"
        with rasterio.open(path) as raster:
            part, nodata = raster.read(1, window=Window(0, 0, 40, 20)), raster.nodata
        part[2, :5] = 17 if name == "geology" else part[2, :5]
        write_raster(tmp_path / "rasters" / f"{name}.tif", part, nodata=nodata)
    (tmp_path / "project.toml").write_text((province / "project.toml").read_text())
    other = gp.Project.load(tmp_path / "project.toml")
    with other.open_evidence(model.preparation) as stack:
        there = stack.read().values
        gp.write_map(model, stack, tmp_path / "map.tif")
    np.testing.assert_array_equal(there[:5], known[:5])
    np.testing.assert_array_equal(there[5:, 3:], known[5:, 3:])
    assert not there[5:, 2, :5].any()
    assert "holds classes that the model never saw: 17 (5 cells)" in caplog.text


def test_layers_as_they_are_are_refused_by_a_model_that_knows_them_prepared(province, tmp_path):
    arguments = ["map", str(province / "out/model"), str(province / "rasters")]
    result = CliRunner().invoke(main, [*arguments, "--output", str(tmp_path / "map.tif")])
    assert result.exit_code == 1
    assert "map with the project file" in result.output
    text = (province / "project.toml").read_text().replace('"log"', '["clip", "log"]')
    changed = province / "changed.toml"
    changed.write_text(text)
    arguments[2] = str(changed)
    result = CliRunner().invoke(main, [*arguments, "--output", str(tmp_path / "map.tif")])
    assert result.exit_code == 1
    assert "found clip, log; expected log" in result.output


def test_check_passes_what_run_completes(province):
    result = CliRunner().invoke(main, ["check", str(province / "project.toml"), "--json"])
    assert result.exit_code == 0, result.output


def test_a_prepared_column_travels_to_other_processes(skewed):
    path, _ = skewed
    column = prepared(path, ["clip", "log"], missing="median")
    with EvidenceStack.open([column]) as stack:
        [known] = stack.columns
        assert known.learnt is not None
        assert pickle.loads(pickle.dumps(known)) == known


def test_surroundings_are_of_prepared_layers(skewed):
    path, _ = skewed
    column = prepared(path, ["log"], missing="median")
    with EvidenceStack.open(surrounded([column], Neighbourhood((1,)))) as stack:
        assert stack.names == ("Cu", "Cu@1")
        assert set(stack.preparation) == {"Cu"}
        assert np.isfinite(stack.read().values).all()
