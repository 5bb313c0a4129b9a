"""Weights of samples that make scarce classes count as much as common ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geoprospect.errors import TrainingError
from geoprospect.typing import Bools, Values


def class_weights(label: npt.ArrayLike, *, mask: Bools | None = None) -> Values:
    """Weigh the samples so that every class counts alike: total / (classes · n_class).

    Parameters
    ----------
    label : array_like of int, shape (n,)
        Classes; 0 and 1 of non-occurrences and occurrences, for instance.
    mask : ndarray of bool, shape (n,), optional
        The samples that a member learns from; the others weigh 0 and do not count.

    Returns
    -------
    ndarray of float32, shape (n,)
        Weights whose mean over the samples of the mask is 1.

    Raises
    ------
    TrainingError
        If the samples of the mask are of one class only.

    Examples
    --------
    >>> class_weights([0, 0, 0, 1]).tolist()
    [0.6666666865348816, 0.6666666865348816, 0.6666666865348816, 2.0]
    """
    labels = np.asarray(label)
    if mask is None:
        mask = np.ones(len(labels), bool)
    classes, code, count = np.unique(labels[mask], return_inverse=True, return_counts=True)
    if len(classes) < 2:
        raise TrainingError(
            "class weights need samples of at least two classes",
            found=f"{len(code)} samples of {len(classes)} class",
            mend="give samples of every class, or train without class weights",
        )
    weights = np.zeros(len(labels), np.float32)
    weights[mask] = (len(code) / (len(classes) * count))[code]
    return weights
