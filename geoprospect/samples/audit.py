"""The audit of points: which were used, which were left out, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from geoprospect.wording import counted, listed


@dataclass(frozen=True)
class Audit:
    """What became of the points of a file; rows are counted from 0.

    Attributes
    ----------
    n_read, n_kept : int
        Points in the file, and points that became samples.
    no_coordinates, outside, excluded, invalid, no_label : tuple of int
        Rows left out: without coordinates, outside the grid, outside the study area, in a cell
        where a layer is invalid, without a label. A row stands under the first of these that
        holds for it.
    shared : tuple of tuple of int
        Rows kept that lie in one cell, cell by cell.
    conflicting : tuple of tuple of int
        Those of `shared` whose labels differ.
    not_chosen : int
        Rows of the file that its condition (`where`) leaves out; they count as not read.
    labels : str
        Which field told what the points are, in a sentence.

    Examples
    --------
    >>> audit = Audit(n_read=3, n_kept=2, no_coordinates=(1,), shared=((0, 2),))
    >>> for line in audit.lines():
    ...     print(line)
    3 points read, 2 used.
    1 point left out for want of coordinates: row 1.
    1 cell holds several points, all of them used: rows 0, 2.
    """

    n_read: int
    n_kept: int
    no_coordinates: tuple[int, ...] = ()
    outside: tuple[int, ...] = ()
    excluded: tuple[int, ...] = ()
    invalid: tuple[int, ...] = ()
    no_label: tuple[int, ...] = ()
    shared: tuple[tuple[int, ...], ...] = ()
    conflicting: tuple[tuple[int, ...], ...] = ()
    not_chosen: int = 0
    labels: str = ""

    def lines(self) -> list[str]:
        """Say in sentences what was left out and why, and which cells hold several points."""
        lines = [f"{counted(self.n_read, 'point')} read, {self.n_kept} used."]
        if self.not_chosen:
            more = counted(self.not_chosen, "point")
            lines[0] = f"{lines[0][:-1]}; {more} left out by the condition `where`."
        if self.labels:
            lines.append(self.labels)
        for rows, why in (
            (self.no_coordinates, "for want of coordinates"),
            (self.outside, "outside the grid"),
            (self.excluded, "outside the study area"),
            (self.invalid, "where there is no valid value"),
            (self.no_label, "for want of a label"),
        ):
            if rows:
                lines.append(f"{counted(len(rows), 'point')} left out {why}: {rows_named(rows)}.")
        for groups, what in (
            (self.shared, "several points, all of them used"),
            (self.conflicting, "points with different labels, all of them used"),
        ):
            if groups:
                cells = [listed([str(row) for row in rows]) for rows in groups]
                hold = "hold" if len(groups) > 1 else "holds"
                names = listed(cells, "; ")
                lines.append(f"{counted(len(groups), 'cell')} {hold} {what}: rows {names}.")
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Give all counts and rows as plain numbers and lists, for JSON."""
        from pydantic import TypeAdapter  # noqa: PLC0415 - slow to import

        plain: dict[str, Any] = TypeAdapter(Audit).dump_python(self, mode="json")
        return plain


def rows_named(rows: Sequence[int]) -> str:
    """Name rows of a file, counted from 0.

    Examples
    --------
    >>> rows_named([3]), rows_named([3, 7])
    ('row 3', 'rows 3, 7')
    """
    return f"row{'s' if len(rows) > 1 else ''} {listed([str(row) for row in rows])}"
