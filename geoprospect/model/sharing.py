"""Values of all coalitions of groups made into what each group earns: compiled loops."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import math

import numpy as np

from geoprospect.network.compiling import compiled

_LOG_2 = math.log(2.0)
_ROOT = np.float64(math.sqrt(0.5)).view(np.int64)  # as bits
_EXPONENT = 52  # the bit at which a float64's exponent begins
_MANY = 1024  # is added to exponents, so that none is negative
_WHOLE = np.float64(2.0**52).view(np.int64)  # with these bits, a whole number is 2⁵² more
# Of the logarithm of (1 + s) / (1 - s), by s: beyond them, less than 1e-14 is left.
_SERIES = tuple(2.0 / k for k in (1, 3, 5, 7, 9, 11, 13, 15))


@compiled
def turn_into_log_odds(scores, least):
    """Turn scores into their log-odds, held so far from 0 and 1 first.

    Parameters
    ----------
    scores : ndarray of float64, shape (rows, n)
        The scores; receives the log-odds.
    least : float
        How far, at least 1e-300.
    """
    a0, a1, a2, a3, a4, a5, a6, a7 = _SERIES
    for k in range(len(scores)):
        row = scores[k]
        for c in range(len(row)):
            held = min(max(row[c], least), 1.0 - least)
            odds = held / (1.0 - held)
            # The odds are a power of 2 times a number between the roots of a half and of 2.
            bits = np.float64(odds).view(np.int64) - _ROOT + (np.int64(_MANY) << _EXPONENT)
            shifted = np.int64(np.uint64(bits) >> np.uint64(_EXPONENT))
            power = np.int64(shifted | _WHOLE).view(np.float64) - (2.0**52 + _MANY)
            whole = (shifted - np.int64(_MANY)) << np.int64(_EXPONENT)
            near = np.int64(np.float64(odds).view(np.int64) - whole).view(np.float64)
            s = (near - 1.0) / (near + 1.0)
            u = s * s
            series = a4 + u * (a5 + u * (a6 + u * a7))
            series = a0 + u * (a1 + u * (a2 + u * (a3 + u * series)))
            row[c] = power * _LOG_2 + s * series


@compiled
def share_out(values, joined, absent, shares):
    """Give what each group earns of values: their average rise as it joins, over all orders.

    Parameters
    ----------
    values : ndarray of float64, shape (2 ** n_groups, n)
        The values of all coalitions; bit g of a row's number tells whether group g is present.
        They are overwritten.
    joined, absent : ndarray of float64, shape (2 ** n_groups,)
        What a coalition's value counts for the groups in it, and against those that are not.
    shares : ndarray of float64, shape (n_groups, n)
        Receives the shares.
    """
    n_groups, n = shares.shape
    against = np.zeros(n)
    for k in range(len(values)):
        row, lost, counts = values[k], absent[k], joined[k] + absent[k]
        for c in range(n):
            against[c] += lost * row[c]
            row[c] *= counts
    # What the groups in a coalition gain, less what all groups lose: of each group by turns, the
    # coalitions with it are summed, and then join those without it.
    size = len(values)
    for g in range(n_groups - 1, -1, -1):
        size //= 2
        share = shares[g]
        for c in range(n):
            share[c] = -against[c]
        for k in range(size):
            without, with_it = values[k], values[size + k]
            for c in range(n):
                share[c] += with_it[c]
                without[c] += with_it[c]
