"""What is no quantity, or not read at all, is named: files left aside, colours, classes, labels."""

import logging
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from affine import Affine
from rasterio.enums import ColorInterp
from smallproject import SHAPE, TRANSFORM, points, write_raster

import geoprospect as gp
from geoprospect.evidence import RasterBand, open_evidence
from geoprospect.grid import Grid, transformed
from geoprospect.samples.giveaway import are_coordinates

RANDOM = np.random.default_rng(0)
VALUES = RANDOM.normal(size=SHAPE).astype("f4")
ROWS, COLUMNS = np.indices(SHAPE)
CODES = RANDOM.permutation(np.array([585, 1200, 7000, 7001, 20_000, 81_641]))
PATCHES = CODES[(ROWS // 8 * 5 + COLUMNS // 8 * 3) % 6]
AT = RANDOM.choice(np.prod(SHAPE), 24, replace=False)
LABEL = np.arange(24) % 2


def write(path, *bands, colours=None, palette=False):
    cells = np.stack(bands)
    profile = {"driver": "GTiff", "height": SHAPE[0], "width": SHAPE[1], "count": len(bands)}
    profile |= {"dtype": cells.dtype, "crs": "EPSG:32608", "transform": TRANSFORM}
    profile |= {"photometric": "minisblack"}
    with rasterio.open(path, "w", **profile) as file:
        file.write(cells)
        if colours:
            file.colorinterp = colours
        if palette:
            file.write_colormap(1, {code: (code, 0, 0, 255) for code in range(9)})


def project_of(folder, layer, *, labels=LABEL, setting=""):
    write_raster(folder / "a.tif", VALUES[::-1], nodata=None)
    points(*np.divmod(AT, SHAPE[1]), occurrence=labels).to_file(folder / "p.gpkg")
    path = folder / "project.toml"
    path.write_text(
        f'[evidence]\na = "a.tif"\nb = {{ path = "{layer}"{setting} }}\n[points]\n'
        'training = { path = "p.gpkg", label = "occurrence" }\n'
        '[model]\nstrategy = "logistic-regression"\n'
    )
    return path


def doubts(project, layer="b"):
    texts = [x.text for x in gp.check(project) if x.level == "warning"]
    return [text for text in texts if f"layer {layer}: " in text]


def marked(values):
    cells = np.zeros(SHAPE, "f4")
    cells.flat[AT] = values
    return cells


def geographic(axis):
    x, y = TRANSFORM * (COLUMNS.ravel() + 0.5, ROWS.ravel() + 0.5)
    return transformed(x, y, rasterio.CRS.from_epsg(32608), "EPSG:4326")[axis].reshape(SHAPE)


@pytest.mark.parametrize(
    ("cells", "labels", "said"),
    [
        (PATCHES.astype("f4"), LABEL, "6 values, from 585 to 81641, lie in patches"),
        (PATCHES.astype("i4"), LABEL, "6 values, from 585 to 81641, lie in patches"),
        (marked(LABEL), LABEL, "holds the labels"),
        (marked(LABEL * 2 - 1), LABEL, "holds the labels"),
        (marked(1), np.ones(24, int), "holds the labels"),
        (6_999_950 - 100.0 * ROWS, LABEL, "a coordinate of the cells"),
        (COLUMNS.astype("i2"), LABEL, "a coordinate of the cells"),
        (geographic(0), LABEL, "a coordinate of the cells"),
        (geographic(1).astype("f4"), LABEL, "a coordinate of the cells"),
    ],
)
def test_a_layer_of_codes_labels_or_places_is_named_unless_it_is_meant(
    tmp_path, cells, labels, said
):
    write_raster(tmp_path / "b.tif", cells, nodata=None)
    [text] = doubts(project_of(tmp_path, "b.tif", labels=labels))
    assert said in text
    line = re.search(r".*write (b = .*) under", text)[1]  # the last of them
    setting = tomllib.loads(line)["b"]
    assert setting.pop("intended") is True
    assert doubts(project_of(tmp_path, "b.tif", labels=labels, setting=", intended = true")) == []


@pytest.mark.parametrize(
    "cells",
    [
        VALUES,
        np.round(VALUES * 3),  # counts, say
        np.round(np.hypot(ROWS, COLUMNS) / 4),  # a distance, rounded
        np.float32(COLUMNS > 20),
        np.float32(ROWS**2),
        np.round(100 * np.sin(ROWS / 9) * np.cos(COLUMNS / 9)),
    ],
)
def test_a_quantity_is_not_doubted(tmp_path, cells):
    write_raster(tmp_path / "b.tif", cells.astype("f4"), nodata=None)
    assert doubts(project_of(tmp_path, "b.tif")) == []


def test_longitude_on_a_wide_grid_is_a_coordinate_where_no_plane_is():
    wide = Grid(rasterio.CRS.from_epsg(3578), Affine(40_000, 0, 0, 0, -40_000, 1_500_000), SHAPE)
    cells = ROWS.ravel(), COLUMNS.ravel()
    longitude, latitude = transformed(*wide.centres(*cells), wide.crs, "EPSG:4326")
    assert are_coordinates(longitude.astype("f4"), *cells, wide)
    assert are_coordinates(latitude.astype("f4"), *cells, wide)
    assert not are_coordinates(np.float32(longitude + latitude**2 / 90), *cells, wide)


def rgb(path):
    colours = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
    write(path, *RANDOM.integers(0, 255, (3, *SHAPE), dtype="u1"), colours=colours)


def palette(path):
    write(path, np.uint8(PATCHES % 7), palette=True)


def several(path):
    write(path, VALUES + 1, VALUES + 2)


def named_classes(path):
    write(path, VALUES)
    Path(f"{path}.aux.xml").write_text(
        '<PAMDataset><PAMRasterBand band="1"><CategoryNames><Category>shale</Category>'
        "</CategoryNames></PAMRasterBand></PAMDataset>"
    )


def table_of_classes(path):
    write(path, VALUES)
    Path(f"{path}.aux.xml").write_text(
        '<PAMDataset><PAMRasterBand band="1"><GDALRasterAttributeTable tableType="thematic">'
        "</GDALRasterAttributeTable></PAMRasterBand></PAMDataset>"
    )


FILES = [
    (rgb, "a picture of red, green and blue"),
    (palette, "a palette"),
    (several, "2 bands, of which band 1 alone is read"),
    (named_classes, "names of classes"),
    (table_of_classes, "a table of classes"),
]


@pytest.mark.parametrize(("make", "said"), FILES)
def test_a_file_that_says_it_holds_no_quantity_is_named_unless_it_is_meant(
    tmp_path, caplog, make, said
):
    make(tmp_path / "b.tif")
    [text] = doubts(project_of(tmp_path, "b.tif"))
    assert said in text
    open_evidence({"b": tmp_path / "b.tif"}).close()
    assert [x.getMessage() for x in caplog.records if said in x.getMessage()]
    caplog.clear()
    open_evidence([RasterBand("b", str(tmp_path / "b.tif"), intended=True)]).close()
    assert not caplog.records
    assert doubts(project_of(tmp_path, "b.tif", setting=", intended = true")) == []


def test_a_band_that_is_named_is_not_doubted(tmp_path):
    several(tmp_path / "b.tif")
    assert doubts(project_of(tmp_path, "b.tif", setting=", band = 1")) == []


def test_what_a_folder_holds_besides_is_named_with_a_command_that_works(tmp_path, caplog):
    folder = tmp_path / "layers"
    write_raster(folder / "a.tif", VALUES[::-1], nodata=None)
    for name, driver in (("e.pix", "PCIDSK"), ("n.zarr", "Zarr"), ("v.dat", "ENVI")):
        rasterio.shutil.copy(folder / "a.tif", folder / name, driver=driver)
    (folder / "grid").mkdir()
    for name in ("grid/hdr.adf", "odd.xyz7", "notes.txt", "a.tfw", "a.tif.ovr.aux.xml", "a.qml"):
        (folder / name).write_text("nothing\n")
    with caplog.at_level(logging.WARNING), open_evidence(folder) as stack:
        assert stack.names == ("a",)
    lines = [x.getMessage() for x in caplog.records]
    assert [line for line in lines if "no rasters: grid, odd.xyz7." in line]
    commands = [match[1] for x in lines if (match := re.search(r"copy it: (rio convert .*)", x))]
    assert len(commands) == 3
    assert len(lines) == 4
    for command in commands:
        _, *given = shlex.split(command)
        subprocess.run([Path(sys.executable).with_name("rio"), *given], check=True)
    with open_evidence(folder) as stack:
        assert stack.names == ("a", "e", "n.zarr", "v")
        assert np.ptp(stack.read().values, axis=0).max() == 0
