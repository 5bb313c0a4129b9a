"""The leak audit of a score: what its figures are without the points a map has seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from geoprospect.samples.audit import rows_named
from geoprospect.scoring.score.figures import BEST_AREA, Figures
from geoprospect.scoring.score.trainingpoints import Leaks
from geoprospect.typing import Bools, Ints

ScoredPoints = Literal["all", "without_repeats", "without_near"]
FEWEST = 10  # occurrences that a headline asks for where those near training points are left out


@dataclass(frozen=True)
class LeakAudit:
    """The points that lie on or near training points, and the figures without them.

    Attributes
    ----------
    repeats : tuple of int
        Rows of the points that share a cell with a training point.
    without_repeats : Figures or None
        Of the other points; None if nothing repeats, or no occurrence is left.
    near : tuple of int, or None
        Rows of the points that share a cell with a training point or lie within the distance of
        one; None if no distance is known.
    without_near : Figures or None
        Of the other points; None if none is near, or no occurrence is left.
    distance : float or None
        The distance in metres.
    is_range : bool
        Whether it is the range of the evidence's variogram, as the map tells it.
    n_repeats, n_near : int
        Occurrences among the rows.
    """

    repeats: tuple[int, ...] = ()
    without_repeats: Figures | None = None
    near: tuple[int, ...] | None = None
    without_near: Figures | None = None
    distance: float | None = None
    is_range: bool = False
    n_repeats: int = 0
    n_near: int = 0

    @classmethod
    def of(
        cls, leaks: Leaks, source: Ints, occurrences: Bools, figures: Callable[[Bools], Figures]
    ) -> LeakAudit:
        """Compute the figures of the points that are left.

        Parameters
        ----------
        leaks : Leaks
            Which points leak.
        source : ndarray of int64, shape (n,)
            Their rows in the file.
        occurrences : ndarray of bool, shape (n,)
            Which of them are occurrences.
        figures : callable
            Gives the figures of some of the points.
        """

        def without(left_out: Bools) -> Figures | None:
            some_left = left_out.any() and (occurrences & ~left_out).any()
            return figures(~left_out) if some_left else None

        near = leaks.near
        return cls(
            tuple(source[leaks.repeats].tolist()),
            without(leaks.repeats),
            None if near is None else tuple(source[near].tolist()),
            None if near is None else without(near),
            leaks.distance,
            leaks.is_range,
            int((occurrences & leaks.repeats).sum()),
            0 if near is None else int((occurrences & near).sum()),
        )

    @property
    def headline(self) -> ScoredPoints:
        """The points whose figures are to be quoted.

        Those within the distance of a training point are left out if ten occurrences or more are
        left; those in a training cell in any case, if an occurrence is left.
        """
        if self.without_near is not None and self.without_near.curve.n_occurrences >= FEWEST:
            return "without_near"
        return "all" if self.without_repeats is None else "without_repeats"

    def lines(self, n_points: int) -> list[str]:
        """Say in sentences how many points leak, of all that are scored."""
        lines = [_where_rows_lie(self.repeats, n_points, "in a cell that holds a training point")]
        if self.repeats and self.without_repeats is None:
            lines.append("No occurrence is left without them.")
        if self.near is not None and self.distance is not None:
            where = f"within {length(self.distance)} of a training point"
            if self.is_range:
                where += " (the range of the evidence's variogram)"
            lines.append(_where_rows_lie(self.near, n_points, where))
        return lines

    def sentence(self, all_points: Figures) -> str:
        """Say what leaks among the occurrences, and what the figures are with it."""
        n = all_points.curve.n_occurrences
        withal = f"{all_points.curve.captured_in(BEST_AREA):.0%} and {all_points.curve.auc:.2f}"
        reach = length(self.distance or 0)
        if self.headline == "without_near":
            repeating = f", {self.n_repeats} of them in its cell" if self.n_repeats else ""
            return (
                f"{_lying(self.n_near, n)} within {reach} of a training point{repeating}: "
                f"with {'them' if self.n_near > 1 else 'it'} {withal}"
            )
        if self.n_repeats == n:
            return f"{'all of them repeat' if n > 1 else 'it repeats'} a training cell, so nothing \
new is tested"
        text = "none repeats a training cell"
        if self.n_repeats:
            text = (
                f"{self.n_repeats} of {n} repeat{'' if self.n_repeats > 1 else 's'} a training "
                f"cell: with {'them' if self.n_repeats > 1 else 'it'} {withal}"
            )
        left = n - self.n_near
        if self.near is not None and self.n_near == 0:
            return f"none lies within {reach} of a training point"
        if self.n_near == n:
            text += f"; {f'all {n} lie' if n > 1 else 'it lies'} within {reach} of a training point"
        elif self.n_near > self.n_repeats:
            text += (
                f"; {_lying(self.n_near, n)} within {reach} of a training point, and the {left} "
                "farther away are too few to be quoted"
            )
        return text


def length(metres: float) -> str:
    """Word a length.

    Examples
    --------
    >>> length(850), length(1500), length(21499.6)
    ('850 m', '1.5 km', '21.5 km')
    """
    return f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.3g} km"


def _lying(n: int, n_all: int) -> str:
    """Say how many of all lie somewhere."""
    return f"{n} of {n_all} {'lie' if n > 1 else 'lies'}"


def _where_rows_lie(rows: tuple[int, ...], n_points: int, where: str) -> str:
    """Say which of the points lie somewhere."""
    if not rows:
        return f"No point lies {where}."
    n = len(rows)
    if n == n_points > 1:
        return f"All {n} points lie {where}."
    lie = "lie" if n > 1 else "lies"
    return f"{n} of the {n_points} points {lie} {where}: {rows_named(rows)}."
