"""Evidence: columns on one grid, read as one stack."""

from geoprospect.evidence.access import open_evidence
from geoprospect.evidence.block import Block
from geoprospect.evidence.categorical import Categorical, Ordinal
from geoprospect.evidence.column import Column, OpenColumn, column_kinds, register_column
from geoprospect.evidence.features.kinds import (
    Attribute,
    Density,
    Direction,
    Distance,
    Inside,
)
from geoprospect.evidence.neighbourhood import Neighbourhood
from geoprospect.evidence.ranges import evidence_range
from geoprospect.evidence.rasterband import RasterBand
from geoprospect.evidence.stack import EvidenceStack
from geoprospect.evidence.surroundings import Surroundings
from geoprospect.evidence.survey import Survey

register_column("raster", RasterBand)
register_column("categorical", Categorical)
register_column("ordinal", Ordinal)
register_column("distance", Distance)
register_column("inside", Inside)
register_column("density", Density)
register_column("direction", Direction)
register_column("attribute", Attribute)

__all__ = [
    "Attribute",
    "Block",
    "Column",
    "Density",
    "Direction",
    "Distance",
    "EvidenceStack",
    "Inside",
    "Neighbourhood",
    "OpenColumn",
    "RasterBand",
    "Surroundings",
    "Survey",
    "column_kinds",
    "evidence_range",
    "open_evidence",
    "register_column",
]
