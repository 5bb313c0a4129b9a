"""Mineral prospectivity maps from evidence rasters by transfer learning."""

__version__ = "0.1.0"
