"""The support vector machine."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar, Literal

import numpy as np

from geoprospect.methods.estimator import EstimatorKind, register_estimator
from geoprospect.methods.estimatormethod import EstimatorMethod
from geoprospect.methods.kernelscores import RadialSums
from geoprospect.methods.options import MethodOptions, Preset
from geoprospect.typing import Ints, Values

_FOLDS = 5  # of a grid search
_KERNELS = ("rbf", "linear", "poly", "sigmoid")
_PRESETS: dict[Preset, dict[str, Any]] = {
    "recommended": {},
    "paper": {
        "costs": (0.1, 1.0, 10.0, 100.0),
        "gammas": (1.0, 0.1, 0.01, 0.001),
        "kernels": _KERNELS,
        "class_weights": False,
    },
}


@dataclass(frozen=True)
class SupportVectorMachine(EstimatorMethod):
    """A support vector machine (Cortes & Vapnik 1995).

    The seed of a member shuffles the folds of its grid search, and without a search changes
    nothing.

    Attributes
    ----------
    costs : tuple of float
        C, tried in a grid.
    gammas : tuple of float or "scale"
        Gamma of the kernel, tried likewise; "scale" is 1 / (n_inputs · variance).
    kernels : tuple of str
        Kernels, tried likewise.
    class_weights : bool
        Weight the classes by total / (2 · n_class).

    Examples
    --------
    >>> rows, labels = np.array([[0.0], [1.0]], np.float32), np.array([0, 1])
    >>> SupportVectorMachine().estimator(rows, labels, 0)
    SVC(class_weight='balanced')
    """

    takes: ClassVar[tuple[str, ...]] = ("costs", "gammas", "kernels")  # under [model.baseline]

    name: str = "svm"
    members: int = 1
    seed: int = 0
    costs: tuple[float, ...] = (1.0,)
    gammas: tuple[float | Literal["scale"], ...] = ("scale",)
    kernels: tuple[str, ...] = ("rbf",)
    class_weights: bool = True

    @classmethod
    def of(cls, options: MethodOptions) -> SupportVectorMachine:
        """Make the method that a project file asks for."""
        preset = _PRESETS[options.preset]
        changes = options.changes(*cls.takes, "class_weights")
        return cls("svm", options.members or 1, options.seed, **(preset | changes))

    @property
    def least(self) -> int:
        """Points of each label that a fit needs: a search needs each in two folds."""
        return 2 if len(self.grid()) > 1 else 1

    def grid(self) -> list[dict[str, Any]]:
        """Give what is tried: costs, gammas and kernels.

        A linear kernel has no gamma, and is tried with one of them.

        Examples
        --------
        >>> SupportVectorMachine().grid()
        [{'C': 1.0, 'gamma': 'scale', 'kernel': 'rbf'}]
        >>> paper = SupportVectorMachine.of(MethodOptions(preset="paper"))
        >>> len(paper.grid())  # 4 costs of 3 kernels with 4 gammas, and of a linear one
        52
        """
        return [
            {"C": cost, "gamma": gamma, "kernel": kernel}
            for cost, gamma, kernel in product(self.costs, self.gammas, self.kernels)
            if kernel != "linear" or gamma == self.gammas[0]
        ]

    def is_seeded(self, label: Ints) -> bool:
        """Tell whether the seed changes anything: only what a search finds."""
        return len(self.grid()) > 1

    def estimator(self, X: Values, label: Ints, seed: int) -> Any:
        """Fit the machine, that of the best accuracy in five folds if there are several."""
        from sklearn.model_selection import GridSearchCV, StratifiedKFold  # noqa: PLC0415 - slow
        from sklearn.svm import SVC  # noqa: PLC0415

        weight = "balanced" if self.class_weights else None
        exact, grid = X.astype(np.float64), self.grid()
        if len(grid) == 1:
            return SVC(class_weight=weight, **grid[0]).fit(exact, label)
        folds = min(_FOLDS, int(np.bincount(label).min()))
        search = GridSearchCV(
            SVC(class_weight=weight),
            [{name: [value] for name, value in point.items()} for point in grid],
            scoring="accuracy",
            cv=StratifiedKFold(folds, shuffle=True, random_state=seed),
        )
        return search.fit(exact, label).best_estimator_


def _classes() -> tuple[type, ...]:
    """Give the class of the machine."""
    from sklearn.svm import SVC  # noqa: PLC0415 - slow to import

    return (SVC,)


def _check(svm: Any) -> None:
    """Refuse arrays that do not fit one another, beyond which libsvm would read, and NaN."""
    from geoprospect.private import libsvm_arrays  # noqa: PLC0415 - slow to import

    n = int(svm.n_support_.sum())
    coefficients, intercept, gamma = libsvm_arrays(svm)
    numbers = (svm.support_vectors_, coefficients, intercept, gamma, float(svm.coef0))
    sound = (
        list(svm.classes_) == [0, 1]
        and svm.kernel in _KERNELS
        and svm.n_support_.shape == (2,)
        and (svm.n_support_ >= 0).all()
        and svm.support_.shape == (n,)
        and svm.support_vectors_.shape == (n, svm.n_features_in_)
        and coefficients.shape == (1, n)
        and intercept.shape == (1,)
        and all(np.isfinite(array).all() for array in numbers)
    )
    if not sound:
        raise ValueError("support vectors that do not fit one another, or hold no number")


def _sums(svm: Any) -> RadialSums | None:
    """Give the machine as sums, if its kernel is a radial basis function."""
    from geoprospect.private import libsvm_arrays  # noqa: PLC0415 - slow to import

    if svm.kernel != "rbf":
        return None
    coefficients, intercept, gamma = libsvm_arrays(svm)
    # libsvm takes the first label for the positive one, and scikit-learn turns that round.
    weights, vectors = -coefficients[0], svm.support_vectors_
    return RadialSums(
        np.asarray(vectors, np.float32),
        np.asarray(weights, np.float32),
        gamma,
        -float(intercept[0]),
    )


register_estimator(
    EstimatorKind("a support vector machine", _classes, lambda: (), lambda: (), _check, _sums)
)
