"""Columns opened together, on one grid."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from shlex import quote

from geoprospect.errors import GridMismatchError, GridNeededError, LayerNameError, without_secrets
from geoprospect.evidence.column import (
    Column,
    OpenColumn,
    OpenDerivedColumn,
    OpenHidingColumn,
    path_of,
)
from geoprospect.evidence.rasters.files import opened_together
from geoprospect.evidence.remembering import RememberingColumn
from geoprospect.evidence.remote.address import stem_of
from geoprospect.grid import Grid


def open_columns(
    columns: Sequence[Column], grid: Grid | None = None
) -> tuple[tuple[OpenColumn, ...], Grid]:
    """Open columns, files that several of them read once, and check that they share one grid.

    Parameters
    ----------
    columns : sequence of Column
        At least one.
    grid : Grid, optional
        The grid to lie on; by default that of the first column with one of its own.

    Returns
    -------
    opened : tuple of OpenColumn
        The open columns, in their order.
    grid : Grid
        The grid that all share.

    Raises
    ------
    EvidenceError
        If a column cannot be opened; its subclass `GridNeededError` if there is no grid and none
        of them has one.
    GridMismatchError
        If two columns differ in CRS, affine (by a thousandth of a cell) or shape.
    LayerNameError
        If two columns give evidence of one name.
    """
    check_names(columns)
    first: Column | None = None
    opened: dict[int, OpenColumn] = {}
    with ExitStack() as unwound, opened_together():
        waiting = list(enumerate(columns))
        while waiting:
            postponed = []
            for number, column in waiting:
                try:
                    source = column.open(grid)
                except GridNeededError:
                    if grid is not None:
                        raise
                    postponed.append((number, column))
                    continue
                unwound.callback(source.close)
                as_it_is = isinstance(source, OpenDerivedColumn | OpenHidingColumn)
                opened[number] = source if as_it_is else RememberingColumn(source)
                if grid is None:
                    first, grid = column, source.grid
                _check_grid(column, source.grid, first, grid)
            if len(postponed) == len(waiting):
                column.open(None)  # says itself that it needs one
            waiting = postponed
        unwound.pop_all()
    sources = tuple(opened[number] for number in range(len(columns)))
    return sources, sources[0].grid if grid is None else grid


def check_names(columns: Sequence[Column]) -> None:
    """Refuse columns of which two give evidence of one name.

    Raises
    ------
    LayerNameError
        If a name occurs twice.
    """
    count = Counter(name for column in columns for name in column.names)
    twice = [name for name in count if count[name] > 1]
    if twice:
        raise LayerNameError(
            f"several layers are named {', '.join(twice)}",
            mend="rename all but one, or give each layer a name of its own",
        )


def _check_grid(column: Column, lies_on: Grid, first: Column | None, grid: Grid) -> None:
    """Refuse a column that does not lie on the grid of the first."""
    difference = None if column is first else grid.difference(lies_on)
    if difference is None:
        return
    path, like = (without_secrets(path_of(x) or "") if x else "" for x in (column, first))
    whose = f"layer {first.names[0]}" if first is not None else "the other layers"
    aligned = quote(f"{stem_of(path)}_aligned.tif")
    named = "" if first is None else str(getattr(first, "name", first.names[0]))
    line = f"grid = {json.dumps(named, ensure_ascii=False)}"
    command = (
        f"write {line} at the top of the project file, to have it resampled as it is read; or "
        f"resample it onto that grid, for instance: rio warp {quote(path)} {aligned} --like "
        f"{quote(like)} --resampling bilinear (nearest for classes)"
    )
    raise GridMismatchError(
        f"the layer does not lie on the grid of {whose}{', ' if like else ''}{like}: {difference}",
        path=path or None,
        layer=", ".join(column.names),
        mend=command if path and like else "resample it onto that grid",
    )
