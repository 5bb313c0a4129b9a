"""What each evidence layer contributes to a model's scores, on the logit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geoprospect.evidence import EvidenceStack
from geoprospect.evidence.belonging import names_of_layers
from geoprospect.model.coalitions import CoalitionScores
from geoprospect.model.forwardpass import ForwardPass
from geoprospect.model.model import ProspectivityModel
from geoprospect.model.shapley import MOST_EXACT, Shares, rounds_of, shared_exactly, shared_out
from geoprospect.typing import Floats, Ints, Values

CLIPPED = 1e-4
"""Scores are held this far from 0 and 1: a float32 tells log-odds to 1e-3 no farther out."""

_DRAWN = 100_000  # cells, whose mean the background is where the model does not know it

Score = Callable[[Values], Values]
"""Gives the scores, shape (n,), of evidence of shape (n_names, n)."""


@dataclass(frozen=True)
class Contributions:
    """What each layer contributes to a model's scores.

    A contribution is the Shapley value of a layer, all its columns together, on the log-odds of
    the mean score of the members, against one background. It is what the log-odds rise by when
    the layer's values take the place of the background's, averaged over all orders in which
    layers may do so. Contributions sum to the log-odds of the score less those of the
    background's score.

    Attributes
    ----------
    model : ProspectivityModel
        The model.
    layers : dict of str to tuple of str
        The names of evidence that belong to each layer.
    background : ndarray of float32, shape (n_names,)
        The evidence that a cell is held against, in the order of the model's names: the mean of
        the valid cells, which of classes is their share.

    Notes
    -----
    Shapley (1953), Contributions to the Theory of Games 2: 307-317; for models Štrumbelj &
    Kononenko (2014), Knowledge and Information Systems 41: 647-665, and Lundberg & Lee (2017),
    Advances in Neural Information Processing Systems 30. Up to twelve layers they are exact for
    any method; of more, orders are drawn, and the standard error is told. Scores closer to 0
    or 1 than 1e-4 count as that.
    """

    model: ProspectivityModel
    layers: Mapping[str, tuple[str, ...]]
    background: Values

    @classmethod
    def of(cls, model: ProspectivityModel, stack: EvidenceStack) -> Contributions:
        """Take layers and, where the model does not know it, the background from a stack.

        Methods that read layers in their own units keep no mean of them; that of up to 100,000
        cells drawn from the stack is taken then.

        Raises
        ------
        LayerNameError, EvidenceError
            If the stack does not hold the model's evidence.
        """
        evidence = model.select(stack)
        components = model.components
        background = components.mean
        if not background.any() and (components.scale == 1).all():
            background = evidence.draw(_DRAWN, seed=0)[0].mean(axis=0, dtype=np.float64)
        return cls(model, names_of_layers(evidence), background.astype(np.float32))

    @property
    def exact(self) -> bool:
        """Whether all coalitions of layers are evaluated."""
        return len(self.layers) <= MOST_EXACT

    @property
    def n_evaluations(self) -> int:
        """Scores computed for a cell."""
        return sum(len(chosen.coalitions) for chosen in rounds_of(len(self.layers)))

    @cached_property
    def _forward(self) -> ForwardPass:
        return self.model.forward_pass()

    @cached_property
    def _layer_of(self) -> Ints:
        """The number of the layer that each of the model's names belongs to."""
        layer_of = {
            name: number for number, names in enumerate(self.layers.values()) for name in names
        }
        return np.array([layer_of[name] for name in self.model.names])

    @cached_property
    def _coalitions(self) -> CoalitionScores:
        return CoalitionScores(self.model, self.background, self._layer_of)

    def score(self, X: Values) -> Values:
        """Score evidence of shape (n_names, n), with the mean of the members."""
        return self._forward.predict(X.T)[0]

    def shares(self, X: Values, score: Score | None = None) -> Shares:
        """Give the contributions to the scores of cells.

        Parameters
        ----------
        X : ndarray of float32, shape (n, n_names)
            Evidence in the order of the model's names, all finite.
        score : callable, optional
            Another way to the scores of evidence of shape (n_names, n).

        Returns
        -------
        Shares
            A row a layer, in the order of `layers`.
        """
        scored = score or self.score
        columns = np.ascontiguousarray(X.T, np.float32)
        groups = [np.flatnonzero(self._layer_of == k).tolist() for k in range(len(self.layers))]
        return shared_out(lambda X: log_odds(scored(X)), columns, self.background, groups)

    def prepare_for_many(self) -> None:
        """Lay out what `shares_of_many` needs, before several threads ask for it."""
        _ = self._coalitions

    def shares_of_many(self, X: Values) -> Shares:
        """Give the contributions to the scores of many cells, for which it pays to compile.

        They are those of `shares`, to rounding, where these are exact.

        Parameters
        ----------
        X : ndarray of float32, shape (n, n_names)
            As for `shares`; cells by the hundred thousand.
        """
        columns = np.ascontiguousarray(X.T, np.float32)
        return shared_exactly(
            lambda X: self._coalitions.log_odds(X, CLIPPED), columns, len(self.layers)
        )


def log_odds(scores: Values | Floats) -> Floats:
    """Give the log-odds of scores, which are held 1e-4 from 0 and 1 first.

    Examples
    --------
    >>> log_odds(np.array([0.5, 1.0])).round(4).tolist()
    [0.0, 9.2102]
    """
    held = np.clip(scores.astype(np.float64), CLIPPED, 1 - CLIPPED)
    odds: Floats = np.log(held / (1 - held))
    return odds
