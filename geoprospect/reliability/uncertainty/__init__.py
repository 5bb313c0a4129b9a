"""How sure a map is: its method fitted again on other occurrences, and with other seeds."""

from geoprospect.reliability.uncertainty.bootstrap import ClusterBootstrap
from geoprospect.reliability.uncertainty.measuring import (
    NextCell,
    cells_to_measure,
    write_measure_next,
)
from geoprospect.reliability.uncertainty.settings import UncertaintySettings
from geoprospect.reliability.uncertainty.writing import UncertaintySummary, write_uncertainty

__all__ = [
    "ClusterBootstrap",
    "NextCell",
    "UncertaintySettings",
    "UncertaintySummary",
    "cells_to_measure",
    "write_measure_next",
    "write_uncertainty",
]
