"""How the importance of layers is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field


@dataclass(frozen=True)
class ImportanceSettings:
    """How it is found out what a model uses.

    Attributes
    ----------
    folds : int
        Regions that are held out in turn.
    repeats : int
        How often, with other regions.
    buffer : float
        Points this near to those held out are not learned from, in metres.
    permutations : int
        How often the values of a layer change places among the points held out.
    correlated : float
        Layers whose ranks correlate as strongly as this, or more, each with each, are a group.
    cells : int
        Valid cells drawn, over which effects of layers are taken.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    folds: Annotated[int, Field(ge=2, le=1000)] = 5
    repeats: Annotated[int, Field(ge=1, le=1000)] = 3
    buffer: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    permutations: Annotated[int, Field(ge=2, le=1000)] = 5
    correlated: Annotated[float, Field(gt=0, le=1)] = 0.7
    cells: Annotated[int, Field(ge=20, le=100_000)] = 500
