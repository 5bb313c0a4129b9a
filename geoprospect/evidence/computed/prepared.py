"""Layers prepared: their values transformed, and what is missing of them filled in."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict  # pydantic takes no other before Python 3.12

from geoprospect.errors import EvidenceError
from geoprospect.evidence.column import Column, path_of
from geoprospect.evidence.computed.computedcolumn import OpenComputed
from geoprospect.evidence.computed.seen import Seen
from geoprospect.evidence.computed.transforms import (
    TRANSFORMS,
    AnyTransform,
    Clip,
    TransformName,
    UnfitError,
    learned_in_turn,
    with_learnt,
)
from geoprospect.grid import Grid
from geoprospect.typing import Bools, Floats, Ints, Values

_LOGGER = logging.getLogger(__name__)
Missing = Literal["median", "nearest", "indicator"]


class _ClipTable(TypedDict):
    """Values cut at two quantiles, as a project file writes it."""

    kind: Literal["clip"]
    low: Annotated[float, Field(ge=0, lt=0.5)]
    high: Annotated[float, Field(gt=0.5, le=1)]


@dataclass(frozen=True)
class PreparationSettings:
    """What a project file says of a layer's values.

    Attributes
    ----------
    transform : str, table, or list of both
        Transforms, in the order in which they are applied.
    missing, missing_within
        As `missing` and `within` of `Prepared`.

    Examples
    --------
    >>> from geoprospect.evidence import RasterBand
    >>> column = PreparationSettings(["clip", "log"]).applied_to(RasterBand("Cu", "cu.tif"))
    >>> [transform.kind for transform in column.transforms]
    ['clip', 'log']
    """

    transform: TransformName | _ClipTable | list[TransformName | _ClipTable] = field(
        default_factory=list
    )
    missing: Missing | None = None
    missing_within: Annotated[int, Field(ge=1, le=1000)] = 20

    def applied_to(self, column: Column) -> Prepared:
        """Give a column prepared so."""
        asked = self.transform if isinstance(self.transform, list) else [self.transform]
        transforms = tuple(
            TRANSFORMS[x]() if isinstance(x, str) else Clip(x["low"], x["high"]) for x in asked
        )
        return Prepared(column, transforms, self.missing, self.missing_within)


@dataclass(frozen=True)
class Prepared:
    """A layer whose values are transformed, and filled in where they are missing.

    Attributes
    ----------
    column : Column
        The layer, of one name.
    transforms : tuple of transform
        What is done to its values, in this order.
    missing : {"median", "nearest", "indicator"} or None
        What a cell without a value gets: the median of the layer; the value of the nearest cell
        that has one, the mean of several as near; or the median, and a further evidence
        ``NAME missing`` that is 1 there and 0 elsewhere. None leaves it without.
    within : int
        Cells within which the nearest is looked for; beyond, a cell stays without a value.
    fill : float or None
        The median, learned.

    Examples
    --------
    >>> from geoprospect.evidence import RasterBand
    >>> from geoprospect.evidence.computed.transforms import Log
    >>> Prepared(RasterBand("Cu", "cu.tif"), (Log(),), missing="indicator").names
    ('Cu', 'Cu missing')
    """

    column: Column
    transforms: tuple[AnyTransform, ...] = ()
    missing: Missing | None = None
    within: int = 20
    fill: float | None = None

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.column.names[0]

    @property
    def path(self) -> str | None:
        """The path that messages name."""
        return path_of(self.column)

    @property
    def names(self) -> tuple[str, ...]:
        """The layer's name and, where it is asked for, that of the indicator."""
        if self.missing == "indicator":
            return (self.name, f"{self.name} missing")
        return self.column.names

    @property
    def reach(self) -> int:
        """Cells about a window that are looked at."""
        return self.within if self.missing == "nearest" else 0

    @property
    def halo(self) -> int:
        """Cells about a window that are read with it."""
        return self.column.halo + self.reach

    @property
    def sources(self) -> tuple[Column, ...]:
        """The layer as it is."""
        return (self.column,)

    @property
    def settings(self) -> Mapping[str, Any]:
        """What is done."""
        kinds = [{"kind": x.kind, **asdict(x)} for x in self.transforms]
        return {"transforms": kinds, "missing": self.missing, "within": self.within}

    @property
    def learnt(self) -> Mapping[str, Any] | None:
        """What the transforms learned, and the median."""
        learnt = [x.learnt for x in self.transforms]
        if any(x is None for x in learnt) or (self._fills and self.fill is None):
            return None
        steps = {"transforms": [{"kind": x.kind, **(x.learnt or {})} for x in self.transforms]}
        return steps | ({"fill": self.fill} if self._fills else {})

    @property
    def _fills(self) -> bool:
        return self.missing in ("median", "indicator")

    def over(self, sources: tuple[Column, ...]) -> Prepared:
        """Give the same for another layer."""
        return replace(self, column=sources[0])

    def learn(self, seen: Sequence[Seen]) -> Prepared:
        """Learn from the layer's values, and say in the log what is filled in."""
        [layer] = seen
        try:
            transforms, values = learned_in_turn(self.transforms, layer.values)
        except UnfitError as unfit:
            raise EvidenceError(
                f"the transform cannot be applied: {unfit}",
                path=self.path,
                layer=self.name,
                mend=unfit.mend,
            ) from unfit
        if self.missing is not None:
            n = layer.n_cells - layer.survey.n_valid
            _LOGGER.info(
                f"layer {self.name}: {n} of {layer.n_cells} cells have no value "
                f"({n / layer.n_cells:.1%}); {self._sentence}"
            )
        fill = float(np.float32(np.median(values))) if self._fills else None
        return replace(self, transforms=transforms, fill=fill)

    @property
    def _sentence(self) -> str:
        match self.missing:
            case "nearest":
                return f"they get that of the nearest cell within {self.within} cells"
            case "indicator":
                return "they get the median, and an indicator tells them"
            case _:
                return "they get the median"

    def told(self, learnt: Mapping[str, Any]) -> Prepared:
        """Take what was learned before, if it is of the same transforms."""
        before = learnt["transforms"]
        if [x["kind"] for x in before] != [x.kind for x in self.transforms]:
            raise EvidenceError(
                "the model learned from the layer under other transforms",
                path=self.path,
                layer=self.name,
                found=", ".join(x.kind for x in self.transforms) or "none",
                expected=", ".join(x["kind"] for x in before) or "none",
                mend="give the layer the transforms that it was trained with",
            )
        steps = tuple(
            with_learnt(mine, {k: v for k, v in theirs.items() if k != "kind"})
            for mine, theirs in zip(self.transforms, before, strict=True)
        )
        return replace(self, transforms=steps, fill=learnt.get("fill"))

    def open(self, grid: Grid | None = None) -> OpenComputed:
        """Open the layer."""
        return OpenComputed.open(self, grid, reach=self.reach)

    def compute(self, values: Values, inner: tuple[slice, slice], out: Values) -> None:
        """Transform, and fill in."""
        cells = values[0]
        if self.transforms:
            exact: Floats = cells.astype(np.float64)
            for transform in self.transforms:
                exact = transform.apply(exact)
            cells = exact.astype(np.float32)
        if self.missing == "nearest":
            cells = filled_from_nearest(cells, self.within)
        out[0] = cells[inner]
        if self._fills:
            lacking = np.isnan(out[0])
            out[0][lacking] = self.fill
            if self.missing == "indicator":
                out[1] = lacking


def filled_from_nearest(cells: Values, within: int) -> Values:
    """Fill cells without a value from the nearest that has one, or the mean of several as near.

    Parameters
    ----------
    cells : ndarray of float32, shape (rows, columns)
        NaN where there is no value.
    within : int
        Distance in cells beyond which none is filled.

    Examples
    --------
    >>> filled_from_nearest(np.array([[1, np.nan, 3, np.nan, np.nan]], "f4"), 1).tolist()
    [[1.0, 2.0, 3.0, 3.0, nan]]
    """
    lacking: Bools = ~np.isfinite(cells)
    if not lacking.any() or lacking.all():
        return cells
    from scipy.ndimage import distance_transform_edt  # noqa: PLC0415 - slow to import

    # Nearest cells are found by distance alone, so that ties do not hang on the window.
    squares = np.rint(distance_transform_edt(lacking) ** 2).astype(np.int64)
    filled = cells.copy()
    rows, columns = np.nonzero(lacking & (squares <= within * within))
    distance = squares[rows, columns]
    padded = np.pad(cells, within, constant_values=np.nan)
    for square in np.unique(distance):
        here = distance == square
        down, across = _steps(int(square))
        around = padded[
            rows[here, None] + down + within, columns[here, None] + across + within
        ].astype(np.float64)
        filled[rows[here], columns[here]] = np.nanmean(around, axis=1)
    return filled


def _steps(square: int) -> tuple[Ints, Ints]:
    """Give the steps over rows and columns whose squares sum to a number."""
    reach = np.arange(-int(square**0.5) - 1, int(square**0.5) + 2)
    down, across = np.meshgrid(reach, reach, indexing="ij")
    on = down**2 + across**2 == square
    return down[on], across[on]
