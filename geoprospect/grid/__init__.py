"""The grid: where the cells of a raster lie on the ground."""

from geoprospect.grid.grid import Grid, describe_crs, same_crs

__all__ = ["Grid", "describe_crs", "same_crs"]
