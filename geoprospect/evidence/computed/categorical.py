"""Layers of classes: a column of 0 and 1 for each class, or the order of classes as a number."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from geoprospect.errors import EvidenceError
from geoprospect.evidence.computed.classlayer import ClassLayer
from geoprospect.evidence.computed.computedcolumn import OpenComputed
from geoprospect.evidence.computed.seen import Seen
from geoprospect.grid import Grid
from geoprospect.typing import Values
from geoprospect.wording import counted, listed

_LOGGER = logging.getLogger(__name__)
_OTHER, _GAPS = "other", "missing"  # classes of which a raster need not know


@dataclass(frozen=True)
class Categorical(ClassLayer):
    """A layer of classes without an order: of each, a column that is 1 on it and 0 elsewhere.

    Attributes
    ----------
    name, path, band, nodata, legend, field, layer, where, crs
        Where the classes are read, and their names; see `ClassLayer`.
    smallest : float
        Share of the layer's valid cells below which classes are taken together, as ``other``.
    missing : "class" or None
        Whether cells without a class are one of their own, ``missing``; else they have no value.
    classes : tuple of (str, tuple of float) or None
        The classes and their codes, learned; that named ``other`` takes what is not listed too,
        that named ``missing`` has no code.

    Examples
    --------
    >>> rocks = (("granite", (1.0, 4.0)), ("other", (2.0,)))
    >>> geology = Categorical("geology", "geology.tif", classes=rocks)
    >>> geology.names
    ('geology=granite', 'geology=other')
    >>> out = np.empty((2, 1, 4), np.float32)
    >>> whole = (slice(None), slice(None))
    >>> geology.compute(np.array([[[1, 2, 9, np.nan]]], np.float32), whole, out)
    >>> out[:, 0].tolist()
    [[1.0, 0.0, 0.0, nan], [0.0, 1.0, 1.0, nan]]
    """

    smallest: Annotated[float, Field(ge=0, lt=1)] = 0.01
    missing: Literal["class"] | None = None
    classes: tuple[tuple[str, tuple[float, ...]], ...] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The layer's name with each class; before these are known, the name alone."""
        if self.classes is None:
            return (self.name,)
        return tuple(f"{self.name}={label}" for label, _ in self.classes)

    @property
    def settings(self) -> Mapping[str, Any]:
        """Whether gaps are a class."""
        return {"missing": self.missing}

    @property
    def learnt(self) -> Mapping[str, Any] | None:
        """The classes and their codes."""
        if self.classes is None:
            return None
        return {"classes": [[label, list(codes)] for label, codes in self.classes]}

    def learn(self, seen: Sequence[Seen]) -> Categorical:
        """Find the classes, and take the rare ones together."""
        named = self.named(seen[0])
        n_valid = seen[0].survey.n_valid
        shares = {label: sum(codes.values()) / n_valid for label, codes in named.items()}
        rare = [label for label, share in shares.items() if share < self.smallest]
        kept = [(x, tuple(codes)) for x, codes in named.items() if x not in rare and x != _OTHER]
        others = [x for x in named if x in rare or x == _OTHER]
        classes = [*kept]
        if others:
            classes.append((_OTHER, tuple(code for x in others for code in named[x])))
        if self.missing == "class" and n_valid < seen[0].n_cells:
            classes.append((_GAPS, ()))
        if len(classes) < 2:
            raise EvidenceError(
                "the layer holds one class only",
                path=self.path,
                layer=self.name,
                found=classes[0][0]
                if not rare
                else f"{listed(rare)}, all below {self.smallest:.2g} of the cells",
                mend="leave the layer out, or lower smallest = …",
            )
        sizes = listed([f"{label} {shares[label]:.1%}" for label, _ in kept])
        together = (
            f"; {_OTHER}, of less than {self.smallest:.2g} of the cells each: {listed(rare)}"
            if rare
            else ""
        )
        _LOGGER.info(f"layer {self.name}: classes {sizes}{together}")
        return replace(self, classes=tuple(classes))

    def told(self, learnt: Mapping[str, Any]) -> Categorical:
        """Take the classes that were learned before."""
        classes = tuple((str(label), tuple(codes)) for label, codes in learnt["classes"])
        return replace(self, classes=classes)

    def warn_of_unseen(self, seen: Sequence[Seen]) -> None:
        """Warn of classes here that were not there to be learned from."""
        known = {code for _, codes in self.classes or () for code in codes}
        unseen = {
            label: sum(codes.values())
            for label, codes in self.named(seen[0]).items()
            if not known.issuperset(codes)
        }
        if not unseen:
            return
        taken = dict(self.classes or ()).get(_OTHER)
        few = listed([f"{label} ({counted(n, 'cell')})" for label, n in unseen.items()])
        _LOGGER.warning(
            f"{self.path}: layer {self.name}: holds classes that the model never saw: {few}; they "
            f"are taken for {'none of its classes' if taken is None else _OTHER}"
        )

    def open(self, grid: Grid | None = None) -> OpenComputed:
        """Open the codes."""
        return OpenComputed.open(self, grid)

    def compute(self, values: Values, inner: tuple[slice, slice], out: Values) -> None:
        """Tell the classes apart."""
        codes = values[0][inner]
        lacking, listed_anywhere = np.isnan(codes), np.zeros(codes.shape, dtype=bool)
        for plane, (_, of_class) in zip(out, self.classes or (), strict=True):
            on = np.isin(codes, np.array(of_class, np.float32))
            listed_anywhere |= on
            plane[:] = on
        for plane, (label, _) in zip(out, self.classes or (), strict=True):
            if label == _OTHER:
                plane[~listed_anywhere & ~lacking] = 1
            if self.missing == "class":
                plane[lacking] = label == _GAPS
            else:
                plane[lacking] = np.nan


@dataclass(frozen=True)
class Ordinal(ClassLayer):
    """A layer of classes with an order: 0 for the first, 1 for the second, and so on.

    Attributes
    ----------
    name, path, band, nodata, legend, field, layer, where, crs
        Where the classes are read, and their names; see `ClassLayer`.
    order : tuple of str
        The classes from the lowest to the highest, by name or code.
    ranks : tuple of (float, int) or None
        The rank of each code, learned.

    Examples
    --------
    >>> grade = Ordinal("grade", "grade.tif", order=("low", "high"), ranks=((7.0, 0), (2.0, 1)))
    >>> out = np.empty((1, 1, 3), np.float32)
    >>> grade.compute(np.array([[[2, 7, np.nan]]], np.float32), (slice(None), slice(None)), out)
    >>> out[0, 0].tolist()
    [1.0, 0.0, nan]
    """

    order: tuple[str, ...] = ()
    ranks: tuple[tuple[float, int], ...] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The layer's name alone."""
        return (self.name,)

    @property
    def settings(self) -> Mapping[str, Any]:
        """The order."""
        return {"order": list(self.order)}

    @property
    def learnt(self) -> Mapping[str, Any] | None:
        """The rank of each code."""
        return None if self.ranks is None else {"ranks": [list(pair) for pair in self.ranks]}

    def learn(self, seen: Sequence[Seen]) -> Ordinal:
        """Find the codes of the classes; each class of the layer needs a place in the order."""
        named = self.named(seen[0])
        place = {name: rank for rank, name in enumerate(self.order)}
        without = [
            f"{label} ({counted(sum(codes.values()), 'cell')})"
            for label, codes in named.items()
            if label not in place
        ]
        if without or len(place) < 2:
            raise EvidenceError(
                "the order lacks classes that the layer holds",
                path=self.path,
                layer=self.name,
                found=f"no place for {listed(without)}" if without else "no order",
                mend="write all classes from the lowest to the highest, as in order = ["
                + ", ".join(f'"{label}"' for label in named)
                + "]; a class that means no value goes under nodata = …",
            )
        ranks = [(code, place[label]) for label, codes in named.items() for code in codes]
        return replace(self, ranks=tuple(ranks))

    def told(self, learnt: Mapping[str, Any]) -> Ordinal:
        """Take the ranks that were learned before."""
        return replace(self, ranks=tuple((float(c), int(r)) for c, r in learnt["ranks"]))

    def open(self, grid: Grid | None = None) -> OpenComputed:
        """Open the codes."""
        return OpenComputed.open(self, grid)

    def compute(self, values: Values, inner: tuple[slice, slice], out: Values) -> None:
        """Give the ranks; a code without one has no value."""
        codes = values[0][inner]
        out[0] = np.nan
        for code, rank in self.ranks or ():
            out[0][codes == np.float32(code)] = rank
