"""Random forests and extremely randomised trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from geoprospect.methods.balance import balanced_rows, is_lopsided
from geoprospect.methods.estimator import EstimatorKind, register_estimator
from geoprospect.methods.estimatormethod import EstimatorMethod
from geoprospect.methods.method import Sees
from geoprospect.methods.options import MethodOptions, Preset
from geoprospect.methods.trees import Tree, TreeScores
from geoprospect.typing import Ints, Values

ForestName = Literal["random-forest", "extra-trees"]

_PRESETS: dict[Preset, dict[str, Any]] = {
    "recommended": {},
    "paper": {"trees": 2000, "leaf": 1, "class_weights": False, "rotated": True},
}


@dataclass(frozen=True)
class Forest(EstimatorMethod):
    """A random forest (Breiman 2001) or extremely randomised trees (Geurts et al. 2006).

    Its score is the mean over the trees of the share of occurrences in the leaf.

    Attributes
    ----------
    name : {"random-forest", "extra-trees"}
        Which of the two.
    trees : int
        Trees of a forest.
    leaf : int
        Points that a leaf of a tree holds at least.
    class_weights : bool
        Weight the classes by total / (2 · n_class); or, where one has ten times as many points as
        the other, grow each tree on as many points of either, drawn with replacement (Chen, Liaw
        & Breiman 2004, Using random forest to learn imbalanced data).
    rotated : bool
        Whether trees, which split along axes, see the principal components as other methods do,
        or the standardised layers themselves.

    Examples
    --------
    >>> from geoprospect.methods import SampleTable
    >>> table = SampleTable(np.array([[0.0], [0.1], [0.9], [1.0]]), np.array([0, 0, 1, 1]))
    >>> forest = Forest("extra-trees", trees=10).fit(table, table.masks_of_all(1)).members[0]
    >>> forest.predict([[2.0]]).shape
    (1, 1)
    """

    name: ForestName = "random-forest"
    members: int = 1
    seed: int = 0
    trees: int = 500
    leaf: int = 3
    class_weights: bool = True
    rotated: bool = False

    @classmethod
    def of(cls, name: ForestName, options: MethodOptions) -> Forest:
        """Make the method that a project file asks for."""
        preset = _PRESETS[options.preset]
        changes = options.changes("trees", "leaf", "class_weights", "rotated")
        return cls(name, options.members or 1, options.seed, **(preset | changes))

    @property
    def sees(self) -> Sees:
        """Components or standardised layers."""
        return "components" if self.rotated else "standardised"

    def estimator(self, X: Values, label: Ints, seed: int) -> Any:
        """Grow the forest; the seed is that of its trees."""
        from sklearn.ensemble import (  # noqa: PLC0415 - slow to import
            ExtraTreesClassifier,
            RandomForestClassifier,
        )

        kind = RandomForestClassifier if self.name == "random-forest" else ExtraTreesClassifier
        forest = kind(
            self.trees,
            min_samples_leaf=self.leaf,
            class_weight="balanced" if self.class_weights else None,
            random_state=seed,
        )
        if self.class_weights and is_lopsided(label):
            return self._balanced(forest, X, label, seed)
        return forest.fit(X, label)

    def _balanced(self, forest: Any, X: Values, label: Ints, seed: int) -> Any:
        """Grow each tree on as many points of either label, drawn anew with replacement."""
        from sklearn.base import clone  # noqa: PLC0415 - slow to import

        random = np.random.default_rng(seed)
        first = balanced_rows(label, random, again=True)
        # A forest of one tree knows labels and inputs; the trees are put into it.
        made = clone(forest).set_params(n_estimators=1).fit(X[first], label[first])
        tree = made.estimator_.set_params(max_features="sqrt", min_samples_leaf=self.leaf)
        trees = []
        for _ in range(self.trees):
            rows = balanced_rows(label, random, again=True)
            state = int(random.integers(2**31 - 1))
            trees.append(clone(tree).set_params(random_state=state).fit(X[rows], label[rows] * 1.0))
        made.estimators_ = trees
        return made.set_params(n_estimators=self.trees)


def _classes() -> tuple[type, ...]:
    """Give the classes of both forests."""
    from sklearn import ensemble  # noqa: PLC0415 - slow to import

    return ensemble.RandomForestClassifier, ensemble.ExtraTreesClassifier


def _parts() -> tuple[type, ...]:
    """Give the classes of their trees."""
    from sklearn import tree  # noqa: PLC0415 - slow to import

    return tree.DecisionTreeClassifier, tree.ExtraTreeClassifier


def _checked() -> tuple[type, ...]:
    """Give the class of a tree's nodes."""
    from geoprospect.private import compiled_tree  # noqa: PLC0415 - slow to import

    return (compiled_tree(),)


def _check(forest: Any) -> None:
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


def _trees(forest: Any) -> TreeScores:
    """Give the trees, whose leaves hold the share of occurrences; their mean is the score."""
    trees = tuple(
        Tree(
            member.tree_.children_left,
            member.tree_.children_right,
            member.tree_.feature,
            member.tree_.threshold,
            member.tree_.value[:, 0, 1],
        )
        for member in forest.estimators_
    )
    return TreeScores(trees, lambda sums: sums / len(trees))


register_estimator(EstimatorKind("a forest", _classes, _parts, _checked, _check, _trees))
