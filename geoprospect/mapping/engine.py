"""The engine of a map: which forward pass scores its windows."""

from __future__ import annotations

from typing import Literal

import numpy as np

from geoprospect.evidence.census import Block
from geoprospect.model.model import ProspectivityModel
from geoprospect.network import Network
from geoprospect.typing import Values

Kind = Literal["compiled", "numpy"]

# Cells times members from which the compiled loop saves more than it costs to load.
_WORTH_COMPILING = 2**22


class Engine:
    """Scores the cells of a window with all members of a model.

    Parameters
    ----------
    model : ProspectivityModel
        The model.
    kind : {"compiled", "numpy"}
        The compiled loop, for chains of dense layers alone, or NumPy, for all members. Their
        scores differ by rounding (1e-7), so one map is made by one of them.
    """

    def __init__(self, model: ProspectivityModel, kind: Kind) -> None:
        self.kind = kind
        self._model = model
        self._forward = model.forward_pass()
        self._compiled = None
        if kind == "compiled":
            from geoprospect.network.compiled import CompiledPass  # noqa: PLC0415 - loads numba

            forward = self._forward
            self._compiled = CompiledPass(forward.members, forward.centre, model.ranges)

    @staticmethod
    def choose(model: ProspectivityModel, n_cells: int) -> Kind:
        """Choose the kind for a grid of so many cells, by what is faster."""
        chains = all(isinstance(member, Network) for member in model.members)
        large = n_cells * len(model.members) >= _WORTH_COMPILING
        return "compiled" if chains and large else "numpy"

    def bytes_a_cell(self, n_bands: int) -> int:
        """Give the memory that a cell of a window takes, all arrays of the way together."""
        n_layers, members = len(self._model.names), len(self._model.members)
        values = n_layers + 3 * n_bands + 6  # read, scored and written
        if self.kind == "numpy":
            values += 6 * n_layers + 3 * members  # the valid cells' evidence, components, scores
        return 4 * values

    def score(self, block: Block, n_bands: int, *, nodata: float) -> tuple[Values, int]:
        """Score a window.

        Parameters
        ----------
        block : Block
            The evidence, its layers in the order of the model.
        n_bands : int
            1 for the members' mean, 2 for their standard deviation too.
        nodata : float
            What invalid cells receive.

        Returns
        -------
        bands : ndarray of float32, shape (n_bands, rows, columns)
        beyond : int
            Valid cells where some layer leaves its range at the training points.
        """
        shape = block.values.shape[1:]
        bands = np.empty((n_bands, *shape), np.float32)
        if self._compiled is not None:
            flat = block.values.reshape(len(block.values), -1)
            return bands, self._compiled.score(flat, bands.reshape(n_bands, -1), nodata=nodata)
        bands.fill(nodata)
        for band, scores in zip(bands, self._forward.predict(block.X), strict=False):
            band[block.valid] = scores
        return bands, int(self._model.beyond_training(block.X).sum())
