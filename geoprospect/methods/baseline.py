"""A fitted baseline of scikit-learn, which scores like a network."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.output import replacing
from geoprospect.typing import Values

_ROWS = 2048  # of one prediction: what threads share out


@dataclass(frozen=True)
class Baseline:
    """A fitted forest, support vector machine or Gaussian process, which scores like a `Network`.

    Attributes
    ----------
    estimator : sklearn estimator
        A RandomForestClassifier, ExtraTreesClassifier, SVC or GaussianProcessClassifier, fitted
        on the labels 0 and 1.

    Notes
    -----
    The score of a forest is the mean over its trees of the share of occurrences in the leaf. That
    of a support vector machine is 1 / (1 + exp(-d)) of its decision function d: it ranks cells as
    d does and calls an occurrence from 0.5 on where d does from 0 on. That of a Gaussian process
    is the mean of 1 / (1 + exp(-f)) over its latent function f at the cell, by Laplace's
    approximation (Rasmussen & Williams 2006, algorithm 3.2): 0.5 far from all training points.
    None is calibrated: all depend on the share of occurrences among the training points.

    Examples
    --------
    >>> from geoprospect.methods import fit_baseline
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

    def predict(self, X: npt.ArrayLike) -> Values:
        """Score X of shape (n, n_inputs); gives float32 of shape (n, 1) in [0, 1].

        A row's score does not depend on the other rows or on the number of threads; that of a
        Gaussian process, a product of matrices, may by a rounding of the last digit.
        """
        rows = np.asarray(X, dtype=np.float32)
        parts = [rows[start : start + _ROWS] for start in range(0, len(rows), _ROWS)]
        with ThreadPoolExecutor() as pool:
            scores = list(pool.map(self._score, parts))
        return np.concatenate([np.empty(0), *scores]).astype(np.float32)[:, None]

    def _score(self, rows: Values) -> npt.NDArray[np.float64]:
        exact = rows.astype(np.float64)  # a kernel's distances are taken in the type they come in
        if hasattr(self.estimator, "predict_proba"):
            scores = np.asarray(self.estimator.predict_proba(exact), np.float64)[:, 1]
            return np.clip(scores, 0, 1)  # a Gaussian process sums error functions: to rounding
        decision = np.asarray(self.estimator.decision_function(exact), np.float64)
        return 1 / (1 + np.exp(-np.clip(decision, -700, 700)))

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the estimator as a `.skops` file, which holds no pickle.

        Raises
        ------
        OutputError
            If the file exists already or cannot be written.
        """
        from geoprospect.methods.skopsfile import write_estimator  # noqa: PLC0415 - slow

        with replacing(path, overwrite=overwrite) as temporary:
            write_estimator(self.estimator, temporary)

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Baseline:
        """Read an estimator from a `.skops` file; its types are checked before it is built.

        Raises
        ------
        ModelError
            If the file is missing or damaged, or holds anything but a baseline.
        """
        from geoprospect.methods.skopsfile import read_estimator  # noqa: PLC0415 - slow

        return cls(read_estimator(path))
