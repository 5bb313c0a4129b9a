"""Windows in, GeoTIFF out: the map in bounded memory, resumable, on one machine or a cluster."""

from geoprospect.mapping.execution import Execution
from geoprospect.mapping.job import NODATA
from geoprospect.mapping.writing import MapSummary, write_map

__all__ = ["NODATA", "Execution", "MapSummary", "write_map"]
