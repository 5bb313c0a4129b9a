"""Files: written whole or not at all, never overwritten unasked, and known by their checksum."""

from geoprospect.output.features import write_features, write_points
from geoprospect.output.files import (
    check_absent,
    check_apart,
    checksum,
    move_raster,
    output_error,
    raster_written,
    replacing,
    sidecars,
    write_for_good,
)
from geoprospect.output.lock import sole_writer

__all__ = [
    "check_absent",
    "check_apart",
    "checksum",
    "move_raster",
    "output_error",
    "raster_written",
    "replacing",
    "sidecars",
    "sole_writer",
    "write_features",
    "write_for_good",
    "write_points",
]
