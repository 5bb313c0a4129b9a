"""Occurrences that lie together, and so say less than as many that lie apart."""

from __future__ import annotations

import numpy as np

from geoprospect.typing import Floats, Ints

_MOST_LINKED = 4000  # cells; the memory of the linkage grows with their square


def clusters(cells: Ints, where: Floats | None = None, near: float = 0.0) -> Ints:
    """Group occurrences that share a cell, or lie near one another.

    Parameters
    ----------
    cells : ndarray of int64, shape (n,)
        The cell of each occurrence, as one number.
    where : ndarray of float64, shape (n, 2) or (n, 3), optional
        The places of the occurrences, in metres; needed for a distance.
    near : float
        No cluster is wider than this, in metres; with 0 only those sharing a cell are grouped.

    Returns
    -------
    ndarray of int64, shape (n,)
        Number of the cluster of each occurrence, from 0.

    Notes
    -----
    Clusters are those of complete linkage: of any two clusters those are joined first whose
    farthest members lie closest. Chaining neighbours of neighbours instead would make one
    cluster of a whole district. Beyond 4000 cells, they are the squares whose diagonal is the
    distance.

    Examples
    --------
    >>> where = np.array([[0, 0], [0, 0], [900, 0], [1800, 0]])
    >>> clusters(np.array([5, 5, 6, 7])).tolist()
    [0, 0, 1, 2]
    >>> clusters(np.array([5, 5, 6, 7]), where, near=1000).tolist()
    [0, 0, 0, 1]
    """
    _, first, place = np.unique(cells, return_index=True, return_inverse=True)
    if not near or where is None or first.size == 1:
        return np.asarray(place, np.int64)
    spots = where[first]
    if first.size <= _MOST_LINKED:
        from scipy.cluster.hierarchy import fcluster, linkage  # noqa: PLC0415 - slow to import

        joined = fcluster(linkage(spots, "complete"), near, "distance")
    else:
        side = near / np.sqrt(spots.shape[1])
        _, joined = np.unique(np.floor(spots / side), axis=0, return_inverse=True)
    return np.asarray(np.unique(joined, return_inverse=True)[1].ravel()[place], np.int64)
