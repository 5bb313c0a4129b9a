"""Intervals: how far a figure would move with other points from the same ground."""

from geoprospect.intervals.clusters import clusters
from geoprospect.intervals.difference import Difference
from geoprospect.intervals.heldout import ClusterBootstrap, Resampled
from geoprospect.intervals.interval import CONFIDENCE, Bootstrap, Interval, student_interval

__all__ = [
    "CONFIDENCE",
    "Bootstrap",
    "ClusterBootstrap",
    "Difference",
    "Interval",
    "Resampled",
    "clusters",
    "student_interval",
]
