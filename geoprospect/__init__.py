"""Mineral prospectivity maps from evidence rasters by transfer learning."""

from importlib.metadata import version

__version__ = version("geoprospect")
