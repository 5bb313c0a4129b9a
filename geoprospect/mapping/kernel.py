"""Kernels: functions of the evidence that become rasters, window by window."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, Self, TypeAlias

from geoprospect.errors import OutputError
from geoprospect.evidence import Block
from geoprospect.qgis.metadata import RIGHTS
from geoprospect.qgis.steps import AreaShares
from geoprospect.qgis.style import Style, pseudocolour
from geoprospect.typing import Values

NODATA = -9999.0
TIFF = "TIFFTAG_"
"""What the names of metadata begin with that GDAL writes as tags of a TIFF."""

Overviews: TypeAlias = Literal["average", "nearest"]
"""What a cell of an overview holds: the average of the valid cells that it covers, or one of them,
where numbers stand for classes."""

Ticket: TypeAlias = tuple[str, dict[str, Any]]
"""How a kernel travels to another process: the import path of its class, and its description."""


@dataclass(frozen=True)
class Band:
    """A band that a kernel gives.

    Attributes
    ----------
    name : str
        What its cells hold, kept as the band's description.
    unit : str
        Their unit; "1" for a number without one.
    style : Style, AreaShares or None
        How QGIS shows it: a function from its extremes to the text of a `.qml`, a ramp of colours
        by default; or classes by shares of the area, of a band without negative values. Of several
        bands, QGIS shows the first that has a style.
    """

    name: str
    unit: str = "1"
    style: Style | AreaShares | None = pseudocolour


@dataclass(frozen=True)
class Words:
    """What a raster is, for a reader who has the file alone.

    Attributes
    ----------
    title : str
        What it is called.
    abstract : str
        What it tells and what it does not, in a sentence or two.
    """

    title: str
    abstract: str

    def tags(self) -> dict[str, str]:
        """Give them as tags of a TIFF, which GIS programs show among what is known of a layer."""
        told = {"DOCUMENTNAME": self.title, "IMAGEDESCRIPTION": self.abstract, "COPYRIGHT": RIGHTS}
        return {f"{TIFF}{name}": text for name, text in told.items()}


@dataclass(frozen=True)
class KernelResult:
    """What a kernel gives of a window.

    Attributes
    ----------
    bands : ndarray of float32, shape (n_bands, rows, columns)
        The cells of the window, `NODATA` where there is no value.
    counts : dict of str to int
        Cells counted on the way, by what was counted; `write_raster` sums them over the raster.
    """

    bands: Values
    counts: Mapping[str, int] = field(default_factory=dict)


class Kernel(Protocol):
    """A function of the evidence, cell by cell or of a cell's neighbours.

    A cell's values must not depend on the window it is computed in: rasters are then the same to
    the bit in windows of any size. Several threads call one kernel at the same time.

    Subclasses inherit what is said here of halo, overviews, words and tags.

    Examples
    --------
    >>> import numpy as np
    >>> class Ratio(Kernel):
    ...     bands = (Band("ratio of the first two layers"),)
    ...     def bytes_a_cell(self):
    ...         return 4
    ...     def description(self):
    ...         return {}
    ...     @classmethod
    ...     def of(cls, description):
    ...         return cls()
    ...     def __call__(self, block):
    ...         ratio = block.values[:1] / block.values[1:2]
    ...         return KernelResult(np.where(block.valid, ratio, np.float32(NODATA)))
    >>> from rasterio.windows import Window
    >>> Ratio()(Block(Window(0, 0, 1, 1), np.array([[[3]], [[2]]], np.float32))).bands.tolist()
    [[[1.5]]]
    """

    @property
    def bands(self) -> tuple[Band, ...]:
        """The bands, in the order of the raster."""
        ...

    @property
    def halo(self) -> int:
        """Cells about a window that must be read with it: none."""
        return 0

    @property
    def overviews(self) -> Overviews:
        """What a cell of an overview holds: the average of the cells that it covers."""
        return "average"

    @property
    def words(self) -> Words | None:
        """What programs show of the raster as its title and description: nothing."""
        return None

    def bytes_a_cell(self) -> int:
        """Give the memory that a cell takes besides its evidence and its bands."""
        ...

    def tags(self) -> dict[str, str]:
        """Give what the raster's metadata say: nothing."""
        return {}

    def description(self) -> dict[str, Any] | None:
        """Give the plain values that the kernel can be made from again, in any process.

        A raster is gone on with only if they are those it was begun with. A `pathlib.Path` among
        them, absolute, tells where something lies and may be another one; what lies there should
        then be known by a checksum. None, where the kernel cannot be described.
        """
        ...

    @classmethod
    def of(cls, description: Mapping[str, Any]) -> Self:
        """Make the kernel of a description."""
        ...

    def __call__(self, block: Block) -> KernelResult:
        """Compute a window.

        Parameters
        ----------
        block : Block
            The evidence, its layers in the order of the stack. With a halo, it is that of the
            window grown by the halo as far as the grid reaches, and `block.inner` marks the
            window in it.
        """
        ...


def ticket_of(kernel: Kernel) -> Ticket:
    """Give what a kernel is made from again in another process.

    Raises
    ------
    OutputError
        If the kernel is not described, or no other process can import its class.
    """
    description = kernel.description()
    if description is None:
        raise OutputError(
            "what is not described in plain values cannot be sent to other processes",
            found=class_path(kernel),
            mend="leave out workers and cluster",
        )
    if type(kernel).__module__ == "__main__" or "<" in type(kernel).__qualname__:
        raise OutputError(
            "other processes cannot import the class of the kernel",
            found=class_path(kernel),
            mend="define it at the top of a module of its own",
        )
    return class_path(kernel), description


def kernel_of(ticket: Ticket) -> Kernel:
    """Make the kernel of a ticket."""
    path, description = ticket
    module, _, name = path.partition(":")
    kernel: Any = importlib.import_module(module)
    for part in name.split("."):
        kernel = getattr(kernel, part)
    return kernel.of(description)  # type: ignore[no-any-return]


def class_path(kernel: Kernel) -> str:
    """Give the import path of a kernel's class."""
    return f"{type(kernel).__module__}:{type(kernel).__qualname__}"


def identity_of(kernel: Kernel) -> dict[str, Any] | None:
    """Give what of a description may not change while a raster is unfinished."""
    description = kernel.description()
    if description is None:
        return None
    return {key: value for key, value in description.items() if not isinstance(value, Path)}
