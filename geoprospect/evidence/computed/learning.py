"""Columns settled before they are read: what they must know of their sources is learned once."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from typing import Any, TypeAlias

import numpy as np

from geoprospect.errors import EvidenceError, GridNeededError
from geoprospect.evidence.column import Column, OpenHidingColumn, path_of
from geoprospect.evidence.computed.categorical import Categorical
from geoprospect.evidence.computed.computedcolumn import ComputedColumn, beneath, on_any_grid, over
from geoprospect.evidence.computed.seen import Look, Seen
from geoprospect.evidence.doubts.fills import fill_sentence
from geoprospect.evidence.opening import open_columns
from geoprospect.evidence.rasters.raster import little_cache, whole_blocks
from geoprospect.grid import Grid

_LOGGER = logging.getLogger(__name__)
_WINDOW_CELLS = 2**20

Preparation: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""What columns learned, in plain values, by name and kind of the column."""


def settled(
    columns: Sequence[Column], grid: Grid | None = None, *, preparation: Preparation | None = None
) -> tuple[Column, ...]:
    """Give columns that know all that they must: told what was learned before, or by looking.

    Each column that has to look passes once over its sources. It sees all their cells of the study
    area, labelled or not, and no label; so nothing of it is learned anew where points are held out.

    Parameters
    ----------
    columns : sequence of Column
        The columns.
    grid : Grid, optional
        The grid to lie on, onto which rasters of others are then resampled; by default that of
        the first column with one of its own.
    preparation : mapping, optional
        What was learned before, as `learnt_by` gives it; it goes before what would be seen.

    Raises
    ------
    EvidenceError
        If a source cannot be read, or a column cannot learn from it.
    """
    known = preparation or {}
    if grid is not None:
        columns = tuple(map(on_any_grid, columns))
    made = [_told(column, known) for column in columns]
    if grid is None and not all(map(_knows, made)):
        grid = _first_grid(made)
    area = tuple(column for column in made if not column.names)
    return tuple(_learned(column, grid, known, area) for column in made)


def learnt_by(columns: Iterable[Column]) -> dict[str, dict[str, dict[str, Any]]]:
    """Give what columns, and those that they are computed from, learned.

    Examples
    --------
    >>> from geoprospect.evidence import RasterBand
    >>> learnt_by([RasterBand("X1", "X1.tif")])
    {}
    """
    learnt: dict[str, dict[str, dict[str, Any]]] = {}
    for column in columns:
        for name, kinds in learnt_by(beneath(column)).items():
            learnt.setdefault(name, {}).update(kinds)
        if isinstance(column, ComputedColumn) and column.learnt:
            learnt.setdefault(column.name, {})[_kind(column)] = dict(column.learnt)
    return learnt


def _kind(column: ComputedColumn) -> str:
    return type(column).__name__.lower()


def _told(column: Column, known: Preparation) -> Column:
    """Give a column with what was learned before, as far as that goes."""
    column = over(column, tuple(_told(source, known) for source in beneath(column)))
    if isinstance(column, ComputedColumn):
        learnt = known.get(column.name, {}).get(_kind(column))
        return column if learnt is None else column.told(learnt)
    return column


def _knows(column: Column) -> bool:
    """Whether a column, and those that it is computed from, know all that they must."""
    knows = not isinstance(column, ComputedColumn) or column.learnt is not None
    return knows and all(map(_knows, beneath(column)))


def _learned(
    column: Column, grid: Grid | None, known: Preparation, area: tuple[Column, ...]
) -> Column:
    """Give a column that has looked at what it must, its sources first."""
    sources = beneath(column)
    column = over(column, tuple(_learned(source, grid, known, area) for source in sources))
    if not isinstance(column, ComputedColumn):
        return column
    if column.learnt is None:
        return column.learn(_look(column.sources, grid, area))
    if isinstance(column, Categorical) and column.name in known:
        column.warn_of_unseen(_look(column.sources, grid, area))
    return column


def _look(sources: tuple[Column, ...], grid: Grid | None, area: tuple[Column, ...]) -> list[Seen]:
    """Pass once over all cells of columns that are not hidden; there may be no columns."""
    if not sources:
        return []
    counts = [len(source.names) for source in sources]
    with ExitStack() as stack, little_cache():
        everything, grid = open_columns((*sources, *area), grid)
        for one in everything:
            stack.callback(one.close)
        opened = everything[: len(sources)]
        hiders = [one for one in everything if isinstance(one, OpenHidingColumn)]
        looks = [Look(grid.shape) for _ in range(sum(counts))]
        size = whole_blocks(grid.shape, [x.block_shape for x in opened], _WINDOW_CELLS)
        for window in grid.windows(size):
            values = np.empty((len(looks), window.height, window.width), dtype=np.float32)
            for source, planes in zip(
                opened, np.split(values, np.cumsum(counts)[:-1]), strict=True
            ):
                source.read(window, planes)
            hidden = np.zeros(values.shape[1:], dtype=bool)
            for hider in hiders:
                hidden |= hider.hidden(window)
            for look, plane in zip(looks, values, strict=True):
                look.add(window, plane, hidden)
    seen = [look.seen() for look in looks]
    named = [(path_of(column), name) for column in sources for name in column.names]
    for (path, name), layer in zip(named, seen, strict=True):
        _check(layer, name, path)
    return seen


def _check(layer: Seen, name: str, path: str | None) -> None:
    """Refuse a layer without values, and warn of fill values, which are hidden later on."""
    if not layer.survey.n_valid:
        raise EvidenceError(
            "the layer holds no valid cell",
            path=path,
            layer=name,
            mend="check its nodata value and mask, or leave the layer out",
        )
    for value, n in layer.survey.fills.found().items():
        _LOGGER.warning(fill_sentence(name, value, n, path=path))


def _first_grid(columns: Sequence[Column]) -> Grid:
    """Give the grid of the first column that has one of its own, or whose sources have."""
    needed: GridNeededError | None = None
    for column in columns:
        try:
            if sources := beneath(column):
                return _first_grid(sources)
            with closing(column.open(None)) as opened:
                return opened.grid
        except GridNeededError as error:
            needed = error
    raise needed or GridNeededError("no layer gives a grid", mend="add a raster to [evidence]")
