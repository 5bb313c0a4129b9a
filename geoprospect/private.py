"""What other libraries keep to themselves and there is no public way to: all of it is here."""

from __future__ import annotations

from typing import Any

from rasterio._err import CPLE_BaseError

__all__ = [
    "GDAL_LOGGERS",
    "CPLE_BaseError",
    "compiled_tree",
    "laplace_process",
    "libsvm_arrays",
]
# CPLE_BaseError is the root of GDAL's own errors. Some of them come through rasterio as they are:
# when it closes a file on a full disk, and when a server fails while a block is read. It goes once
# `rasterio.errors` holds it, or rasterio raises these as its own.

GDAL_LOGGERS = ("rasterio._env", "rasterio._err")
"""Where rasterio logs what GDAL signals; it goes once rasterio raises every error signalled."""


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
