"""Which cells nodata hides, against GDAL's own mask."""

import numpy as np
import pytest
import rasterio
from affine import Affine

from geoprospect.evidence import EvidenceStack

LIKELY = [-9999.0, 0.0, 1e-30, 255.0, 0.1, -1e20]


@pytest.mark.parametrize("nodata", LIKELY)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "uint8"])
def test_the_same_cells_are_hidden_as_by_gdal(tmp_path, nodata, dtype):
    kind = np.dtype(dtype)
    if kind.kind != "f" and not np.iinfo(kind).min <= nodata <= np.iinfo(kind).max:
        pytest.skip("GDAL does not take this nodata value for integers of this kind")
    if kind.kind != "f" and nodata != int(nodata):
        pytest.skip("no integer")
    near = nodata * (1 + np.array([0, 1e-16, -1e-16, 1e-7, -1e-7, 3e-7, 6e-7, -6e-7, 1e-5]))
    limits = np.finfo(kind) if kind.kind == "f" else np.iinfo(kind)
    cells = np.clip(near, float(limits.min), float(limits.max)).astype(kind)
    cells = np.concatenate([cells, [1, 2, 3]]).astype(kind)[None]
    place = {"crs": "EPSG:3578", "transform": Affine(1200, 0, 0, 0, -1200, 0)}
    size = {"height": 1, "width": cells.size, "count": 1, "dtype": dtype}
    path = tmp_path / "X1.tif"
    with rasterio.open(path, "w", driver="GTiff", nodata=nodata, **size, **place) as raster:
        raster.write(cells, 1)
    with rasterio.open(path) as raster:
        told = raster.read_masks(1) > 0
    with EvidenceStack.open(path) as stack:
        np.testing.assert_array_equal(stack.read().valid, told)
