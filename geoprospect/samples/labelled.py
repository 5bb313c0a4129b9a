"""Samples: labelled points, the cells they lie in, and the evidence there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

import numpy as np

from geoprospect.errors import without_secrets
from geoprospect.grid import Grid, Places
from geoprospect.samples.audit import Audit
from geoprospect.typing import Bools, Floats, Ints, Values
from geoprospect.wording import counted, listed

OCCURRENCE_CLASSES: tuple[str, ...] = ("non-occurrence", "occurrence")


@dataclass(frozen=True, repr=False)
class Samples:
    """Labelled points with their cells and the evidence there, in the order of the file.

    Attributes
    ----------
    path : str
        The file the points were read from.
    rows, columns : ndarray of int64, shape (n,)
        The cells of the points.
    easting, northing : ndarray of float64, shape (n,)
        The points themselves, not the centres of their cells, in the CRS of the grid.
    X : ndarray of float32, shape (n, n_layers)
        The evidence, each layer in its own unit.
    label : ndarray of int64, shape (n,)
        1 for an occurrence and 0 for a non-occurrence, or the class, counted from 0.
    classes : tuple of str
        Names of the labels: ``classes[label]``.
    source : ndarray of int64, shape (n,)
        Row in the file, counted from 0; -1 for a cell drawn as a non-occurrence.
    grid : Grid
        The grid of the evidence.
    audit : Audit
        Which points were left out and why.
    names : tuple of str
        The layers, in the order of the columns of X.

    Examples
    --------
    >>> from affine import Affine
    >>> from rasterio.crs import CRS
    >>> samples = Samples(
    ...     path="data/deposits.csv", rows=np.array([0, 0]), columns=np.array([0, 1]),
    ...     easting=np.array([159100.0, 161000.0]), northing=np.array([977500.0, 977000.0]),
    ...     X=np.array([[0.5], [2.5]], "float32"), label=np.array([1, 0]),
    ...     classes=("non-occurrence", "occurrence"), source=np.array([0, 1]),
    ...     grid=Grid(CRS.from_epsg(3578), Affine(1200, 0, 159050, 0, -1200, 977582), (1, 2)),
    ...     audit=Audit(n_read=3, n_kept=2, outside=(2,)))
    >>> samples
    <Samples: 1 occurrence and 1 non-occurrence in 2 cells, from deposits.csv.
    3 points read, 2 used. 1 point left out outside the grid: row 2.>
    >>> samples.places[:1].nearest(samples.places[1:]).round().tolist()
    [1965.0]
    """

    path: str
    rows: Ints
    columns: Ints
    easting: Floats
    northing: Floats
    X: Values
    label: Ints
    classes: tuple[str, ...]
    source: Ints
    grid: Grid
    audit: Audit
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.label)

    def __repr__(self) -> str:
        return f"<Samples: {' '.join([self.sentence(), *self.audit.lines()])}>"

    def _repr_html_(self) -> str:
        """Say in a notebook what they are, and what was left out."""
        lines = "".join(f"<li>{escape(line)}</li>" for line in self.audit.lines())
        return f"<p>{escape(self.sentence())}</p><ul>{lines}</ul>"

    @property
    def cells(self) -> Ints:
        """Cells of the points as one number each, row by row from the upper left corner."""
        return self.rows * self.grid.shape[1] + self.columns

    @property
    def places(self) -> Places:
        """The points themselves as places, between which distances are in metres."""
        return Places(self.easting, self.northing, self.grid.crs)

    def part(self, chosen: Ints | Bools) -> Samples:
        """Take some of the samples, by their numbers or by a mask; the audit stays that of all."""
        names = ("rows", "columns", "easting", "northing", "X", "label", "source")
        return replace(self, **{name: getattr(self, name)[chosen] for name in names})

    def sentence(self) -> str:
        """Say how many points of each kind there are, in how many cells, and from which file."""
        count = np.bincount(self.label, minlength=len(self.classes))
        if self.classes == OCCURRENCE_CLASSES:
            barren = "drawn non-occurrence" if (self.source < 0).any() else "non-occurrence"
            kinds = f"{counted(int(count[1]), 'occurrence')} and {counted(int(count[0]), barren)}"
        else:
            names = [f"{n} of {name}" for name, n in zip(self.classes, count, strict=True)]
            kinds = f"{counted(len(self), 'point')} ({listed(names)})"
        cells = counted(len(np.unique(self.cells)), "cell")
        return f"{kinds} in {cells}, from {Path(without_secrets(self.path)).name}."
