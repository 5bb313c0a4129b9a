"""Rasters in archives, and in files of several: found from the project file, and listed."""

import zipfile

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from smallproject import SHAPE, TRANSFORM, write_raster

import geoprospect as gp
from geoprospect.errors import EvidenceError
from geoprospect.evidence import EvidenceStack

VALUES = np.random.default_rng(0).normal(size=SHAPE).astype("f4")
PROJECT = "[evidence]\nA = '{}'\n[points]\ntraining = 'p.gpkg'\n"


@pytest.fixture
def folder(tmp_path):
    write_raster(tmp_path / "a.tif", VALUES)
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as archive:
        archive.write(tmp_path / "a.tif", "in/a.tif")
    profile = {"driver": "GTiff", "height": SHAPE[0], "width": SHAPE[1], "count": 2}
    profile |= {"dtype": "float32", "crs": "EPSG:32608", "transform": TRANSFORM}
    with rasterio.open(tmp_path / "two.tif", "w", **profile) as file:
        file.write(np.stack([VALUES + 1, VALUES]))
    rasterio.shutil.copy(tmp_path / "two.tif", tmp_path / "two.nc", driver="netCDF")
    return tmp_path


@pytest.mark.parametrize(
    "path",
    [
        "zip://r.zip!in/a.tif",
        "/vsizip/r.zip/in/a.tif",
        "/vsizip/{{r.zip}}/in/a.tif",
        "NETCDF:two.nc:Band2",
        'NETCDF:"two.nc":Band2',
        "GTIFF_DIR:1:a.tif",
    ],
)
def test_a_path_into_a_file_holds_against_the_project_file(folder, monkeypatch, path):
    (folder / "project.toml").write_text(PROJECT.format(path.format()))
    monkeypatch.chdir("/")
    with gp.Project.load(folder / "project.toml").open_evidence() as stack:
        np.testing.assert_array_equal(stack.read().values[0], VALUES)


@pytest.mark.parametrize("name", ["r.zip", "two.nc"])
def test_a_file_of_rasters_is_answered_with_a_line_that_works(folder, name):
    with pytest.raises(EvidenceError) as caught:
        EvidenceStack.open({"A": folder / name})
    assert "layer A" in str(caught.value)
    line = str(caught.value).partition("as in ")[2].partition(" under [evidence]")[0]
    (folder / "project.toml").write_text(f"[evidence]\n{line}\n[points]\ntraining = 'p.gpkg'\n")
    with gp.Project.load(folder / "project.toml").open_evidence() as stack:
        expected = VALUES if name == "r.zip" else VALUES + 1
        np.testing.assert_array_equal(stack.read().values[0], expected)


def test_integers_beside_a_nodata_value_of_many_digits_are_data(tmp_path):
    cells = np.arange(np.prod(SHAPE)).reshape(SHAPE)
    cells[0, :5], cells[0, 5] = 2**60 + 1, 2**60
    write_raster(tmp_path / "x.tif", cells, nodata=None)
    rasterio.shutil.copy(tmp_path / "x.tif", tmp_path / "x.vrt", driver="VRT")
    text = (tmp_path / "x.vrt").read_text()
    declared = f"<NoDataValue>{2**60 + 1}</NoDataValue><SimpleSource>"
    (tmp_path / "x.vrt").write_text(text.replace("<SimpleSource>", declared))
    with EvidenceStack.open(tmp_path / "x.vrt") as stack:
        assert stack.count_valid() == np.prod(SHAPE) - 5
