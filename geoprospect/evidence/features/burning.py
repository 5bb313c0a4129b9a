"""Polygons burnt onto a grid: which of them holds the centre of each cell."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from rasterio.windows import Window

from geoprospect.evidence.features.compiling import compiled
from geoprospect.evidence.features.segments import Segments, joined
from geoprospect.grid import Grid
from geoprospect.grid.difference import linear
from geoprospect.typing import Floats, Ints

NONE = -1  # the number of no polygon


@dataclass(frozen=True)
class BurntPolygons:
    """Outlines of polygons in cells of a grid: columns and rows, counted from its corner.

    Attributes
    ----------
    outlines : Segments
        The outlines, whose rows grow from start to end.
    """

    outlines: Segments

    @classmethod
    def on(cls, outlines: Segments, grid: Grid) -> BurntPolygons:
        """Put outlines on a grid, whose longitudes count modulo a circle.

        Parameters
        ----------
        outlines : Segments
            Closed outlines of valid polygons, in the CRS of the grid.
        grid : Grid
            The grid.
        """
        everywhere = _on_all_turns(outlines, grid) if grid.crs.is_geographic else outlines
        starts, ends = (_in_cells(x, grid) for x in (everywhere.starts, everywhere.ends))
        down = starts[:, 1] > ends[:, 1]
        starts[down], ends[down] = ends[down], starts[down]
        crossing = (np.ceil(ends[:, 1] - 0.5) > np.ceil(starts[:, 1] - 0.5)) & (
            (ends[:, 1] > 0.5) & (starts[:, 1] <= grid.shape[0] - 0.5)
        )
        return cls(replace(everywhere, starts=starts, ends=ends)[crossing])

    def holding(self, window: Window) -> Ints:
        """Tell which polygon holds the centre of each cell of a window.

        Of several it is the last, as GDAL burns them; a centre on an outline belongs to the
        polygon left of it or below it.

        Returns
        -------
        ndarray of int64, shape (rows, columns)
            The numbers of the polygons; -1 where there is none.

        Examples
        --------
        >>> import shapely
        >>> from affine import Affine
        >>> from rasterio.crs import CRS
        >>> grid = Grid(CRS.from_epsg(3578), Affine(1, 0, 0, 0, -1, 3), (3, 4))
        >>> boxes = np.array([shapely.box(0, 0, 3, 2), shapely.box(1, 1, 2, 3)])
        >>> BurntPolygons.on(Segments.of(boxes), grid).holding(Window(0, 0, 4, 3)).tolist()
        [[-1, 1, -1, -1], [0, 1, 0, -1], [0, 0, 0, -1]]
        """
        number = np.full((window.height, window.width), NONE, dtype=np.int64)
        lines = self.outlines
        above, below = window.row_off + 0.5, window.row_off + window.height - 0.5
        lines = lines[(lines.ends[:, 1] > above) & (lines.starts[:, 1] <= below)]
        first = np.maximum(np.ceil(lines.starts[:, 1] - 0.5), window.row_off).astype(np.int64)
        last = np.ceil(lines.ends[:, 1] - 0.5).astype(np.int64)
        last = np.minimum(last, window.row_off + window.height)
        counts = last - first
        which = np.repeat(np.arange(len(lines)), counts)
        row = first[which] + np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
        starts, ends = lines.starts[which], lines.ends[which]
        share = (row + 0.5 - starts[:, 1]) / (ends[:, 1] - starts[:, 1])
        column = starts[:, 0] + share * (ends[:, 0] - starts[:, 0])
        order = np.lexsort((column, lines.feature[which], row))
        # Counted from the corner of the grid: no centre may fall elsewhere in another window.
        first_cell = np.floor(np.clip(column, -1.0, window.col_off + window.width) + 0.5)
        first_cell = np.maximum(first_cell.astype(np.int64) - window.col_off, 0)
        _fill(row[order] - window.row_off, first_cell[order], lines.feature[which][order], number)
        return number


@compiled
def _fill(rows: Ints, first: Ints, features: Ints, number: Ints) -> None:
    """Fill the cells between the first and second crossing of a row and polygon, and so on."""
    for k in range(0, rows.size - 1, 2):
        for column in range(first[k], min(first[k + 1], number.shape[1])):
            number[rows[k], column] = features[k]


def _on_all_turns(outlines: Segments, grid: Grid) -> Segments:
    """Give outlines as they lie about the middle of a grid, and a circle west and east of it."""
    circle = 2 * np.pi / float(grid.crs.units_factor[1])
    middle, _ = grid.transform * (grid.shape[1] / 2, grid.shape[0] / 2)
    _, which = np.unique(outlines.ring, return_inverse=True)
    centre = np.bincount(which, outlines.starts[:, 0]) / np.maximum(np.bincount(which), 1)
    home = circle * np.rint((centre - middle) / circle)[which]
    turns = (np.column_stack([k * circle - home, 0 * home]) for k in (-1, 0, 1))
    return joined(
        [replace(outlines, starts=outlines.starts + x, ends=outlines.ends + x) for x in turns]
    )


def _in_cells(places: Floats, grid: Grid) -> Floats:
    """Give columns and rows of places; the origin is taken off first, lest digits be lost."""
    back = ~linear(grid.transform)
    x, y = places[:, 0] - grid.transform.c, places[:, 1] - grid.transform.f
    return np.column_stack([back.a * x + back.b * y, back.d * x + back.e * y])
