"""The sample project: its statistics, its truth, how hard it is, and its files."""

from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import rasterio.shutil
from click.testing import CliRunner
from conftest import ROOT
from scipy.ndimage import label
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from geoprospect.cli import main
from geoprospect.errors import OutputError
from geoprospect.evidence import EvidenceStack
from geoprospect.model import Components
from geoprospect.project.file import Project
from geoprospect.qgis.geopackage import default_style
from geoprospect.samples import read_samples
from geoprospect.synthetic import Province, province, sample_files, sample_project
from geoprospect.synthetic.fields import gaussian_field
from geoprospect.synthetic.geology import ROCK_CLASSES, contact_nearness
from geoprospect.synthetic.points import sample_points
from geoprospect.synthetic.statistics import published_components

NAMES = [f"X{k}" for k in range(1, 8)]


@pytest.fixture(scope="module")
def truth():
    return province()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A sample project just written."""
    return sample_project(tmp_path_factory.mktemp("sample")).parent


@pytest.fixture(scope="module")
def check(truth):
    """2,000 fresh occurrences and 2,000 random cells: rows, columns, label."""
    drawn = truth.draw_occurrences(2000, seed=1), truth.draw_cells(2000, seed=1)
    rows, columns = np.concatenate(drawn, axis=1)
    return rows, columns, np.repeat([1, 0], 2000)


def evidence_at_valid_cells(truth):
    return truth.evidence[:, truth.valid].T.astype(np.float64)


def components():
    """The published components, as a model holds them."""
    known = published_components()
    return Components(known.names, known.mean, known.scale, known.rotation, known.variances)


def either_way(labels, values):
    area = roc_auc_score(labels, values)
    return max(area, 1 - area)


# The statistics


def test_constants_are_those_recovered_from_the_published_tables(study):
    raw = pd.read_csv(study / "01_Train_VO.csv")[[f"X{k}" for k in range(3, 10)]]
    transformed = pd.read_csv(study / "02_Train_PCA.csv")[[f"PC{k}" for k in range(1, 8)]]
    recovered = Components.recover(raw, transformed, names=NAMES)
    constants = published_components()
    assert constants.names == recovered.names
    np.testing.assert_allclose(
        constants.mean / recovered.scale, recovered.mean / recovered.scale, atol=1e-5
    )
    np.testing.assert_allclose(constants.scale, recovered.scale, rtol=1e-5)
    np.testing.assert_allclose(constants.rotation, recovered.rotation, atol=5e-6)


def test_variances_are_near_those_of_the_published_random_cells(study):
    random = pd.read_csv(study / "013_Random.csv")[[f"PC{k}" for k in range(1, 8)]]
    ratio = published_components().variances / random.var().to_numpy()
    assert (np.abs(ratio - 1) < 0.25).all()


def test_rotation_is_orthonormal_and_layers_have_variance_one():
    published = published_components()
    np.testing.assert_allclose(published.rotation @ published.rotation.T, np.eye(7), atol=1e-12)
    np.testing.assert_allclose(published.rotation**2 @ published.variances, 1, atol=1e-5)
    assert (np.diff(published.variances) < 0).all()


def test_layers_have_the_published_means_scales_and_components(truth):
    published = published_components()
    fitted = Components.fit(evidence_at_valid_cells(truth), names=NAMES)
    np.testing.assert_allclose(
        fitted.mean / published.scale, published.mean / published.scale, atol=1e-5
    )
    np.testing.assert_allclose(fitted.scale, published.scale, rtol=1e-5)
    alignment = np.sum(fitted.rotation * published.rotation, axis=0)
    np.testing.assert_allclose(fitted.rotation * np.sign(alignment), published.rotation, atol=1e-3)
    np.testing.assert_allclose(fitted.variances, published.variances, rtol=1e-3)


def test_neighbouring_cells_are_alike_in_every_layer(truth):
    for layer in truth.evidence:
        here, east = layer[:, :-1].ravel(), layer[:, 1:].ravel()
        both = np.isfinite(here) & np.isfinite(east)
        assert np.corrcoef(here[both], east[both])[0, 1] > 0.8


def test_a_field_stretched_along_strike_varies_less_along_it():
    random = np.random.default_rng(0)
    field = gaussian_field(random, (200, 200), scale=3, stretch=4, strike=0)
    assert np.abs(np.diff(field, axis=1)).mean() < 0.6 * np.abs(np.diff(field, axis=0)).mean()


# The truth


def test_province_lies_on_the_published_grid(truth):
    assert truth.grid.shape == (110, 118)
    assert truth.grid.crs.to_epsg() == 3578
    assert tuple(truth.grid.transform)[:6] == (1200, 0, 159050, 0, -1200, 977582)


def test_province_is_the_same_every_time(truth):
    again = province()
    for field in ("evidence", "valid", "geology", "intensity"):
        np.testing.assert_array_equal(getattr(again, field), getattr(truth, field))


def test_cells_lack_values_along_an_edge_and_in_one_hole(truth):
    gaps, n_gaps = label(~truth.valid)
    assert n_gaps == 2
    assert not truth.valid[:, -1].any()
    sizes = np.bincount(gaps[~truth.valid])[1:]
    hole = gaps == np.argmin(sizes) + 1
    assert not hole[[0, -1]].any()
    assert not hole[:, [0, -1]].any()
    assert 0.9 < truth.valid.mean() < 1
    np.testing.assert_array_equal(np.isfinite(truth.evidence).all(axis=0), truth.valid)
    np.testing.assert_array_equal(np.isfinite(truth.evidence).any(axis=0), truth.valid)


def test_intensity_is_relative_to_its_mean_and_known_at_valid_cells_only(truth):
    np.testing.assert_array_equal(np.isfinite(truth.intensity), truth.valid)
    assert truth.intensity[truth.valid].mean() == pytest.approx(1, abs=1e-5)
    assert truth.intensity[truth.valid].min() > 0


def test_intensity_is_higher_near_plutonic_contacts(truth):
    near = contact_nearness(truth.geology, cell=1200.0) > np.exp(-1)
    assert truth.intensity[near & truth.valid].mean() > 1.5 * np.nanmean(truth.intensity[~near])


def test_geology_holds_all_five_rock_classes(truth):
    share = np.bincount(truth.geology[truth.valid], minlength=5) / truth.valid.sum()
    assert len(share) == len(ROCK_CLASSES) == 5
    assert (share > 0.1).all()


def test_drawn_occurrences_follow_the_intensity(truth):
    rows, columns = truth.draw_occurrences(200_000, seed=0)
    assert truth.valid[rows, columns].all()
    expected = truth.intensity[truth.valid].astype(np.float64)
    bands = np.digitize(truth.intensity, np.quantile(expected, [0.5, 0.8, 0.95]))
    shares = [expected[bands[truth.valid] == k].sum() / expected.sum() for k in range(4)]
    drawn = np.bincount(bands[rows, columns], minlength=4) / 200_000
    # Five standard deviations of a share of 200,000 draws.
    np.testing.assert_allclose(drawn, shares, atol=5 * 0.5 / np.sqrt(200_000))


def test_drawn_cells_are_valid_and_all_equally_likely(truth):
    rows, columns = truth.draw_cells(200_000, seed=0)
    assert truth.valid[rows, columns].all()
    assert truth.intensity[rows, columns].mean() == pytest.approx(1, abs=0.03)


def test_draws_repeat_with_the_seed_and_differ_without(truth):
    first, again = truth.draw_cells(50, seed=3), truth.draw_cells(50, seed=3)
    np.testing.assert_array_equal(first, again)
    assert (np.array(first) != np.array(truth.draw_cells(50, seed=4))).any()


# How hard it is


def test_truth_tells_occurrences_from_cells_well_but_not_perfectly(truth, check):
    rows, columns, labels = check
    assert 0.85 < roc_auc_score(labels, truth.intensity[rows, columns]) < 0.95


def test_no_single_layer_or_component_tells_occurrences_from_cells(truth, check):
    rows, columns, labels = check
    X = truth.evidence[:, rows, columns].T
    P = components().transform(X)
    for values in (*X.T, *P.T):
        assert either_way(labels, values) <= 0.75


def test_logistic_regression_stays_behind_even_with_the_check_points_themselves(truth, check):
    rows, columns, labels = check
    P = components().transform(truth.evidence[:, rows, columns].T)
    linear = LogisticRegression().fit(P, labels).decision_function(P)
    best = roc_auc_score(labels, truth.intensity[rows, columns])
    assert roc_auc_score(labels, linear) - 0.5 <= 0.8 * (best - 0.5)


# The points


def test_points_are_as_many_as_in_the_published_study(truth):
    points = sample_points(truth)
    assert points.training["occurrence"].value_counts().to_dict() == {1: 95, 0: 218}
    assert points.validation["occurrence"].value_counts().to_dict() == {1: 20, 0: 20}
    rocks = points.lithology["rock_class"].value_counts().to_dict()
    assert rocks == {0: 150, 1: 100, 2: 100, 3: 100, 4: 100}


def test_no_cell_holds_two_labelled_points(truth):
    points = sample_points(truth)
    cells = []
    for table in (points.training, points.validation):
        rows, columns, inside = truth.grid.cells(table.geometry.x, table.geometry.y)
        assert inside.all()
        assert truth.valid[rows, columns].all()
        cells.extend(zip(rows.tolist(), columns.tolist(), strict=True))
    assert len(set(cells)) == len(cells) == 95 + 218 + 40


def test_rock_class_points_lie_on_their_rock(truth):
    table = sample_points(truth).lithology
    rows, columns, _ = truth.grid.cells(table.geometry.x, table.geometry.y)
    np.testing.assert_array_equal(truth.geology[rows, columns], table["rock_class"])
    assert [ROCK_CLASSES[code] for code in table["rock_class"]] == table["rock"].tolist()


def test_coordinates_are_whole_centimetres_off_the_centres(truth):
    table = sample_points(truth).training
    easting = table.geometry.x.to_numpy()
    np.testing.assert_array_equal(easting, easting.round(2))
    rows, columns, _ = truth.grid.cells(easting, table.geometry.y)
    assert np.ptp(easting - truth.grid.centres(rows, columns)[0]) > 1000


# The files


def cells_of(path):
    with rasterio.open(path) as raster:
        return raster.read(1), raster.nodata, raster.crs, raster.transform


def rows_of(path):
    table = gpd.read_file(path, layer=path.stem)  # a GeoPackage has a table of styles beside it
    place = [table.geometry.x.round(2).tolist(), table.geometry.y.round(2).tolist()]
    return table.crs, table.drop(columns="geometry").to_dict("list"), place


@pytest.mark.parametrize("name", [n for n in sample_files() if n.endswith(".tif")])
def test_rasters_in_the_repository_are_those_written_afresh(folder, name):
    (values, *place), (fresh, *fresh_place) = cells_of(ROOT / name), cells_of(folder / name)
    np.testing.assert_array_equal(values, fresh)
    assert place == fresh_place


@pytest.mark.parametrize("name", [n for n in sample_files() if n.endswith((".gpkg", ".shp"))])
def test_points_in_the_repository_are_those_written_afresh(folder, name):
    assert rows_of(ROOT / name) == rows_of(folder / name)


@pytest.mark.parametrize(
    ("name", "field", "values"),
    [
        ("training", "occurrence", {"0", "1"}),
        ("validation", "occurrence", {"0", "1"}),
        ("lithology", "rock", {*ROCK_CLASSES}),
    ],
)
def test_points_have_a_style_by_class_and_their_fields_names_in_words(folder, name, field, values):
    for home in (ROOT, folder):
        beside = home / "data" / f"{name}.qml"
        package = home / "data" / f"{name}.gpkg"
        style = beside.read_text() if beside.exists() else default_style(package, name)
        root = ElementTree.fromstring(style)
        renderer = root.find("renderer-v2")
        assert renderer.get("attr") == field
        assert {row.get("value") for row in renderer.iter("category")} == values
        columns = {*gpd.read_file(home / f"data/{name}.{'shp' if beside.exists() else 'gpkg'}",
                                  layer=name).columns} - {"geometry"}  # fmt: skip
        assert {row.get("field") for row in root.iter("alias") if row.get("name")} == columns


def test_project_file_in_the_repository_is_the_one_written_afresh(folder):
    assert (ROOT / "project.toml").read_text() == (folder / "project.toml").read_text()


def test_sample_files_names_every_file_and_no_other(folder):
    written = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert written == set(sample_files())


def test_rasters_hold_the_province(folder, truth):
    with EvidenceStack.open(folder / "sample_rasters") as stack:
        assert stack.names == truth.names
        assert stack.grid.difference(truth.grid) is None
        block = stack.read()
    np.testing.assert_array_equal(block.valid, truth.valid)
    np.testing.assert_array_equal(block.values[:, truth.valid], truth.evidence[:, truth.valid])
    for name in ("sample_rasters/X3.tif", "data/truth.tif"):
        with rasterio.open(folder / name) as raster:
            assert raster.dtypes == ("float32",)
            assert raster.nodata == -9999
            assert raster.profile["tiled"]
            assert raster.profile["compress"] == "deflate"


def test_geology_carries_colours_and_names_of_its_classes(folder, tmp_path):
    with rasterio.open(folder / "data" / "geology.tif") as raster:
        assert raster.dtypes == ("uint8",)
        assert len({raster.colormap(1)[code] for code in range(5)}) == 5
    rasterio.shutil.copy(folder / "data" / "geology.tif", tmp_path / "g.vrt", driver="VRT")
    described = (tmp_path / "g.vrt").read_text()
    assert all(f"<Category>{name}</Category>" in described for name in ROCK_CLASSES)


def test_project_file_loads_and_compares_methods_on_its_ground(folder):
    project = Project.load(folder / "project.toml")
    assert project.model.chosen
    assert (project.model.members, project.model.seed) == (10, 0)
    assert project.folder == folder / "out"
    with project.open_evidence() as stack:
        for entry, kind in (
            (project.points.training, "occurrence"),
            (project.points.validation, "occurrence"),
            (project.points.lithology, "class"),
        ):
            audit = read_samples(entry.path, stack, label=entry.label, kind=kind).audit
            assert audit.n_kept == audit.n_read


def test_an_existing_file_is_refused_before_anything_is_written(tmp_path):
    (tmp_path / "project.toml").write_text("mine")
    with pytest.raises(OutputError, match=r"project\.toml: exists already.*--overwrite"):
        sample_project(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["project.toml"]


def test_overwriting_replaces_the_sample_and_leaves_other_files_alone(tmp_path):
    sample_project(tmp_path)
    (tmp_path / "project.toml").write_text("old")
    (tmp_path / "data" / "mine.csv").write_text("kept")
    sample_project(tmp_path, overwrite=True)
    assert (tmp_path / "project.toml").read_text() != "old"
    assert (tmp_path / "data" / "mine.csv").read_text() == "kept"
    assert {path.name for path in tmp_path.iterdir()} == {"data", "sample_rasters", "project.toml"}


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        sample_project(tmp_path / "file" / "sample")


def test_the_command_writes_names_the_next_command_and_refuses_a_second_time(tmp_path):
    first = CliRunner().invoke(main, ["sample", str(tmp_path / "new")])
    assert first.exit_code == 0
    assert f"geoprospect run {tmp_path / 'new' / 'project.toml'}" in first.output
    second = CliRunner().invoke(main, ["sample", str(tmp_path / "new")])
    assert second.exit_code == 1
    assert "exists already" in second.output
    assert CliRunner().invoke(main, ["sample", str(tmp_path / "new"), "--overwrite"]).exit_code == 0


def test_a_province_is_a_value_that_cannot_be_reassigned(truth):
    assert isinstance(truth, Province)
    with pytest.raises(AttributeError):
        truth.grid = None


def test_a_folder_in_the_place_of_a_file_is_refused_and_nothing_is_written(tmp_path):
    (tmp_path / "project.toml").mkdir()
    with pytest.raises(OutputError, match=r"project\.toml: cannot write: it is a folder.*remove"):
        sample_project(tmp_path, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["project.toml"]
