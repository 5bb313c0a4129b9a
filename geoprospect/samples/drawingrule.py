"""The rule that non-occurrences are drawn by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from geoprospect.samples.areas import Area
from geoprospect.samples.source import PointsSource

DrawingMethod = Literal["random", "dissimilar", "background"]

_BACKGROUND = 5_000  # cells of a draw


@dataclass(frozen=True)
class DrawingRule:
    """Which cells are drawn as non-occurrences, and how many.

    Attributes
    ----------
    draws : int
        How many times cells are drawn: each member of an ensemble learns from one draw.
    number : int, optional
        Cells of a draw. By default as many as hold an occurrence, so that neither label
        outweighs the other; of a background 5,000, or as many as there are.
    distance : float, optional
        No cell whose centre is nearer than this to an occurrence is drawn, in metres. By
        default the median distance from an occurrence to the next, within which another one
        is as likely as not; at most the median distance of the valid cells, so that half of them
        are left. A background keeps no distance.
    method : {"random", "dissimilar", "background"}
        Each cell as likely as any other; or in proportion to its distance, in standardised
        evidence, from the occurrence most like it; or thousands of cells, as likely one as
        another, that stand for the ground as it is, barren or not.
    within : Area, optional
        Draw inside this area only.
    target_group : PointsSource, optional
        Known points of other kinds: cells are the likelier drawn the more of them lie around.

    Notes
    -----
    That non-occurrences be random, far from occurrences and as many as these are the criteria of
    Carranza, Hale & Faassen (2008), Ore Geology Reviews 33: 536-558, who read the distance off
    the pattern of the occurrences likewise. That members learn from draws of their own, because
    a single draw sways the map, follows Zuo & Wang (2020), Natural Resources Research 29:
    3443-3455. A background weighs as much as the occurrences, for methods that weigh classes;
    forests let each tree grow on as many cells of it as there are occurrences, which serves them
    better (Valavi et al. 2021, Modelling species presence-only data with random forests, Ecography
    44: 1731-1742).
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    draws: Annotated[int, Field(ge=1, le=10_000)] = 10
    number: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    distance: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    method: DrawingMethod = "random"
    within: Area | None = None
    target_group: PointsSource | None = None

    def settled(self, *, cells: int, distance: float, allowed: int) -> DrawingRule:
        """Fill in the number and the distance that are not given.

        Parameters
        ----------
        cells : int
            Cells with an occurrence.
        distance : float
            The default distance, in metres.
        allowed : int
            Valid cells that none of these holds.
        """
        background = self.method == "background"
        number = min(_BACKGROUND, allowed) if background else cells
        return replace(
            self,
            number=self.number or number,
            distance=(0.0 if background else distance) if self.distance is None else self.distance,
        )
