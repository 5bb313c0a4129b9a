"""The cells that a pretext task may learn from while points are held out."""

from __future__ import annotations

import numpy as np

from geoprospect.errors import TrainingError
from geoprospect.methods import PretextCells
from geoprospect.samples import Samples
from geoprospect.typing import Bools


def cells_beyond(cells: PretextCells, samples: Samples, held_out: Bools, buffer: float) -> Bools:
    """Tell which cells neither hold a point held out nor lie within the buffer of one.

    Parameters
    ----------
    cells : PretextCells
        The cells, with their places on the grid of the samples.
    samples : Samples
        The points.
    held_out : ndarray of bool, shape (n_points,)
        Which of them are held out.
    buffer : float
        In metres.

    Returns
    -------
    ndarray of bool, shape (n,)

    Raises
    ------
    TrainingError
        If the cells have no places.
    """
    if cells.rows is None or cells.columns is None:
        raise TrainingError(
            "the cells of the pretext task have no places, so that none can be kept from it",
            mend="give their rows and columns",
        )
    held_out_cells = samples.grid.places(samples.rows[held_out], samples.columns[held_out])
    distance = samples.grid.places(cells.rows, cells.columns).nearest(held_out_cells)
    return np.asarray(distance > buffer)
