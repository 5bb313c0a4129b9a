"""The audit of the published study: what its tables repeat, lack and leak."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoprospect.model import Components
from geoprospect.published.tables import LAYERS, PublishedTable, Study


@dataclass(frozen=True)
class Overlap:
    """Rows of one table that lie in cells of another.

    Attributes
    ----------
    rows, of : str
        Names of the two tables.
    n : int
        Rows of the first that repeat a cell of the second.
    n_rows : int
        Rows of the first.
    """

    rows: str
    of: str
    n: int
    n_rows: int


@dataclass(frozen=True)
class StudyAudit:
    """What the audit of the study's tables found; rows are counted from 0.

    Attributes
    ----------
    n_training, n_occurrences : int
        Training points, and those that are occurrences.
    no_coordinates : tuple of int
        Training rows at easting and northing 0.
    n_repeated : int
        Training rows that repeat the cell of an earlier row.
    repeats : tuple of int
        Rows of the validation points that repeat the cell of a training point.
    n_validation, n_repeats : dict of str to int
        Validation points, and those that repeat, by "occurrences" and "non-occurrences".
    overlaps : tuple of Overlap
        Cells that the tables share.
    residual : float
        The largest difference between the published components and those recovered.
    """

    n_training: int
    n_occurrences: int
    no_coordinates: tuple[int, ...]
    n_repeated: int
    repeats: tuple[int, ...]
    n_validation: dict[str, int]
    n_repeats: dict[str, int]
    overlaps: tuple[Overlap, ...]
    residual: float

    @classmethod
    def of(cls, study: Study) -> StudyAudit:
        """Audit a study.

        Raises
        ------
        ComponentsError
            If the published components cannot be recovered from the paired tables.
        """
        training, validation = study.training, study.validation
        repeats = validation.within(training)
        named = {
            "training": training,
            "validation": validation,
            "03 (rock classes)": study.lithology,
            "013 (random cells)": study.random,
        }
        pairs = [
            (rows, of)
            for rows in ("validation", "training")
            for of in ("training", "03 (rock classes)", "013 (random cells)")
            if rows != of
        ]
        recovered = recovered_components(study).transform(study.evidence)
        return cls(
            len(training.label),
            training.n_occurrences,
            tuple(np.flatnonzero(~located(study)).tolist()),
            len(training.label) - len(set(training.cells)),
            tuple(np.flatnonzero(repeats).tolist()),
            _by_label(validation, np.ones(len(repeats), bool)),
            _by_label(validation, repeats),
            tuple(
                Overlap(rows, of, int(named[rows].within(named[of]).sum()), len(named[rows].P))
                for rows, of in pairs
            ),
            float(np.abs(recovered - training.P).max()),
        )

    def leak(self) -> str:
        """Say in a sentence how many validation points repeat a training point's cell."""
        parts = " and ".join(
            f"{self.n_repeats[name]} of the {self.n_validation[name]} {name}"
            for name in ("non-occurrences", "occurrences")
        )
        return (
            f"{len(self.repeats)} of the {sum(self.n_validation.values())} validation points "
            f"repeat a training point's cell: {parts}."
        )

    def lines(self) -> list[str]:
        """Say in sentences what was found, the leak first."""
        missing = f"{len(self.no_coordinates)} training points have no coordinates"
        if self.no_coordinates:
            missing += f" (rows {', '.join(map(str, self.no_coordinates))}, counted from 0)"
        rest = {name: self.n_validation[name] - self.n_repeats[name] for name in self.n_validation}
        return [
            self.leak(),
            f"The {sum(rest.values())} validation points that share no cell with training are "
            f"{rest['occurrences']} occurrences and {rest['non-occurrences']} non-occurrences: "
            "scores on them are coarse.",
            f"{self.n_training} training points, {self.n_occurrences} of them occurrences; "
            f"{self.n_repeated} repeat the cell of another.",
            missing.replace("1 training points have", "1 training point has") + ".",
            *(
                f"{overlap.n} of the {overlap.n_rows} {overlap.rows} points lie in cells of "
                f"{overlap.of}."
                for overlap in self.overlaps[1:]
            ),
            f"The components are recovered from the paired tables to {self.residual:.1e}.",
        ]


def recovered_components(study: Study) -> Components:
    """Recover the study's components from its raw and its transformed training points.

    Raises
    ------
    ComponentsError
        If no standardised rotation links the two tables.
    """
    return Components.recover(study.evidence, study.training.P, names=LAYERS)


def located(study: Study) -> npt.NDArray[np.bool_]:
    """Tell which training points have coordinates."""
    return np.asarray((study.easting != 0) | (study.northing != 0))


def _by_label(table: PublishedTable, rows: npt.NDArray[np.bool_]) -> dict[str, int]:
    """Count rows that are occurrences, and those that are not."""
    return {
        "occurrences": int((rows & (table.label == 1)).sum()),
        "non-occurrences": int((rows & (table.label == 0)).sum()),
    }
