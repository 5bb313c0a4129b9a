"""Labelled points: read from vectors and tables, audited, and given the evidence of their cells."""

from geoprospect.samples.audit import Audit
from geoprospect.samples.labelled import Samples
from geoprospect.samples.points import read_points

__all__ = ["Audit", "Samples", "read_points"]
