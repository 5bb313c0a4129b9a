"""Models that travel to other processes by description: their folder, and what they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geoprospect.errors import ModelError, OutputError
from geoprospect.mapping.execution import Execution
from geoprospect.model.model import ProspectivityModel


def described(model: ProspectivityModel) -> dict[str, Any] | None:
    """Describe a model by its folder and identity; one in no folder cannot be known again."""
    if model.folder is None:
        return None
    return {
        "model": model.identity,
        "folder": Path(model.folder).absolute(),
        "formats": model.formats,
    }


def model_of(description: Mapping[str, Any]) -> ProspectivityModel:
    """Load the model of what `described` gives, among other things.

    Raises
    ------
    ModelError
        If it cannot be read, or is another one by now.
    """
    model = ProspectivityModel.load(description["folder"], formats=description["formats"])
    if model.identity != description["model"]:
        raise ModelError("is not the model that the map was begun with", path=description["folder"])
    return model


def check_travels(model: ProspectivityModel, execution: Execution) -> None:
    """Refuse a model in no folder where other processes are to load it.

    Raises
    ------
    OutputError
        If they cannot.
    """
    if execution.distributed and model.folder is None:
        raise OutputError(
            "only a model in a folder can be sent to other processes",
            mend="save the model and load it again",
        )
