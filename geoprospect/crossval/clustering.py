"""The clusters that points are resampled in, for neighbours are no independent witnesses."""

from __future__ import annotations

from geoprospect.intervals import clusters
from geoprospect.samples import Samples
from geoprospect.typing import Ints


def clusters_of(samples: Samples, near: float) -> Ints:
    """Group points that share a cell, or lie near one another; see `geoprospect.intervals`.

    Parameters
    ----------
    samples : Samples
        The points.
    near : float
        No cluster is wider than this, in metres: the range of the evidence; 0 where only points
        of a cell belong together.

    Returns
    -------
    ndarray of int64, shape (n,)
        Number of the cluster of each point, from 0.
    """
    return clusters(samples.cells, samples.places.straight, near)
