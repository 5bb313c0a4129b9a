"""The fits of a baseline, one a seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from geoprospect.errors import TrainingError
from geoprospect.methods.baseline import Baseline
from geoprospect.methods.plan import BaselineMethod, BaselineSettings
from geoprospect.methods.presets import RECOMMENDED_BASELINES
from geoprospect.methods.sidebyside import each_side_by_side
from geoprospect.methods.stages import under_stage
from geoprospect.network import Network
from geoprospect.network.builders import logistic_regression
from geoprospect.network.training import Ensemble, class_weights, train
from geoprospect.typing import Ints, Progress, Values

_MOST = 5_000  # points of a Gaussian process: a matrix of 0.2 GB, of which a fit holds several


def fit_baseline(
    method: BaselineMethod,
    P: npt.ArrayLike,
    label: npt.ArrayLike,
    *,
    seed: int = 0,
    settings: BaselineSettings | None = None,
) -> Network | Baseline:
    """Fit one baseline.

    Parameters
    ----------
    method : {"logistic-regression", "random-forest", "extra-trees", "svm", "gaussian-process"}
        The baseline.
    P : array_like, shape (n, n_components)
        Components at the training points.
    label : array_like of int, shape (n,)
        1 at occurrences, 0 at non-occurrences.
    seed : int
        Seed of everything random.
    settings : BaselineSettings, optional
        The settings; by default `RECOMMENDED_BASELINES`.

    Returns
    -------
    Network or Baseline
        The former for the logistic regression.

    Raises
    ------
    TrainingError
        If a class has too few points, or a Gaussian process too many.

    Examples
    --------
    >>> P = np.array([[0.0], [0.1], [0.9], [1.0]])
    >>> fit_baseline("extra-trees", P, [0, 0, 1, 1]).predict([[2.0]]).shape
    (1, 1)
    """
    return fit_baselines(method, P, label, seeds=[seed], settings=settings)[0]


def fit_baselines(
    method: BaselineMethod,
    P: npt.ArrayLike,
    label: npt.ArrayLike,
    *,
    seeds: Sequence[int],
    settings: BaselineSettings | None = None,
    progress: Progress | None = None,
) -> list[Network | Baseline]:
    """Fit a baseline once a seed: logistic regressions in one program, others side by side.

    Parameters
    ----------
    method, P, label, settings
        As for `fit_baseline`.
    seeds : sequence of int
        The seeds; that of a support vector machine shuffles the folds of its grid search, and
        without a search changes nothing, as with a Gaussian process.
    progress : callable, optional
        Called with the method, the steps done, the steps in all and a word on them.

    Returns
    -------
    list of Network or Baseline
        One a seed.

    Raises
    ------
    TrainingError
        If a class has too few points, or a Gaussian process too many.

    Examples
    --------
    >>> P = np.array([[0.0], [0.1], [0.9], [1.0]])
    >>> len(fit_baselines("random-forest", P, [0, 0, 1, 1], seeds=[0, 1]))
    2
    """
    rows, labels = np.asarray(P, dtype=np.float32), np.asarray(label).astype(np.int64)
    settings = settings or RECOMMENDED_BASELINES
    _check_counts(method, labels, settings)
    if method == "logistic-regression":
        seen = np.ones((len(seeds), len(labels)), bool)
        return [*logistic_regressions(rows, labels, seen, seeds, settings, progress)]
    from geoprospect.methods.estimator import fit_estimator  # noqa: PLC0415 - slow to import

    fitted: list[Network | Baseline] = []
    tasks = [(method, rows, labels, seed, settings) for seed in seeds]
    for estimator in each_side_by_side(fit_estimator, tasks):
        fitted.append(Baseline(estimator))
        if progress is not None:
            progress(method, len(fitted), len(seeds), "fits")
    return fitted


def logistic_regressions(
    P: Values,
    label: Ints,
    seen: npt.NDArray[np.bool_],
    seeds: Sequence[int],
    settings: BaselineSettings,
    progress: Progress | None = None,
) -> list[Network]:
    """Train sigmoid units, each on its own points, in one compiled program.

    Parameters
    ----------
    P, label, settings, progress
        As for `fit_baselines`.
    seen : ndarray of bool, shape (units, n)
        The points that each unit learns from.
    seeds : sequence of int
        One a unit.

    Returns
    -------
    list of Network
        One a unit.

    Raises
    ------
    TrainingError
        If a unit sees points of one label only and the classes are weighted.

    Examples
    --------
    >>> P, label = np.array([[0.0], [1.0]], np.float32), np.array([0, 1])
    >>> units = logistic_regressions(P, label, np.ones((2, 2), bool), [0, 1],
    ...                              RECOMMENDED_BASELINES)
    >>> [bool(np.ptp(unit.predict(P)) > 0) for unit in units]
    [True, True]
    """
    weights = seen.astype(np.float32)
    if settings.class_weights:
        weights = np.stack([class_weights(label, mask=mask) for mask in seen])
    units = [logistic_regression(P.shape[1], seed=seed) for seed in seeds]
    training = train(
        Ensemble(units, seeds),
        P,
        label.astype(np.float32),
        schedule=settings.schedule,
        sample_weight=weights,
        progress=under_stage(progress, "logistic-regression"),
    )
    return [*training.networks]


def _check_counts(method: BaselineMethod, labels: Ints, settings: BaselineSettings) -> None:
    """Refuse too few points of a label, and too many in all."""
    counts = np.bincount(labels, minlength=2)
    least = 1
    if method == "svm":
        from geoprospect.methods.estimator import grid_of  # noqa: PLC0415 - slow to import

        least = 2 if len(grid_of(settings)) > 1 else 1  # a search needs each class in two folds
    if counts.min() < least:
        raise TrainingError(
            f"the method {method} needs more points of both labels",
            found=f"{counts[1]} occurrences, {counts[0]} non-occurrences",
            expected=f"at least {least} of each",
        )
    if method == "gaussian-process" and len(labels) > _MOST:
        raise TrainingError(
            "too many training points for a Gaussian process, whose matrix has a row and a column "
            "a point",
            found=f"{len(labels)} points",
            expected=f"at most {_MOST}",
            mend="choose another strategy, extra-trees for instance, or give fewer points",
        )
