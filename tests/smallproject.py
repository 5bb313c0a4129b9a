"""A small project on disk, quick to run, whose occurrences follow its evidence."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from rasterio.transform import from_origin

SHAPE = (48, 40)
TRANSFORM = from_origin(500_000, 7_000_000, 100, 100)
TUNED = 'strategy = "fine-tuning"\n'  # for tests that name another to take its place
PROJECT = """
[evidence]
A = "rasters/A.tif"
B = "rasters/B.tif"
C = "rasters/C.tif"

[points]
training = { path = "training.gpkg", label = "occurrence" }
validation = { path = "validation.shp", label = "occurrence" }
lithology = { path = "lithology.geojson", label = "rock" }

[model]
strategy = "fine-tuning"
members = 2
training = { epochs = 30, rate = 0.01 }
pretraining = { epochs = 20 }
"""


def write_raster(path, values, *, nodata=-9999.0, crs="EPSG:32608", transform=TRANSFORM):
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        dtype=values.dtype,
        count=1,
        height=values.shape[0],
        width=values.shape[1],
        nodata=nodata,
        crs=crs,
        transform=transform,
    ) as raster:
        raster.write(values, 1)


def points(rows, columns, **fields):
    easting, northing = TRANSFORM * (np.asarray(columns) + 0.5, np.asarray(rows) + 0.5)
    places = gpd.points_from_xy(easting, northing)
    return gpd.GeoDataFrame(fields, geometry=places, crs="EPSG:32608")


def write_project(folder: Path) -> Path:
    """Write rasters, points and `project.toml`; give the path of the latter."""
    rng = np.random.default_rng(0)
    values = {name: rng.normal(size=SHAPE).astype(np.float32) for name in "ABC"}
    rows, columns = np.indices(SHAPE)
    likely = values["A"] + values["B"] > 1
    for name, layer in values.items():
        layer[:2] = -9999
        write_raster(folder / "rasters" / f"{name}.tif", layer)
    for name, chosen in (
        ("training.gpkg", (columns % 2 == 0) & (rows > 1)),
        ("validation.shp", (columns % 10 == 1) & (rows > 1)),
    ):
        table = points(rows[chosen], columns[chosen], occurrence=likely[chosen].astype(int))
        table.iloc[::4].to_file(folder / name)
    chosen = (columns % 7 == 3) & (rows > 1)
    rock = np.where(values["C"] > 0, "granite", "shale")
    points(rows[chosen], columns[chosen], rock=rock[chosen]).to_file(folder / "lithology.geojson")
    path = folder / "project.toml"
    path.write_text(PROJECT)
    return path
