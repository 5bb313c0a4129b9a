"""The settings of targets: which cells are taken, and what is told of the ground they take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field

from geoprospect.errors import TargetsError

Format = Literal["geojson", "shp", "csv", "kml"]
FORMATS: tuple[Format, ...] = get_args(Format)
"""What targets can be written as beside the GeoPackage."""

Share = Annotated[float, Field(gt=0, le=1)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]

DEFAULT_SHARE = 0.02
"""Of the area: what can be walked over. The crossing of the prediction-area plot takes ten times
as much or more of most maps, and without a calibration there are no deposits to count."""


@dataclass(frozen=True)
class TargetSettings:
    """Which cells become targets, and how.

    At most one of `threshold`, `share` and `deposits` is given; without any, the best 2% of the
    area are taken, a share that can be walked over.

    Attributes
    ----------
    threshold : float or "crossing", optional
        Cells that reach this score; or where the prediction-area curves of a run cross.
    share : float, optional
        The best cells that hold this share of the area.
    deposits : float, optional
        The best cells that hold this share of the expected deposits of a calibrated map.
    smooth : float
        Scale of a Gaussian mean of the scores that the threshold is held against, in cells.
    smallest : float, optional
        Targets of less ground than this are left out, in km²; by default those of less than a
        hundredth of the ground taken, but no more than leave `number` targets.
    simplify : float
        How far outlines may leave the edges of cells, in cells; 0 keeps them there, and areas
        exact to the cell.
    number : int
        Targets on the shortlist.
    apart : float, optional
        Distance that the best cells of targets on the shortlist keep, in km; by default a quarter
        of what lay between as many targets evenly spread over the map.
    roads, claims : str, optional
        Vector files; each target tells its distance to the nearest feature.
    formats : tuple of {"geojson", "shp", "csv", "kml"}
        Files to write beside the GeoPackage.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    threshold: Literal["crossing"] | Annotated[float, Field(allow_inf_nan=False)] | None = None
    share: Share | None = None
    deposits: Share | None = None
    smooth: Annotated[float, Field(ge=0, le=1000)] = 0.0
    smallest: NotNegative | None = None
    simplify: NotNegative = 0.0
    number: Annotated[int, Field(ge=1, le=10_000)] = 10
    apart: NotNegative | None = None
    roads: str | None = None
    claims: str | None = None
    formats: tuple[Format, ...] = ()

    def check(self, *, calibrated: bool = True) -> None:
        """Refuse several rules for which cells are taken, and one that cannot be followed.

        Parameters
        ----------
        calibrated : bool
            Whether probabilities are known.

        Raises
        ------
        TargetsError
            If more than one is given, or deposits are asked for without probabilities.
        """
        rules = ("threshold", "share", "deposits")
        given = [name for name in rules if getattr(self, name) is not None]
        if len(given) > 1:
            raise TargetsError(
                "cells are taken by one rule alone",
                found=" and ".join(given),
                mend=f"keep one of them, as in {given[0]} = {getattr(self, given[0])!r}",
            )
        if self.deposits is not None and not calibrated:
            raise TargetsError(
                "a share of the deposits is asked for, but how many are expected is not known",
                expected="a calibrated map",
                mend="write [calibration] with deposits = … in the project file and run it anew, "
                f"or give a share of the area, as in share = {DEFAULT_SHARE}",
            )

    def neighbours(self) -> Iterator[tuple[str, str]]:
        """Give name and file of the layers whose distance is told."""
        for name in ("roads", "claims"):
            path = getattr(self, name)
            if path is not None:
                yield name, path
