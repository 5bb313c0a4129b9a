"""The target group: known points of other kinds, as a sample of where people looked."""

from __future__ import annotations

import numpy as np

from geoprospect.errors import SamplesError
from geoprospect.evidence.features.points import coordinates
from geoprospect.grid import Grid, Places
from geoprospect.samples.source import PointsSource
from geoprospect.typing import Floats

_NEAREST = 32  # cells with points that the search at a cell is told by
_LEAST = 1e-300  # far from all points a cell is still drawn, after all others


def search_effort(source: PointsSource, cells: Places, grid: Grid) -> Floats:
    """Tell how much was searched at cells, from points of other kinds found there.

    Parameters
    ----------
    source : PointsSource
        The points, of other commodities for instance; their labels are not looked at.
    cells : Places
        The cells.
    grid : Grid
        The grid of the evidence.

    Returns
    -------
    ndarray of float64, shape (n_cells,)
        The density of the cells that hold such points by a Gaussian kernel, whose standard
        deviation is twice the median distance from one to the next; of the 32 nearest. Its scale
        has no meaning.

    Raises
    ------
    SamplesError
        If the points cannot be read, or lie in fewer than two cells of the grid.

    Notes
    -----
    Background drawn in proportion to where a group of targets was found has the bias of the
    search that the occurrences have too, which then falls out of the comparison (Phillips et al.
    2009, Sample selection bias and presence-only distribution models, Ecological Applications 19:
    181-197).
    """
    rows, columns, inside = grid.cells(*coordinates(source.read(), grid))
    found = np.unique(np.column_stack([rows, columns])[inside], axis=0)
    if len(found) < 2:
        raise SamplesError(
            "too few points of the target group lie on the grid",
            path=source.path,
            found=f"{int(inside.sum())} of {len(inside)}, in {len(found)} cells",
            expected="points in at least 2 cells",
            mend="give a file of points of other kinds in this area, or leave out target_group",
        )
    places = grid.places(found[:, 0], found[:, 1])
    width = 2 * float(np.median(places.nearest(places, k=2)))
    from scipy.spatial import cKDTree  # noqa: PLC0415 - slow to import

    distance, _ = cKDTree(places.straight).query(
        cells.straight, k=min(_NEAREST, len(found)), workers=-1
    )
    effort = np.exp(-0.5 * (distance / width) ** 2).sum(axis=1)
    return np.asarray(np.maximum(effort, _LEAST))
