"""Evidence: columns on one grid, read as one stack."""

from geoprospect.evidence.access import open_evidence
from geoprospect.evidence.block import Block
from geoprospect.evidence.column import Column, OpenColumn, column_kinds, register_column
from geoprospect.evidence.computed.categorical import Categorical, Ordinal
from geoprospect.evidence.computed.combined import Difference, LogRatios, Ratio
from geoprospect.evidence.computed.derivatives import (
    AnalyticSignal,
    HorizontalGradient,
    Tilt,
    VerticalDerivative,
)
from geoprospect.evidence.computed.neighbourhood import Neighbourhood
from geoprospect.evidence.computed.surroundings import Surroundings
from geoprospect.evidence.features.kinds import (
    Attribute,
    Density,
    Direction,
    Distance,
    Inside,
)
from geoprospect.evidence.ranges import evidence_range
from geoprospect.evidence.rasters.bandgroup import BandGroup
from geoprospect.evidence.rasters.rasterband import RasterBand
from geoprospect.evidence.stack import EvidenceStack
from geoprospect.evidence.stations.column import Stations
from geoprospect.evidence.survey import Survey

_KINDS: dict[str, type[Column]] = {
    "raster": RasterBand,
    "bands": BandGroup,
    "categorical": Categorical,
    "ordinal": Ordinal,
    "distance": Distance,
    "inside": Inside,
    "density": Density,
    "direction": Direction,
    "attribute": Attribute,
    "ratio": Ratio,
    "difference": Difference,
    "log-ratio": LogRatios,
    "horizontal-gradient": HorizontalGradient,
    "vertical-derivative": VerticalDerivative,
    "tilt": Tilt,
    "analytic-signal": AnalyticSignal,
    "stations": Stations,
}
for _kind, _class in _KINDS.items():
    register_column(_kind, _class)

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
    "Stations",
    "Surroundings",
    "Survey",
    "column_kinds",
    "evidence_range",
    "open_evidence",
    "register_column",
]
