"""The grid of a stack chosen: that of a layer, or one laid out over the ground of the layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from affine import Affine
from pydantic import Field
from rasterio.crs import CRS

from geoprospect.errors import EvidenceError, GridNeededError
from geoprospect.evidence.column import Column, path_of
from geoprospect.evidence.computed.computedcolumn import beneath
from geoprospect.evidence.rasters.placement import stated_crs
from geoprospect.grid import Grid, describe_crs
from geoprospect.grid.layout import (
    Box,
    Extent,
    box_of_bounds,
    box_of_grid,
    circle,
    joined,
    laid_out,
)

_LONGEST = 2**31 - 1  # cells along a raster
_WIDEST_DEGREES = 10.0  # of a cell
_SETTINGS = ("like", "crs", "cell", "bounds", "extent")
_BOUNDS = "the bounds of a grid are west, south, east and north, in this order"


@dataclass(frozen=True)
class GridChoice:
    """What a project says of its grid; layers of other grids are resampled onto it.

    Attributes
    ----------
    like : str, optional
        The layer whose grid it is, or whose CRS, cells and place of the cells it has.
    crs, cell : str and float, optional
        The CRS, and the edge of its square cells in units of the CRS; in place of `like`. The
        edges of the cells lie at whole multiples of it.
    bounds : tuple of float, optional
        West, south, east and north, in units of the CRS; the cells that these cut belong to it.
        In degrees, an east less than the west lies across 180°.
    extent : {"union", "intersection"}, optional
        In place of bounds: all ground of the layers that have a grid, or what they share, which
        is the default where CRS and cell are given.

    Examples
    --------
    >>> choice = GridChoice(crs="EPSG:3578", cell=500, bounds=(159_100, 845_000, 160_900, 846_000))
    >>> grid = choice.of([])
    >>> grid.shape, grid.transform.c, grid.transform.f
    ((2, 4), 159000.0, 846000.0)
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    like: str | None = None
    crs: str | None = None
    cell: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    bounds: tuple[float, float, float, float] | None = None
    extent: Extent | None = None

    @property
    def named(self) -> bool:
        """Whether anything is said of a grid."""
        return any(getattr(self, name) is not None for name in _SETTINGS)

    def of(self, columns: Sequence[Column]) -> Grid:
        """Lay the grid out.

        Parameters
        ----------
        columns : sequence of Column
            The layers.

        Raises
        ------
        EvidenceError
            If the settings contradict each other, or there is no such layer or ground.
        """
        self._check()
        if self.like is not None:
            grid = self._of_layer(columns)
            if self.bounds is None and self.extent is None:
                return grid
            crs, transform = grid.crs, grid.transform
        else:
            crs = stated_crs(str(self.crs))
            cell = float(self.cell or 0)
            if crs.is_geographic and cell > _WIDEST_DEGREES:
                raise EvidenceError(
                    "the cells of the grid are too large",
                    found=f"cell = {cell:g} under [grid], in the degrees of {self.crs}",
                    mend="give it in degrees, as in cell = 0.005; or name a CRS in metres",
                )
            transform = Affine.scale(cell, -cell)
        grid = laid_out(crs, transform, self._box(columns, crs, transform))
        if max(grid.shape) > _LONGEST:
            raise EvidenceError(
                "the grid has too many cells",
                found="{} rows of {} cells".format(*grid.shape),
                mend="give larger cells or narrower bounds under [grid]",
            )
        return grid

    def _box(self, columns: Sequence[Column], crs: CRS, lattice: Affine) -> Box:
        """Give the ground of the grid, in cells of its lattice."""
        if self.bounds is not None:
            if self.bounds[0] > self.bounds[2] and not crs.is_geographic:
                raise self._misread(_BOUNDS)
            return box_of_bounds(self.bounds, crs, lattice)
        boxes: list[Box] = []
        for layer, grid in _grids(columns):
            box = box_of_grid(grid, crs, lattice)
            if box is None:
                raise EvidenceError(
                    "the CRS of the grid does not reach the ground of the layer",
                    path=path_of(layer),
                    layer=", ".join(layer.names),
                    found=f"the CRS {describe_crs(crs)} of the grid",
                    mend="choose another crs under [grid]",
                )
            boxes.append(box)
            shared = joined(boxes, "intersection", circle(crs) / abs(lattice.a or 1))
            if self.extent != "union" and (shared[:2] >= shared[2:]).any():
                raise EvidenceError(
                    "the layer shares no ground with those before it",
                    path=path_of(layer),
                    layer=", ".join(layer.names),
                    mend='leave it out, or write extent = "union" or bounds under [grid]',
                )
        return joined(boxes, self.extent or "intersection", circle(crs) / abs(lattice.a or 1))

    def _check(self) -> None:
        """Refuse settings that contradict each other, or do not suffice."""
        if self.like is None and (self.crs is None or self.cell is None):
            raise self._misread("a grid needs a layer that it is like, or CRS and cell")
        if self.like is not None and (self.crs is not None or self.cell is not None):
            raise self._misread("a grid like that of a layer has its CRS and cell")
        if self.bounds is None:
            return
        if self.extent is not None:
            raise self._misread("a grid has bounds, or the extent of its layers, not both")
        west, south, east, north = self.bounds
        if not np.isfinite(self.bounds).all() or south >= north or west == east:
            raise self._misread(_BOUNDS)

    def _misread(self, problem: str) -> EvidenceError:
        """Give the error of settings that cannot be followed."""
        found = {name: value for name in _SETTINGS if (value := getattr(self, name)) is not None}
        return EvidenceError(
            problem,
            found=", ".join(f"{name} = {value!r}" for name, value in found.items()) or None,
            mend='write grid = "X1", the name of a layer, at the top of the project file; or, '
            'under [grid], crs = "EPSG:…" and cell = 500.0, with bounds = [west, south, east, '
            'north] or extent = "union"',
        )

    def _of_layer(self, columns: Sequence[Column]) -> Grid:
        """Give the grid of the layer that is named."""
        names = []
        for column in _all(columns):
            if self.like in (name := getattr(column, "name", None), *column.names):
                try:
                    with closing(column.open(None)) as opened:
                        return opened.grid
                except GridNeededError as error:
                    raise EvidenceError(
                        "the layer has no grid of its own",
                        layer=self.like,
                        mend="name a raster",
                    ) from error
            names.append(name or column.names[0])
        raise EvidenceError(
            "the grid is to be that of a layer which there is not",
            found=f'grid = "{self.like}"',
            expected=f"one of {', '.join(dict.fromkeys(names))}",
            mend="correct its name",
        )


def _all(columns: Sequence[Column]) -> Iterator[Column]:
    """Give columns, then those that they are computed from."""
    yield from columns
    for column in columns:
        yield from _all(beneath(column))


def _grids(columns: Sequence[Column]) -> list[tuple[Column, Grid]]:
    """Give the columns that have a grid of their own, each with it."""
    grids: list[tuple[Column, Grid]] = []
    for column in _all(columns):
        if not beneath(column):
            try:
                with closing(column.open(None)) as opened:
                    grids.append((column, opened.grid))
            except GridNeededError:
                continue
    if not grids:
        raise EvidenceError(
            "no layer has ground of its own that the grid could be laid out over",
            mend="write bounds = [west, south, east, north] under [grid]",
        )
    return grids
