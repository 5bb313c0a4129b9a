"""Targets: where to go first, as polygons with what is known of each."""

from geoprospect.targets.finding import TargetKnowledge, find_targets
from geoprospect.targets.settings import TargetSettings
from geoprospect.targets.surface import layers_of_map
from geoprospect.targets.target import Target, Targets
from geoprospect.targets.writing import check_targets_absent, write_targets

__all__ = [
    "Target",
    "TargetKnowledge",
    "TargetSettings",
    "Targets",
    "check_targets_absent",
    "find_targets",
    "layers_of_map",
    "write_targets",
]
