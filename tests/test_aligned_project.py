"""Projects whose layers lie on several grids: checked, run and mapped on the one that is named."""

import numpy as np
import pytest
import rasterio
import smallproject
from affine import Affine
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform
from smallproject import SHAPE, TRANSFORM, TUNED, write_project
from toykernels import Highest

import geoprospect as gp
from geoprospect.evidence.rasters.warping import TOLERANCE
from geoprospect.mapping import write_raster

ALBERS = "EPSG:3578"


def another_grid(folder, name, *, cell):
    """Put a layer of the small project on a grid in Albers; give it on the project's, warped."""
    path = folder / "rasters" / f"{name}.tif"
    size = {"width": int(4200 / cell), "height": int(5200 / cell)}
    with rasterio.open(path) as raster:
        middle = raster.lnglat()
        x, y = (p[0] for p in transform("EPSG:4326", ALBERS, *([z] for z in middle)))
        place = Affine(cell, 0, x - 2100 + 11, 0, -cell, y + 2600 + 17)
        with WarpedVRT(
            raster, crs=ALBERS, transform=place, resampling=Resampling.bilinear, **size
        ) as warped:
            values = warped.read(1)
    path.unlink()
    smallproject.write_raster(path, values, crs=ALBERS, transform=place)
    settings = {"resampling": Resampling.bilinear, "tolerance": TOLERANCE, "XSCALE": 1, "YSCALE": 1}
    place = {"crs": "EPSG:32608", "transform": TRANSFORM, "width": SHAPE[1], "height": SHAPE[0]}
    with rasterio.open(path) as raster, WarpedVRT(raster, **settings, **place) as warped:
        return warped.read(1)


@pytest.fixture
def mixed(tmp_path):
    """Give a small project with a layer in another CRS, and one whose layers were warped before."""
    path = write_project(tmp_path / "mixed")
    settings = path.read_text().replace(TUNED, 'strategy = "logistic-regression"\n')
    warped = another_grid(path.parent, "A", cell=100.0)
    path.write_text(f'grid = "B"\n{settings}')
    before = write_project(tmp_path / "before")
    before.write_text(settings)
    smallproject.write_raster(before.parent / "rasters" / "A.tif", warped)
    return path, before


def bands(path):
    with rasterio.open(path) as raster:
        return raster.read()


def test_the_map_is_that_of_layers_warped_beforehand(mixed):
    assert "error" not in {finding.level for finding in gp.check(mixed[0])}
    maps = []
    for path in mixed:
        target = path.parent / "map.tif"
        with gp.Project.load(path).open_evidence() as stack:
            # In windows of other sizes than tiles, each thread with layers that it opens itself.
            write_raster(stack, Highest(), target, execution=gp.Execution(window=(17, 23)))
            maps.append((bands(target), stack.read().values))
    np.testing.assert_array_equal(maps[0][0] == -9999, maps[1][0] == -9999)
    np.testing.assert_allclose(maps[0][0], maps[1][0], atol=1e-5)
    np.testing.assert_allclose(maps[0][1], maps[1][1], atol=1e-5)


def test_without_the_line_the_layer_is_refused_and_with_it_the_project_checks(mixed):
    path, _ = mixed
    text = path.read_text()
    path.write_text(text.replace('grid = "B"', ""))
    errors = [finding.text for finding in gp.check(path) if finding.level == "error"]
    assert any('write grid = "A" at the top of the project file' in error for error in errors)
    path.write_text(text.replace('grid = "B"', 'grid = "A"'))
    assert "error" not in {finding.level for finding in gp.check(path)}


def test_a_broken_layer_is_named_beside_those_of_other_grids(mixed):
    path, _ = mixed
    (path.parent / "rasters" / "C.tif").write_bytes(b"no raster")
    errors = [finding.text for finding in gp.check(path) if finding.level == "error"]
    assert ["C.tif" in error for error in errors] == [True]


def notes(path):
    return [x.text for x in gp.check(path) if x.text.startswith("alignment: layer A")]


def test_check_tells_how_a_layer_came_onto_the_grid(tmp_path):
    path = write_project(tmp_path)
    path.write_text('grid = "B"\n' + path.read_text())
    # The grid: 40 x 48 cells of 100 m from 500000, 7000000. A: of 50 m, 10 m east and 5 m north.
    values = np.ones((104, 84), np.float32)
    values[:, :21] = -9999  # a quarter
    smallproject.write_raster(
        path.parent / "rasters" / "A.tif",
        values + np.arange(84, dtype=np.float32) * (values > 0),
        transform=Affine(50, 0, 499_910, 0, -50, 7_000_105),
    )
    [note] = notes(path)
    assert note == (
        "alignment: layer A: EPSG:32608, cells of 50 x 50 m; 15 m west and 20 m south from those "
        "of the grid; averaged; 75.0% of its cells have a value, and 77.5% of the grid's"
    )


def test_a_shift_of_part_of_a_cell_is_told_in_cells_and_metres(tmp_path):
    path = write_project(tmp_path)
    path.write_text('grid = "B"\n' + path.read_text())
    with rasterio.open(path.parent / "rasters" / "A.tif") as raster:
        values = raster.read(1)
    place = TRANSFORM * Affine.translation(0.4, 0)
    smallproject.write_raster(path.parent / "rasters" / "A.tif", values, transform=place)
    [note] = notes(path)
    assert "40 m east and 0 m north (0.4 and 0 of a cell) from those of the grid" in note
    assert "(bilinear)" in note
    place = TRANSFORM * Affine.translation(-3, 2)
    smallproject.write_raster(path.parent / "rasters" / "A.tif", values, transform=place)
    assert "the same cells, copied" in notes(path)[0]
    smallproject.write_raster(path.parent / "rasters" / "A.tif", values)
    assert notes(path) == []


def test_a_stated_crs_that_contradicts_the_file_is_warned_of(tmp_path):
    path = write_project(tmp_path)
    settings = path.read_text().replace(
        'A = "rasters/A.tif"', 'A = { path = "rasters/A.tif", crs = "EPSG:32609" }'
    )
    path.write_text(settings.replace("[evidence]", '[grid]\nlike = "B"\n[evidence]'))
    texts = [x.text for x in gp.check(path)]
    assert any("shares no ground with the grid" in text for text in texts)
    path.write_text(path.read_text().replace('"B"\n[evidence]', '"A"\n[evidence]'))
    path.write_text(path.read_text().replace("EPSG:32609", "EPSG:32608"))
    assert not any("its file tells" in x.text for x in gp.check(path))
    nearly = settings.replace("EPSG:32609", "EPSG:26908")  # NAD83, which is as good as WGS 84
    path.write_text('grid = "B"\n' + nearly)
    assert not any("its file tells" in x.text for x in gp.check(path))
    old = settings.replace("EPSG:32609", "EPSG:26708")  # NAD27, on another ellipsoid
    path.write_text('grid = "B"\n' + old)
    warned = [x.text for x in gp.check(path) if x.level == "warning"]
    assert any("tells the CRS EPSG:32608, and the project EPSG:26708" in x for x in warned)
    assert any("off by some" in x and "pyproj sync --file" in x for x in warned)
