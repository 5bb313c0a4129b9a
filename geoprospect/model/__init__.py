"""The fitted model: components, members and all that is known of where they came from."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from geoprospect.model.components import Components
from geoprospect.model.forwardpass import ForwardPass
from geoprospect.model.model import ProspectivityModel, load_model

if TYPE_CHECKING:
    from geoprospect.model.fitting import (
        cells_of_fit,
        cells_of_pretext,
        fit,
        fit_components,
        method_for,
    )
    from geoprospect.model.inputs import FitInputs
    from geoprospect.model.outofbag import out_of_bag_scores

__all__ = [
    "Components",
    "FitInputs",
    "ForwardPass",
    "ProspectivityModel",
    "cells_of_fit",
    "cells_of_pretext",
    "fit",
    "fit_components",
    "load_model",
    "method_for",
    "out_of_bag_scores",
]

_SLOW = {
    "FitInputs": "inputs",
    "cells_of_fit": "fitting",
    "cells_of_pretext": "fitting",
    "fit": "fitting",
    "fit_components": "fitting",
    "method_for": "fitting",
    "out_of_bag_scores": "outofbag",
}


def __getattr__(name: str) -> Any:
    """Import what fits models when it is asked for: it loads geopandas, which a map needs not."""
    if name not in _SLOW:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_SLOW[name]}"), name)
