"""The table of all layers: what each holds, and how far they tell the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np

from geoprospect.evidence.doubts.codes import codes_in
from geoprospect.evidence.inspection.likeness import (
    Twins,
    rank_correlations,
    twins,
    variance_inflation,
)
from geoprospect.evidence.inspection.oddities import better_transform, is_skewed, oddities
from geoprospect.evidence.inspection.origin import Origin, origins_of
from geoprospect.evidence.inspection.profile import Profile
from geoprospect.evidence.stack import EvidenceStack
from geoprospect.typing import Bools, Floats
from geoprospect.wording import listed

_DRAWN = 10_000  # cells, with the seed below those that the evidence's range is told by
_SEED = 0
_WARNED = 10  # twins that are told one by one


@dataclass(frozen=True)
class LayerRow:
    """What the table tells of one name of the evidence.

    Attributes
    ----------
    name : str
        The name.
    origin : Origin
        Where it comes from.
    profile : Profile
        What its values are like.
    valid_share : float
        Share of the grid's cells, or of those in the study area, where it has a value.
    inflation : float
        Variance inflation, of all names of a column whose names sum to one; see
        `geoprospect.evidence.inspection.likeness.variance_inflation`.
    most_like : str or None
        The name of another layer that it is most correlated with.
    correlation : float
        Their rank correlation; NaN where there is none.
    oddities : tuple of str
        What is odd about its values, with what to do.
    """

    name: str
    origin: Origin
    profile: Profile
    valid_share: float
    inflation: float
    most_like: str | None
    correlation: float
    oddities: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON, None for what is not known or infinite."""
        origin, profile, survey = self.origin, self.profile, self.profile.survey
        low, middle, high = profile.quartiles
        return {
            "name": self.name,
            "layer": origin.layer,
            "kind": origin.kind,
            "transforms": list(origin.transforms),
            "file": origin.path,
            "unit": origin.unit,
            "valid_cells": survey.n_valid,
            "valid_share": self.valid_share,
            "minimum": survey.minimum,
            "lower_quartile": low,
            "median": middle,
            "upper_quartile": high,
            "maximum": survey.maximum,
            "mean": profile.mean,
            "skewness": _finite(profile.skewness),
            "commonest": {"value": profile.commonest[0], "share": profile.commonest[1]},
            "whole_numbers": profile.integers,
            "distinct": None if survey.distinct is None else len(survey.distinct),
            "fill_values": [{"value": v, "cells": n} for v, n in survey.fills.found().items()],
            "most_like": self.most_like,
            "rank_correlation": _finite(self.correlation),
            "variance_inflation": _finite(self.inflation),
            "oddities": list(self.oddities),
        }


@dataclass(frozen=True)
class LayerTable:
    """What each layer of a stack holds, and how far layers tell the same.

    Least and greatest values and valid shares are of all cells; the rest is of cells drawn at
    random where all layers are valid, the same every time.

    Attributes
    ----------
    rows : tuple of LayerRow
        A row for each name of the evidence.
    correlations : ndarray of float64, shape (n, n)
        Rank correlations; NaN on the diagonal, of layers of one value, and within classes.
    twins : tuple of Twins
        Names that tell what one before them tells, by their numbers.
    n_drawn : int
        How many cells were drawn.

    Examples
    --------
    >>> import geoprospect as gp
    >>> with gp.open_evidence("sample_rasters") as stack:
    ...     table = LayerTable.of(stack)
    >>> table.rows[0].name, table.rows[0].origin.kind, table.n_drawn
    ('X1', 'raster', 10000)
    """

    rows: tuple[LayerRow, ...]
    correlations: Floats
    twins: tuple[Twins, ...]
    n_drawn: int

    @classmethod
    def of(cls, stack: EvidenceStack) -> LayerTable:
        """Look at the layers of a stack, without what their surroundings add.

        The stack is surveyed, and read at 10,000 cells if these are not kept.

        Raises
        ------
        EvidenceError
            If the evidence cannot be read, or no cell is valid.
        """
        stack = stack.bare()
        survey = stack.survey()
        X, _, _ = stack.draw(_DRAWN, seed=_SEED)
        origins = dict[str, Origin]()
        for column in stack.columns:
            if column.names:  # a study area has none
                origins |= dict(zip(column.names, origins_of(column), strict=True))
        sources = [origins[name] for name in stack.names]
        apart = _apart(sources)
        correlations = np.where(apart, np.nan, rank_correlations(X))
        groups = _groups(sources)
        inflation = dict[int, float]()
        for group, value in zip(groups, variance_inflation(X, groups), strict=True):
            inflation |= dict.fromkeys(group, value)
        rows = []
        for number, (name, origin) in enumerate(zip(stack.names, sources, strict=True)):
            profile = Profile.of(X[:, number], survey.layers[name])
            codes = origin.kind == "raster" and bool(codes_in(stack, name))
            odd = [*oddities(profile, codes=codes and not origin.transforms)]
            if not codes and is_skewed(profile):
                better = better_transform(X[:, number], profile)
                odd.append(_skewed(profile, origin, better))
            like = _strongest(correlations, [number])
            rows.append(
                LayerRow(
                    name,
                    origin,
                    profile,
                    survey.layers[name].n_valid / (stack.grid.n_cells - survey.n_hidden),
                    inflation[number],
                    None if like is None else stack.names[like[1]],
                    float("nan") if like is None else float(correlations[like]),
                    tuple(odd),
                )
            )
        return cls(tuple(rows), correlations, tuple(twins(X, correlations, apart)), len(X))

    @cached_property
    def layers(self) -> tuple[tuple[int, ...], ...]:
        """The numbers of the rows of each column of [evidence]."""
        numbered = groupby(enumerate(self.rows), key=lambda pair: pair[1].origin.column)
        return tuple(tuple(number for number, _ in rows) for _, rows in numbered)

    def most_like(self, rows: tuple[int, ...]) -> tuple[str, float] | None:
        """Give the row outside of some rows that one of them is most correlated with, and how."""
        like = _strongest(self.correlations, list(rows))
        return None if like is None else (self.rows[like[1]].name, float(self.correlations[like]))

    def warnings(self) -> Iterator[str]:
        """Warn of layers that tell what another tells: of ten, and of the others together."""
        yield from (self._alike(pair) for pair in self.twins[:_WARNED])
        if rest := self.twins[_WARNED:]:
            names = listed([self.rows[pair.second].name for pair in rest])
            yield f"layers {names}: tell, too, what others tell; `check --json` says which"

    def _alike(self, pair: Twins) -> str:
        """Say that two layers tell the same, and what to do."""
        first, second = self.rows[pair.first], self.rows[pair.second]
        files = [row.origin.path for row in (second, first) if row.origin.path is not None]
        alike, mistaken = (
            f"tells nearly what {first.name} tells (rank correlation {pair.correlation:+.3f})",
            "",
        )
        if pair.identical:
            place = f" ({listed(files)})" if len(files) == 2 else ""
            alike = f"holds the same values as {first.name} at all {self.n_drawn} cells looked at"
            alike += place
            mistaken = "; or correct the path or band, if it is not meant"
        single = [x.name for x in (second, first) if len(x.origin.column.names) == 1]
        if second.origin.column == first.origin.column:
            mend = f"name the bands of {second.origin.layer} to be read, as in bands = [1, 2]"
        else:
            leave = single or [second.origin.layer, first.origin.layer]
            mend = f"leave {' or '.join(leave)} out of [evidence]"
        return (
            f"layer {second.name}: {alike}, so what they tell weighs twice. To mend it: {mend}"
            f"{mistaken}"
        )

    def to_dict(self) -> list[dict[str, Any]]:
        """Give the rows as plain values, for JSON."""
        first = {pair.second: self.rows[pair.first].name for pair in self.twins}
        return [
            row.to_dict() | {"twin_of": first.get(number)} for number, row in enumerate(self.rows)
        ]


def _apart(origins: list[Origin]) -> Bools:
    """Find pairs of names of one column that hang together by what they are, and each itself."""
    columns = [id(x.column) for x in origins]
    closed = np.array([x.closed for x in origins])
    return np.asarray(np.equal.outer(columns, columns) & np.logical_and.outer(closed, closed))


def _groups(origins: list[Origin]) -> list[list[int]]:
    """Give the numbers of the names that are told together: of classes and of parts of a whole."""
    groups = dict[object, list[int]]()
    for number, origin in enumerate(origins):
        groups.setdefault(id(origin.column) if origin.closed else -number, []).append(number)
    return list(groups.values())


def _strongest(correlations: Floats, rows: list[int]) -> tuple[int, int] | None:
    """Give the pair of the strongest correlation of some rows with others."""
    strength = np.nan_to_num(np.abs(correlations[rows]), nan=-1)
    strength[:, rows] = -1
    row, other = np.unravel_index(strength.argmax(), strength.shape)
    return (rows[int(row)], int(other)) if strength[row, other] >= 0 else None


def _skewed(profile: Profile, origin: Origin, better: tuple[str, float] | None) -> str:
    """Say that a layer is skewed, and what would level it."""
    told = f"skewed ({profile.skewness:z.1f}"
    if origin.transforms:
        return f"{told} after {' and '.join(origin.transforms)})"
    mend = None if better is None else origin.mend(f'transform = "{better[0]}"')
    if better is None or mend is None:
        return f"{told})"
    return f"{told}, and {better[1]:z.1f} by {better[0]}): {mend}"


def _finite(value: float) -> float | None:
    """Give a number that JSON can hold."""
    return value if np.isfinite(value) else None
