"""The cells a pretext task learns from, with their places, so that some can be kept out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoprospect.samples import Samples
from geoprospect.typing import Bools, Ints, Values


@dataclass(frozen=True)
class PretextCells:
    """Cells for a pretext task; it sees no label of an occurrence.

    Attributes
    ----------
    P : ndarray of float32, shape (n, n_components)
        Components at the cells.
    rock_class : ndarray of int64, shape (n,), or None
        Codes of the rock classes, for the lithology task.
    rows, columns : ndarray of int64, shape (n,)
        The cells, on the grid of the samples.
    """

    P: Values
    rock_class: Ints | None
    rows: Ints
    columns: Ints

    def beyond(self, samples: Samples, held_out: Bools, buffer: float) -> Bools:
        """Tell which cells neither hold a point held out nor lie within the buffer of one.

        Parameters
        ----------
        samples : Samples
            The points.
        held_out : ndarray of bool, shape (n_points,)
            Which of them are held out.
        buffer : float
            In metres.

        Returns
        -------
        ndarray of bool, shape (n,)
        """
        held_out_cells = samples.grid.places(samples.rows[held_out], samples.columns[held_out])
        distance = samples.grid.places(self.rows, self.columns).nearest(held_out_cells)
        return np.asarray(distance > buffer)
