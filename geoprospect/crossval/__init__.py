"""Spatial cross-validation: what a method scores at points far from those it learned from."""

from geoprospect.crossval.ablation import Ablation
from geoprospect.crossval.choice import Choice
from geoprospect.crossval.comparing import compare, compare_on, cross_validate, held_out_scores
from geoprospect.crossval.comparison import Comparison
from geoprospect.crossval.folds import FoldKind, FoldScheme
from geoprospect.crossval.heldout import HeldOutScores
from geoprospect.crossval.pretext import cells_beyond
from geoprospect.crossval.regions import Regions
from geoprospect.crossval.validate import coordinates_alone, prepare_apart, score_held_out

__all__ = [
    "Ablation",
    "Choice",
    "Comparison",
    "FoldKind",
    "FoldScheme",
    "HeldOutScores",
    "Regions",
    "cells_beyond",
    "compare",
    "compare_on",
    "coordinates_alone",
    "cross_validate",
    "held_out_scores",
    "prepare_apart",
    "score_held_out",
]
