"""Evidence in, prospectivity out: components and an ensemble in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geoprospect.model.components import Components
from geoprospect.network import Chain, Network, Scorer
from geoprospect.typing import Floats, Values

if TYPE_CHECKING:
    from geoprospect.network.compiled import CompiledPass


class ForwardPass:
    """Evidence in, prospectivity out: components and an ensemble in one pass.

    Parameters
    ----------
    components : Components
        Folded into each network's first layer, for it is an affine map.
    members : sequence of Scorer
        Networks, or others that score components with one output.

    Attributes
    ----------
    centre : ndarray of float32, shape (n_layers,)
        What is taken off the evidence before the networks read it.
    networks : list of Network
        The members that read centred evidence themselves.
    others : list of Scorer
        Those that must be given components; one that stands for several is scored once.
    """

    def __init__(self, components: Components, members: Sequence[Scorer]) -> None:
        self.components = components
        # The mean is taken off first: far from zero, float32 could not hold the small differences.
        self.centre: Values = components.mean.astype(np.float32)
        standardise = components.rotation / components.scale[:, None]
        offset = (self.centre.astype(np.float64) - components.mean) @ standardise
        self.networks: list[Network] = [
            member.after(standardise, offset) for member in members if isinstance(member, Chain)
        ]
        self.others = [member for member in members if not isinstance(member, Chain)]
        last = [not isinstance(member, Chain) for member in members]
        self._places = np.argsort(np.argsort(last, kind="stable"))  # of the members in that order

    @property
    def compilable(self) -> bool:
        """Whether the compiled loop can run it: all members read evidence themselves."""
        return not self.others

    def compiled(self, ranges: Values) -> CompiledPass:
        """Give the compiled loop of the networks.

        Parameters
        ----------
        ranges : ndarray of float32, shape (n_layers, 2)
            Smallest and largest value of each layer at the training points.
        """
        from geoprospect.network.compiled import CompiledPass  # noqa: PLC0415 - loads numba

        return CompiledPass(self.networks, self.centre, ranges)

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
        scores = self._scores(X)
        mean = _mean(scores)
        spread = np.sqrt(_mean((row - mean) ** 2 for row in scores))
        return mean.astype(np.float32), spread.astype(np.float32)

    def compiled_each(self, ranges: Values) -> tuple[CompiledPass, ...]:
        """Give a compiled loop of each network by itself, for `predict_each`.

        Parameters
        ----------
        ranges : ndarray of float32, shape (n_layers, 2)
            As for `compiled`.
        """
        from geoprospect.network.compiled import CompiledPass  # noqa: PLC0415 - loads numba

        return tuple(CompiledPass([network], self.centre, ranges) for network in self.networks)

    def predict_each(self, X: npt.ArrayLike, loops: Sequence[CompiledPass] = ()) -> Values:
        """Score cells by each member, in the members' order.

        Parameters
        ----------
        X : array_like, shape (n, n_layers)
            As for `predict`.
        loops : sequence of CompiledPass, optional
            What `compiled_each` gives, to score the networks by; scores differ by rounding.

        Returns
        -------
        ndarray of float32, shape (members, n)
        """
        return np.stack(self._scores(X, loops))[self._places]

    def _scores(self, X: npt.ArrayLike, loops: Sequence[CompiledPass] = ()) -> list[Values]:
        """Score cells by each of the networks, then by each of the others."""
        if loops:
            columns = np.ascontiguousarray(np.asarray(X, dtype=np.float32).T)
            each = [_looped(loop, columns) for loop in loops]
        else:
            centred = np.asarray(X, dtype=np.float32) - self.centre
            each = [network.predict(centred)[:, 0] for network in self.networks]
        if self.others:
            P = self.components.transform(X)
            distinct = {id(member): member for member in self.others}
            scored = {key: member.predict(P)[:, 0] for key, member in distinct.items()}
            each += [scored[id(member)] for member in self.others]
        return each


def _looped(loop: CompiledPass, columns: Values) -> Values:
    """Score evidence of shape (n_layers, n), all of it finite, by a compiled loop."""
    scores: Values = np.empty((1, columns.shape[1]), np.float32)
    loop.score(columns, scores, nodata=np.nan)
    only: Values = scores[0]
    return only


def _mean(rows: Iterable[npt.NDArray[Any]]) -> Floats:
    """Give the mean of rows, one at a time: all of them in float64 would fill a map's memory."""
    total, number = np.zeros(1), 0
    for row in rows:
        total, number = total + row, number + 1
    return total / number
