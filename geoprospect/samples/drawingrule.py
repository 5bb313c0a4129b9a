"""The rule that non-occurrences are drawn by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from geoprospect.samples.areas import Area

DrawingMethod = Literal["random", "dissimilar"]


@dataclass(frozen=True)
class DrawingRule:
    """Which cells are drawn as non-occurrences, and how many.

    Attributes
    ----------
    draws : int
        How many times cells are drawn: each member of an ensemble learns from one draw.
    number : int, optional
        Cells of a draw. By default as many as hold an occurrence, so that neither label
        outweighs the other.
    distance : float, optional
        No cell whose centre is nearer than this to an occurrence is drawn, in metres. By
        default the median distance from an occurrence to the next, within which another one
        is as likely as not; at most the median distance of the valid cells, so that half of them
        are left.
    method : {"random", "dissimilar"}
        Each cell as likely as any other; or in proportion to its distance, in standardised
        evidence, from the occurrence most like it.
    within : Area, optional
        Draw inside this area only.

    Notes
    -----
    That non-occurrences be random, far from occurrences and as many as these are the criteria of
    Carranza, Hale & Faassen (2008), Ore Geology Reviews 33: 536-558, who read the distance off
    the pattern of the occurrences likewise. That members learn from draws of their own, because
    a single draw sways the map, follows Zuo & Wang (2020), Natural Resources Research 29:
    3443-3455.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    draws: Annotated[int, Field(ge=1, le=10_000)] = 10
    number: Annotated[int, Field(ge=1)] | None = None
    distance: Annotated[float, Field(ge=0)] | None = None
    method: DrawingMethod = "random"
    within: Area | None = None
