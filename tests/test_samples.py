"""Samples: labels, cells, what is left out and what is listed."""

import json
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine
from pydantic import TypeAdapter, ValidationError
from shapely import Point

from geoprospect.errors import SamplesError
from geoprospect.evidence import EvidenceStack
from geoprospect.samples import Area, DrawingRule, PointsSource, read_samples
from geoprospect.samples.audit import Audit
from geoprospect.samples.points import read_points

TRANSFORM = Affine(1200, 0, 159050, 0, -1200, 977582)


@pytest.fixture
def stack(tmp_path):
    """Two layers of 3 x 4 cells: X1 is 10 row + column, X2 its negative; X2 lacks cell (2, 3)."""
    rows, columns = np.mgrid[0:3, 0:4]
    profile = {"driver": "GTiff", "height": 3, "width": 4, "count": 1, "dtype": "int16"}
    place = {"crs": "EPSG:3578", "transform": TRANSFORM, "nodata": -32768}
    cells = (10 * rows + columns).astype("int16")
    (tmp_path / "evidence").mkdir()
    for name, band in {"X1": cells, "X2": np.where(cells == 23, -32768, -cells)}.items():
        with rasterio.open(tmp_path / "evidence" / f"{name}.tif", "w", **profile, **place) as file:
            file.write(band.astype("int16"), 1)
    with EvidenceStack.open(tmp_path / "evidence") as stack:
        yield stack


def at(row, column, east=600.0, south=600.0):
    """A point in a cell, so many metres from its upper left corner."""
    return Point(159050 + 1200 * column + east, 977582 - 1200 * row - south)


def frame(*points, labels=None, crs="EPSG:3578"):
    labels = [1] * len(points) if labels is None else labels
    return gpd.GeoDataFrame({"DEP": labels}, geometry=list(points), crs=crs)


def read(points, stack, **options):
    return read_samples(points, stack, **({"label": "DEP", "kind": "occurrence"} | options))


def test_samples_hold_the_evidence_at_their_cells(stack):
    samples = read(frame(at(1, 2), at(0, 3), labels=[1, 0]), stack)
    assert samples.X.tolist() == [[12.0, -12.0], [3.0, -3.0]]
    assert samples.X.dtype == np.float32
    assert samples.rows.tolist() == [1, 0]
    assert samples.columns.tolist() == [2, 3]
    assert samples.cells.tolist() == [6, 3]
    assert samples.label.tolist() == [1, 0]
    assert samples.classes == ("non-occurrence", "occurrence")
    assert len(samples) == 2


def test_coordinates_stay_as_read_and_are_not_moved_to_centres(stack):
    samples = read(frame(at(1, 2, east=1.5, south=1199)), stack)
    assert (samples.easting[0], samples.northing[0]) == (159050 + 2401.5, 977582 - 2399)


def test_columns_follow_the_layers_by_name(stack):
    samples = read(frame(at(1, 2)), stack.select(["X2", "X1"]))
    assert samples.X.tolist() == [[-12.0, 12.0]]


def test_points_in_another_crs_fall_in_the_same_cells(stack, tmp_path):
    points = frame(at(0, 1), at(1, 3), at(2, 0), labels=[1, 0, 1])
    points.to_crs("EPSG:4326").to_file(tmp_path / "points.geojson")
    samples = read(tmp_path / "points.geojson", stack)
    assert samples.X[:, 0].tolist() == [1.0, 13.0, 20.0]
    np.testing.assert_allclose(samples.easting, points.geometry.x, atol=0.01)


def test_points_on_the_right_and_bottom_edges_are_used(stack):
    samples = read(frame(at(0, 3, east=1200), at(2, 0, south=1200)), stack)
    assert samples.X[:, 0].tolist() == [3.0, 20.0]


def test_points_left_out_are_listed_by_reason(stack):
    points = frame(
        at(0, 0),  # kept
        at(2, 3),  # invalid in X2
        at(0, -1),  # outside
        None,
        Point(0, 0),
        at(1, 1),  # no label
        at(0, 1),  # kept
        labels=[1, 1, 1, 1, 0, None, 0],
    )
    samples = read(points, stack)
    audit = samples.audit
    assert (audit.n_read, audit.n_kept) == (7, 2)
    assert audit.no_coordinates == (3, 4)
    assert audit.outside == (2,)
    assert audit.invalid == (1,)
    assert audit.no_label == (5,)
    assert samples.source.tolist() == [0, 6]
    assert audit.lines() == [
        "7 points read, 2 used.",
        "Field DEP tells: 1 is an occurrence, 0 a non-occurrence.",
        "2 points left out for want of coordinates: rows 3, 4.",
        "1 point left out outside the grid: row 2.",
        "1 point left out where there is no valid value: row 1.",
        "1 point left out for want of a label: row 5.",
    ]


def test_a_point_at_the_origin_of_the_crs_is_used_where_the_grid_covers_it(tmp_path):
    place = {"crs": "EPSG:3578", "transform": Affine(10, 0, -20, 0, -10, 20)}
    profile = {"driver": "GTiff", "height": 4, "width": 4, "count": 1, "dtype": "uint8"}
    with rasterio.open(tmp_path / "X1.tif", "w", **profile, **place) as file:
        file.write(np.arange(16, dtype="uint8").reshape(4, 4), 1)
    with EvidenceStack.open(tmp_path / "X1.tif") as stack:
        samples = read(frame(Point(0, 0)), stack)
    assert samples.X.tolist() == [[10.0]]
    assert samples.audit.no_coordinates == ()


def test_points_that_share_a_cell_are_kept_and_listed(stack):
    points = frame(
        at(0, 0), at(1, 1), at(0, 0, east=9), at(1, 1, east=9), at(2, 2), labels=[1, 1, 1, 0, 0]
    )
    audit = read(points, stack).audit
    assert audit.n_kept == 5
    assert audit.shared == ((0, 2), (1, 3))
    assert audit.conflicting == ((1, 3),)
    assert audit.lines()[2:] == [
        "2 cells hold several points, all of them used: rows 0, 2; 1, 3.",
        "1 cell holds points with different labels, all of them used: rows 1, 3.",
    ]


def test_an_audit_is_plain_numbers_and_lists():
    audit = Audit(n_read=4, n_kept=2, outside=(1, 3), shared=((0, 2),))
    assert json.loads(json.dumps(audit.to_dict())) == {
        "n_read": 4,
        "n_kept": 2,
        "no_coordinates": [],
        "outside": [1, 3],
        "excluded": [],
        "invalid": [],
        "no_label": [],
        "shared": [[0, 2]],
        "conflicting": [],
        "not_chosen": 0,
        "labels": "",
    }


def test_long_lists_of_rows_are_cut_in_sentences_only():
    audit = Audit(n_read=30, n_kept=5, outside=tuple(range(25)))
    assert audit.lines()[1].endswith("18, 19 and 5 more.")
    assert len(audit.to_dict()["outside"]) == 25


def test_rows_keep_their_numbers_in_a_part_of_a_file(stack):
    points = frame(at(0, 0), at(0, 1), at(0, 2), labels=[1, 0, 1])
    assert read(points.iloc[1:], stack).source.tolist() == [1, 2]


def test_a_missing_field_is_refused_with_the_fields_that_exist(stack):
    with pytest.raises(SamplesError, match=r"no field occurrence \(found fields DEP\)"):
        read(frame(at(0, 0)), stack, label="occurrence")


@pytest.mark.parametrize(
    "labels",
    [
        [1, 0, 1],
        [1.0, 0.0, 1.0],
        ["1", "0", "1"],
        ["1.0", "0.00000000000", " 1 "],
        [True, False, True],
        ["True", "false", "TRUE"],
    ],
)
def test_ones_and_zeros_of_any_kind_are_labels(stack, labels):
    samples = read(frame(at(0, 0), at(0, 1), at(0, 2), labels=labels), stack)
    assert samples.label.tolist() == [1, 0, 1]
    assert samples.label.dtype == np.int64


@pytest.mark.parametrize("missing", [None, np.nan, "", "  "])
def test_missing_labels_are_left_out(stack, missing):
    samples = read(frame(at(0, 0), at(0, 1), labels=["1", missing]), stack)
    assert samples.audit.no_label == (1,)


@pytest.mark.parametrize(
    ("labels", "found"),
    [([1, 2, 0], "found 2 in rows 1 "), (["yes", "no", "1"], "found yes, no in rows 0, 1 ")],
)
def test_labels_other_than_0_and_1_are_refused_with_their_rows(stack, labels, found):
    points = frame(at(0, 0), at(0, 1), at(0, 2), labels=labels)
    with pytest.raises(SamplesError, match=f"labels other than 0 and 1.*{found}"):
        read(points, stack)


def test_classes_with_numbers_are_counted_in_numeric_order(stack):
    points = frame(at(0, 0), at(0, 1), at(0, 2), labels=["10", "9.000", "10.0"])
    samples = read(points, stack, kind="class")
    assert samples.label.tolist() == [1, 0, 1]
    assert samples.classes == ("9", "10")


def test_classes_with_names_are_counted_in_the_order_of_names(stack):
    points = frame(at(0, 0), at(0, 1), at(0, 2), labels=["volcanic", None, "plutonic"])
    samples = read(points, stack, kind="class")
    assert samples.label.tolist() == [1, 0]
    assert samples.classes == ("plutonic", "volcanic")
    assert samples.audit.no_label == (1,)


def test_no_point_on_the_grid_is_refused_with_counts(stack):
    points = frame(at(0, 0), at(0, 1), crs="EPSG:32608")
    with pytest.raises(SamplesError, match=r"no point is left.*2 points left out outside the grid"):
        read(points, stack)


def test_no_occurrence_on_the_grid_is_refused_with_counts(stack):
    points = frame(at(0, 0), at(0, 9), labels=[0, 1])
    with pytest.raises(SamplesError, match=r"no occurrence is left.*1 point left out outside"):
        read(points, stack)


def test_points_without_crs_are_refused(stack):
    with pytest.raises(SamplesError, match="no CRS"):
        read(frame(at(0, 0), crs=None), stack)
    assert len(read(frame(at(0, 0), crs=None), stack, crs="EPSG:3578")) == 1


def test_an_integer_field_with_gaps_is_read_from_a_file(stack, tmp_path):
    points = frame(at(0, 0), at(0, 1), at(0, 2), labels=pd.array([1, None, 0], dtype="Int64"))
    points.to_file(tmp_path / "points.gpkg")
    samples = read(tmp_path / "points.gpkg", stack)
    assert samples.label.tolist() == [1, 0]
    assert samples.audit.no_label == (1,)
    assert samples.path == str(tmp_path / "points.gpkg")


def test_reading_first_and_reading_at_once_are_the_same(stack, tmp_path):
    (tmp_path / "points.csv").write_text("E;N;DEP\n159650;976982;1\n;;0\n160850;976982;0\n")
    at_once = read(tmp_path / "points.csv", stack, crs="EPSG:3578")
    first = read(read_points(tmp_path / "points.csv", crs="EPSG:3578"), stack)
    assert at_once.audit == first.audit
    assert at_once.path == first.path
    assert at_once.X.tolist() == first.X.tolist() == [[0.0, 0.0], [1.0, -1.0]]


# The published study


@pytest.fixture
def yukon(study):
    layers = {f"X{k}": study / "evidence" / f"X{k}.tif" for k in range(1, 8)}
    with EvidenceStack.open(layers) as stack:
        yield stack


def test_the_study_training_points_have_the_evidence_of_its_table(study, yukon):
    samples = read(study / "01_Train_VO.csv", yukon, crs="EPSG:3578")
    audit = samples.audit
    assert (audit.n_read, audit.n_kept, len(audit.no_coordinates)) == (313, 312, 1)
    assert sum(len(rows) - 1 for rows in audit.shared) == 23
    assert audit.conflicting == ()
    table = pd.read_csv(study / "01_Train_VO.csv")
    expected = table[[f"X{k}" for k in range(3, 10)]].to_numpy()[samples.source]
    np.testing.assert_allclose(samples.X, expected, rtol=1e-5, atol=1e-5)


def test_the_study_rock_classes_are_five(study, yukon):
    samples = read(
        study / "03_Train_Pretext.csv", yukon, label="ETIQUETA", kind="class", crs="EPSG:3578"
    )
    assert samples.classes == ("0", "1", "2", "3", "4")
    assert np.bincount(samples.label).tolist() == [150, 100, 100, 100, 100]


def test_the_study_validation_points_have_a_crs_without_code_and_lie_at_centres(study, yukon):
    samples = read(study / "evidence" / "validation_points.shp", yukon)
    assert np.bincount(samples.label).tolist() == [20, 20]
    easting, northing = yukon.grid.centres(samples.rows, samples.columns)
    np.testing.assert_allclose(samples.easting, easting, atol=0.01)
    np.testing.assert_allclose(samples.northing, northing, atol=0.01)


def test_samples_say_what_they_are_and_what_was_left_out(stack):
    samples = read(frame(at(1, 2), at(0, 3), at(9, 9), labels=[1, 0, 0]), stack)
    said = "1 occurrence and 1 non-occurrence in 2 cells, from points."
    assert samples.sentence() == said
    assert repr(samples) == f"<Samples: {said} {' '.join(samples.audit.lines())}>"
    assert f"<p>{said}</p>" in samples._repr_html_()
    assert "<li>1 point left out outside the grid: row 2.</li>" in samples._repr_html_()
    rocks = frame(at(0, 0), at(0, 1), at(1, 0), labels=["shale", "granite", "shale"])
    assert read(rocks, stack, kind="class").sentence() == (
        "3 points (1 of granite, 2 of shale) in 3 cells, from points."
    )


def test_without_a_field_of_labels_all_points_are_occurrences(stack, tmp_path):
    camps = gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=[at(1, 2), at(0, 3)], crs="EPSG:3578")
    camps.to_file(tmp_path / "camps.gpkg")
    for samples in (
        read_samples(camps, stack),
        read_samples(tmp_path / "camps.gpkg", stack),
        PointsSource(tmp_path / "camps.gpkg").samples(stack),
    ):
        assert samples.label.tolist() == [1, 1]
        assert samples.classes == ("non-occurrence", "occurrence")
    with pytest.raises(SamplesError, match=r"field of the classes is not named.*label = "):
        PointsSource(tmp_path / "camps.gpkg").samples(stack, "class")
    assert PointsSource(tmp_path / "camps.gpkg", "name").samples(stack, "class").classes == (
        "a",
        "b",
    )


def test_sources_rules_and_areas_are_read_from_tables_of_a_project_file():
    source = TypeAdapter(PointsSource).validate_python({"path": "camps.csv", "crs": "EPSG:3578"})
    assert source == PointsSource("camps.csv", crs="EPSG:3578")
    table = {
        "number": 60,
        "method": "dissimilar",
        "within": {"path": "rocks.gpkg", "field": "rock", "classes": [3, "granite"]},
    }
    area = Area("rocks.gpkg", "rock", ("3", "granite"))
    rule = DrawingRule(number=60, method="dissimilar", within=area)
    assert TypeAdapter(DrawingRule).validate_python(table) == rule


@pytest.mark.parametrize(
    ("kind", "table", "place"),
    [
        (DrawingRule, {"number": 0}, ("number",)),
        (DrawingRule, {"distance": -1.0}, ("distance",)),
        (DrawingRule, {"method": "evenly"}, ("method",)),
        (DrawingRule, {"spacing": 3}, ("spacing",)),
        (PointsSource, {"label": "DEP"}, ("path",)),
        (PointsSource, {"path": "a.csv", "z": "height"}, ("z",)),
        (Area, {"path": "a.gpkg", "field": "rock", "classes": "a"}, ("classes",)),
    ],
)
def test_what_a_table_says_wrongly_is_named(kind, table, place):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(table)
    assert [problem["loc"] for problem in caught.value.errors()] == [place]


def test_sources_and_rules_are_known_without_loading_what_reads_points():
    code = (
        "import sys\nfrom geoprospect.samples import Area, DrawingRule, PointsSource, Samples\n"
        "assert not {'geopandas', 'pandas', 'pyproj', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
