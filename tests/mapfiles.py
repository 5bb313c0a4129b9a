"""Small maps and points on disk, for the tests of scores and pictures."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from affine import Affine

TRANSFORM = Affine(1200, 0, 159050, 0, -1200, 977582)


def write_map(path: Path, values: np.ndarray, *, mask: np.ndarray | None = None, **profile) -> Path:
    """Write a GeoTIFF of 1200 m cells in EPSG:3578 and give its path."""
    rows, columns = values.shape
    shape = {"height": rows, "width": columns, "count": 1, "dtype": values.dtype}
    place = {"crs": "EPSG:3578", "transform": TRANSFORM}
    with rasterio.open(path, "w", driver="GTiff", **(shape | place | profile)) as dataset:
        dataset.write(values, 1)
        if mask is not None:
            dataset.write_mask(mask)
    return path


def centres(cells) -> tuple[np.ndarray, np.ndarray]:
    """Give easting and northing of the centres of (row, column) cells."""
    rows, columns = np.asarray(cells, dtype=float).reshape(-1, 2).T
    return 159050 + 1200 * (columns + 0.5), 977582 - 1200 * (rows + 0.5)


def write_points(path: Path, cells, **fields) -> Path:
    """Write points at the centres of cells, as a table or a vector file, and give the path."""
    easting, northing = centres(cells)
    places = gpd.GeoSeries.from_xy(easting, northing, crs="EPSG:3578")
    points = gpd.GeoDataFrame(fields, geometry=places)
    if path.suffix == ".csv":
        table = points.assign(easting=easting, northing=northing).drop(columns="geometry")
        table.to_csv(path, index=False)
    else:
        points.to_file(path)
    return path
