"""Lopsided labels: a few occurrences against a background of thousands of cells."""

from __future__ import annotations

import numpy as np

from geoprospect.typing import Ints

_LOPSIDED = 10  # times as many points of one label as of the other


def is_lopsided(label: Ints) -> bool:
    """Tell whether one label has ten times as many points as the other, or more.

    Examples
    --------
    >>> is_lopsided(np.array([1] + [0] * 10)), is_lopsided(np.array([1] + [0] * 9))
    (True, False)
    """
    counts = np.bincount(label, minlength=2)
    return bool(counts.max() >= _LOPSIDED * counts.min())


def balanced_rows(label: Ints, random: np.random.Generator, *, again: bool) -> Ints:
    """Draw as many points of either label as the scarcer has.

    Parameters
    ----------
    label : ndarray of int64, shape (n,)
        1 at occurrences, 0 at non-occurrences.
    random : numpy.random.Generator
        Where the draw comes from.
    again : bool
        Whether a point may come up again, as in a bootstrap.

    Returns
    -------
    ndarray of int64
        Numbers of the points.

    Examples
    --------
    >>> label = np.array([1, 0, 0, 1, 0, 0, 0])
    >>> label[balanced_rows(label, np.random.default_rng(0), again=False)].tolist()
    [0, 0, 1, 1]
    """
    number = np.bincount(label, minlength=2).min()
    drawn = [random.choice(np.flatnonzero(label == k), number, replace=again) for k in (0, 1)]
    return np.concatenate(drawn).astype(np.int64)
