"""Evidence: columns on one grid, read as one stack."""

from geoprospect.evidence.census import Block
from geoprospect.evidence.column import Column, OpenColumn, column_kinds, register_column
from geoprospect.evidence.neighbourhood import Neighbourhood
from geoprospect.evidence.rasterband import RasterBand
from geoprospect.evidence.stack import EvidenceStack
from geoprospect.evidence.surroundings import Surroundings
from geoprospect.evidence.variogram import evidence_range

register_column("raster", RasterBand)

__all__ = [
    "Block",
    "Column",
    "EvidenceStack",
    "Neighbourhood",
    "OpenColumn",
    "RasterBand",
    "Surroundings",
    "column_kinds",
    "evidence_range",
    "register_column",
]
