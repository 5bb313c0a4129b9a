"""Labelled points: read from vectors and tables, audited, and given the evidence of their cells."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from geoprospect.samples.areas import Area
from geoprospect.samples.audit import Audit
from geoprospect.samples.distinctcells import DistinctCells
from geoprospect.samples.drawingrule import DrawingRule
from geoprospect.samples.labelled import Samples
from geoprospect.samples.source import PointsSource

if TYPE_CHECKING:
    from geoprospect.samples.nonoccurrences import DrawnSamples, draw_non_occurrences
    from geoprospect.samples.points import read_points
    from geoprospect.samples.reading import read_samples

__all__ = [
    "Area",
    "Audit",
    "DistinctCells",
    "DrawingRule",
    "DrawnSamples",
    "PointsSource",
    "Samples",
    "draw_non_occurrences",
    "read_points",
    "read_samples",
]

_SLOW = {
    "DrawnSamples": "nonoccurrences",
    "draw_non_occurrences": "nonoccurrences",
    "read_points": "points",
    "read_samples": "reading",
}


def __getattr__(name: str) -> Any:
    """Import what reads points when it is asked for: it loads geopandas, which a map needs not."""
    if name not in _SLOW:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_SLOW[name]}"), name)
