"""How QGIS shows a raster: the style of a kernel's band, as its cells ask for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import rasterio

from geoprospect.grid import area_units
from geoprospect.mapping.job import Job
from geoprospect.mapping.kernel import NODATA, Kernel
from geoprospect.mapping.shares import breaks
from geoprospect.mapping.statistics import Statistics
from geoprospect.qgis.steps import AreaShares
from geoprospect.typing import Ints, Values


def styled(job: Job, kernel: Kernel, statistics: Sequence[Statistics]) -> str | None:
    """Give the style of the first band that has one and a value; None where none has.

    Parameters
    ----------
    job : Job
        The job, all parts written.
    kernel : Kernel
        What made them.
    statistics : sequence of Statistics
        Of each band.
    """
    for number, (band, figures) in enumerate(zip(kernel.bands, statistics, strict=True), start=1):
        if band.style is None or not figures.n:
            continue
        style = band.style
        if isinstance(style, AreaShares):
            found = breaks(partial(_cells, job, number), style.shares)
            style = style.broken_at(found)
        return style(figures.minimum, figures.maximum, band=number)
    return None


def _cells(job: Job, band: int) -> Iterator[tuple[Values, Ints | None]]:
    """Give the valid cells of each part with their areas; parts are read faster than the map."""
    for number, window in enumerate(job.windows):
        if job.figures(number).empty:
            continue
        with rasterio.open(job.raster(number)) as part:
            values = part.read(band)
        valid, units = values != NODATA, area_units(job.grid, window)
        yield values[valid], None if units is None else np.broadcast_to(units, valid.shape)[valid]
