"""What other libraries keep to themselves and there is no public way to: all of it is here."""

from __future__ import annotations

from typing import Any


def compiled_tree() -> type:
    """Give the class of a scikit-learn tree's nodes, which a fitted forest holds."""
    from sklearn.tree._tree import Tree  # noqa: PLC0415 - slow to import

    return Tree  # type: ignore[no-any-return]


def laplace_process() -> type:
    """Give the class of the binary process that a fitted GaussianProcessClassifier holds."""
    from sklearn.gaussian_process import _gpc  # noqa: PLC0415 - slow to import

    return _gpc._BinaryGaussianProcessClassifierLaplace  # type: ignore[no-any-return]


def libsvm_arrays(svm: Any) -> tuple[Any, Any]:
    """Give the dual coefficients and intercepts of an SVC that libsvm itself reads."""
    return svm._dual_coef_, svm._intercept_
