"""A map's cells counted for all measures at once, in two passes and bounded memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.errors import ScoreError
from geoprospect.scoring.levels import Parts, levels
from geoprospect.scoring.ratecurve import Ranks
from geoprospect.scoring.uncertainty import Uncertainty
from geoprospect.typing import Ints

_SAMPLED = 2**20  # cells in which plateaus are looked for
_MOST = 4096  # plateaus; each holds that part of the map at least


def survey(parts: Parts, at_points: npt.NDArray[Any], n_cells: int) -> Ranks:
    """Count a map's cells against its levels, its plateaus and the points' scores.

    The first pass finds the least and the greatest score, and the plateaus: scores that more than
    one cell in 4096 has, looked for in a sample of about a million cells, or in all cells of a
    smaller map. The second pass counts, so that counts are exact whatever was sampled.

    Parameters
    ----------
    parts : callable
        Gives the scores of the valid cells part by part, anew at every call.
    at_points : ndarray, shape (n_points,)
        The map's scores at the points.
    n_cells : int
        Cells of the map, valid or not.

    Returns
    -------
    Ranks
        For `Ranks.curve`, `Uncertainty.of`, `PredictionArea.of` and `Boyce.of`.

    Raises
    ------
    ScoreError
        If there is no valid cell, or a point's score is beyond those of all cells.

    Examples
    --------
    >>> cells = np.array([0.0, 0.25, 0.25, 1.0])
    >>> ranks = survey(lambda: [cells], np.array([1.0]), n_cells=4)
    >>> at = ranks.scores.searchsorted(0.25)
    >>> int(ranks.above[at]), int(ranks.reaching[at])
    (1, 3)
    """
    random = np.random.default_rng(0)
    share = _SAMPLED / max(n_cells, 1)
    ends, sample = [], []
    for part in parts():
        if part.size:
            ends.append((part.min(), part.max()))
            sample.append(part if share >= 1 else part[random.random(part.size) < share])
    if not ends:
        raise ScoreError("the map has no valid cell", mend="give a map with scores")
    low, high = min(least for least, _ in ends), max(greatest for _, greatest in ends)
    if not ((at_points >= low) & (at_points <= high)).all():
        raise ScoreError("points have scores that no cell has", expected=f"{low:g} to {high:g}")
    drawn = np.concatenate(sample)
    scores, counts = np.unique(drawn, return_counts=True)
    plateaus = scores[counts * _MOST >= drawn.size]
    spaced = levels(low, high, np.result_type(low))
    return Ranks.count(parts(), np.concatenate([spaced, plateaus, at_points]).astype(spaced.dtype))


def uncertainty_of(
    values: npt.ArrayLike, at_points: npt.ArrayLike, groups: Ints | None = None
) -> Uncertainty:
    """Measure the uncertainty of the rate curve of scores that lie in memory.

    Parameters
    ----------
    values : array_like of float, any shape
        Score of each cell, greater is better. Masked and non-finite cells are not valid.
    at_points : array_like, shape (n,)
        Score at each occurrence, compared in the dtype of `values`.
    groups : ndarray of int64, shape (n,), optional
        The cluster of each occurrence, from 0; each is its own if not given.

    Raises
    ------
    ScoreError
        If there is no valid cell, or an occurrence has a score that no cell has.

    Examples
    --------
    One occurrence says next to nothing, but something:

    >>> sure = uncertainty_of([0.9, 0.5, 0.4, 0.2, 0.1], at_points=[0.9])
    >>> print(f"{sure.auc:.1f}, p = {sure.p_value:.1f}")
    0.2–1.0, p = 0.2
    """
    cells: npt.NDArray[Any] = np.ma.asanyarray(values)
    data = np.ma.getdata(cells)
    valid = data[~np.ma.getmaskarray(cells) & np.isfinite(data)]
    points = np.asarray(at_points, dtype=cells.dtype)
    return Uncertainty.of(survey(lambda: [valid], points, valid.size), points, groups)
