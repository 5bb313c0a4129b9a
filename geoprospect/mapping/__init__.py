"""Windows in, GeoTIFF out: rasters in bounded memory, resumable, on one machine or a cluster."""

from geoprospect.mapping.execution import Execution
from geoprospect.mapping.kernel import NODATA, Band, Kernel, KernelResult, Overviews, Words
from geoprospect.mapping.score import MapSummary, ScoreKernel, write_map
from geoprospect.mapping.statistics import Statistics
from geoprospect.mapping.writing import RasterSummary, write_raster
from geoprospect.qgis.steps import percentages
from geoprospect.qgis.style import MAGMA, Ramp
from geoprospect.qgis.veil import Veil

__all__ = [
    "MAGMA",
    "NODATA",
    "Band",
    "Execution",
    "Kernel",
    "KernelResult",
    "MapSummary",
    "Overviews",
    "Ramp",
    "RasterSummary",
    "ScoreKernel",
    "Statistics",
    "Veil",
    "Words",
    "percentages",
    "write_map",
    "write_raster",
]
