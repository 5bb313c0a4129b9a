"""The Gaussian process."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from geoprospect.errors import TrainingError
from geoprospect.methods.balance import balanced_rows, is_lopsided
from geoprospect.methods.estimator import EstimatorKind, register_estimator
from geoprospect.methods.estimatormethod import EstimatorMethod
from geoprospect.methods.kernelscores import KernelProducts
from geoprospect.methods.options import MethodOptions
from geoprospect.typing import Floats, Ints, Values

_MOST = 5_000  # points: a matrix of 0.2 GB, of which a fit holds several


@dataclass(frozen=True)
class GaussianProcess(EstimatorMethod):
    """A classifier by a Gaussian process (Rasmussen & Williams 2006).

    Its score is the mean of 1 / (1 + exp(-f)) over its latent function f at the cell, by Laplace's
    approximation (algorithm 3.2 there): 0.5 far from all training points. It knows neither class
    weights nor settings. Where one label has ten times as many points as the other, it learns from
    as many of either, drawn by its seed, which changes nothing else.

    Notes
    -----
    The kernel is a constant times a radial basis function, both fitted by the marginal likelihood,
    from 1e-5 to 1e5; where that is greatest beyond, the bound is taken.
    """

    name: str = "gaussian-process"
    members: int = 1
    seed: int = 0

    @classmethod
    def of(cls, options: MethodOptions) -> GaussianProcess:
        """Make the method that a project file asks for."""
        return cls("gaussian-process", options.members or 1, options.seed)

    def check_counts(self, labels: Ints) -> None:
        """Refuse too few points of a label, and too many in all.

        Raises
        ------
        TrainingError
            If there are.
        """
        super().check_counts(labels)
        if len(labels) > _MOST and not is_lopsided(labels):
            raise TrainingError(
                "too many training points for a Gaussian process, whose matrix has a row and a "
                "column a point",
                found=f"{len(labels)} points",
                expected=f"at most {_MOST}",
                mend="choose another strategy, extra-trees for instance, or give fewer points",
            )

    def is_seeded(self, label: Ints) -> bool:
        """Tell whether the seed changes anything: only which points of many are drawn."""
        return is_lopsided(label)

    @property
    def is_python(self) -> bool:
        """Whether fits cannot run in threads: they silence warnings of the optimiser."""
        return True

    def estimator(self, X: Values, label: Ints, seed: int) -> Any:
        """Fit the process."""
        from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 - slow to import
        from sklearn.gaussian_process import GaussianProcessClassifier  # noqa: PLC0415
        from sklearn.gaussian_process.kernels import RBF, ConstantKernel  # noqa: PLC0415
        from threadpoolctl import threadpool_limits  # noqa: PLC0415

        if is_lopsided(label):
            rows = balanced_rows(label, np.random.default_rng(seed), again=False)
            X, label = X[rows], label[rows]
        exact = X.astype(np.float64)
        # From a length as inputs are apart; from a shorter one the fit may end where none are near.
        kernel = ConstantKernel() * RBF(np.sqrt(exact.shape[1]))
        process = GaussianProcessClassifier(kernel, random_state=seed)
        # Its small matrices are soonest done by one thread, which gives the same bits anywhere.
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the bound is taken
            process.fit(exact, label)
        del process.base_estimator_.rng  # of restarts, which there are none of: no part of a file
        return process


def _classes() -> tuple[type, ...]:
    """Give the class of the process."""
    from sklearn.gaussian_process import GaussianProcessClassifier  # noqa: PLC0415 - slow to import

    return (GaussianProcessClassifier,)


def _checked() -> tuple[type, ...]:
    """Give the classes of its binary process and its kernel."""
    from sklearn.gaussian_process import kernels  # noqa: PLC0415 - slow to import

    from geoprospect.private import laplace_process  # noqa: PLC0415

    return laplace_process(), kernels.ConstantKernel, kernels.Product, kernels.RBF


def _check(process: Any) -> None:
    """Refuse arrays that do not fit one another, and numbers whose scores would be none."""
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Product  # noqa: PLC0415 - slow

    laplace = process.base_estimator_
    kernel, n = laplace.kernel_, len(laplace.X_train_)
    shapes = {
        "X_train_": (n, process.n_features_in_),
        "y_train_": (n,),
        "pi_": (n,),
        "W_sr_": (n,),
        "L_": (n, n),
    }
    of_radial_basis = isinstance(kernel, Product) and (
        isinstance(kernel.k1, ConstantKernel) and isinstance(kernel.k2, RBF)
    )
    sound = (
        n > 0
        and list(process.classes_) == [0, 1]
        and process.n_classes_ == 2
        and isinstance(process.kernel, Product)
        and of_radial_basis
        and kernel.theta.shape == (2,)
        and np.isfinite(kernel.theta).all()
        and all(getattr(laplace, name).shape == shape for name, shape in shapes.items())
        and all(np.isfinite(getattr(laplace, name)).all() for name in shapes)
        and (np.diag(laplace.L_) > 0).all()
    )
    if not sound:
        raise ValueError("a Gaussian process whose parts do not fit one another")


def _products(process: Any) -> KernelProducts:
    """Give the process as products of matrices (Rasmussen & Williams 2006, algorithm 3.2)."""
    from scipy.linalg import solve_triangular  # noqa: PLC0415 - slow to import

    from geoprospect.private import mean_sigmoid  # noqa: PLC0415

    laplace = process.base_estimator_
    constant = laplace.kernel_.k1.constant_value
    weights = constant * (laplace.y_train_ - laplace.pi_)
    spread = constant * solve_triangular(laplace.L_, np.diag(laplace.W_sr_), lower=True)
    spreads = {np.dtype(kind): spread.T.astype(kind) for kind in ("f8", "f4")}

    def score(kernel: Floats | Values) -> Floats:
        known = kernel @ spreads[kernel.dtype]
        variance = np.maximum(constant - np.einsum("ij,ij->i", known, known), 0)  # of rounding
        scores: Floats = mean_sigmoid(kernel @ weights, variance)
        return np.clip(scores, 0, 1)

    gamma = 0.5 / laplace.kernel_.k2.length_scale**2
    return KernelProducts(laplace.X_train_, gamma, score)


register_estimator(
    EstimatorKind("a Gaussian process", _classes, lambda: (), _checked, _check, _products)
)
