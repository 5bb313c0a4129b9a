"""Gradient boosting of small trees, which may be held to rise or fall with a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import numpy as np
from threadpoolctl import threadpool_limits

from geoprospect.errors import LayerNameError
from geoprospect.methods.estimator import EstimatorKind, register_estimator
from geoprospect.methods.estimatormethod import FITTING, EstimatorMethod
from geoprospect.methods.method import Sees
from geoprospect.methods.options import MethodOptions
from geoprospect.methods.trees import Tree, TreeScores
from geoprospect.typing import Ints, Values

Direction = Literal["increasing", "decreasing"]

_SIGNS = {"increasing": 1, "decreasing": -1}


@dataclass(frozen=True)
class Boosting(EstimatorMethod):
    """Gradient boosting (Friedman 2001) of small trees over binned layers.

    A member learns from points drawn with replacement, as many of each label as there are
    (bagging, Breiman 1996), and each of its splits looks at layers drawn by chance.

    Attributes
    ----------
    trees : int
        Trees of a member.
    rate : float
        What share of a tree is added.
    leaves : int
        Leaves of a tree, at most.
    leaf : int
        Points that a leaf holds at least.
    l2 : float
        Penalty of the leaves' squares.
    share : float
        Share of the layers that a split looks at.
    class_weights : bool
        Weight the classes by total / (2 · n_class).
    monotonic : mapping of str to {"increasing", "decreasing"}
        Layers that the score may only rise or fall with, all others being the same.
    layers : tuple of str
        Names of the inputs, which a fit takes from its table.

    Notes
    -----
    It sees the layers in their own units. The settings were chosen by cross-validation in space,
    in k-means regions with a buffer, on the published study's points and on the sample province.

    Examples
    --------
    >>> from geoprospect.methods import SampleTable
    >>> X, label = np.arange(40, dtype=np.float32)[:, None], np.arange(40) // 20
    >>> table = SampleTable(X, label, ("magnetics",))
    >>> method = Boosting(members=2, monotonic={"magnetics": "decreasing"})
    >>> scores = method.fit(table, table.masks_of_all(2)).members[0].predict(X)
    >>> bool((np.diff(scores[:, 0]) <= 0).all())
    True
    """

    takes: ClassVar[tuple[str, ...]] = ("trees", "leaf", "monotonic")  # under [model.baseline]

    name: str = "boosting"
    members: int = 10
    seed: int = 0
    trees: int = 100
    rate: float = 0.03
    leaves: int = 4
    leaf: int = 5
    l2: float = 10.0
    share: float = 0.5
    class_weights: bool = True
    monotonic: Mapping[str, Direction] = field(default_factory=dict)
    layers: tuple[str, ...] = ()

    @classmethod
    def of(cls, options: MethodOptions) -> Boosting:
        """Make the method that a project file asks for."""
        changes = options.changes(*cls.takes, "class_weights")
        return cls("boosting", options.members or 1, options.seed, **changes)

    @property
    def sees(self) -> Sees:
        """Layers, whose names the directions bear."""
        return "layers"

    def told(self, layers: Sequence[str]) -> Boosting:
        """Give the method with the names of its inputs.

        Raises
        ------
        LayerNameError
            If a direction is given for a layer that is none of them.
        """
        unknown = [name for name in self.monotonic if name not in layers]
        if unknown:
            raise LayerNameError(
                "a direction is given for a layer that the evidence lacks",
                found=f"monotonic = {{ {', '.join(unknown)} }}",
                expected=f"some of {', '.join(layers) or 'no names'}",
                mend="correct the names in `monotonic` under [model.baseline]",
            )
        return replace(self, layers=tuple(layers))

    def without(self, layers: Sequence[str]) -> Boosting:
        """Give the method without directions for these layers."""
        kept = {name: way for name, way in self.monotonic.items() if name not in layers}
        return replace(self, monotonic=kept)

    def settings(self) -> dict[str, Any]:
        """Give the method as plain values; see `Method.settings`."""
        content = super().settings()
        content["settings"].pop("layers")
        return content

    def estimator(self, X: Values, label: Ints, seed: int) -> Any:
        """Boost the trees; the seed draws points, and the layers that splits look at."""
        from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - slow

        random = np.random.default_rng(seed)
        of_label = [np.flatnonzero(label == value) for value in (0, 1)]
        drawn = np.concatenate([random.choice(points, len(points)) for points in of_label])
        signs = [_SIGNS.get(self.monotonic.get(name, ""), 0) for name in self.layers]
        boosting = HistGradientBoostingClassifier(
            learning_rate=self.rate,
            max_iter=self.trees,
            max_leaf_nodes=self.leaves,
            min_samples_leaf=self.leaf,
            l2_regularization=self.l2,
            max_features=self.share,
            monotonic_cst=signs if any(signs) else None,
            class_weight="balanced" if self.class_weights else None,
            early_stopping=False,
            random_state=seed,
        )
        with FITTING, threadpool_limits(1, user_api="openmp"):  # of few points threads only wait
            return boosting.fit(X[drawn], label[drawn])

    @property
    def is_python(self) -> bool:
        """Whether threads would wait on each other."""
        return True


def _classes() -> tuple[type, ...]:
    """Give the class of the boosting."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - slow to import

    return (HistGradientBoostingClassifier,)


def _parts() -> tuple[type, ...]:
    """Give the classes of what it holds besides trees."""
    from geoprospect.private import boosting_parts  # noqa: PLC0415 - slow to import

    return boosting_parts()


def _checked() -> tuple[type, ...]:
    """Give the class of its trees."""
    from geoprospect.private import boosted_tree  # noqa: PLC0415 - slow to import

    return (boosted_tree(),)


def _check(boosting: Any) -> None:
    """Refuse trees whose nodes point outside themselves, or that hold no numbers."""
    from geoprospect.private import boosted_nodes  # noqa: PLC0415 - slow to import

    trees, baseline = boosted_nodes(boosting)
    n_features = boosting.n_features_in_
    if list(boosting.classes_) != [0, 1] or not trees or not np.isfinite(baseline):
        raise ValueError("no boosting that tells occurrences from non-occurrences")
    for nodes in trees:
        numbers, inner = np.arange(len(nodes)), nodes["is_leaf"] == 0
        left, right, feature = (nodes[name] for name in ("left", "right", "feature_idx"))
        sound = (
            len(nodes) > 0
            and not nodes["is_categorical"].any()
            and ((left > numbers) & (left < len(nodes)))[inner].all()
            and ((right > numbers) & (right < len(nodes)))[inner].all()
            and ((feature >= 0) & (feature < n_features))[inner].all()
            and np.isfinite(nodes["value"]).all()
            and not np.isnan(nodes["num_threshold"][inner]).any()
        )
        if not sound:
            raise ValueError("a tree whose nodes point outside it, or hold no number")


def _trees(boosting: Any) -> TreeScores:
    """Give the trees, which sum to the logarithm of the odds."""
    from scipy.special import expit  # noqa: PLC0415 - slow to import

    from geoprospect.private import boosted_nodes  # noqa: PLC0415

    nodes, baseline = boosted_nodes(boosting)
    trees = tuple(
        Tree(
            np.where(tree["is_leaf"], -1, tree["left"].astype(np.int64)),
            tree["right"].astype(np.int64),
            tree["feature_idx"],
            tree["num_threshold"],
            tree["value"],
        )
        for tree in nodes
    )
    return TreeScores(trees, expit, baseline)


register_estimator(EstimatorKind("a boosting", _classes, _parts, _checked, _check, _trees))
