"""A grid as plain values, for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from affine import Affine
from rasterio.crs import CRS

from geoprospect.grid.grid import Grid


def describe_grid(grid: Grid) -> dict[str, Any]:
    """Give a grid as plain values, for JSON.

    Examples
    --------
    >>> describe_grid(Grid(CRS.from_epsg(3578), Affine.scale(1200, -1200), (2, 3)))
    {'crs': 'EPSG:3578', 'transform': [1200.0, 0.0, 0.0, 0.0, -1200.0, 0.0], 'shape': [2, 3]}
    """
    authority = grid.crs.to_authority()
    code = None if authority is None else ":".join(authority)
    same = code is not None and CRS.from_string(code) == grid.crs
    return {
        "crs": code if same else grid.crs.to_wkt(version="WKT2_2019"),
        "transform": [float(x) for x in grid.transform[:6]],
        "shape": list(grid.shape),
    }


def read_grid(content: Mapping[str, Any]) -> Grid:
    """Take a grid from the values that `describe_grid` gives.

    Raises
    ------
    KeyError, TypeError, ValueError, rasterio.errors.CRSError
        If the values are not those of a grid.

    Examples
    --------
    >>> read_grid({"crs": "EPSG:3578", "transform": [1, 0, 0, 0, -1, 0], "shape": [2, 3]}).shape
    (2, 3)
    """
    rows, columns = content["shape"]
    return Grid(
        CRS.from_string(content["crs"]), Affine(*content["transform"]), (int(rows), int(columns))
    )
