"""How sure a map is: what may be asked for, and the defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field


@dataclass(frozen=True)
class UncertaintySettings:
    """What the uncertainty of a map is made of.

    Attributes
    ----------
    refits : int
        Times that the method is fitted again on resampled points.
    members : int
        Members of each, of an average those of each part; of one, the part of the seeds is not
        told.
    threshold : float
        The score that a band tells the probability of being above.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    refits: Annotated[int, Field(ge=5, le=1000)] = 30
    members: Annotated[int, Field(ge=1, le=100)] = 2
    threshold: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.5
