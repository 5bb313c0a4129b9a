"""The scikit-learn estimator of a method: made from its settings, and fitted."""

from __future__ import annotations

import warnings
from itertools import product
from typing import Any, Literal

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import RBF, ConstantKernel
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from geoprospect.methods.plan import BaselineMethod, BaselineSettings
from geoprospect.typing import Ints, Values

_FOLDS = 5
_FORESTS = {"random-forest": RandomForestClassifier, "extra-trees": ExtraTreesClassifier}


def fit_estimator(
    method: BaselineMethod, rows: Values, labels: Ints, seed: int, settings: BaselineSettings
) -> Any:
    """Fit a forest, a support vector machine or a Gaussian process.

    Parameters
    ----------
    method : {"random-forest", "extra-trees", "svm", "gaussian-process"}
        The method.
    rows : ndarray of float32, shape (n, n_components)
        Components at the training points.
    labels : ndarray of int64, shape (n,)
        1 at occurrences, 0 at non-occurrences.
    seed : int
        Seed of the trees, or of the folds of a grid search.
    settings : BaselineSettings
        The settings.

    Returns
    -------
    sklearn estimator
        A RandomForestClassifier, ExtraTreesClassifier, SVC or GaussianProcessClassifier.

    Notes
    -----
    The kernel of the Gaussian process is a constant times a radial basis function, both fitted by
    the marginal likelihood, from 1e-5 to 1e5; where that is greatest beyond, the bound is taken.

    Examples
    --------
    >>> from geoprospect.methods.presets import RECOMMENDED_BASELINES
    >>> rows, labels = np.array([[0.0], [1.0]], np.float32), np.array([0, 1])
    >>> fit_estimator("svm", rows, labels, 0, RECOMMENDED_BASELINES)
    SVC(class_weight='balanced')
    """
    weight: Literal["balanced"] | None = "balanced" if settings.class_weights else None
    if method in _FORESTS:
        forest = _FORESTS[method](
            settings.trees,
            min_samples_leaf=settings.leaf,
            class_weight=weight,
            random_state=seed,
        )
        return forest.fit(rows, labels)
    exact = rows.astype(np.float64)
    if method == "gaussian-process":
        # From a length as inputs are apart; from a shorter one the fit may end where none are near.
        kernel = ConstantKernel() * RBF(np.sqrt(exact.shape[1]))
        process = GaussianProcessClassifier(kernel, random_state=seed)
        # Its small matrices are soonest done by one thread, which gives the same bits anywhere.
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the bound is taken
            process.fit(exact, labels)
        del process.base_estimator_.rng  # of restarts, which there are none of: no part of a file
        return process
    grid = grid_of(settings)
    if len(grid) == 1:
        return SVC(class_weight=weight, **grid[0]).fit(exact, labels)
    folds = min(_FOLDS, int(np.bincount(labels).min()))
    search = GridSearchCV(
        SVC(class_weight=weight),
        [{name: [value] for name, value in point.items()} for point in grid],
        scoring="accuracy",
        cv=StratifiedKFold(folds, shuffle=True, random_state=seed),
    )
    return search.fit(exact, labels).best_estimator_


def grid_of(settings: BaselineSettings) -> list[dict[str, Any]]:
    """Give what is tried of a support vector machine: costs, gammas and kernels.

    A linear kernel has no gamma, and is tried with one of them.

    Examples
    --------
    >>> from geoprospect.methods.presets import PAPER_BASELINES, RECOMMENDED_BASELINES
    >>> grid_of(RECOMMENDED_BASELINES)
    [{'C': 1.0, 'gamma': 'scale', 'kernel': 'rbf'}]
    >>> len(grid_of(PAPER_BASELINES))  # 4 costs of 3 kernels with 4 gammas, and of a linear one
    52
    """
    return [
        {"C": cost, "gamma": gamma, "kernel": kernel}
        for cost, gamma, kernel in product(settings.costs, settings.gammas, settings.kernels)
        if kernel != "linear" or gamma == settings.gammas[0]
    ]
