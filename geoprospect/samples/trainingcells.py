"""The cells a model was trained on, as a map made with it carries them in its metadata."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from rasterio.errors import CRSError

from geoprospect.errors import SamplesError
from geoprospect.grid import Grid, describe_grid, read_grid
from geoprospect.typing import Bools, Floats, Ints

_CELLS = "GEOPROSPECT_TRAINING_CELLS"
_GRID = "GEOPROSPECT_TRAINING_GRID"
_RANGE = "GEOPROSPECT_EVIDENCE_RANGE"


@dataclass(frozen=True)
class TrainingCells:
    """Cells that hold training points, on the grid of the evidence that was trained on.

    Attributes
    ----------
    grid : Grid
        That grid; the map's may be another.
    rows, columns : ndarray of int64, shape (n,)
        The cells.
    evidence_range : float or None
        The range of the evidence's variogram, in metres, where it is known.

    Examples
    --------
    >>> from affine import Affine
    >>> from rasterio.crs import CRS
    >>> grid = Grid(CRS.from_epsg(3578), Affine(1200, 0, 159050, 0, -1200, 977582), (110, 118))
    >>> cells = TrainingCells.of(grid, [(0, 0), (7, 12)], evidence_range=9600.0)
    >>> tags = cells.tags()
    >>> tags["GEOPROSPECT_TRAINING_CELLS"], tags["GEOPROSPECT_EVIDENCE_RANGE"]
    ('0,0;7,12', '9600')
    >>> again = TrainingCells.of_tags(tags, path="map.tif")
    >>> again.grid == grid, again.hold([159100.0, 161000.0], [977500.0, 977500.0]).tolist()
    (True, [True, False])
    """

    grid: Grid
    rows: Ints
    columns: Ints
    evidence_range: float | None = None

    @classmethod
    def of(
        cls,
        grid: Grid,
        cells: Iterable[tuple[int, int]],
        *,
        evidence_range: float | None = None,
    ) -> TrainingCells:
        """Take (row, column) cells of a grid.

        Parameters
        ----------
        grid : Grid
            The grid trained on.
        cells : iterable of (int, int)
            The cells.
        evidence_range : float, optional
            As in the class.
        """
        rows, columns = np.array(list(cells), np.int64).reshape(-1, 2).T
        return cls(grid, rows, columns, evidence_range)

    @classmethod
    def of_tags(cls, tags: Mapping[str, str], *, path: str) -> TrainingCells | None:
        """Read the cells from the metadata of a map; None if they tell of none.

        Parameters
        ----------
        tags : mapping of str to str
            The metadata.
        path : str
            The map, for the message.

        Raises
        ------
        SamplesError
            If the metadata are malformed.
        """
        if _CELLS not in tags:
            return None
        try:
            cells = [[int(number) for number in cell.split(",")]
                     for cell in tags[_CELLS].split(";") if cell]  # fmt: skip
            size = float(tags[_RANGE]) if _RANGE in tags else None
            return cls.of(
                read_grid(json.loads(tags[_GRID])), [(r, c) for r, c in cells], evidence_range=size
            )
        except (ValueError, KeyError, TypeError, CRSError) as error:
            raise SamplesError(
                "the map's metadata do not tell its training cells rightly",
                path=path,
                found=f"{type(error).__name__}: {error}",
                mend="map the model again, or give the training points with --training",
            ) from error

    def tags(self) -> dict[str, str]:
        """Give the metadata that `of_tags` reads."""
        pairs = zip(self.rows.tolist(), self.columns.tolist(), strict=True)
        tags = {
            _CELLS: ";".join(f"{row},{column}" for row, column in pairs),
            _GRID: json.dumps(describe_grid(self.grid)),
        }
        return tags if self.evidence_range is None else tags | {_RANGE: f"{self.evidence_range:g}"}

    def hold(self, easting: Floats, northing: Floats) -> Bools:
        """Tell which points lie in one of the cells.

        Parameters
        ----------
        easting, northing : array_like of float, shape (n,)
            Points in the CRS of the grid.

        Returns
        -------
        ndarray of bool, shape (n,)
        """
        rows, columns, inside = self.grid.cells(easting, northing)
        width = self.grid.shape[1]
        ours = self.rows * width + self.columns
        return np.asarray(inside & np.isin(rows * width + columns, ours))
