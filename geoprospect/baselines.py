"""The baselines of the study: logistic regression, random forest and support vector machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.errors import TrainingError
from geoprospect.inference import Array, Network
from geoprospect.output import replacing
from geoprospect.plan import BaselineMethod, BaselineSettings

Progress = Callable[[str, int, int, str], None]

_ROWS = 2048  # of one prediction: what threads share out
_FOLDS = 5


@dataclass(frozen=True)
class Baseline:
    """A fitted random forest or support vector machine, which scores like a `Network`.

    Attributes
    ----------
    estimator : sklearn.ensemble.RandomForestClassifier or sklearn.svm.SVC
        Fitted on the labels 0 and 1.

    Notes
    -----
    The score of a forest is the mean over its trees of the share of occurrences in the leaf. That
    of a support vector machine is 1 / (1 + exp(-d)) of its decision function d: it ranks cells as
    d does and calls an occurrence from 0.5 on where d does from 0 on; it is no probability.

    Examples
    --------
    >>> P = np.array([[0.0], [0.1], [0.9], [1.0]])
    >>> svm = fit_baseline("svm", P, np.array([0, 0, 1, 1]), seed=0)
    >>> (svm.predict(P)[:, 0] > 0.5).tolist()
    [False, False, True, True]
    """

    estimator: Any

    @property
    def n_inputs(self) -> int:
        """Number of inputs, the components."""
        return int(self.estimator.n_features_in_)

    @property
    def n_outputs(self) -> int:
        """Number of outputs: one score."""
        return 1

    def predict(self, X: npt.ArrayLike) -> Array:
        """Score X of shape (n, n_inputs); gives float32 of shape (n, 1) in [0, 1].

        A row's score does not depend on the other rows or on the number of threads.
        """
        rows = np.asarray(X, dtype=np.float32)
        parts = [rows[start : start + _ROWS] for start in range(0, len(rows), _ROWS)]
        with ThreadPoolExecutor() as pool:
            scores = list(pool.map(self._score, parts))
        return np.concatenate([np.empty(0), *scores]).astype(np.float32)[:, None]

    def _score(self, rows: Array) -> npt.NDArray[np.float64]:
        if hasattr(self.estimator, "predict_proba"):
            return np.asarray(self.estimator.predict_proba(rows), np.float64)[:, 1]
        decision = np.asarray(self.estimator.decision_function(rows), np.float64)
        return 1 / (1 + np.exp(-np.clip(decision, -700, 700)))

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the estimator as a `.skops` file, which holds no pickle.

        Raises
        ------
        OutputError
            If the file exists already or cannot be written.
        """
        from geoprospect.estimators import write_estimator  # noqa: PLC0415 - slow to import

        with replacing(path, overwrite=overwrite) as temporary:
            write_estimator(self.estimator, temporary)

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Baseline:
        """Read an estimator from a `.skops` file; its types are checked before it is built.

        Raises
        ------
        ModelError
            If the file is missing or damaged, or holds anything but a forest or a support vector
            machine.
        """
        from geoprospect.estimators import read_estimator  # noqa: PLC0415 - slow to import

        return cls(read_estimator(path))


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
    method : {"logistic-regression", "random-forest", "svm"}
        The baseline.
    P : array_like, shape (n, n_components)
        Components at the training points.
    label : array_like of int, shape (n,)
        1 at occurrences, 0 at non-occurrences.
    seed : int
        Seed of everything random.
    settings : BaselineSettings, optional
        Settings that are not the study's.

    Returns
    -------
    Network or Baseline
        The former for the logistic regression.

    Raises
    ------
    TrainingError
        If a class has too few points.

    Examples
    --------
    >>> P = np.array([[0.0], [0.1], [0.9], [1.0]])
    >>> few = BaselineSettings(trees=10)
    >>> fit_baseline("random-forest", P, [0, 0, 1, 1], settings=few).predict([[2.0]]).shape
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
        The seeds; that of a support vector machine shuffles the folds of its grid search.
    progress : callable, optional
        Called with the method, the steps done, the steps in all and a word on them.

    Returns
    -------
    list of Network or Baseline
        One a seed.

    Raises
    ------
    TrainingError
        If a class has too few points.
    """
    rows, labels = np.asarray(P, dtype=np.float32), np.asarray(label).astype(np.int64)
    settings = settings or BaselineSettings()
    counts = np.bincount(labels, minlength=2)
    least = 2 if method == "svm" else 1  # a grid search needs a point of each class in two folds
    if counts.min() < least:
        raise TrainingError(
            f"the method {method} needs more points of both labels",
            found=f"{counts[1]} occurrences, {counts[0]} non-occurrences",
            expected=f"at least {least} of each",
        )
    if method == "logistic-regression":
        return list(_logistic_regressions(rows, labels, seeds, settings, progress))
    fitted: list[Network | Baseline] = []
    for estimator in each_side_by_side(
        _fit_estimator, [(method, rows, labels, seed, settings) for seed in seeds]
    ):
        fitted.append(Baseline(estimator))
        if progress is not None:
            progress(method, len(fitted), len(seeds), "fits")
    return fitted


def each_side_by_side(work: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
    """Call `work(*task)` for each task, on all cores in processes of their own; keep the order.

    Examples
    --------
    >>> list(each_side_by_side(max, [(1, 2)]))
    [2]
    """
    from sklearn.utils.parallel import Parallel, delayed  # noqa: PLC0415 - slow to import

    n_jobs = 1 if len(tasks) == 1 else -1
    yield from Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(work)(*task) for task in tasks
    )


def _fit_estimator(
    method: BaselineMethod,
    rows: Array,
    labels: npt.NDArray[np.int64],
    seed: int,
    settings: BaselineSettings,
) -> Any:
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415 - slow to import
    from sklearn.model_selection import GridSearchCV, StratifiedKFold  # noqa: PLC0415
    from sklearn.svm import SVC  # noqa: PLC0415

    if method == "random-forest":
        return RandomForestClassifier(settings.trees, random_state=seed).fit(rows, labels)
    folds = min(_FOLDS, int(np.bincount(labels).min()))
    search = GridSearchCV(
        SVC(),
        _grid(settings),
        scoring="accuracy",
        cv=StratifiedKFold(folds, shuffle=True, random_state=seed),
    )
    return search.fit(rows.astype(np.float64), labels).best_estimator_


def _grid(settings: BaselineSettings) -> list[dict[str, list[Any]]]:
    """Give the settings tried; a linear kernel has no gamma, and is tried with one of them."""
    return [
        {"C": [cost], "gamma": [gamma], "kernel": [kernel]}
        for cost, gamma, kernel in product(settings.costs, settings.gammas, settings.kernels)
        if kernel != "linear" or gamma == settings.gammas[0]
    ]


def _logistic_regressions(
    rows: Array,
    labels: npt.NDArray[np.int64],
    seeds: Sequence[int],
    settings: BaselineSettings,
    progress: Progress | None,
) -> Iterator[Network]:
    from geoprospect.network import logistic_regression  # noqa: PLC0415 - loads TensorFlow
    from geoprospect.training import train  # noqa: PLC0415

    networks = [logistic_regression(rows.shape[1], seed=seed) for seed in seeds]
    train(
        networks,
        rows,
        labels.astype(np.float32),
        schedule=settings.schedule,
        seeds=seeds,
        progress=progress
        and (lambda done, n, loss: progress("logistic-regression", done, n, f"loss {loss:.3g}")),
    )
    yield from map(Network.of, networks)
