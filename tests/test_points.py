"""Reading points: vector files, tables, coordinates in any CRS."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from rasterio.crs import CRS
from shapely import LineString, MultiPoint, Point

from geoprospect.errors import SamplesError
from geoprospect.evidence.features.points import coordinates
from geoprospect.grid import Grid
from geoprospect.samples.points import read_points

PLACES = [Point(159100, 977500), Point(160900, 976000), Point(161500, 975000)]
FILES = {"points.shp": None, "points.gpkg": None, "points.geojson": None}


def frame(geometry=None, crs="EPSG:3578", **fields):
    geometry = PLACES if geometry is None else geometry
    return gpd.GeoDataFrame(fields or {"DEP": [1] * len(geometry)}, geometry=geometry, crs=crs)


def table(tmp_path, text, name="points.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


# Vector files


@pytest.mark.parametrize("name", FILES)
def test_points_and_fields_are_read_from_vector_files(tmp_path, name):
    frame(DEP=[1, 0, 1]).to_file(tmp_path / name)
    points = read_points(tmp_path / name)
    assert points["DEP"].tolist() == [1, 0, 1]
    assert points.index.tolist() == [0, 1, 2]
    assert points.attrs["path"] == str(tmp_path / name)
    grid = Grid(CRS.from_epsg(3578), Affine(1200, 0, 159050, 0, -1200, 977582), (110, 118))
    easting, northing = coordinates(points, grid)
    np.testing.assert_allclose(easting, [159100, 160900, 161500], atol=1e-3)
    np.testing.assert_allclose(northing, [977500, 976000, 975000], atol=1e-3)


def test_coordinates_come_in_the_crs_of_the_grid_easting_first():
    grid = Grid(CRS.from_epsg(3578), Affine(1200, 0, 159050, 0, -1200, 977582), (110, 118))
    points = frame([Point(-132.5, 59.0), None], crs="EPSG:4269")
    easting, northing = coordinates(points, grid)
    np.testing.assert_allclose(easting, [500000, np.nan], atol=1e-3)
    np.testing.assert_allclose(northing, [500000, np.nan], atol=1e-3)


def test_a_vector_without_crs_is_refused_with_how_to_give_it(tmp_path):
    frame().to_file(tmp_path / "points.shp")
    (tmp_path / "points.prj").unlink()
    with pytest.raises(SamplesError, match=r'no CRS.*crs = "EPSG:3578" in the project file'):
        read_points(tmp_path / "points.shp")
    assert read_points(tmp_path / "points.shp", crs="EPSG:3578").crs.to_epsg() == 3578


def test_a_crs_given_stands_in_place_of_that_of_the_file(tmp_path):
    frame(crs="EPSG:32608").to_file(tmp_path / "points.gpkg")
    points = read_points(tmp_path / "points.gpkg", crs="EPSG:3578")
    assert points.crs.to_epsg() == 3578
    assert points.geometry.x[0] == 159100


def test_an_unknown_crs_is_refused(tmp_path):
    frame().to_file(tmp_path / "points.gpkg")
    with pytest.raises(SamplesError, match=r"CRS given.*not known \(found EPSG:999999"):
        read_points(tmp_path / "points.gpkg", crs="EPSG:999999")


def test_one_of_several_layers_must_be_named(tmp_path):
    path = tmp_path / "points.gpkg"
    frame(DEP=[1, 1, 1]).to_file(path, layer="training")
    frame(DEP=[0, 0, 0]).to_file(path, layer="validation")
    with pytest.raises(SamplesError, match=r"several layers.*training, validation.*layer ="):
        read_points(path)
    with pytest.raises(SamplesError, match=r"no layer test.*found training, validation"):
        read_points(path, layer="test")
    assert read_points(path, layer="validation")["DEP"].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "shape", [Point(1, 1).buffer(5), LineString([(0, 0), (1, 1)]), MultiPoint([(0, 0), (1, 1)])]
)
def test_geometries_other_than_points_are_refused(tmp_path, shape):
    frame([shape, shape]).to_file(tmp_path / "shapes.gpkg")
    with pytest.raises(SamplesError, match=rf"not points.*{shape.geom_type} in 2 rows"):
        read_points(tmp_path / "shapes.gpkg")


def test_multipoints_of_one_point_are_points(tmp_path):
    frame([MultiPoint([(159100, 977500)])]).to_file(tmp_path / "points.gpkg")
    assert read_points(tmp_path / "points.gpkg").geometry[0] == PLACES[0]


def test_a_missing_geometry_is_an_empty_point(tmp_path):
    frame([PLACES[0], None]).to_file(tmp_path / "points.gpkg")
    points = read_points(tmp_path / "points.gpkg")
    assert points.geometry.is_empty.tolist() == [False, True]


def test_a_file_without_points_is_refused(tmp_path):
    frame([]).to_file(tmp_path / "points.gpkg", geometry_type="Point")
    with pytest.raises(SamplesError, match="holds no point"):
        read_points(tmp_path / "points.gpkg")
    with pytest.raises(SamplesError, match="holds no point"):
        read_points(table(tmp_path, "x,y,DEP\n"), crs="EPSG:3578")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SamplesError, match=r"gone\.shp: no such file"):
        read_points(tmp_path / "gone.shp")


@pytest.mark.parametrize("name", ["points.shp", "points.gpkg", "points.geojson", "points.csv"])
def test_a_corrupt_file_is_refused_by_name(tmp_path, name):
    (tmp_path / name).write_bytes(b'{"type":\x00\x01 "Feat,\n"unclosed')
    with pytest.raises(SamplesError, match=rf"{name}: cannot be read as points"):
        read_points(tmp_path / name, crs="EPSG:3578")


def test_a_truncated_geopackage_is_refused_by_name(tmp_path):
    path = tmp_path / "points.gpkg"
    frame().to_file(path)
    path.write_bytes(path.read_bytes()[:5_000])
    with pytest.raises(SamplesError, match=r"points\.gpkg: cannot be read as points"):
        read_points(path)


def test_a_table_without_geometries_is_refused(tmp_path):
    frame().to_file(tmp_path / "points.shp")
    (tmp_path / "points.shp").unlink()
    with pytest.raises(SamplesError, match="table without geometries"):
        read_points(tmp_path / "points.dbf")


# Tables


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_tables_are_separated_by_commas_semicolons_or_tabs(tmp_path, separator, newline):
    rows = [["DEP", "easting", "northing"], ["1", "159100.5", "977500"], ["0", "160900", "976000"]]
    path = tmp_path / "points.csv"
    path.write_bytes(newline.join(separator.join(row) for row in rows).encode("utf-8-sig"))
    points = read_points(path, crs="EPSG:3578")
    assert points.geometry.x.tolist() == [159100.5, 160900]
    assert points["DEP"].tolist() == [1, 0]


def test_decimal_commas_are_read_where_semicolons_separate(tmp_path):
    path = table(tmp_path, "x;y;DEP\n159100,5;977500,25;1\n")
    assert read_points(path, crs="EPSG:3578").geometry[0] == Point(159100.5, 977500.25)


@pytest.mark.parametrize(
    "names",
    [("Easting", "Northing"), ("ESTE", "NORTE"), ("E", "N"), ("x", "y"), ("POINT_X", "POINT_Y")],
)
def test_columns_of_coordinates_are_recognised(tmp_path, names):
    path = table(tmp_path, f"{names[1]},{names[0]},DEP\n977500,159100,1\n")
    assert read_points(path, crs="EPSG:3578").geometry[0] == PLACES[0]


def test_the_crs_decides_between_longitude_and_easting(tmp_path):
    path = table(tmp_path, "lon,lat,easting,northing\n-137.5,62.5,159100,977500\n")
    assert read_points(path, crs="EPSG:4326").geometry[0] == Point(-137.5, 62.5)
    assert read_points(path, crs="EPSG:3578").geometry[0] == PLACES[0]


def test_columns_named_by_the_user_go_first(tmp_path):
    path = table(tmp_path, "x,y,UTM_X,UTM_Y\n1,2,159100,977500\n")
    points = read_points(path, crs="EPSG:3578", x="UTM_X", y="UTM_Y")
    assert points.geometry[0] == PLACES[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"x": "UTM_X", "y": "b"}, "no column UTM_X.*found columns a, b"),
        ({"x": "a"}, "only one of x and y is given"),
        ({}, 'no columns of coordinates are recognised.*found columns a, b.*x = "UTM_X"'),
    ],
)
def test_unknown_columns_are_refused_with_those_that_exist(tmp_path, options, message):
    path = table(tmp_path, "a,b\n1,2\n")
    with pytest.raises(SamplesError, match=message):
        read_points(path, crs="EPSG:3578", **options)


def test_a_table_without_crs_is_refused(tmp_path):
    with pytest.raises(SamplesError, match="no CRS"):
        read_points(table(tmp_path, "x,y\n1,2\n"))


def test_rows_without_coordinates_are_kept_as_empty_points(tmp_path):
    points = read_points(table(tmp_path, "x,y,DEP\n1,2,1\n,,0\n3,,1\n"), crs="EPSG:3578")
    assert points.geometry.is_empty.tolist() == [False, True, True]
    assert points["DEP"].tolist() == [1, 0, 1]


def test_coordinates_that_are_not_numbers_are_refused_with_the_row(tmp_path):
    path = table(tmp_path, "x,y\n1,2\n62N,3\n")
    with pytest.raises(SamplesError, match=r"column x .*not numbers \(found '62N' in row 1"):
        read_points(path, crs="EPSG:3578")


@pytest.mark.parametrize("text", ["", "x,y\n1,2,3\n", "x,y\n1,2\n1,2,3,4\n"])
def test_malformed_tables_are_refused(tmp_path, text):
    with pytest.raises(SamplesError, match="cannot be read as points"):
        read_points(table(tmp_path, text), crs="EPSG:3578")


def test_tables_in_other_encodings_are_read(tmp_path):
    path = tmp_path / "points.csv"
    path.write_bytes("x,y,roca\n1,2,riolítica\n".encode("latin-1"))
    assert read_points(path, crs="EPSG:3578")["roca"].tolist() == ["riolítica"]


def test_the_study_table_of_training_points_is_read(study):
    points = read_points(study / "01_Train_VO.csv", crs="EPSG:3578")
    expected = pd.read_csv(study / "01_Train_VO.csv")
    assert len(points) == 313
    assert points.geometry.x.tolist() == expected["ESTE"].tolist()
    assert points.geometry.y.tolist() == expected["NORTE"].tolist()
