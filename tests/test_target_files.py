"""Files of targets: what each format asks for, whole or not at all, on their cells in QGIS."""

import json
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio.features
import shapely
from affine import Affine
from conftest import QGIS_PYTHON
from test_targets import GRIDS, burnt, found, noise, write

import geoprospect as gp
from geoprospect.errors import OutputError
from geoprospect.targets import TargetKnowledge, check_targets_absent, write_targets
from geoprospect.targets.writing import files_of

ALL = ("geojson", "shp", "csv", "kml")
WORDS = "magnetics high (+1.2), Gruvgång i väst (+0.8), 0.4 km from thrusts (+0.5)"


def read(path):
    """Read the targets of a file; a GeoPackage holds their style as well."""
    return gpd.read_file(path, layer="targets" if path.suffix == ".gpkg" else None)


def targets_of(tmp_path, name="rotated", reasons=WORDS):
    transform, shape, crs = GRIDS[name]
    values = noise(shape)
    values.flat[0] = 0.9
    path = write(tmp_path / "map.tif", values, transform=transform, crs=crs)
    told = TargetKnowledge(reasons=lambda rows, columns, of: [reasons] * (of.max() + 1))
    return found(path, threshold=0.7, knowledge=told)


def test_each_format_holds_all_targets_with_names_that_it_allows(tmp_path):
    targets = targets_of(tmp_path)
    files = write_targets(targets, tmp_path / "out" / "targets.gpkg", ALL)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        path.name for path in files
    )
    ranks = [target.rank for target in targets.targets]
    for ending in (".gpkg", ".geojson", ".shp", ".kml"):
        frame = read(tmp_path / "out" / f"targets{ending}")
        assert [int(rank) for rank in frame["rank"]] == ranks
        assert frame.geometry.is_valid.all()
    table = pd.read_csv(tmp_path / "out" / "targets.csv", encoding="utf-8-sig")
    assert table["rank"].tolist() == ranks
    assert table["reasons"].tolist() == [WORDS] * len(ranks)
    shape = pyogrio.read_info(tmp_path / "out" / "targets.shp")
    assert list(shape["fields"]) == list(table.columns)
    assert max(map(len, shape["fields"])) <= 10
    assert (tmp_path / "out" / "targets.cpg").read_text() == "UTF-8"
    assert gpd.read_file(tmp_path / "out" / "targets.shp")["reasons"][0] == WORDS
    assert "deposits" not in table  # nothing is known of them


@pytest.mark.parametrize("name", GRIDS)
def test_outlines_lie_on_the_corners_of_cells_in_the_crs_of_the_map(tmp_path, name):
    targets = targets_of(tmp_path, name)
    write_targets(targets, tmp_path / "targets.gpkg", ("shp",))
    transform, _, crs = GRIDS[name]
    for ending in ("gpkg", "shp"):
        frame = read(tmp_path / f"targets.{ending}")
        assert frame.crs.equals(crs) or frame.crs.to_epsg() == int(crs[5:])
        corners = shapely.get_coordinates(frame.geometry.to_numpy())
        back = ~Affine(*transform[:6])
        across, down = np.array([back @ tuple(corner) for corner in corners]).T
        assert np.abs(across - across.round()).max() < 1e-6
        assert np.abs(down - down.round()).max() < 1e-6
        assert shapely.area(frame.geometry.to_numpy()).sum() == pytest.approx(
            sum(t.cells for t in targets.targets) * abs(transform.determinant), rel=1e-9
        )


@pytest.mark.parametrize("name", GRIDS)
def test_geojson_is_as_rfc_7946_asks_for(tmp_path, name):
    targets = targets_of(tmp_path, name)
    write_targets(targets, tmp_path / "targets.gpkg", ("geojson",))
    content = json.loads((tmp_path / "targets.geojson").read_text(encoding="utf-8"))
    assert "crs" not in content  # WGS 84 alone
    total = 0.0
    for feature in content["features"]:
        shape = shapely.geometry.shape(feature["geometry"])
        assert shape.is_valid
        for part in shapely.get_parts(shape):
            assert part.exterior.is_ccw  # the right-hand rule
            assert not any(ring.is_ccw for ring in part.interiors)
            west, south, east, north = part.bounds
            assert -180 <= west < east <= 180
            assert -90 <= south < north <= 90
            assert east - west < 180  # cut where it would go round the Earth
        total += shape.area
    if GRIDS[name][2] == "EPSG:4326":
        cell = abs(GRIDS[name][0].determinant)
        assert total == pytest.approx(sum(t.cells for t in targets.targets) * cell, rel=1e-6)


def test_a_target_across_180_degrees_lies_on_both_sides_of_a_projected_map_too(tmp_path):
    step = Affine(1000, 0, -3000, 0, -1000, 7_700_000)
    path = write(tmp_path / "map.tif", np.ones((4, 6)), transform=step, crs="EPSG:3832")
    # PDC Mercator about 150° E: moved to 180°.
    far = 6_378_137 * np.radians(30)
    path = write(
        tmp_path / "map.tif", np.ones((4, 6)), crs="EPSG:3832",
        transform=Affine(1000, 0, far - 3000, 0, -1000, 7_700_000),
    )  # fmt: skip
    write_targets(found(path), tmp_path / "targets.gpkg", ("geojson", "kml"))
    for ending in ("geojson", "kml"):
        [shape] = gpd.read_file(tmp_path / f"targets.{ending}").geometry
        west, east = sorted(shape.geoms, key=lambda part: part.bounds[0])
        assert west.bounds[0] == -180
        assert east.bounds[2] == 180
        assert west.area == pytest.approx(east.area, rel=1e-4)


def test_the_whole_earth_as_one_target_is_written(tmp_path):
    step = Affine(10, 0, 0, 0, -10, 90)
    path = write(tmp_path / "map.tif", np.ones((18, 36)), transform=step, crs="EPSG:4326")
    targets = found(path)
    assert targets.targets[0].area_km2 == pytest.approx(510_065_622, rel=2e-3)
    write_targets(targets, tmp_path / "targets.gpkg", ("geojson",))
    [shape] = gpd.read_file(tmp_path / "targets.geojson").geometry
    assert shape.bounds == (-180, -90, 180, 90)
    assert shape.area == pytest.approx(360 * 180)


def test_a_text_that_a_shapefile_cannot_hold_is_cut_between_reasons(tmp_path):
    long = ", ".join(f"Schicht Nr. {k} höher (+0.{k})" for k in range(20))
    targets = targets_of(tmp_path, reasons=long)
    write_targets(targets, tmp_path / "targets.gpkg", ("shp", "csv"))
    text = gpd.read_file(tmp_path / "targets.shp")["reasons"][0]
    assert text.endswith(")…")
    assert long.startswith(text[:-1])
    assert 200 < len(text.encode()) <= 254
    assert pd.read_csv(tmp_path / "targets.csv")["reasons"][0] == long


def test_nothing_is_written_where_one_file_is_in_the_way_or_cannot_be(tmp_path, monkeypatch):
    targets = targets_of(tmp_path)
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "targets.dbf").write_text("mine")
    with pytest.raises(OutputError, match=r"targets.dbf: exists already"):
        write_targets(targets, folder / "targets.gpkg", ALL)
    assert [path.name for path in folder.iterdir()] == ["targets.dbf"]
    (folder / "targets.dbf").unlink()
    (folder / "targets.kml").mkdir()  # no file can take its place
    with pytest.raises(OutputError, match="it is a folder"):
        write_targets(targets, folder / "targets.gpkg", ALL, overwrite=True)
    assert [path.name for path in folder.iterdir()] == ["targets.kml"]
    with pytest.raises(OutputError, match=r"write targets.gpkg, and --format"):
        check_targets_absent(folder / "targets.shp")


def test_files_are_the_same_bytes_each_time_and_former_indexes_go(tmp_path):
    targets = targets_of(tmp_path)
    path = tmp_path / "out" / "targets.gpkg"
    before = {file: file.read_bytes() for file in write_targets(targets, path, ALL)}
    (tmp_path / "out" / "targets.qix").write_text("of another file")
    assert {
        file: file.read_bytes() for file in write_targets(targets, path, ALL, overwrite=True)
    } == before
    assert {*(tmp_path / "out").iterdir()} == {*files_of(path, ALL)}


QGIS = """
import sys
from qgis.core import QgsApplication, QgsGeometry, QgsPointXY, QgsRasterLayer, QgsVectorLayer
app = QgsApplication([], False); app.initQgis()
layer = QgsVectorLayer(sys.argv[1] + "|layername=targets", "targets", "ogr")
raster = QgsRasterLayer(sys.argv[2], "map")
assert layer.isValid() and raster.isValid()
print("renderer", layer.renderer().type(), layer.renderer().classAttribute())
print("categories", [c.label() for c in layer.renderer().categories()])
print("labels", layer.labelsEnabled(), layer.labeling().settings().fieldName)
print("alias", layer.attributeDisplayName(layer.fields().indexOf("area_km2")))
print("crs", layer.crs() == raster.crs())
extent, wrong, inside = raster.extent(), 0, 0
features = [(f.geometry(), f["cells"]) for f in layer.getFeatures()]
print("valid", all(g.isGeosValid() for g, _ in features))
w, h = raster.rasterUnitsPerPixelX(), raster.rasterUnitsPerPixelY()
for row in range(raster.height()):
    for column in range(raster.width()):
        point = QgsPointXY(
            extent.xMinimum() + (column + 0.5) * w, extent.yMaximum() - (row + 0.5) * h
        )
        value, ok = raster.dataProvider().sample(point, 1)
        held = any(g.contains(QgsGeometry.fromPointXY(point)) for g, _ in features)
        wrong += held != (ok and value >= 0.7)
        inside += held
print("cells", wrong, inside, sum(n for _, n in features))
del layer, raster, features
app.exitQgis()
"""


def test_qgis_opens_them_styled_and_on_their_cells(tmp_path):
    python = Path(QGIS_PYTHON)
    has = (
        python.exists()
        and not subprocess.run(
            [python, "-c", "import qgis.core"], capture_output=True, check=False, env={}
        ).returncode
    )
    if not has:
        pytest.skip("QGIS (Debian's python3-qgis) is not installed")
    targets = targets_of(tmp_path, "degrees")
    gp.write_targets(targets, tmp_path / "targets.gpkg")
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    places = dict.fromkeys(("HOME", "QGIS_CUSTOM_CONFIG_PATH", "XDG_RUNTIME_DIR"), str(home))
    done = subprocess.run(
        [python, "-c", QGIS, tmp_path / "targets.gpkg", tmp_path / "map.tif"],
        capture_output=True, text=True, check=False, timeout=120,
        env={"PATH": os.environ["PATH"], "QT_QPA_PLATFORM": "offscreen"} | places,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    n = sum(target.cells for target in targets.targets)
    assert done.stdout.splitlines() == [
        "renderer categorizedSymbol ground",
        "categories ['New ground', 'With known occurrences']",
        "labels True rank",
        "alias Area (km²)",
        "crs True",
        "valid True",
        f"cells 0 {n} {n}",
    ]


def test_the_style_lies_in_the_geopackage_beside_the_targets_alone(tmp_path):
    targets = targets_of(tmp_path)
    gp.write_targets(targets, tmp_path / "targets.gpkg")
    assert sorted(name for name, _ in pyogrio.list_layers(tmp_path / "targets.gpkg")) == [
        "layer_styles", "targets",
    ]  # fmt: skip
    with closing(sqlite3.connect(tmp_path / "targets.gpkg")) as file:
        rows = file.execute("SELECT f_table_name, useAsDefault FROM layer_styles").fetchall()
    assert rows == [("targets", 1)]


def test_burning_the_written_outlines_gives_the_cells_back(tmp_path):
    transform, shape, _ = GRIDS["rotated"]
    targets = targets_of(tmp_path)
    write_targets(targets, tmp_path / "targets.gpkg")
    frame = read(tmp_path / "targets.gpkg")
    burned = rasterio.features.rasterize(
        zip(frame.geometry, frame["rank"], strict=True), out_shape=shape, transform=transform
    )
    assert np.array_equal(burned, burnt(targets, shape))
