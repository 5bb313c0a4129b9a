"""Label rasters: cells that hold labels, read as points at their centres."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import rasterio
from rasterio.errors import RasterioError

from geoprospect.errors import SamplesError
from geoprospect.evidence.remote.address import asks_servers
from geoprospect.evidence.remote.raster import RemoteRaster
from geoprospect.grid.crs import pyproj_crs

FIELD = "label"
_MOST = 1_000_000  # points; more is a map, not labels


def read_label_raster(path: str) -> gpd.GeoDataFrame | None:
    """Read the cells of a raster that hold a value as points with a field `label`.

    Parameters
    ----------
    path : str
        A raster whose first band holds labels, and nodata everywhere else.

    Returns
    -------
    geopandas.GeoDataFrame or None
        The centres of the cells, row by row from the upper left corner, in the CRS of the raster;
        None if the file is no raster.

    Raises
    ------
    SamplesError
        If more than a million cells hold a value.

    Examples
    --------
    >>> import tempfile
    >>> profile = dict(driver="GTiff", height=2, width=2, count=1, dtype="int16", nodata=-1,
    ...                crs="EPSG:3578", transform=rasterio.Affine(100, 0, 0, 0, -100, 200))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with rasterio.open(f"{folder}/labels.tif", "w", **profile) as file:
    ...         file.write(np.array([[[1, -1], [-1, 0]]], "int16"))
    ...     points = read_label_raster(f"{folder}/labels.tif")
    >>> points["label"].tolist(), points.geometry.x.tolist(), points.geometry.y.tolist()
    ([1, 0], [50.0, 150.0], [150.0, 50.0])
    """
    try:
        with RemoteRaster(path) if asks_servers(path) else rasterio.open(path) as file:
            parts, n = [], 0
            for _, window in file.block_windows(1):
                cells = file.read(1, window=window, masked=True)
                row, column = np.nonzero(~np.ma.getmaskarray(cells) & np.isfinite(cells.data))
                n += row.size
                if n > _MOST:
                    raise SamplesError(
                        "the label raster holds a value in more than a million cells",
                        path=path,
                        expected="labels in a few cells, and nodata everywhere else",
                        mend="declare the value that means no label, for instance 0: "
                        f"rio edit-info --nodata 0 {path}",
                    )
                values = cells.data[row, column]
                parts.append((row + window.row_off, column + window.col_off, values))
            crs, transform, width = file.crs, file.transform, file.width
    except (RasterioError, UnicodeDecodeError):  # a damaged file may be cited as it is
        return None
    rows, columns, labels = map(np.concatenate, zip(*parts, strict=True))
    order = np.argsort(rows * width + columns)
    x, y = transform * (columns[order] + 0.5, rows[order] + 0.5)
    return gpd.GeoDataFrame(
        {FIELD: labels[order]},
        geometry=gpd.points_from_xy(x, y),
        crs=None if crs is None else pyproj_crs(crs.to_wkt()),
    )
