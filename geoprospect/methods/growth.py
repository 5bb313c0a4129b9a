"""Trees grown by scikit-learn's compiled builder, without what it checks anew for each tree."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from geoprospect.private import grown_tree
from geoprospect.typing import Floats, Ints, Values

Grower = Callable[..., Any]


def grow(
    X: Values,
    label: Ints,
    weight: Floats | None,
    *,
    random: np.random.RandomState,
    leaf: int,
    at_random: bool,
) -> Any:
    """Grow a tree that looks at the square root of the inputs at each split.

    Parameters
    ----------
    X : ndarray of float32, shape (n, n_inputs)
        Points.
    label : ndarray of int64, shape (n,)
        0 and 1.
    weight : ndarray of float64, shape (n,), or None
        Weights of the points; those of weight 0 count for nothing.
    random : numpy.random.RandomState
        Where its chance comes from, seeded for the tree.
    leaf : int
        Points that a leaf holds at least.
    at_random : bool
        Whether thresholds are drawn, as in extremely randomised trees, or the best are taken.

    Returns
    -------
    sklearn.tree._tree.Tree
        The same nodes as those of scikit-learn's own `fit`, to the bit.
    """
    return _grower()(X, label, weight, random=random, leaf=leaf, at_random=at_random)


def fitted_tree(
    X: Values,
    label: Ints,
    weight: Floats | None,
    *,
    random: np.random.RandomState,
    leaf: int,
    at_random: bool,
) -> Any:
    """Grow a tree by scikit-learn's own `fit`, which checks more and takes far longer."""
    from sklearn import tree  # noqa: PLC0415 - slow to import

    kind = tree.ExtraTreeClassifier if at_random else tree.DecisionTreeClassifier
    made = kind(max_features="sqrt", min_samples_leaf=leaf, random_state=random)
    return made.fit(X, label, sample_weight=weight).tree_


@cache
def _grower() -> Grower:
    """Give the builder itself if it gives, in this release too, what `fit` does."""
    generator = np.random.default_rng(0)
    X = generator.integers(-9, 9, (60, 3)).astype(np.float32)
    label = (X[:, 0] + generator.normal(0, 5, 60) > 0).astype(np.int64)
    weights: list[Floats | None] = [None, generator.integers(0, 3, 60).astype(np.float64)]
    for weight in weights:
        for at_random in (False, True):
            told: dict[str, Any] = {"leaf": 2, "at_random": at_random}
            sure = fitted_tree(X, label, weight, random=np.random.RandomState(7), **told)
            try:
                quick = grown_tree(X, label, weight, random=np.random.RandomState(7), **told)
            except Exception:  # what is private may be gone, or take other arguments
                return fitted_tree
            for part in ("children_left", "children_right", "feature", "threshold", "value"):
                if not np.array_equal(getattr(sure, part), getattr(quick, part)):
                    return fitted_tree
    return grown_tree
