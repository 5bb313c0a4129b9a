"""The grid: where the cells of a raster lie on the ground, and how far apart."""

from geoprospect.grid.areas import area_units
from geoprospect.grid.crs import describe_crs, same_crs, transformed, vector_crs
from geoprospect.grid.description import describe_grid, read_grid
from geoprospect.grid.grid import Grid
from geoprospect.grid.places import Places

__all__ = [
    "Grid",
    "Places",
    "area_units",
    "describe_crs",
    "describe_grid",
    "read_grid",
    "same_crs",
    "transformed",
    "vector_crs",
]
