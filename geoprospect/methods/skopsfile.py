"""Fitted scikit-learn estimators as files without pickles, checked before they are used."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from os import PathLike
from typing import Any

import numpy as np
import skops.io
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Product
from sklearn.svm import SVC

from geoprospect.errors import ModelError

_PLAIN = {("builtins", name) for name in ("dict", "list", "tuple", "str", "int", "float", "bool")}
_ARRAYS = {("numpy", name) for name in ("ndarray", "int32", "int64", "float32", "float64", "dtype")}
_ESTIMATORS = {
    ("sklearn.ensemble._forest", "RandomForestClassifier"),
    ("sklearn.ensemble._forest", "ExtraTreesClassifier"),
    ("sklearn.tree._classes", "DecisionTreeClassifier"),
    ("sklearn.tree._classes", "ExtraTreeClassifier"),
    ("sklearn.svm._classes", "SVC"),
    ("sklearn.gaussian_process._gpc", "GaussianProcessClassifier"),
}
# What skops knows nothing of, and the checks below make safe to use.
_CHECKED = {
    ("sklearn.tree._tree", "Tree"),
    ("sklearn.gaussian_process._gpc", "_BinaryGaussianProcessClassifierLaplace"),
    ("sklearn.gaussian_process.kernels", "ConstantKernel"),
    ("sklearn.gaussian_process.kernels", "Product"),
    ("sklearn.gaussian_process.kernels", "RBF"),
}
_KNOWN = _PLAIN | _ARRAYS | _ESTIMATORS | _CHECKED
_KERNELS = ("rbf", "linear", "poly", "sigmoid")


def write_estimator(estimator: Any, path: str | PathLike[str]) -> None:
    """Write a fitted baseline as a `.skops` file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_estimator(SVC().fit([[0.0], [1.0]], [0, 1]), f"{folder}/svm.skops")
    ...     read_estimator(f"{folder}/svm.skops").predict([[2.0]]).tolist()
    [1]
    """
    skops.io.dump(estimator, path, compression=zipfile.ZIP_DEFLATED, compresslevel=1)


def read_estimator(path: str | PathLike[str]) -> Any:
    """Read a `.skops` file of a fitted baseline.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    sklearn estimator
        A RandomForestClassifier, ExtraTreesClassifier, SVC or GaussianProcessClassifier.

    Raises
    ------
    ModelError
        If the file is missing or damaged, or names a type other than these, their trees, kernels,
        arrays and plain values; nothing is built from such a file.

    Examples
    --------
    See `write_estimator`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            named = set(_types(json.loads(archive.read("schema.json"))))
        foreign = sorted(f"{module}.{name}" for module, name in named - _KNOWN)
        if foreign:
            raise ModelError(
                f"holds a type that no baseline needs: {foreign[0]}",
                path=path,
                mend="use only models that `geoprospect` wrote",
            )
        estimator = skops.io.load(path, trusted=sorted(".".join(named) for named in _CHECKED))
        match estimator:
            case RandomForestClassifier() | ExtraTreesClassifier():
                _check_forest(estimator)
            case SVC():
                _check_svm(estimator)
            case GaussianProcessClassifier():
                _check_process(estimator)
            case _:
                raise ValueError(f"holds a {type(estimator).__name__}")
        return estimator
    except ModelError:
        raise
    except Exception as error:  # a damaged archive may fail anywhere in the reader
        raise ModelError(
            f"cannot be read as an estimator: {str(error).partition(chr(10))[0] or type(error)}",
            path=path,
            expected="the whole `.skops` file of a forest, a support vector machine or a Gaussian "
            "process",
            mend="train the model again, or copy it again from where it was made",
        ) from error


def _types(content: Any) -> Iterator[tuple[str, str]]:
    """Give module and name of every type that a schema names."""
    if isinstance(content, dict):
        if "__class__" in content:
            yield str(content.get("__module__")), str(content["__class__"])
        content = list(content.values())
    if isinstance(content, list):
        for part in content:
            yield from _types(part)


def _check_forest(forest: RandomForestClassifier | ExtraTreesClassifier) -> None:
    """Refuse trees whose nodes point outside themselves: scikit-learn would follow them."""
    n_features = forest.n_features_in_
    if list(forest.classes_) != [0, 1] or not forest.estimators_:
        raise ValueError("no forest that tells occurrences from non-occurrences")
    for member in forest.estimators_:
        tree = member.tree_
        numbers = np.arange(tree.node_count)
        left, right, feature = tree.children_left, tree.children_right, tree.feature
        inner = left != -1
        sound = (
            tree.n_features == n_features
            and tree.value.shape == (tree.node_count, 1, 2)
            and ((left > numbers) & (left < tree.node_count))[inner].all()
            and ((right > numbers) & (right < tree.node_count))[inner].all()
            and ((feature >= 0) & (feature < n_features))[inner].all()
        )
        if not sound:
            raise ValueError("a tree whose nodes point outside it")


def _check_svm(svm: SVC) -> None:
    """Refuse arrays that do not fit one another: libsvm would read beyond them."""
    n = int(svm.n_support_.sum())
    sound = (
        list(svm.classes_) == [0, 1]
        and svm.kernel in _KERNELS
        and svm.n_support_.shape == (2,)
        and (svm.n_support_ >= 0).all()
        and svm.support_.shape == (n,)
        and svm.support_vectors_.shape == (n, svm.n_features_in_)
        and svm._dual_coef_.shape == (1, n)
        and svm._intercept_.shape == (1,)
    )
    if not sound:
        raise ValueError("support vectors that do not fit one another")


def _check_process(process: GaussianProcessClassifier) -> None:
    """Refuse arrays that do not fit one another, and numbers whose scores would be none."""
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
