"""How strongly two layers act together: Friedman & Popescu's H statistic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from geoprospect.model.dependence.scales import SCALES, Scale, Scores, on_scales
from geoprospect.typing import Floats, StageProgress, Values

_LEAST = 1e-4  # effects smaller than that, in score or log-odds, are rounding


@dataclass(frozen=True)
class Interaction:
    """How strongly two layers act together.

    Attributes
    ----------
    layers : (str, str)
        The layers.
    strength : dict of str to float
        Friedman & Popescu's H on each scale: the square root of the share of the joint partial
        dependence's variance that is not the sum of those of both; 0 where they only add up. It
        passes 1 where both hardly act but together.
    size : dict of str to float
        Standard deviation over the cells of what is not that sum, in score or log-odds.

    Notes
    -----
    Friedman & Popescu (2008), Predictive learning via rule ensembles, Annals of Applied
    Statistics 2: 916-954, equation 44, evaluated at, and averaged over, the same cells. All
    columns of a layer are put to those of another cell together.
    """

    layers: tuple[str, str]
    strength: Mapping[Scale, float]
    size: Mapping[Scale, float]


def interactions(
    scores: Scores,
    X: Values,
    layers: Mapping[str, Sequence[int]],
    *,
    progress: StageProgress | None = None,
) -> tuple[Interaction, ...]:
    """Compute the interaction of each pair of layers.

    Parameters
    ----------
    scores : callable
        Gives the scores by each member, shape (members, n), of rows of shape (n, n_inputs).
    X : ndarray of float32, shape (n, n_inputs)
        Cells; a layer, and a pair of them, takes n² scores by each member.
    layers : mapping of str to sequence of int
        The inputs of each layer.
    progress : callable, optional
        Called with the pairs done, and the pairs in all.

    Returns
    -------
    tuple of Interaction
        The largest in log-odds first.

    Examples
    --------
    >>> X = np.random.default_rng(0).random((40, 3)).astype(np.float32)
    >>> found = interactions(lambda X: (X[:, 0] * X[:, 1] + X[:, 2])[None] / 2, X,
    ...                      {"X1": [0], "X2": [1], "X3": [2]})
    >>> sorted(one.layers for one in found if one.strength["score"] > 0.1)
    [('X1', 'X2')]
    """
    pairs = list(combinations(layers, 2))
    if not pairs:
        return ()
    alone = {name: _joint(scores, X, list(columns)) for name, columns in layers.items()}
    found = []
    for done, (first, second) in enumerate(pairs, start=1):
        both = _joint(scores, X, [*layers[first], *layers[second]])
        strength, size = {}, {}
        for scale in SCALES:
            rest = both[scale] - alone[first][scale] - alone[second][scale]
            size[scale], whole = (float(np.sqrt(np.square(x).mean())) for x in (rest, both[scale]))
            strength[scale] = size[scale] / whole if whole > _LEAST else 0.0
        found.append(Interaction((first, second), strength, size))
        if progress is not None:
            progress(done, len(pairs))
    return tuple(sorted(found, key=lambda one: -one.size["log-odds"]))


def _joint(scores: Scores, X: Values, columns: Sequence[int]) -> dict[Scale, Floats]:
    """Give the centred partial dependence on some inputs together, at each cell's own values."""
    n = len(X)
    rows = np.tile(X, (n, 1))
    rows[:, columns] = np.repeat(X[:, columns], n, axis=0)
    mean = scores(rows).mean(axis=0, dtype=np.float64)[None]
    found = {}
    for scale, values in on_scales(mean).items():
        each = values[0].reshape(n, n).mean(axis=1)
        found[scale] = each - each.mean()
    return found
