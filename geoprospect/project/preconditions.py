"""The preconditions of a run: what `check` looks at, and `run` before it trains."""

from __future__ import annotations

import logging
from collections.abc import Callable

from geoprospect.errors import ProjectError
from geoprospect.evidence.doubts.codes import warn_of_codes
from geoprospect.evidence.rasters.alignment import alignments
from geoprospect.methods import HeedsNames, strategy_names, taken_by
from geoprospect.project.choosing import candidate_names
from geoprospect.project.inputs import Inputs
from geoprospect.project.outputfolder import check_products
from geoprospect.project.products.making import check_asked
from geoprospect.samples.giveaway import warn_of_giveaways

_LOGGER = logging.getLogger(__name__)
_LEARNED = ("lithology", "reconstruction")  # pretext tasks that take a training of their own
_SHARED = "class_weights"  # which baselines take too


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


def _doubtful_layers(inputs: Inputs) -> None:
    """Warn of layers that are no quantities, or give away what is to be learned."""
    warn_of_codes(inputs.evidence)
    warn_of_giveaways(inputs.training, inputs.evidence)


def _rock_classes(inputs: Inputs) -> None:
    """Read the rock classes where the pretext task is to tell them apart."""
    if inputs.method.pretext == "lithology":
        _ = inputs.rocks


def _strategies(inputs: Inputs) -> tuple[str, ...]:
    """Name the method of the project, or those that it is chosen from."""
    model = inputs.project.model
    return candidate_names(inputs.project) if model.chosen else (model.fixed,)


def settings_taken(inputs: Inputs) -> None:
    """Refuse settings of baselines that the method does not take, or no candidate.

    Raises
    ------
    ProjectError
        If one is changed; the settings taken are named.
    """
    baseline = vars(inputs.project.model.baseline)
    changed = [name for name, value in baseline.items() if value is not None]
    taken = taken_by(_strategies(inputs))
    foreign = [name for name in changed if name not in taken]
    if foreign:
        takers = taken_by(strategy_names()).get(foreign[0], ())
        raise ProjectError(
            f"the strategy takes no {', '.join(foreign)}",
            path=inputs.project.path,
            found=f"{foreign[0]} = {baseline[foreign[0]]!r} under [model.baseline], "
            f'strategy = "{inputs.project.model.strategy}"',
            expected=f"{', '.join(taken)} there" if taken else "nothing there",
            mend=f'leave it out, or write strategy = "{takers[0]}" under [model]'
            if takers
            else "leave it out",
        )


def _schedules_heeded(inputs: Inputs) -> None:
    """Warn of settings of networks where none is trained, or none learns a pretext task first."""
    model, methods = inputs.project.model, inputs.candidates.values()
    tasks = {method.pretext for method in methods}
    trained = bool(tasks - {"none"}) or "from-scratch" in _strategies(inputs)
    changes = {
        "training": []
        if trained
        else [name for name in _changed(model.training) if name != _SHARED],
        "pretraining": [] if tasks & set(_LEARNED) else _changed(model.pretraining),
    }
    for table, names in changes.items():
        if names:
            _LOGGER.warning(
                f"{inputs.project.path}: {', '.join(names)} under [model.{table}] "
                f"{'changes' if len(names) == 1 else 'change'} nothing: "
                + ("no network is trained" if table == "training" else "no pretext task is learned")
                + f' with strategy = "{model.strategy}". To mend it: leave {table} out, or '
                'write strategy = "fine-tuning"'
                + (' and pretext = "reconstruction"' if table == "pretraining" else "")
                + " under [model]"
            )


def _changed(settings: object) -> list[str]:
    """Name the settings that a project changes."""
    return [name for name, value in vars(settings).items() if value is not None]


def _layers_named(inputs: Inputs) -> None:
    """Refuse settings of methods that name layers which there are not."""
    for method in inputs.candidates.values():
        if isinstance(method, HeedsNames):
            method.told(inputs.evidence.names)


Precondition = Callable[[Inputs], object]

PRECONDITIONS: tuple[Precondition, ...] = (
    lambda inputs: check_products(inputs.project),
    lambda inputs: inputs.method,
    lambda inputs: inputs.evidence_sentence,
    lambda inputs: alignments(inputs.stack),
    lambda inputs: inputs.evidence,
    lambda inputs: inputs.training,
    _doubtful_layers,
    lambda inputs: inputs.validation,
    lambda inputs: inputs.drawn,
    lambda inputs: inputs.components,
    settings_taken,
    _schedules_heeded,
    _layers_named,
    _rock_classes,
    _fewer_deposits_than_cells,
    lambda inputs: inputs.calibration_scheme,
    check_asked,
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
