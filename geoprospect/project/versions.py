"""The versions of what computed a run, for its manifest."""

from __future__ import annotations

import platform
from importlib.metadata import version

import rasterio

from geoprospect import __version__

_LIBRARIES = (
    "numpy", "scipy", "scikit-learn", "numba", "rasterio", "pyogrio", "geopandas", "shapely",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Give the version of geoprospect, of Python, of GDAL and of the libraries that compute.

    Examples
    --------
    >>> list(versions())[:3]
    ['geoprospect', 'Python', 'GDAL']
    """
    own = {"geoprospect": __version__, "Python": platform.python_version()}
    return own | {"GDAL": rasterio.__gdal_version__} | {name: version(name) for name in _LIBRARIES}
