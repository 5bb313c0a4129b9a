"""Columns: the sources that evidence is made of, whatever they read or compute it from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from rasterio.windows import Window

from geoprospect.errors import EvidenceError
from geoprospect.grid import Grid
from geoprospect.typing import Bools, Values


class Column(Protocol):
    """A source of evidence, told by description: it opens nothing before it is asked to.

    Implementations are frozen dataclasses, so that two of equal fields are one and the same, and
    can be pickled by their import path: a map made by several processes opens its columns in each
    of them. Where a column has a `path`, messages name it.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """The evidence it gives, in order; no name may occur twice in a stack."""
        ...

    @property
    def halo(self) -> int:
        """Cells about a window that it reads together with the window."""
        ...

    def open(self, grid: Grid | None) -> OpenColumn:
        """Open the source.

        Parameters
        ----------
        grid : Grid or None
            The grid of the stack; None where no column has given one yet. A column on a grid of
            its own then gives the stack its grid.

        Raises
        ------
        GridNeededError
            If there is no grid and the column has none of its own; it is asked again.
        EvidenceError
            If the source cannot be used.
        """
        ...


class OpenColumn(Protocol):
    """An open source of evidence; it serves one thread."""

    @property
    def grid(self) -> Grid:
        """The grid that it lies on."""
        ...

    @property
    def block_shape(self) -> tuple[int, int]:
        """Rows and columns that are read together at no more cost than one cell of them."""
        ...

    def read(self, window: Window, out: Values) -> None:
        """Read a window.

        Parameters
        ----------
        window : rasterio.windows.Window
            A window inside the grid.
        out : ndarray of float32, shape (len(names), rows, columns)
            Receives the values, NaN where they are invalid. A cell's values must not depend on
            the window it is read in.

        Raises
        ------
        EvidenceError
            If the source cannot be read there.
        """
        ...

    def fingerprint(self) -> str:
        """Give a text that changes when source or settings change, without reading it all."""
        ...

    def checksum(self) -> str:
        """Give the SHA-256 of the source, in hexadecimal."""
        ...

    def close(self) -> None:
        """Close the source."""
        ...


@runtime_checkable
class DoubtfulColumn(Column, Protocol):
    """A column that can say what a person should look at."""

    def doubts(self, grid: Grid) -> Iterator[str]:
        """Say, a sentence each, what is left out of the source or taken otherwise than it says."""
        ...


@runtime_checkable
class DerivedColumn(Column, Protocol):
    """A column computed from others: it gives their names first, and hides no further cell."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that it is computed from."""
        ...


@runtime_checkable
class OpenDerivedColumn(OpenColumn, Protocol):
    """A derived column, open, with the columns that it is computed from."""

    @property
    def columns(self) -> tuple[OpenColumn, ...]:
        """The columns that it is computed from, open."""
        ...


@runtime_checkable
class OpenHidingColumn(OpenColumn, Protocol):
    """An open column without names, that gives no evidence and hides cells of all the others."""

    def hidden(self, window: Window) -> Bools:
        """Tell which cells of a window are hidden, shape (rows, columns)."""
        ...


_kinds: dict[str, type[Column]] = {}


def register_column(kind: str, cls: type[Column]) -> None:
    """Make a kind of column known to project files, as ``{ kind = "…", … }``.

    Parameters
    ----------
    kind : str
        The name of the kind.
    cls : type
        A dataclass with a field `name`; the other fields are settings of the project file.

    Raises
    ------
    EvidenceError
        If the kind is known already as another class.

    Examples
    --------
    A class of constant layers, which lie on whatever grid the others have, is made known as
    ``register_column("constant", Constant)``; a project file then holds, under [evidence],
    ``depth = { kind = "constant", value = 3.5 }``. The kind of RasterBand is known already:

    >>> from geoprospect.evidence import RasterBand
    >>> register_column("raster", RasterBand)
    """
    if _kinds.setdefault(kind, cls) is not cls:
        raise EvidenceError(
            f"the kind of column {kind} is known already",
            found=cls.__qualname__,
            expected=_kinds[kind].__qualname__,
            mend="give the new kind another name",
        )


def column_kinds() -> dict[str, type[Column]]:
    """Give the classes of the kinds of column that are known, by kind.

    Examples
    --------
    >>> column_kinds()["raster"].__name__
    'RasterBand'
    """
    return dict(_kinds)


def path_of(column: Column) -> str | None:
    """Give the path that messages name for a column, or None where it has none."""
    path = getattr(column, "path", None)
    return None if path is None else str(path)
