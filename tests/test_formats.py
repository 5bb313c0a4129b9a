"""Formats of vector files and tables: the same features, whatever they are saved as."""

import sys

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.windows import Window

from geoprospect.errors import SamplesError
from geoprospect.evidence import Distance
from geoprospect.grid import Grid
from geoprospect.samples import PointsSource, read_points

GRID = Grid(CRS.from_epsg(32608), Affine(100, 0, 500_000, 0, -100, 6_700_000), (30, 40))
ROWS, COLUMNS = np.array([3, 11, 28, 17]), np.array([5, 33, 20, 9])
LABELS = [1, 0, 1, 0]
DRIVERS = {
    "shp": "ESRI Shapefile",
    "gpkg": "GPKG",
    "gdb": "OpenFileGDB",
    "geojson": "GeoJSON",
    "fgb": "FlatGeobuf",
    "kml": "KML",
    "kmz": "LIBKML",
    "gml": "GML",
    "tab": "MapInfo File",
    "sqlite": "SQLite",
}
TABLES = {
    "csv": ("DEP,easting,northing", ",", ".", "utf-8"),
    "tsv": ("DEP\tx\ty", "\t", ".", "utf-8-sig"),
    "txt": ("# Campaña\nDEP;ESTE;NORTE", ";", ",", "latin-1"),
}


def deposits():
    places = gpd.points_from_xy(*GRID.centres(ROWS, COLUMNS))
    return gpd.GeoDataFrame({"DEP": LABELS}, geometry=places, crs=GRID.crs.to_wkt())


def write(path, ending):
    """Write the deposits; give what a person states besides the path."""
    if ending in TABLES:
        header, separator, sign, encoding = TABLES[ending]
        easting, northing = GRID.centres(ROWS, COLUMNS)
        rows = zip(LABELS, easting, northing, strict=True)
        lines = [separator.join(map(str, row)).replace(".", sign) for row in rows]
        path.write_text("\n".join([header, *lines]), encoding=encoding)
        return {"crs": "EPSG:32608"}
    table = deposits()
    if ending in ("kml", "kmz"):  # they hold degrees alone
        table = table.to_crs("EPSG:4326")
    elif ending == "gdb":  # it holds no integers of 64 bits
        table["DEP"] = table["DEP"].astype("int32")
    table.to_file(path, driver=DRIVERS[ending])
    return {}


@pytest.mark.parametrize("ending", [*DRIVERS, *TABLES])
def test_points_are_the_same_samples_and_the_same_layer_in_any_format(tmp_path, ending):
    path = tmp_path / f"deposits.{ending}"
    stated = write(path, ending)
    source = PointsSource(str(path), **stated)
    points = source.read()
    rows, columns, inside = GRID.cells(*coordinates_of(points))
    codes = source.labels(points).codes
    assert inside.all()
    found = zip(rows.tolist(), columns.tolist(), codes.tolist(), strict=True)
    # FlatGeobuf orders features by place.
    assert sorted(found) == sorted(zip(ROWS.tolist(), COLUMNS.tolist(), LABELS, strict=True))
    layer = Distance("deposits", str(path), mapped="grid", **stated)
    found = np.empty((1, *GRID.shape), np.float32)
    layer.open(GRID).read(Window(0, 0, 40, 30), found)
    down, across = np.indices(GRID.shape)[:, None]
    nearest = np.hypot(down - ROWS[:, None, None], across - COLUMNS[:, None, None]).min(axis=0)
    np.testing.assert_allclose(found[0], nearest * 100, atol=0.05)


def coordinates_of(points):
    places = points.geometry.to_crs(GRID.crs.to_wkt())
    return places.x.to_numpy(), places.y.to_numpy()


def test_a_raster_of_labels_is_the_same_samples(tmp_path):
    cells = np.full(GRID.shape, -1, "int16")
    cells[ROWS, COLUMNS] = LABELS
    place = {"height": 30, "width": 40, "count": 1, "dtype": "int16", "nodata": -1}
    place |= {"crs": GRID.crs, "transform": GRID.transform}
    with rasterio.open(tmp_path / "labels.tif", "w", driver="GTiff", **place) as file:
        file.write(cells, 1)
    points = read_points(tmp_path / "labels.tif")
    order = np.argsort(ROWS)
    rows, columns, _ = GRID.cells(*coordinates_of(points))
    assert (rows.tolist(), columns.tolist()) == (ROWS[order].tolist(), COLUMNS[order].tolist())
    assert points["label"].tolist() == np.array(LABELS)[order].tolist()


@pytest.mark.parametrize("kind", ["geometries", "coordinates"])
def test_parquet_is_read_as_geometries_or_as_a_table_of_coordinates(tmp_path, kind):
    pytest.importorskip("pyarrow")
    path, table = tmp_path / "deposits.parquet", deposits()
    if kind == "geometries":
        table.to_parquet(path)
        points = read_points(path)
    else:
        easting, northing = coordinates_of(table)
        plain = table.drop(columns="geometry").assign(easting=easting, northing=northing)
        plain.to_parquet(path)
        points = read_points(path, crs="EPSG:32608")
    rows, columns, _ = GRID.cells(*coordinates_of(points))
    assert (rows.tolist(), columns.tolist()) == (ROWS.tolist(), COLUMNS.tolist())
    assert points["DEP"].tolist() == LABELS


def test_without_pyarrow_a_parquet_file_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as where it is not installed
    (tmp_path / "deposits.parquet").write_bytes(b"PAR1")
    with pytest.raises(SamplesError, match=r'pyarrow.*pip install "geoprospect\[parquet\]"'):
        read_points(tmp_path / "deposits.parquet")
