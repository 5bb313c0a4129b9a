"""What the model uses overall: what layers are worth, their effects, and how they act together."""

from __future__ import annotations

import logging

from geoprospect.crossval.importance.measuring import scheme_of
from geoprospect.crossval.importance.modeluse import ModelUse, model_use
from geoprospect.crossval.importance.settings import ImportanceSettings
from geoprospect.errors import SamplesError
from geoprospect.project import results
from geoprospect.project.inputs import Inputs
from geoprospect.project.products.product import MadeRun
from geoprospect.samples import DistinctCells

_LOGGER = logging.getLogger(__name__)


class ImportanceProduct:
    """The page of what the model uses, and its figures; see `geoprospect.crossval.importance`."""

    name = "importance"
    files = (results.IMPORTANCE, results.IMPORTANCE_PAGE)

    def check(self, inputs: Inputs, settings: ImportanceSettings) -> None:
        """Refuse points that do not allow the folds."""
        points = DistinctCells.of(inputs.points).samples
        try:
            scheme_of(settings, inputs.project.model.seed).splits(points)
        except SamplesError as error:
            raise SamplesError(
                f"what layers are worth cannot be told by {settings.folds} regions held out in "
                f"turn, with a buffer of {settings.buffer:.6g} m",
                found=str(error).partition(". To mend it")[0],
                mend="ask for fewer regions or a narrower buffer, as importance = { folds = 3 } "
                "under [products], or --folds 3",
            ) from error

    def make(self, made: MadeRun, settings: ImportanceSettings) -> ModelUse:
        """Fit the method of the map to each fold, and write page and figures."""
        method = made.method
        use = model_use(
            made.inputs.fit_inputs([method]), method, made.model, settings, progress=made.progress
        )
        for line in use.sentences():
            _LOGGER.info(f"importance: {line}")
        from geoprospect.crossval.importance.page import (  # noqa: PLC0415 - draws, which is slow
            write_model_use,
        )

        write_model_use(use, made.folder, overwrite=made.overwrite)
        return use
