"""Why here: what each layer contributes to the score of each cell, and which contributes most."""

from __future__ import annotations

from typing import Any

from geoprospect.mapping.contributions import write_contributions
from geoprospect.mapping.leading import write_leading_layer
from geoprospect.mapping.writing import RasterSummary
from geoprospect.project import results
from geoprospect.project.inputs import Inputs
from geoprospect.project.products.product import MadeRun
from geoprospect.project.productsettings import NoSettings


class ContributionsProduct:
    """The rasters of contributions and leading layers.

    See `geoprospect.mapping.contributions` and `geoprospect.mapping.leading`.
    """

    name = "contributions"
    files = (results.CONTRIBUTIONS, results.LEADING_LAYER)

    def check(self, inputs: Inputs, settings: NoSettings) -> None:
        """Refuse nothing: a model that maps can be explained."""

    def make(self, made: MadeRun, settings: NoSettings) -> tuple[RasterSummary, ...]:
        """Write the contributions, and of them the leading layers."""
        path = results.CONTRIBUTIONS.path(made.folder)
        told: dict[str, Any] = {
            "execution": made.execution,
            "overwrite": made.overwrite,
            "resume": made.resume,
        }
        summary = write_contributions(
            made.model, made.inputs.evidence, path, progress=made.stage("contributions"), **told
        )
        leading = results.LEADING_LAYER.path(made.folder)
        progress = made.stage("leading layer")
        return summary, write_leading_layer(path, leading, progress=progress, **told)
