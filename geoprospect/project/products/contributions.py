"""Why here: what each layer contributes to the score of each cell."""

from __future__ import annotations

from geoprospect.mapping.contributions import write_contributions
from geoprospect.mapping.writing import RasterSummary
from geoprospect.project import results
from geoprospect.project.inputs import Inputs
from geoprospect.project.products.product import MadeRun
from geoprospect.project.settings import NoSettings


class ContributionsProduct:
    """The raster of contributions; see `geoprospect.mapping.contributions`."""

    name = "contributions"
    files = (results.CONTRIBUTIONS,)

    def check(self, inputs: Inputs, settings: NoSettings) -> None:
        """Refuse nothing: a model that maps can be explained."""

    def make(self, made: MadeRun, settings: NoSettings) -> RasterSummary:
        """Write the raster."""
        return write_contributions(
            made.model,
            made.inputs.evidence,
            results.CONTRIBUTIONS.path(made.folder),
            execution=made.execution,
            overwrite=made.overwrite,
            resume=made.resume,
            progress=made.stage("contributions"),
        )
