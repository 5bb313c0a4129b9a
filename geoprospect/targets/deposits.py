"""How many deposits are expected in cells, with an interval of their number."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geoprospect.typing import Floats

LEVEL = 0.95


class Deposits(NamedTuple):
    """Expected deposits, and the interval of their number; each array has a place a target.

    Attributes
    ----------
    expected : ndarray of float64
        The sum of the probabilities.
    low, high : ndarray of float64
        Ends of the 95% interval of the number, whole numbers: a shortest one.
    """

    expected: Floats
    low: Floats
    high: Floats


def deposits_in(expected: Floats, squares: Floats) -> Deposits:
    """Give expected deposits with the interval of their number.

    Parameters
    ----------
    expected, squares : ndarray of float64, shape (n,)
        Sums of the probabilities of the cells of each target, and of the squares of these.

    Notes
    -----
    The number of deposits in cells that hold one or none each, by chances of their own, has a
    Poisson-binomial distribution. The binomial distribution of the same mean and nearly the same
    variance stands for it, whose error goes with the spread of the chances alone (Ehm 1991,
    Statistics & Probability Letters 11: 7-16). It tells chance; whether the probabilities are
    right it does not tell.

    Examples
    --------
    >>> even = deposits_in(np.array([0.25, 5.0]), np.array([0.25 * 1e-3, 2.5]))
    >>> even.low.tolist(), even.high.tolist()  # 250 cells of 0.001, 10 of 0.5
    ([0.0, 2.0], [1.0, 8.0])
    """
    from scipy.stats import binom  # noqa: PLC0415 - slow to import

    held = np.maximum(squares, 1e-300)
    n = np.maximum(np.rint(np.minimum(expected**2 / held, 1e12)), np.ceil(expected))
    n = np.maximum(n, 1)
    number = binom(n, expected / n)
    # Below its least number a distribution gives −1.
    low, high = (np.maximum(number.ppf(at), 0.0) for at in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    while True:  # a tail of few deposits may hold far less than 2.5%: an end then is too much
        ends = number.pmf(low), number.pmf(high)
        held = number.cdf(high) - number.cdf(low - 1)
        spare = (held - np.minimum(*ends) >= LEVEL) & (high > low)
        if not spare.any():
            return Deposits(expected, low, high)
        at_low = ends[0] < ends[1]
        low, high = low + (spare & at_low), high - (spare & ~at_low)
