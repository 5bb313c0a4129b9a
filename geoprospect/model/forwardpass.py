"""Evidence in, prospectivity out: components and an ensemble in one pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from geoprospect.model import Components
from geoprospect.network import Dense, Network, Scorer
from geoprospect.typing import Values


class ForwardPass:
    """Evidence in, prospectivity out: components and an ensemble in one pass.

    Parameters
    ----------
    components : Components
        Folded into each network's first layer, for it is an affine map.
    members : sequence of Scorer
        Networks, or others that score components with one output.
    """

    def __init__(self, components: Components, members: Sequence[Scorer]) -> None:
        self.components = components
        self.others = [member for member in members if not isinstance(member, Network)]
        # The mean is taken off first: far from zero, float32 could not hold the small differences.
        self.centre: Values = components.mean.astype(np.float32)
        standardise = components.rotation / components.scale[:, None]
        offset = (self.centre.astype(np.float64) - components.mean) @ standardise
        self.members: list[Network] = []
        for member in members:
            if not isinstance(member, Network):
                continue
            first = member.layers[0]
            kernel = first.kernel.astype(np.float64)
            folded = Dense(
                np.ascontiguousarray((standardise @ kernel).astype(np.float32)),
                (offset @ kernel + first.bias).astype(np.float32),
                first.activation,
                first.slope,
            )
            self.members.append(Network((folded, *member.layers[1:])))

    def predict(self, X: npt.ArrayLike) -> tuple[Values, Values]:
        """Score cells.

        Parameters
        ----------
        X : array_like, shape (n, n_layers)
            Evidence in the layers' units, columns in the order of the components.

        Returns
        -------
        mean, spread : ndarray of float32, shape (n,)
            Mean of the members' scores in [0, 1], and their standard deviation.
        """
        centred = np.asarray(X, dtype=np.float32) - self.centre
        each = [member.predict(centred)[:, 0] for member in self.members]
        if self.others:
            P = self.components.transform(X)
            each += [member.predict(P)[:, 0] for member in self.others]
        scores = np.stack(each)
        mean = scores.mean(axis=0, dtype=np.float64)
        spread = np.sqrt(((scores - mean) ** 2).mean(axis=0))
        return mean.astype(np.float32), spread.astype(np.float32)
