"""Out-of-bag scores: cells drawn as non-occurrences, judged by members that did not learn so."""

from __future__ import annotations

import numpy as np

from geoprospect.model.model import ProspectivityModel
from geoprospect.samples import DrawnSamples
from geoprospect.typing import Floats


def out_of_bag_scores(model: ProspectivityModel, drawn: DrawnSamples) -> Floats:
    """Score each cell drawn as a non-occurrence by the members that did not learn from it.

    A member that learned that a cell is barren scores it low for that reason; the others tell
    whether it looks like one.

    Parameters
    ----------
    model : ProspectivityModel
        A model that `fit` made of these draws.
    drawn : DrawnSamples
        The occurrences and the draws.

    Returns
    -------
    ndarray of float64, shape (n,)
        Of each of `drawn.samples`, the mean score of the members that did not learn from it; NaN
        where all did, as of every occurrence.

    Notes
    -----
    The members are bags of positive-unlabelled learning (Mordelet & Vert 2014, A bagging SVM to
    learn from positive and unlabeled examples, Pattern Recognition Letters 37, 201-209). Points
    of rock classes, and cells of pretext tasks, tell no member that a cell is barren.
    """
    unseen = ~drawn.masks_for(len(model.members))
    scores = np.full(unseen.shape[1], np.nan)
    some = np.flatnonzero(unseen.any(axis=0))
    if len(some):
        each = model.forward_pass().predict_each(drawn.samples.X[some]).astype(np.float64)
        scores[some] = np.average(each, axis=0, weights=unseen[:, some])
    return scores
