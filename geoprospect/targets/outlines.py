"""Outlines: polygons along the edges of cells, put together from those of windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio.features
import shapely
import shapely.geometry
from affine import Affine
from rasterio.windows import Window

from geoprospect.grid import Grid
from geoprospect.typing import Floats, Ints

Shapes = npt.NDArray[np.object_]


class Outlines:
    """The outlines of some targets, in cells: across from the left edge, down from the top.

    Corners of cells are whole numbers there, so that pieces of windows fit without a gap; only
    then are they put on the ground.

    Parameters
    ----------
    n : int
        How many targets.

    Examples
    --------
    >>> outlines = Outlines(1)
    >>> outlines.add(np.array([[0, -1], [-1, 0]]), Window(4, 6, 2, 2))
    >>> [shape] = outlines.joined()
    >>> [part.bounds for part in shape.geoms], shape.is_valid
    ([(5.0, 7.0, 6.0, 8.0), (4.0, 6.0, 5.0, 7.0)], True)
    """

    def __init__(self, n: int) -> None:
        self._pieces: list[list[Any]] = [[] for _ in range(n)]

    def add(self, number: Ints, window: Window) -> None:
        """Add what a window holds.

        Parameters
        ----------
        number : ndarray of int64, shape (rows, columns)
            The target of each cell, counted from 0; -1 for none.
        window : rasterio.windows.Window
            The window.
        """
        corner = Affine.translation(window.col_off, window.row_off)
        found = rasterio.features.shapes(
            number.astype(np.int32), mask=number >= 0, connectivity=4, transform=corner
        )
        for shape, which in found:
            self._pieces[int(which)].append(shapely.geometry.shape(shape))

    def joined(self) -> Shapes:
        """Join the pieces of each target to a valid polygon, or several that touch at corners."""
        shapes = [_joined(np.array(pieces)) for pieces in self._pieces]
        return np.array(shapes, dtype=object)


def _joined(pieces: Shapes) -> Any:
    """Join the pieces of a target; corners stand where the outline turns, and nowhere else."""
    # A ring that touches itself at a corner becomes a ring with a hole.
    whole = shapely.union_all(shapely.make_valid(pieces))
    turned = shapely.normalize(whole)  # begins each ring at a corner, which is kept
    joined = shapely.normalize(shapely.simplify(turned, 0.0))
    return shapely.multipolygons(polygons_of(joined))


def polygons_of(shape: Any) -> list[Any]:
    """Give the polygons of a geometry, and no points and lines that it may hold besides."""
    parts = shapely.get_parts(shape)
    return list(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def simplified(shapes: Shapes, tolerance: float) -> Shapes:
    """Leave corners out whose way to the outline is shorter than a tolerance, in cells.

    One that would no longer be valid stays as it is.
    """
    if not tolerance:
        return shapes
    plain = [
        shapely.multipolygons(polygons_of(shape))
        for shape in shapely.simplify(shapes, tolerance, preserve_topology=True)
    ]
    simple = np.array(plain, dtype=object)
    fits = shapely.is_valid(simple) & ~shapely.is_empty(simple)
    return np.asarray(np.where(fits, simple, shapes))


def on_ground(shapes: Shapes, grid: Grid) -> Shapes:
    """Put outlines in cells on the ground, in the CRS of a grid."""
    a, b, c, d, e, f = grid.transform[:6]

    def put(places: Floats) -> Floats:
        across, down = places.T
        return np.column_stack([c + (a * across + b * down), f + (d * across + e * down)])

    return np.asarray(shapely.transform(shapes, put))
