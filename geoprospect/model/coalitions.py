"""The mean score of a model's members in every coalition of its layers."""

from __future__ import annotations

import math

import numpy as np

from geoprospect.methods.coalitions import quick_coalitions
from geoprospect.model.forwardpass import ForwardPass
from geoprospect.model.model import ProspectivityModel
from geoprospect.network import Chain
from geoprospect.network.coalitions import SigmoidCoalitions, network_coalitions
from geoprospect.typing import Floats, Ints, Values


class CoalitionScores:
    """Scores of cells in which some layers have their own values, the others the background's.

    Members that have a quicker way than to predict every coalition take it: trees, whose leaves
    count in the coalitions that reach them, if each of their inputs is of one layer; support vector
    machines, Gaussian processes and networks of one layer of cosines, whose terms are products of a
    factor a layer; and sigmoid units, to whose log-odds each layer adds a term.

    Parameters
    ----------
    model : ProspectivityModel
        The model.
    background : ndarray of float32, shape (n_names,)
        The background.
    group_of : ndarray of int64, shape (n_names,)
        The layer that each name of evidence belongs to, counted from 0.
    """

    def __init__(self, model: ProspectivityModel, background: Values, group_of: Ints) -> None:
        components = model.components
        self._n_members, self._background = len(model.members), background
        self._group_of = group_of
        # Each standardised layer is of one layer, as components are not.
        self._standardised = components.unrotated() if components.rotated else components
        self._quick, others = quick_coalitions(
            model.members,
            self._standardised.transform(background[None])[0],
            group_of,
            rotation=components.rotation if components.rotated else None,
        )
        # Networks read centred evidence, and need no components.
        self._centre = components.mean.astype(np.float32)
        forward = ForwardPass(components, [x for x in others if isinstance(x, Chain)])
        others = [member for member in others if not isinstance(member, Chain)]
        centred = background - self._centre
        ways = [(network_coalitions(x, centred, group_of), x) for x in forward.networks]
        self._shallow = [way for way, _ in ways if way is not None]
        networks = [network for way, network in ways if way is None]
        self._n_networks, self._n_others = len(networks), len(others)
        if networks:
            from geoprospect.network.compiled import CompiledPass  # noqa: PLC0415 - loads numba

            self._compiled = CompiledPass(networks, self._centre, model.ranges)
        if others:
            self._forward = ForwardPass(components, others)

    def of(self, X: Values) -> Floats:
        """Score cells.

        Parameters
        ----------
        X : ndarray of float32, shape (n_names, n)
            Their evidence, all finite.

        Returns
        -------
        ndarray of float64, shape (2 ** n_layers, n)
            Mean scores of the members; bit g of a row's number tells whether layer g is present.
        """
        n_coalitions = 2 ** (int(self._group_of.max()) + 1)
        total = np.zeros((n_coalitions, X.shape[1]))
        if self._quick:
            seen = self._standardised.transform(X.T)
            for quick in self._quick:
                total += quick.of(seen)
        centred = X.T - self._centre
        for shallow in self._shallow:
            total += shallow.of(centred)
        if self._n_networks or self._n_others:
            inputs = self._in_all(X, n_coalitions)
            if self._n_networks:
                scores: Values = np.empty((1, inputs.shape[1]), np.float32)
                self._compiled.score(inputs, scores, nodata=np.nan)
                total += self._n_networks * scores.reshape(total.shape).astype(np.float64)
            if self._n_others:
                means = self._forward.predict(inputs.T)[0].reshape(total.shape)
                total += self._n_others * means.astype(np.float64)
        total /= self._n_members
        return total

    def log_odds(self, X: Values, least: float) -> Floats:
        """Give the log-odds of the scores of cells, held so far from 0 and 1, as `of` does these.

        Those of a single sigmoid unit are sums that no score need be told of.
        """
        match self._shallow:
            case [SigmoidCoalitions() as unit] if self._n_members == 1:
                odds = unit.log_odds(X.T - self._centre)
                most = math.log((1 - least) / least)
                return np.clip(odds, -most, most, out=odds)
        from geoprospect.model.sharing import turn_into_log_odds  # noqa: PLC0415 - loads numba

        scores = self.of(X)
        turn_into_log_odds(scores, least)
        return scores

    def _in_all(self, X: Values, n_coalitions: int) -> Values:
        """Give the evidence of cells in all coalitions, coalition by coalition."""
        numbers = np.arange(n_coalitions)
        present = (numbers >> self._group_of[:, None]) % 2 == 1
        inputs = np.where(present[:, :, None], X[:, None, :], self._background[:, None, None])
        return inputs.reshape(len(X), -1)
