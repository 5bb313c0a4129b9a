"""May it be believed here: where the model maps ground that is like its training cells."""

from __future__ import annotations

import json
import logging

from geoprospect.output import replacing
from geoprospect.project import results
from geoprospect.project.inputs import Inputs
from geoprospect.project.products.product import MadeRun
from geoprospect.project.productsettings import NoSettings
from geoprospect.reliability.applicability import (
    ApplicabilitySummary,
    fit_applicability,
    write_applicability,
)

_LOGGER = logging.getLogger(__name__)


class ApplicabilityProduct:
    """The area of applicability; see `geoprospect.reliability.applicability`."""

    name = "applicability"
    files = (results.APPLICABILITY, results.APPLICABILITY_FIGURES)

    def check(self, inputs: Inputs, settings: NoSettings) -> None:
        """Refuse nothing: points that a model learns from tell what is unlike them."""

    def make(self, made: MadeRun, settings: NoSettings) -> ApplicabilitySummary:
        """Write the raster and its figures."""
        seed = made.project.model.seed
        inputs = made.inputs
        fitted = fit_applicability(made.model, inputs.evidence, inputs.points, seed=seed)
        summary = write_applicability(
            fitted,
            inputs.evidence,
            results.APPLICABILITY.path(made.folder),
            execution=made.execution,
            overwrite=made.overwrite,
            resume=made.resume,
            progress=made.stage("applicability"),
        )
        path = results.APPLICABILITY_FIGURES.path(made.folder)
        with replacing(path, overwrite=made.overwrite) as temporary:
            temporary.write_text(json.dumps(summary.to_dict(), indent=1) + "\n", encoding="utf-8")
        _LOGGER.info(f"applicability: {summary.sentences()[0]}")
        return summary
