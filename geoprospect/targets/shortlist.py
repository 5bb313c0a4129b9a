"""The shortlist: the first targets in rank that do not crowd one valley."""

from __future__ import annotations

import math

import numpy as np

from geoprospect.grid import Places
from geoprospect.typing import Bools


def default_apart(area: float, number: int) -> float:
    """Give a quarter of what lies between points evenly spread over an area.

    Parameters
    ----------
    area : float
        In km².
    number : int
        How many points.

    Returns
    -------
    float
        In km.

    Examples
    --------
    >>> default_apart(16_000.0, 10)
    10.0
    """
    return math.sqrt(area / number) / 4


def spread_out(peaks: Places, number: int, apart: float) -> Bools:
    """Choose targets from the first on, each at a distance from all chosen before it.

    Parameters
    ----------
    peaks : Places
        The best cells of the targets, in the order of their rank.
    number : int
        How many are wanted; fewer are chosen where no more lie so far apart.
    apart : float
        In km, between the best cells.

    Examples
    --------
    >>> from rasterio.crs import CRS
    >>> line = Places(np.array([0.0, 900, 2500]), np.zeros(3), CRS.from_epsg(3578))
    >>> spread_out(line, 2, 1.0).tolist()
    [True, False, True]
    """
    chosen = np.zeros(len(peaks), np.bool_)
    free = np.ones(len(peaks), np.bool_)
    for _ in range(number):
        left = np.flatnonzero(free)
        if not len(left):
            break
        chosen[left[0]] = True
        free[left[0]] = False
        far = peaks[left].nearest(peaks[left[:1]]) >= apart * 1e3
        free[left[~far]] = False
    return chosen
