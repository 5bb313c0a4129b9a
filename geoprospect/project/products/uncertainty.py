"""How sure: the spread of each cell's score over refits on resampled points; what to measure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from geoprospect.grid import vector_crs
from geoprospect.model.refitting import Refitting
from geoprospect.output import check_absent, replacing, write_points
from geoprospect.project import results
from geoprospect.project.inputs import Inputs
from geoprospect.project.products.product import MadeRun
from geoprospect.project.qgisproject.points import style_next
from geoprospect.reliability.uncertainty import (
    ClusterBootstrap,
    NextCell,
    UncertaintySettings,
    UncertaintySummary,
    cells_to_measure,
    write_measure_next,
    write_uncertainty,
)

_APART = 1 / 4  # of the range of the evidence: cells nearer to each other tell much the same


@dataclass(frozen=True)
class Sureness:
    """How sure a run's map is, and what would make it surer.

    Attributes
    ----------
    uncertainty : UncertaintySummary
        Of the raster of uncertainty.
    next_cells : tuple of NextCell
        The cells to measure next, best first.
    apart : float
        Metres between these at least.
    """

    uncertainty: UncertaintySummary
    next_cells: tuple[NextCell, ...]
    apart: float


class UncertaintyProduct:
    """The raster of uncertainty; see `geoprospect.reliability.uncertainty`."""

    name = "uncertainty"
    files = (results.UNCERTAINTY, results.MEASURE_NEXT, results.NEXT_CELLS)

    def check(self, inputs: Inputs, settings: UncertaintySettings) -> None:
        """Refuse points that are one cluster, of which no resample differs."""
        method = inputs.method
        _ = ClusterBootstrap(Refitting(inputs.fit_inputs([method]), method)).resampling

    def make(self, made: MadeRun, settings: UncertaintySettings) -> Sureness:
        """Fit the method again, and write the rasters and the list."""
        method, inputs = made.method, made.inputs
        uncertainty = results.UNCERTAINTY.path(made.folder)
        measure_next = results.MEASURE_NEXT.path(made.folder)
        listed = results.NEXT_CELLS.path(made.folder)
        check_absent(listed, overwrite=made.overwrite)
        bootstrap = ClusterBootstrap(
            Refitting(inputs.fit_inputs([method]), method, settings.refits, settings.members)
        )
        summary = write_uncertainty(
            bootstrap,
            uncertainty,
            threshold=settings.threshold,
            execution=made.execution,
            overwrite=made.overwrite,
            resume=made.resume,
            progress=made.progress,
        )
        known = made.model.training_cells
        write_measure_next(uncertainty, measure_next, known=known, overwrite=made.overwrite)
        apart = bootstrap.near * _APART
        map_file = results.MAP.path(made.folder)
        cells = cells_to_measure(measure_next, uncertainty, map_file, apart=apart)
        with replacing(listed, overwrite=made.overwrite) as temporary:
            _write(cells, inputs, temporary)
            style_next(temporary)
        return Sureness(summary, cells, apart)


def _write(cells: tuple[NextCell, ...], inputs: Inputs, path: Path) -> None:
    """Write the cells as points, each with its rank, its figures, and what they say in words."""
    crs = inputs.evidence.grid.crs
    table: dict[str, Any] = {"rank": np.arange(1, len(cells) + 1)}
    for name in ("bits", "score", "std", "best"):
        table[name] = [asdict(cell)[name] for cell in cells]
    table["words"] = [cell.sentence() for cell in cells]
    places = gpd.points_from_xy([c.easting for c in cells], [c.northing for c in cells])
    points = gpd.GeoDataFrame(table, geometry=places, crs=crs.to_wkt())
    write_points(points.to_crs(vector_crs(crs)), path)
