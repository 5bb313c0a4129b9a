"""What to measure next: where it is open what is best, as a raster and as a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from geoprospect.evidence import Block, EvidenceStack, RasterBand
from geoprospect.mapping import NODATA, Band, Kernel, KernelResult, Words, write_raster
from geoprospect.mapping.writing import RasterSummary
from geoprospect.reliability.uncertainty.kernel import UncertaintyKernel
from geoprospect.reliability.uncertainty.spreadout import spread_out
from geoprospect.typing import StrPath

LISTED = 20
"""Cells in the list, at most."""


@dataclass(frozen=True)
class NextKernel(Kernel):
    """The information lacking on whether a cell is among the best; 0 where a label is known.

    It is the entropy of the share q of the refits in which the cell is in the best 10% of the
    area, -q log q - (1 - q) log (1 - q), in bits: 1 where half the refits say so, 0 where all
    agree. As each refit by itself is sure of it, that is the mutual information between the refits
    and what is best there, which Houlsby et al. (2011, Bayesian active learning for classification
    and preference learning, arXiv:1112.5745) ask a label to hold most of.

    Attributes
    ----------
    known : tuple of (int, int)
        Row and column of the cells that hold a training point.

    Examples
    --------
    >>> from rasterio.windows import Window
    >>> best = np.array([[[0.5, 0.25, 1.0]]], np.float32)
    >>> NextKernel(())(Block(Window(0, 0, 3, 1), best)).bands.round(3).tolist()
    [[[1.0, 0.8109999895095825, 0.0]]]
    """

    known: tuple[tuple[int, int], ...]
    bands = (Band("information lacking on whether the cell is in the best 10%", "bit"),)

    @property
    def words(self) -> Words:
        """What the bits tell."""
        return Words(
            "What to measure next",
            "How open it is whether a cell is in the best 10% of the area, in bits: 1 where half "
            "the refits say so, 0 where all agree, and at training points.",
        )

    def bytes_a_cell(self) -> int:
        """Give the memory of shares and their entropy in float64."""
        return 4 * 8

    def description(self) -> dict[str, Any]:
        """Give the cells."""
        return {"known": [list(cell) for cell in self.known]}

    @classmethod
    def of(cls, description: Mapping[str, Any]) -> NextKernel:
        """Make the kernel of a description."""
        return cls(tuple((row, column) for row, column in description["known"]))

    def __call__(self, block: Block) -> KernelResult:
        """Take the cells of a window."""
        from scipy.special import entr  # noqa: PLC0415 - slow to import

        bands = np.full((1, *block.valid.shape), NODATA, np.float32)
        best = block.values[0][block.valid].astype(np.float64)
        bands[0][block.valid] = (entr(best) + entr(1 - best)) / np.log(2)
        rows, columns = np.array(self.known, np.int64).reshape(-1, 2).T
        rows, columns = rows - block.window.row_off, columns - block.window.col_off
        height, width = block.valid.shape
        here = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        rows, columns = rows[here], columns[here]
        bands[0, rows, columns] = np.where(block.valid[rows, columns], 0, NODATA)
        return KernelResult(bands)


@dataclass(frozen=True)
class NextCell:
    """A cell that is worth a visit: a sample there, or a survey, would tell most.

    Attributes
    ----------
    easting, northing : float
        Its centre, in the CRS of the map.
    bits : float
        The information that is lacking on whether it is in the best 10% of the area.
    score, std, best : float
        The map's score, its standard deviation, and the share of the refits in which the cell is
        in the best 10%.
    """

    easting: float
    northing: float
    bits: float
    score: float
    std: float
    best: float

    def sentence(self) -> str:
        """Say why it is worth a visit.

        Examples
        --------
        >>> NextCell(412000.0, 1289000.0, 0.99, 0.52, 0.21, 0.43).sentence()
        'scores 0.52 ± 0.21, and 43% of the refits have it in the best 10% of the area'
        """
        return (
            f"scores {self.score:.2f} ± {self.std:.2f}, and {self.best:.0%} of the refits have it "
            "in the best 10% of the area"
        )


def write_measure_next(
    uncertainty: StrPath,
    path: StrPath,
    *,
    known: Iterable[tuple[int, int]],
    overwrite: bool = False,
) -> RasterSummary:
    """Write where a further sample or survey would tell most about what is best.

    Parameters
    ----------
    uncertainty : path-like
        The raster that `write_uncertainty` wrote.
    path : path-like
        Where to, as for `write_raster`; see `NextKernel`.
    known : iterable of (int, int)
        Row and column of the cells that hold a training point.
    overwrite : bool
        Whether an existing file is replaced.

    Raises
    ------
    OutputError
        If the file exists already or cannot be written.
    """
    with EvidenceStack.open((_band(uncertainty, "best"),)) as layer:
        return write_raster(layer, NextKernel(tuple(known)), path, overwrite=overwrite)


def cells_to_measure(
    measure_next: StrPath, uncertainty: StrPath, map_file: StrPath, *, apart: float
) -> tuple[NextCell, ...]:
    """Choose the cells of which it is most open whether they are best, apart from one another.

    Parameters
    ----------
    measure_next, uncertainty : path-like
        The rasters that `write_measure_next` and `write_uncertainty` wrote.
    map_file : path-like
        The map.
    apart : float
        Metres between the cells, at least.

    Returns
    -------
    tuple of NextCell
        Twenty or fewer, the most open first.
    """
    bits = RasterBand("bits", str(measure_next))
    with EvidenceStack.open((bits,)) as layer:
        rows, columns = spread_out(layer, LISTED, apart=apart)
    score = RasterBand("score", str(map_file))
    bands = (bits, score, _band(uncertainty, "std"), _band(uncertainty, "best"))
    with EvidenceStack.open(bands) as layers:
        values, _ = layers.sample(rows, columns)
        places = zip(*layers.grid.centres(rows, columns), strict=True)
        names = layers.names
    return tuple(
        NextCell(float(easting), float(northing), **dict(zip(names, told, strict=True)))
        for (easting, northing), told in zip(places, values.astype(float).tolist(), strict=True)
    )


def _band(uncertainty: StrPath, name: str) -> RasterBand:
    """Give a band of a raster of uncertainty."""
    return RasterBand(name, str(uncertainty), band=UncertaintyKernel.BANDS[name])
