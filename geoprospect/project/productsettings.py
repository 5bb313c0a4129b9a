"""The settings of a project's optional products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator

from geoprospect.crossval.importance.settings import ImportanceSettings
from geoprospect.reliability.uncertainty.settings import UncertaintySettings
from geoprospect.targets.settings import TargetSettings

_FORBID: dict[str, Any] = {"extra": "forbid"}  # a setting that is not known is a mistake


def _asked(product: object) -> object:
    """Take `true` for a product with its default settings, and `false` for none."""
    return {} if product is True else None if product is False else product


Asked = BeforeValidator(_asked)
"""Of a product that is asked for by `true`, or by a table of its settings."""


@dataclass(frozen=True)
class NoSettings:
    """Those of a product that leaves nothing to choose."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _FORBID


@dataclass(frozen=True)
class ProductSettings:
    """The optional products, each None where none is asked for.

    See `geoprospect.project.products`, whose registry names a product for each field.

    Attributes
    ----------
    contributions : NoSettings, optional
        What each layer contributes to the score of each cell.
    importance : ImportanceSettings, optional
        What the map rests on overall: what each layer is worth, and how the score changes with it.
    applicability : NoSettings, optional
        Where the map may be believed: on ground like the training cells.
    uncertainty : UncertaintySettings, optional
        How sure the score of each cell is, and what to measure next.
    targets : TargetSettings, optional
        Where to go first: the best cells as polygons, ranked.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _FORBID

    contributions: Annotated[NoSettings | None, Asked] = None
    importance: Annotated[ImportanceSettings | None, Asked] = None
    applicability: Annotated[NoSettings | None, Asked] = None
    uncertainty: Annotated[UncertaintySettings | None, Asked] = None
    targets: Annotated[TargetSettings | None, Asked] = None
