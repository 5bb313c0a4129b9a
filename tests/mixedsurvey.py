"""A province as surveys deliver one: several CRSs and cells, codes, lines, a table."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from rasterio.enums import Resampling
from rasterio.features import shapes
from rasterio.transform import from_origin
from rasterio.warp import calculate_default_transform, reproject

from geoprospect.synthetic import sample_project

LIMIT = 3.6  # below which the laboratory saw nothing


def write(path, values, *, crs, transform, nodata=np.nan, dtype="float32"):
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {"crs": crs, "transform": transform, "nodata": nodata, "dtype": dtype}
    shape = {"height": values.shape[0], "width": values.shape[1], "count": 1}
    with rasterio.open(path, "w", driver="GTiff", **profile, **shape) as raster:
        raster.write(values.astype(dtype), 1)


def resampled(raster, *, crs, transform, shape, how=Resampling.bilinear):
    values = np.full(shape, np.nan, np.float32)
    reproject(
        rasterio.band(raster, 1), values, dst_crs=crs, dst_transform=transform, dst_nodata=np.nan,
        resampling=how,
    )  # fmt: skip
    return values


@dataclass(frozen=True)
class Source:
    """Layers X1 to X7 on one grid, a map of codes on it, and files of points, renamed."""

    evidence: Path
    codes: Path
    points: dict[Path, str]


def of_sample(plain: Path) -> Source:
    """Write the sample province."""
    sample_project(plain)
    data = plain / "data"
    files = [data / "training.gpkg", data / "lithology.gpkg", *data.glob("validation.*")]
    return Source(plain / "sample_rasters", data / "geology.tif", {x: x.name for x in files})


def of_study(study: Path) -> Source:
    """Give the layers and points of the Yukon."""
    evidence = study / "evidence"
    points = {x: x.name for x in evidence.glob("validation_points.*")}
    points |= {study / "01_Train_VO.csv": "deposits.csv"}
    points |= {study / "03_Train_Pretext.csv": "lithology.csv"}
    return Source(evidence, evidence / "known.tif", points)


def mixed_survey(folder: Path, source: Source) -> Path:
    """Write a folder of files in three CRSs, cells of four sizes, and one layer 0.4 cells off.

    X1 lies in UTM, X2 in degrees, X3 is shifted, X4 coarse; X5 and X6 are as they were, but that
    X5 holds -9999 undeclared. X7 was measured at stations, with a limit of detection; the map of
    rocks is one of codes stored as numbers, and its contacts are lines; one corner is a park.
    """
    files = {f"X{k}": source.evidence / f"X{k}.tif" for k in range(1, 8)}
    for name, crs, cell in (("X1", "EPSG:32608", 1000.0), ("X2", "EPSG:4326", 0.015)):
        with rasterio.open(files[name]) as raster:
            transform, width, height = calculate_default_transform(
                raster.crs, crs, raster.width, raster.height, *raster.bounds, resolution=cell
            )
            values = resampled(raster, crs=crs, transform=transform, shape=(height, width))
        write(folder / "geophysics" / f"{name}.tif", values, crs=crs, transform=transform)
    with rasterio.open(files["X3"]) as raster:
        crs, transform, shape = raster.crs, raster.transform, raster.shape
        shifted = transform @ rasterio.Affine.translation(0.4, 0)
        values = resampled(raster, crs=crs, transform=shifted, shape=shape)
    write(folder / "geophysics" / "X3.tif", values, crs=crs, transform=shifted)
    with rasterio.open(files["X4"]) as raster:
        coarse = from_origin(transform.c, transform.f, 2400, 2400)
        half = (shape[0] // 2, shape[1] // 2)
        values = resampled(raster, crs=crs, transform=coarse, shape=half, how=Resampling.average)
    write(folder / "geochemistry" / "X4.tif", values, crs=crs, transform=coarse)
    for name in ("X5", "X6"):
        with rasterio.open(files[name]) as raster:
            values = raster.read(1, masked=True).filled(-9999)
        values[:2, :30] = -9999
        nodata = None if name == "X5" else -9999
        write(
            folder / "geochemistry" / f"{name}.tif", values,
            crs=crs, transform=transform, nodata=nodata,
        )  # fmt: skip
    _write_stations(folder / "geochemistry" / "soil.csv", files["X7"], transform)
    _write_rocks(folder / "geology", source.codes)
    left, top = transform @ (0, 0)
    park = shapely.box(left, top - 20 * 1200, left + 25 * 1200, top)
    frame = gpd.GeoDataFrame({"name": ["reserve"]}, geometry=[park], crs=crs)
    frame.to_crs("EPSG:32608").to_file(folder / "parks.gpkg")
    for path, name in source.points.items():
        shutil.copy(path, folder / name)
    return folder


def _write_stations(path, layer, transform):
    """Write X7 as it was measured at places of a table with decimal commas."""
    rng = np.random.default_rng(7)
    with rasterio.open(layer) as raster:
        cells = raster.read(1, masked=True)
    rows, columns = np.nonzero(~np.ma.getmaskarray(cells))
    chosen = rng.choice(rows.size, 2000, replace=False)
    down, across = rows[chosen] + rng.random(2000), columns[chosen] + rng.random(2000)
    east, north = transform @ (across, down)
    measured = np.exp(cells[rows[chosen], columns[chosen]].data.astype(float) + 2)
    texts = [f"{x:.3f}" if x > LIMIT else f"<{LIMIT}" for x in measured]
    lines = [
        f"{x:.1f};{y:.1f};{text}".replace(".", ",")
        for x, y, text in zip(east, north, texts, strict=True)
    ]
    path.write_text("\n".join(["easting;northing;As_ppm", *lines]) + "\n")


def _write_rocks(folder, path):
    """Write the codes of rocks as numbers with a fraction, and contacts as lines in degrees."""
    with rasterio.open(path) as raster:
        codes, crs, transform = raster.read(1), raster.crs, raster.transform
        write(folder / "rocks.tif", codes, crs=crs, transform=transform, nodata=raster.nodata)
    polygons = [shapely.geometry.shape(one) for one, _ in shapes(codes, transform=transform)]
    edge = shapely.box(*rasterio.transform.array_bounds(*codes.shape, transform)).boundary
    lines = shapely.union_all([polygon.boundary for polygon in polygons]).difference(edge)
    lines = shapely.line_merge(lines)
    table = gpd.GeoDataFrame({"type": ["contact"]}, geometry=[lines], crs=crs).explode()
    table = table.set_geometry(table.segmentize(600))  # as lines are digitised
    table.to_crs("EPSG:4326").to_file(folder / "contacts.gpkg")
