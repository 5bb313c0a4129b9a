"""The scales that a model's scores are told on: as they are, and as log-odds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np

from geoprospect.model.contributions import log_odds
from geoprospect.typing import Floats, Values

Scale = Literal["score", "log-odds"]
SCALES: tuple[Scale, ...] = ("score", "log-odds")

Scores: TypeAlias = Callable[[Values], Values]
"""Gives the scores by each member, shape (members, n), of evidence of shape (n, n_names)."""


def on_scales(scores: Values) -> dict[Scale, Floats]:
    """Give the mean score of the members, and then their own, on each scale.

    Parameters
    ----------
    scores : ndarray of float32, shape (members, n)
        The scores by each member.

    Returns
    -------
    dict of str to ndarray of float64, shape (1 + members, n)
        Log-odds of the mean are those of the mean score, as the map has it.

    Examples
    --------
    >>> on_scales(np.array([[0.25], [0.75]], np.float32))["log-odds"].round(3).tolist()
    [[0.0], [-1.099], [1.099]]
    """
    every = np.vstack([scores.mean(axis=0, dtype=np.float64), scores.astype(np.float64)])
    return {"score": every, "log-odds": log_odds(every)}
