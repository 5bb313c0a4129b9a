"""A mixed survey runs from its draft, and maps as layers do that were prepared beforehand."""

import tomllib

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from click.testing import CliRunner
from mixedsurvey import LIMIT, mixed_survey, of_sample, of_study
from rasterio.enums import Resampling
from rasterio.features import rasterize
from rasterio.vrt import WarpedVRT
from scipy.spatial import KDTree

import geoprospect as gp
from geoprospect.cli import main
from geoprospect.evidence.rasters import warping
from geoprospect.grid import Grid
from geoprospect.grid.relation import spacing
from geoprospect.project.drafting.lines import toml

OFF = 1e-5  # of a map, or of a layer's range
# Which cells of the study are known is told by scattered codes, that nothing shows to be codes.
ROCKS = 'rocks = { path = "geology/rocks.tif", kind = "categorical" }'
MODEL = '[model]\nstrategy = "logistic-regression"\nmembers = 1\n\n[output]'


@pytest.fixture(scope="module", params=["sample", "study"])
def folder(request, tmp_path_factory):
    """A survey, drafted, and run with a method that small differences do not throw elsewhere."""
    home = tmp_path_factory.mktemp("survey")
    if request.param == "sample":
        source = of_sample(home / "plain")
    else:
        source = of_study(request.getfixturevalue("study"))
    folder = mixed_survey(home / "mixed", source)
    gp.draft_project(folder)
    path = folder / "project.toml"
    drafted = path.read_text().replace('rocks = "geology/rocks.tif"', ROCKS)
    path.write_text(drafted.replace("[output]", MODEL))
    with pytest.MonkeyPatch.context() as patched:
        # As exactly as the libraries are asked to below.
        patched.setattr(warping, "TOLERANCE", 1e-9)
        result = CliRunner().invoke(main, ["run", str(path)])
        assert result.exit_code == 0, result.output
        yield folder


@pytest.fixture(scope="module")
def prepared(folder):
    """The layers prepared by the libraries themselves, on the grid of X5."""
    with rasterio.open(folder / "geochemistry" / "X5.tif") as raster:
        crs, transform, shape, x5 = raster.crs, raster.transform, raster.shape, raster.read(1)
    layers = {"X5": np.where(x5 == -9999, np.nan, x5)}
    with rasterio.open(folder / "geochemistry" / "X6.tif") as raster:
        layers["X6"] = raster.read(1, masked=True).filled(np.nan)
    grid = Grid(crs, transform, shape)
    for name in ("geophysics/X1", "geophysics/X2", "geophysics/X3", "geochemistry/X4"):
        with rasterio.open(folder / f"{name}.tif") as raster:
            along = spacing(grid, Grid.of(raster)).along
            with WarpedVRT(
                raster,
                crs=crs,
                transform=transform,
                height=shape[0],
                width=shape[1],
                resampling=Resampling.bilinear,
                nodata=np.nan,
                tolerance=1e-9,
                XSCALE=min(1, 1 / along[0]),
                YSCALE=min(1, 1 / along[1]),
            ) as warped:
                values = warped.read(1)
        layers[name[-2:]] = values
    with rasterio.open(folder / "geology" / "rocks.tif") as raster:
        codes = raster.read(1)
    layers |= {
        f"rocks={code}": (codes == code).astype(float) for code in np.unique(codes).astype(int)
    }
    rows, columns = np.indices(shape)
    east, north = transform @ (columns + 0.5, rows + 0.5)
    lines = gpd.read_file(folder / "geology" / "contacts.gpkg")
    contacts = lines.segmentize(0.0005).to_crs(crs)  # they are straight in degrees
    centres = shapely.points(east.ravel(), north.ravel())
    tree = shapely.STRtree(contacts.geometry.to_numpy())
    nearest = contacts.geometry.to_numpy()[tree.nearest(centres)]
    layers["contacts"] = shapely.distance(centres, nearest).reshape(shape)
    table = pd.read_csv(folder / "geochemistry" / "soil.csv", sep=";", decimal=",")
    texts = table["As_ppm"].str.replace(",", ".")
    below = texts.str.startswith("<")
    arsenic = np.where(below, LIMIT / 2, pd.to_numeric(texts.str.lstrip("<")))
    places = table[["easting", "northing"]].to_numpy()
    apart, which = KDTree(places).query(np.column_stack([east.ravel(), north.ravel()]), k=16)
    gridded = (arsenic[which] / apart**2).sum(axis=1) / (1 / apart**2).sum(axis=1)
    drafted = tomllib.loads((folder / "project.toml").read_text())["evidence"]
    reach = drafted["soil As_ppm"]["distance"]
    layers["soil As_ppm"] = np.where(apart[:, 0] <= reach, gridded, np.nan).reshape(shape)
    park = gpd.read_file(folder / "parks.gpkg").to_crs(crs)
    inside = rasterize(park.geometry, out_shape=shape, transform=transform).astype(bool)
    return layers, inside, {"crs": crs, "transform": transform}


def test_layers_are_those_that_libraries_prepare_one_by_one(folder, prepared):
    layers, inside, _ = prepared
    with gp.Project.load(folder / "project.toml").open_evidence() as stack:
        assert set(stack.names) == set(layers)
        values = dict(zip(stack.names, stack.read().values, strict=True))
    for name, everywhere in layers.items():
        expected = np.where(inside, np.nan, everywhere)
        span = np.nanmax(expected) - np.nanmin(expected)
        np.testing.assert_array_equal(np.isnan(values[name]), np.isnan(expected), err_msg=name)
        # Lines that are straight in degrees are followed to a thousandth of a cell.
        margin = 1.2 if name == "contacts" else OFF * span
        np.testing.assert_allclose(values[name], expected, atol=margin, err_msg=name)


def test_the_map_is_that_of_layers_prepared_beforehand(folder, prepared, tmp_path):
    layers, inside, place = prepared
    shape = {"height": inside.shape[0], "width": inside.shape[1], "count": 1}
    profile = {"driver": "GTiff", "dtype": "float32", "nodata": np.nan} | shape | place
    lines = []
    for number, (name, values) in enumerate(layers.items()):
        with rasterio.open(tmp_path / f"{number}.tif", "w", **profile) as raster:
            raster.write(np.where(inside, np.nan, values).astype(np.float32), 1)
        lines.append(f'"{name}" = "{number}.tif"')
    drafted = tomllib.loads((folder / "project.toml").read_text())["points"]
    points = "".join(
        f"{role} = {toml(table | {'path': str(folder / table['path'])})}\n"
        for role, table in drafted.items()
    )
    text = "\n".join(["[evidence]", *lines, "", "[points]", points, MODEL])
    (tmp_path / "project.toml").write_text(f'{text}\nfolder = "out"\n')
    gp.run(tmp_path / "project.toml")
    maps = []
    for home in (folder, tmp_path):
        with rasterio.open(home / "out" / "prospectivity.tif") as raster:
            maps.append(raster.read(1))
    np.testing.assert_array_equal(maps[0] == -9999, maps[1] == -9999)
    assert (maps[0] != -9999).sum() > 10_000
    np.testing.assert_allclose(maps[0], maps[1], atol=OFF)
