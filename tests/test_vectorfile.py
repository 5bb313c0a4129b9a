"""Vector files of points and polygons: damaged, empty, of several layers, in odd CRS."""

import shutil
import sqlite3

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from rasterio.crs import CRS

from geoprospect.errors import SamplesError
from geoprospect.evidence.features.points import coordinates
from geoprospect.evidence.features.polygons import read_polygons
from geoprospect.grid import Grid
from geoprospect.samples import read_points
from geoprospect.samples.areas import Area

LOCAL = 'LOCAL_CS["mine grid",UNIT["metre",1],AXIS["East",EAST],AXIS["North",NORTH]]'
NO_PLACE = {
    "local": LOCAL,
    "engineering": 'ENGCRS["pit",EDATUM["pit"],CS[Cartesian,2],AXIS["(E)",east],AXIS["(N)",north],'
    'LENGTHUNIT["metre",1]]',
    "times": 'TIMECRS["DateTime",TDATUM["Gregorian calendar"],CS[TemporalDateTime,1],'
    'AXIS["Time (T)",future]]',
    "heights": "EPSG:5773",
    "geocentric": "EPSG:4978",
    "the Moon": "IAU_2015:30100",
}
SIZE = {".shp": 100 + 4 * 28, ".shx": 100 + 4 * 8}  # a point takes 8 + 20 bytes, its entry 8


@pytest.fixture
def grid():
    return Grid(CRS.from_epsg(32608), Affine(100, 0, 500000, 0, -100, 6700000), (30, 40))


def _camps(n=4, **more):
    xy = 500050 + 100 * np.arange(n), 6699950 - 100 * np.arange(n)
    return gpd.GeoDataFrame(
        {"occurrence": (np.arange(n) % 2).astype("int32")} | more,
        geometry=gpd.points_from_xy(*xy, crs="EPSG:32608"),
    )


@pytest.mark.parametrize("crs", NO_PLACE.values(), ids=NO_PLACE)
def test_points_in_a_crs_without_relation_to_the_grid_are_refused_with_both(grid, crs):
    camps = gpd.GeoDataFrame(geometry=gpd.points_from_xy([500050], [6699950]))
    camps = camps.set_crs(crs)
    camps.attrs["path"] = "camps.gpkg"
    with pytest.raises(SamplesError, match=r"camps.gpkg: its CRS has no relation.*UTM zone 8N"):
        coordinates(camps, grid)


def test_points_in_the_local_crs_of_the_grid_itself_stay_where_they_are():
    grid = Grid(CRS.from_wkt(LOCAL), Affine(100, 0, 0, 0, -100, 3000), (30, 40))
    easting, northing = coordinates(
        gpd.GeoDataFrame(geometry=gpd.points_from_xy([150], [2950], crs=LOCAL)), grid
    )
    assert (easting.tolist(), northing.tolist()) == ([150.0], [2950.0])


def test_a_grid_in_a_local_crs_is_named_as_what_is_to_be_mended():
    grid = Grid(CRS.from_wkt(LOCAL), Affine(100, 0, 0, 0, -100, 3000), (30, 40))
    with pytest.raises(SamplesError, match=r"no relation.*mine grid.*gdal_edit.py -a_srs"):
        coordinates(_camps(), grid)


def test_polygons_in_a_crs_without_relation_are_refused(grid, tmp_path):
    ground = _camps(1, rock="granite").to_crs("EPSG:32608").buffer(50).set_crs(
        LOCAL, allow_override=True)  # fmt: skip
    gpd.GeoDataFrame({"rock": ["granite"]}, geometry=ground).to_file(tmp_path / "geo.gpkg")
    area = Area(str(tmp_path / "geo.gpkg"), "rock", ("granite",))
    with pytest.raises(SamplesError, match=r"geo.gpkg: its CRS has no relation"):
        area.holds([500050.0], [6699950.0], grid)


@pytest.mark.parametrize("read", [read_points, read_polygons])
@pytest.mark.parametrize("part", [".dbf", ".shx"])
def test_a_shapefile_that_lacks_a_part_is_refused(tmp_path, part, read):
    _camps().to_file(tmp_path / "camps.shp")
    (tmp_path / "camps").with_suffix(part).unlink()
    with pytest.raises(SamplesError, match=rf"lacks its {part} file.*copy camps{part} to it"):
        read(str(tmp_path / "camps.shp"))


@pytest.mark.parametrize("part", [".shp", ".shx"])
@pytest.mark.parametrize("kept", [0.5, 0.99])
def test_a_shapefile_cut_off_is_refused_with_the_bytes_it_should_have(tmp_path, part, kept):
    _camps().to_file(tmp_path / "camps.shp")
    file = (tmp_path / "camps").with_suffix(part)
    raw = file.read_bytes()
    assert len(raw) == SIZE[part]
    file.write_bytes(raw[: int(kept * len(raw))])
    with pytest.raises(SamplesError, match=rf"{part} file.*cut off.*expected {SIZE[part]} bytes"):
        read_points(tmp_path / "camps.shp")


@pytest.mark.parametrize("part", [".shp", ".shx", ".dbf"])
def test_a_shapefile_with_an_empty_part_is_refused(tmp_path, part):
    _camps().to_file(tmp_path / "camps.shp")
    (tmp_path / "camps").with_suffix(part).write_bytes(b"")
    with pytest.raises(SamplesError, match=r"cannot be read as points|cut off"):
        read_points(tmp_path / "camps.shp")


def test_a_dbf_cut_off_or_of_another_shapefile_is_refused(tmp_path):
    _camps().to_file(tmp_path / "camps.shp")
    _camps(3).to_file(tmp_path / "other.shp")
    shutil.copy(tmp_path / "other.dbf", tmp_path / "camps.dbf")
    with pytest.raises(SamplesError, match=r"4 features in .shx, 3 in .dbf"):
        read_points(tmp_path / "camps.shp")
    raw = (tmp_path / "other.dbf").read_bytes()
    (tmp_path / "other.dbf").write_bytes(raw[: len(raw) // 2])
    with pytest.raises(SamplesError, match=r".dbf file of the shapefile is cut off"):
        read_points(tmp_path / "other.shp")


def test_a_whole_shapefile_is_read_whatever_the_case_of_its_parts(tmp_path):
    _camps().to_file(tmp_path / "camps.shp")
    for file in list(tmp_path.iterdir()):
        file.rename(file.with_name(file.name.upper()))
    assert read_points(tmp_path / "CAMPS.SHP")["occurrence"].tolist() == [0, 1, 0, 1]


def test_a_folder_of_a_shapefile_and_a_file_geodatabase_are_points(tmp_path):
    (tmp_path / "camps").mkdir()
    _camps().to_file(tmp_path / "camps" / "camps.shp")
    _camps().to_file(tmp_path / "camps.gdb", driver="OpenFileGDB", layer="camps")
    for name in ("camps", "camps.gdb"):
        assert read_points(tmp_path / name)["occurrence"].tolist() == [0, 1, 0, 1]
    (tmp_path / "camps" / "camps.dbf").unlink()
    with pytest.raises(SamplesError, match=r"lacks its .dbf"):
        read_points(tmp_path / "camps")


@pytest.mark.parametrize("name", ["p.fgb", "p.gml", "p.gpkg", "p.geojson", "p.shp", "p.kml"])
def test_a_layer_without_features_is_refused(tmp_path, name):
    _camps().iloc[:0].to_file(tmp_path / name)
    with pytest.raises(SamplesError, match=r"holds no point|not polygons|no layer"):
        read_points(tmp_path / name)


@pytest.mark.parametrize("read", [read_points, read_polygons])
def test_a_file_without_any_layer_is_refused(tmp_path, read):
    _camps().to_file(tmp_path / "p.gpkg")
    database = sqlite3.connect(tmp_path / "p.gpkg")
    for table in ("gpkg_contents", "gpkg_geometry_columns"):
        database.execute(f"DELETE FROM {table}")
    database.execute("DROP TABLE p")
    database.commit()
    database.close()
    with pytest.raises(SamplesError, match=r"p.gpkg: the file holds no layer|cannot be read"):
        read(str(tmp_path / "p.gpkg"))


def test_nothing_is_left_beside_a_gml_file(tmp_path):
    _camps().to_file(tmp_path / "camps.gml", driver="GML")
    (tmp_path / "camps.xsd").unlink()
    assert read_points(tmp_path / "camps.gml")["occurrence"].tolist() == [0, 1, 0, 1]
    assert [file.name for file in tmp_path.iterdir()] == ["camps.gml"]


@pytest.mark.parametrize("name", ["a!b.gpkg", "a!b.shp", "!.geojson"])
def test_an_exclamation_mark_in_a_name_is_no_archive(tmp_path, name):
    (tmp_path / "plain").mkdir()
    _camps().to_file(tmp_path / "plain" / f"plain.{name.rpartition('.')[2]}")
    for file in (tmp_path / "plain").iterdir():
        file.rename(tmp_path / f"{name.rpartition('.')[0]}{file.suffix}")
    assert read_points(tmp_path / name)["occurrence"].tolist() == [0, 1, 0, 1]


def test_styles_saved_in_a_geopackage_are_no_layer_of_points(tmp_path):
    _camps().to_file(tmp_path / "camps.gpkg")
    database = sqlite3.connect(tmp_path / "camps.gpkg")
    database.execute("CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, styleQML TEXT)")
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier)"
        " VALUES ('layer_styles', 'attributes', 'layer_styles')"
    )
    database.commit()
    database.close()
    assert read_points(tmp_path / "camps.gpkg")["occurrence"].tolist() == [0, 1, 0, 1]


def test_the_waypoints_of_a_gpx_file_are_its_points(tmp_path):
    _camps()[["geometry"]].to_crs("EPSG:4326").to_file(
        tmp_path / "camps.gpx", driver="GPX", layer="waypoints"
    )
    assert len(read_points(tmp_path / "camps.gpx")) == 4


def test_polygons_given_as_points_are_told_how_to_become_points_of_rock_classes(tmp_path):
    rocks = _camps(2, rock=["granite", "shale"])
    rocks.set_geometry(rocks.buffer(40)).to_file(tmp_path / "rocks.gpkg")
    with pytest.raises(SamplesError, match=r"Random points in polygons.*polygon attributes"):
        read_points(tmp_path / "rocks.gpkg")
