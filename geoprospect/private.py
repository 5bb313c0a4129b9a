"""What other libraries keep to themselves and there is no public way to: all of it is here."""

from __future__ import annotations

from typing import Any

from rasterio._err import CPLE_BaseError

__all__ = [
    "GDAL_LOGGERS",
    "CPLE_BaseError",
    "boosted_nodes",
    "boosted_tree",
    "boosting_parts",
    "compiled_tree",
    "grown_tree",
    "laplace_process",
    "libsvm_arrays",
    "mean_sigmoid",
]
# CPLE_BaseError is the root of GDAL's own errors. Some of them come through rasterio as they are:
# when it closes a file on a full disk, and when a server fails while a block is read. It goes once
# `rasterio.errors` holds it, or rasterio raises these as its own.

GDAL_LOGGERS = ("rasterio._env", "rasterio._err")
"""Where rasterio logs what GDAL signals; it goes once rasterio raises every error signalled."""


def boosted_tree() -> type:
    """Give the class of a tree that a fitted HistGradientBoostingClassifier holds."""
    from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor  # noqa: PLC0415

    return TreePredictor  # type: ignore[no-any-return]


def boosting_parts() -> tuple[type, ...]:
    """Give the classes of what such a boosting holds besides trees, all safe to read."""
    import numpy as np  # noqa: PLC0415 - as the others
    from sklearn._loss import _loss, link, loss  # noqa: PLC0415
    from sklearn.ensemble._hist_gradient_boosting.binning import _BinMapper  # noqa: PLC0415
    from sklearn.preprocessing import LabelEncoder  # noqa: PLC0415

    of_loss = loss.HalfBinomialLoss, _loss.CyHalfBinomialLoss, link.LogitLink, link.Interval
    return *of_loss, _BinMapper, LabelEncoder, np.uint64, np.random.Generator


def boosted_nodes(boosting: Any) -> tuple[list[Any], float]:
    """Give the nodes of a boosting's trees as arrays of records, and what they are added to.

    Raises
    ------
    ValueError
        If an iteration holds not one tree, the records are of another type, or inputs are
        categories.
    """
    from sklearn.ensemble._hist_gradient_boosting.common import (  # noqa: PLC0415 - slow to import
        PREDICTOR_RECORD_DTYPE,
    )

    bins = boosting._bin_mapper
    trees = [tree.nodes for (tree,) in boosting._predictors]
    if (
        boosting.n_trees_per_iteration_ != 1
        or boosting._baseline_prediction.shape != (1, 1)
        or boosting._preprocessor is not None
        or bins.is_categorical_.shape != (boosting.n_features_in_,)
        or bins.is_categorical_.any()
        or any(nodes.dtype != PREDICTOR_RECORD_DTYPE or nodes.ndim != 1 for nodes in trees)
    ):
        raise ValueError("a boosting whose parts do not fit one another")
    return trees, float(boosting._baseline_prediction[0, 0])


def compiled_tree() -> type:
    """Give the class of a scikit-learn tree's nodes, which a fitted forest holds."""
    from sklearn.tree._tree import Tree  # noqa: PLC0415 - slow to import

    return Tree  # type: ignore[no-any-return]


def grown_tree(X: Any, label: Any, weight: Any, *, random: Any, leaf: int, at_random: bool) -> Any:
    """Grow a tree by scikit-learn's builder itself; see `geoprospect.methods.growth`.

    It goes once `fit` of a small tree takes no longer than its growth.
    """
    import numpy as np  # noqa: PLC0415 - as the others
    from sklearn.tree import _tree  # noqa: PLC0415 - slow to import
    from sklearn.tree._classes import CRITERIA_CLF, DENSE_SPLITTERS  # noqa: PLC0415

    n_inputs, n_classes = X.shape[1], np.array([2], np.intp)
    splitter = DENSE_SPLITTERS["random" if at_random else "best"](
        CRITERIA_CLF["gini"](1, n_classes),
        max(1, int(np.sqrt(n_inputs))),
        leaf,
        0.0,
        random,
        None,
    )
    tree = _tree.Tree(n_inputs, n_classes, 1)
    deepest = np.iinfo(np.int32).max
    builder = _tree.DepthFirstTreeBuilder(
        splitter, 2 * leaf if leaf > 1 else 2, leaf, 0.0, deepest, 0.0
    )
    builder.build(tree, X, np.asarray(label, np.float64)[:, None], weight, None)
    return tree


def laplace_process() -> type:
    """Give the class of the binary process that a fitted GaussianProcessClassifier holds."""
    from sklearn.gaussian_process import _gpc  # noqa: PLC0415 - slow to import

    return _gpc._BinaryGaussianProcessClassifierLaplace  # type: ignore[no-any-return]


def libsvm_arrays(svm: Any) -> tuple[Any, Any, float]:
    """Give the dual coefficients, intercepts and gamma of an SVC that libsvm itself reads."""
    return svm._dual_coef_, svm._intercept_, float(svm._gamma)


def mean_sigmoid(mean: Any, variance: Any) -> Any:
    """Give the mean of 1 / (1 + exp(-f)) over a normal f, as a GaussianProcessClassifier takes it.

    The sigmoid is fitted by error functions (Williams & Barber 1998, Bayesian classification with
    Gaussian processes, IEEE Transactions on Pattern Analysis and Machine Intelligence 20,
    1342-1351), whose coefficients scikit-learn keeps to itself.

    Parameters
    ----------
    mean, variance : ndarray of float64, shape (n,)
        Of f.
    """
    import numpy as np  # noqa: PLC0415 - as the others
    from scipy.special import erf  # noqa: PLC0415
    from sklearn.gaussian_process._gpc import COEFS, LAMBDAS  # noqa: PLC0415

    # The mean of erf(λ f) over a normal f is erf(λ mean / sqrt(1 + 2 λ² variance)).
    parts = erf(LAMBDAS * mean / np.sqrt(1 + 2 * LAMBDAS**2 * variance))
    return (COEFS * parts).sum(axis=0) / 2 + 0.5 * COEFS.sum()
