"""The preconditions of a run: what `check` looks at, and `run` before it trains."""

from __future__ import annotations

from collections.abc import Callable

from geoprospect.errors import ProjectError
from geoprospect.methods import Boosting
from geoprospect.project.inputs import Inputs
from geoprospect.project.outputfolder import check_products


def _fewer_deposits_than_cells(inputs: Inputs) -> None:
    """Refuse a calibration that expects a deposit in every cell."""
    settings = inputs.project.calibration
    if settings is not None and settings.deposits >= inputs.n_valid:
        raise ProjectError(
            "a cell holds a deposit or none, so there must be fewer of them than valid cells",
            path=inputs.project.path,
            found=f"{settings.deposits:g} deposits, {inputs.n_valid} valid cells",
            mend="correct `deposits` under [calibration]",
        )


def _rock_classes(inputs: Inputs) -> None:
    """Read the rock classes where the pretext task is to tell them apart."""
    if inputs.method.pretext == "lithology":
        _ = inputs.rocks


def _monotonic_layers(inputs: Inputs) -> None:
    """Refuse directions of layers that there are not, or for a method that heeds none."""
    directions = inputs.project.model.baseline.monotonic
    if isinstance(inputs.method, Boosting):
        inputs.method.told(inputs.evidence.names)
    elif directions:
        raise ProjectError(
            "only boosting can be held to rise or fall with a layer",
            path=inputs.project.path,
            found=f'monotonic under [model.baseline], strategy = "{inputs.project.model.strategy}"',
            mend='write strategy = "boosting" under [model], or leave `monotonic` out',
        )


Precondition = Callable[[Inputs], object]

PRECONDITIONS: tuple[Precondition, ...] = (
    lambda inputs: check_products(inputs.project),
    lambda inputs: inputs.method,
    lambda inputs: inputs.evidence_sentence,
    lambda inputs: inputs.evidence,
    lambda inputs: inputs.training,
    lambda inputs: inputs.validation,
    lambda inputs: inputs.drawn,
    lambda inputs: inputs.components,
    _monotonic_layers,
    _rock_classes,
    _fewer_deposits_than_cells,
    lambda inputs: inputs.calibration_scheme,
)
"""What must hold before a run trains, in the order in which it is looked at."""


def require(inputs: Inputs) -> None:
    """Refuse what would stop a run later.

    Parameters
    ----------
    inputs : Inputs
        What the run reads.

    Raises
    ------
    GeoprospectError
        The first of the preconditions that does not hold.
    """
    for precondition in PRECONDITIONS:
        precondition(inputs)
