"""Intervals: how far a figure would move with other points from the same ground."""

from geoprospect.intervals.bootstrap import Bootstrap, student_interval
from geoprospect.intervals.clusters import clusters
from geoprospect.intervals.difference import Difference
from geoprospect.intervals.interval import CONFIDENCE, Interval
from geoprospect.intervals.ranking import RankingBootstrap, Resampled

__all__ = [
    "CONFIDENCE",
    "Bootstrap",
    "Difference",
    "Interval",
    "RankingBootstrap",
    "Resampled",
    "clusters",
    "student_interval",
]
