"""Random forests and extremely randomised trees."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from geoprospect.methods.balance import balanced_rows, is_lopsided
from geoprospect.methods.estimator import EstimatorKind, register_estimator
from geoprospect.methods.estimatormethod import FITTING, EstimatorMethod
from geoprospect.methods.growth import grow
from geoprospect.methods.method import Sees
from geoprospect.methods.options import MethodOptions, Preset
from geoprospect.methods.trees import LOADING, Tree, TreeScores
from geoprospect.typing import Floats, Ints, Values

ForestName = Literal["random-forest", "extra-trees"]

_STATES = np.iinfo(np.int32).max  # seeds of trees are below it

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

    takes: ClassVar[tuple[str, ...]] = ("trees", "leaf", "rotated")  # under [model.baseline]

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
        changes = options.changes(*cls.takes, "class_weights")
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
            1,
            min_samples_leaf=self.leaf,
            class_weight="balanced" if self.class_weights else None,
            random_state=seed,
        )
        # A forest of one tree knows labels and inputs; the trees are put into it.
        with FITTING:
            (one,) = forest.fit(X, label).estimators_
        members = []
        for state, tree in self._grown(X, label, seed):
            member = copy.copy(one)
            member.random_state, member.tree_ = state, tree
            members.append(member)
        forest.estimators_ = members
        return forest.set_params(n_estimators=self.trees)

    def scored(self, X: Values, label: Ints, seed: int, rows: Values, *, in_all: int) -> Values:
        """Grow the trees, score rows by them, and keep no more than the scores."""
        if in_all * self.trees < LOADING:
            return super().scored(X, label, seed, rows, in_all=in_all)
        grown = tuple(nodes_of(tree) for _, tree in self._grown(X, label, seed))
        return _scores(grown).of(rows).astype(np.float32)

    def _grown(self, X: Values, label: Ints, seed: int) -> Iterator[tuple[int, Any]]:
        """Grow the trees; give each with its seed."""
        told: dict[str, Any] = {"leaf": self.leaf, "at_random": self.name == "extra-trees"}
        X, n, random = np.ascontiguousarray(X), len(label), np.random.RandomState(seed)
        if self.class_weights and is_lopsided(label):
            generator = np.random.default_rng(seed)
            for _ in range(self.trees):
                # On as many points of either label, drawn anew with replacement.
                rows = balanced_rows(label, generator, again=True)
                state = int(generator.integers(_STATES))
                random.seed(state)
                yield state, grow(X[rows], label[rows], None, random=random, **told)
            return
        states = random.randint(_STATES, size=self.trees).tolist()
        weight = _balance(label) if self.class_weights else None
        upto = np.ones(1) if weight is None else (weight / weight.sum()).cumsum()
        upto /= upto[-1]
        for state in states:
            drawn = weight
            if self.name == "random-forest":
                random.seed(state)
                if weight is None:
                    sample = random.randint(0, n, n)
                else:  # as `RandomState.choice` draws in proportion to weight
                    sample = upto.searchsorted(random.random_sample(n), "right")
                drawn = np.bincount(sample, minlength=n).astype(np.float64)
            random.seed(state)  # what draws points begins anew with the tree
            yield state, grow(X, label, drawn, random=random, **told)


def _balance(label: Ints) -> Floats:
    """Give weights that make both labels count as much: total / (2 · n_class)."""
    counts = np.bincount(label, minlength=2)
    return np.asarray((len(label) / (2 * counts))[label], np.float64)


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
    """Refuse trees whose nodes hold no numbers, or point outside, where they would be followed."""
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
            and np.isfinite(tree.value).all()
            and np.isfinite(tree.threshold).all()
        )
        if not sound:
            raise ValueError("a tree whose nodes point outside it, or hold no number")


def _trees(forest: Any) -> TreeScores:
    """Give the trees, whose leaves hold the share of occurrences; their mean is the score."""
    return _scores(tuple(nodes_of(member.tree_) for member in forest.estimators_))


def nodes_of(tree: Any) -> Tree:
    """Give the nodes of a tree of scikit-learn, whose leaves hold the share of occurrences."""
    return Tree(
        tree.children_left,
        tree.children_right,
        tree.feature,
        tree.threshold,
        tree.value[:, 0, 1],
    )


def _scores(trees: tuple[Tree, ...]) -> TreeScores:
    """Make the mean over the trees the score."""
    return TreeScores(trees, lambda sums: sums / len(trees), is_mean=True)


register_estimator(EstimatorKind("a forest", _classes, _parts, _checked, _check, _trees))
