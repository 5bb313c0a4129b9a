"""Tables and vectors as spreadsheets, databases and GIS write them, and label rasters."""

import sqlite3
from contextlib import closing

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine

from geoprospect.errors import SamplesError
from geoprospect.samples import read_points

EASTING, NORTHING = [500_123.5, 501_673.25, 502_000.0], [6_699_876.5, 6_698_010.0, 6_697_000.75]


def comma(number):
    return str(number).replace(".", ",")


ROWS = list(zip(EASTING, NORTHING, [1, 0, 1], strict=True))
TEXTS = {
    "blanks after commas": "E, N, DEP\n" + "\n".join(f"{e}, {n}, {k}" for e, n, k in ROWS),
    "blanks around names": " E , N ,DEP \n" + "\n".join(f"{e},{n},{k}" for e, n, k in ROWS),
    "semicolons, decimal commas and dates": "Date;E;N;DEP\n"
    + "\n".join(f"12.05.2021;{comma(e)};{comma(n)};{k}" for e, n, k in ROWS),
    "tabs and decimal commas": "E\tN\tDEP\n"
    + "\n".join(f"{comma(e)}\t{comma(n)}\t{k}" for e, n, k in ROWS),
    "quoted decimal commas": "E,N,DEP\n"
    + "\n".join(f'"{comma(e)}","{comma(n)}",{k}' for e, n, k in ROWS),
    "comments before the header": "# sampled 2021\n\n# by hand\nE,N,DEP\n"
    + "\n".join(f"{e},{n},{k}" for e, n, k in ROWS),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("what", TEXTS)
def test_a_table_is_read_as_it_is_written(tmp_path, what, encoding):
    (tmp_path / "p.txt").write_bytes((TEXTS[what] + "\n").encode(encoding))
    points = read_points(tmp_path / "p.txt", crs="EPSG:32608")
    assert points.geometry.x.tolist() == EASTING
    assert points.geometry.y.tolist() == NORTHING
    assert points["DEP"].tolist() == [1, 0, 1]


def test_numbers_that_may_be_grouped_by_thousands_are_not_taken_for_decimals(tmp_path):
    (tmp_path / "p.csv").write_text('E,N\n"501,673","6,698"\n"501,674","6,699"\n')
    with pytest.raises(SamplesError, match="coordinates that are not numbers"):
        read_points(tmp_path / "p.csv", crs="EPSG:32608")


def test_the_styles_that_qgis_saves_in_a_geopackage_are_no_layer_of_points(tmp_path):
    path = tmp_path / "p.gpkg"
    places = gpd.points_from_xy(EASTING, NORTHING)
    gpd.GeoDataFrame({"DEP": [1, 0, 1]}, geometry=places, crs="EPSG:32608").to_file(path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, styleQML TEXT)")
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles')"
        )
    assert read_points(path)["DEP"].tolist() == [1, 0, 1]


def test_cells_of_a_label_raster_are_points(tmp_path):
    labels = np.full((600, 700), -1, np.int16)
    labels[3, 5], labels[599, 0], labels[3, 699] = 1, 0, 1
    place = {"crs": "EPSG:32608", "transform": Affine(100, 0, 5e5, 0, -100, 6.7e6), "nodata": -1}
    profile = {"driver": "GTiff", "height": 600, "width": 700, "count": 1, "dtype": "int16"}
    with rasterio.open(
        tmp_path / "p.tif", "w", tiled=True, blockxsize=256, blockysize=256, **profile, **place
    ) as file:
        file.write(labels, 1)
    points = read_points(tmp_path / "p.tif")
    assert points["label"].tolist() == [1, 1, 0]
    assert points.geometry.x.tolist() == [500_550, 569_950, 500_050]
    assert points.geometry.y.tolist() == [6_699_650, 6_699_650, 6_640_050]
    assert points.crs.to_epsg() == 32608
