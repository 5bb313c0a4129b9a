"""The calibrated map of a project: what its method scores in space, and the deposits expected."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from geoprospect.crossval import FoldScheme, HeldOutScores, held_out_scores
from geoprospect.methods import Method
from geoprospect.model import FitInputs
from geoprospect.output import replacing
from geoprospect.project import results
from geoprospect.project.settings import CalibrationSettings
from geoprospect.reliability.calibration import Calibration, ProbabilitySummary, write_probability
from geoprospect.samples import DistinctCells
from geoprospect.typing import Progress

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Calibrated:
    """A calibration fitted for a project, before its map is made.

    Attributes
    ----------
    calibration : Calibration
        The curve, without its prior correction.
    deposits : float
        Expected number of deposits in the mapped area.
    scheme : FoldScheme
        How the points were held out.
    held_out : HeldOutScores
        What the project's method scored there.
    """

    calibration: Calibration
    deposits: float
    scheme: FoldScheme
    held_out: HeldOutScores

    def write(
        self, map_file: Path, progress: Callable[[int, int], None] | None = None
    ) -> ProbabilitySummary:
        """Write `probability.tif`, its `.qml` and `calibration.json` beside a map.

        Raises
        ------
        GeoprospectError
            If the deposits are as many as the cells, or a file cannot be read or written.
        """
        summary = write_probability(
            self.calibration,
            map_file,
            results.PROBABILITY.path(map_file.parent),
            deposits=self.deposits,
            progress=progress,
        )
        content = {
            **summary.calibration.to_dict(),
            "deposits": self.deposits,
            "scheme": asdict(self.scheme),
            "auc": self.held_out.auc.tolist(),
        }
        with replacing(results.CALIBRATION.path(map_file.parent)) as temporary:
            temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        _LOGGER.info(
            f"probability: {summary.deposits:.6g} deposits expected in {summary.n_valid} cells; "
            f"in one cell from {summary.minimum:.2g} to {summary.maximum:.2g}"
        )
        return summary


def calibrate(
    inputs: FitInputs,
    method: Method,
    scheme: FoldScheme,
    settings: CalibrationSettings,
    *,
    progress: Progress | None = None,
) -> Calibrated:
    """Cross-validate a method in space and fit its calibration.

    Parameters
    ----------
    inputs : FitInputs
        What the method is fitted on.
    method : Method
        The method.
    scheme : FoldScheme
        How points are held out.
    settings : CalibrationSettings
        The kind of curve, and the deposits expected.
    progress : callable, optional
        Called with the stage, the steps done, the steps in all and a word on them.

    Raises
    ------
    SamplesError
        If the points do not allow the folds.
    ScoreError
        If the scores at points held out carry no skill.
    """
    held_out = held_out_scores(inputs, method, scheme, progress=progress)
    _LOGGER.info(
        f"calibration: {scheme.folds} regions held out, {scheme.repeats} times, with a buffer of "
        f"{scheme.buffer:.6g} m: area under the ROC curve "
        f"{held_out.auc.mean():.3f}"
    )
    distinct = DistinctCells.of(inputs.points)
    scores = held_out.scores[:, distinct.representatives]
    calibration = Calibration.fit(scores, distinct.samples.label, method=settings.method)
    return Calibrated(calibration, settings.deposits, scheme, held_out)
