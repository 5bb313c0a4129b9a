"""Scores of members in every coalition of layers, where there is a quicker way than to predict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from geoprospect.methods.estimator import FittedEstimator
from geoprospect.methods.kernelscores import KernelProducts, RadialSums
from geoprospect.methods.radialcoalitions import ProductCoalitions, RadialCoalitions
from geoprospect.methods.treecoalitions import TreeCoalitions
from geoprospect.methods.trees import Tree, TreeScores
from geoprospect.network import Scorer
from geoprospect.typing import Floats, Ints, Values


class Coalitions(Protocol):
    """A quick way to scores in all coalitions of groups of inputs."""

    def of(self, X: Values) -> Floats:
        """Score rows, shape (n, n_inputs): shape (2 ** n_groups, n).

        Bit g of a coalition's number tells whether group g has the row's own values.
        """


def quick_coalitions(
    members: Sequence[Scorer],
    background: Values,
    group_of: Ints,
    *,
    rotation: Floats | None = None,
) -> tuple[list[Coalitions], list[Scorer]]:
    """Tell which members have a quicker way to their scores in all coalitions than to predict.

    Parameters
    ----------
    members : sequence of Scorer
        Members; one that stands for several comes as often.
    background, group_of
        As for `TreeCoalitions`.
    rotation : ndarray of float64, shape (n_inputs, n_inputs), optional
        What the members' inputs are rotated by, where those of the background and of the rows are
        not. To trees all groups are then in each input.

    Returns
    -------
    quick : list of Coalitions
        Together they give the sum of the scores of the members that have.
    others : list of Scorer
        The members that have none.
    """
    quick: list[Coalitions] = []
    others: list[Scorer] = []
    pooled: list[Tree] = []
    # One may stand for several.
    alike: defaultdict[int, list[RadialSums | KernelProducts]] = defaultdict(list)
    for member in members:
        match member.quick if isinstance(member, FittedEstimator) else None:
            case TreeScores() if rotation is not None:
                others.append(member)
            case TreeScores(trees, is_mean=True):  # so is the sum: one table serves them all
                pooled += [replace(tree, value=tree.value / len(trees)) for tree in trees]
            case TreeScores(trees, score, start):
                quick.append(TreeCoalitions(trees, score, background, group_of, start=start))
            case RadialSums() | KernelProducts() as kernel:
                alike[id(member)].append(kernel if rotation is None else kernel.before(rotation))
            case _:
                others.append(member)
    for kernel, *more in alike.values():
        times = 1 + len(more)
        match kernel:
            case RadialSums():
                quick.append(RadialCoalitions(kernel, background, group_of, times=times))
            case KernelProducts():
                quick.append(ProductCoalitions(kernel, background, group_of, times=times))
    if pooled:
        quick.append(TreeCoalitions(pooled, np.asarray, background, group_of))
    return quick, others
