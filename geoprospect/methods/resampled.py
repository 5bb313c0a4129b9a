"""Labels balanced by points more of the scarcer, drawn anew for each fit from its own points."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geoprospect.errors import TrainingError
from geoprospect.methods.estimatormethod import check_counts
from geoprospect.methods.logisticregression import LogisticRegression
from geoprospect.methods.mean import Average
from geoprospect.methods.method import (
    Fitted,
    HeedsNames,
    Method,
    Preparation,
    PretextCells,
    SampleTable,
    Sees,
    scores_of_fits,
)
from geoprospect.methods.options import Balance, Pretext
from geoprospect.methods.svm import SupportVectorMachine
from geoprospect.methods.transfer import Transfer
from geoprospect.typing import Bools, Ints, Progress, Values

_LOGGER = logging.getLogger(__name__)
_NEIGHBOURS = 5  # of a point, that SMOTE places new ones towards


@dataclass(frozen=True)
class Resampled:
    """A method whose fits learn from as many points of either label.

    Points of the scarcer label are drawn again ("oversample"), or new ones are placed between them
    and those of their label that are nearest in evidence ("smote": Chawla et al. 2002, SMOTE:
    synthetic minority over-sampling technique, Journal of Artificial Intelligence Research 16,
    321-357; by imbalanced-learn). Each fit is given its own, made of the points that it learns
    from and no others: a point held out has no part in them.

    Attributes
    ----------
    method : Method
        The method.
    balance : {"oversample", "smote"}
        How points are added.

    Notes
    -----
    SMOTE takes inputs for quantities: between two classes of rock it places a point that is partly
    both.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [5.0], [6.0], [7.0], [8.0]], np.float32)
    >>> table = SampleTable(X, np.array([1, 1, 0, 0, 0, 0]))
    >>> wider, masks = Resampled(SupportVectorMachine(), "smote").enlarged(
    ...     table, table.masks_of_all(1)
    ... )
    >>> np.bincount(wider.label).tolist(), bool(wider.X[wider.label == 1].max() <= 1)
    ([4, 4], True)
    """

    method: Method
    balance: Balance

    def __str__(self) -> str:
        return f"{self.method}, labels balanced by {self.balance}"

    @property
    def name(self) -> str:
        """How results name it."""
        return f"{self.balance} {self.method.name}"

    @property
    def members(self) -> int:
        """Members of the ensemble."""
        return self.method.members

    @property
    def seed(self) -> int:
        """Seed of everything random."""
        return self.method.seed

    @property
    def sees(self) -> Sees:
        """What the method sees."""
        return self.method.sees

    @property
    def pretext(self) -> Pretext:
        """The method's pretext task; what it learns is not balanced."""
        return self.method.pretext

    @property
    def preparation_key(self) -> Hashable:
        """That of the method."""
        return (type(self.method), self.method.preparation_key)

    def told(self, layers: Sequence[str]) -> Resampled:
        """Give the method with the names of its inputs, where they matter to it."""
        if not isinstance(self.method, HeedsNames):
            return self
        return replace(self, method=self.method.told(layers))

    def without(self, layers: Sequence[str]) -> Resampled:
        """Give the method without its settings of these layers."""
        if not isinstance(self.method, HeedsNames):
            return self
        return replace(self, method=self.method.without(layers))

    def prepare(
        self, cells: PretextCells | None, n_inputs: int, *, progress: Progress | None = None
    ) -> Preparation:
        """Prepare what the method does; see `Method.prepare`."""
        return self.method.prepare(cells, n_inputs, progress=progress)

    def fit(
        self,
        table: SampleTable,
        masks: Bools,
        *,
        preparation: Preparation | None = None,
        progress: Progress | None = None,
    ) -> Fitted:
        """Fit the method to the points and those added; see `Method.fit`."""
        return self.method.fit(
            *self.enlarged(table, masks), preparation=preparation, progress=progress
        )

    def scores(
        self,
        table: SampleTable,
        masks: Bools,
        rows: Values,
        *,
        wanted: Bools | None = None,
        preparation: Preparation | None = None,
        progress: Progress | None = None,
    ) -> Values:
        """Score rows by each fit; see `ScoresApart`."""
        return scores_of_fits(
            self.method,
            *self.enlarged(table, masks),
            rows,
            wanted=wanted,
            preparation=preparation,
            progress=progress,
        )

    def settings(self) -> dict[str, Any]:
        """Give the method as plain values."""
        return {**self.method.settings(), "balance": self.balance}

    def enlarged(self, table: SampleTable, masks: Bools) -> tuple[SampleTable, Bools]:
        """Add points to those of each fit, until it has as many of either label.

        Parameters
        ----------
        table : SampleTable
            The points.
        masks : ndarray of bool, shape (fits, n)
            The points that each fit learns from.

        Returns
        -------
        table : SampleTable
            The points, and after them those added for the first fit, the second and so on.
        masks : ndarray of bool, shape (fits, n + added)
            The points that each fit learns from.

        Raises
        ------
        TrainingError
            If a fit has no point of a label, or SMOTE a single one.
        """
        added = [self._added(table, mask, number) for number, mask in enumerate(masks)]
        counts = [len(label) for _, label in added]
        ends = np.cumsum(counts)
        wider = np.zeros((len(masks), ends[-1]), bool)
        for row, count, end in zip(wider, counts, ends, strict=True):
            row[end - count : end] = True
        self._say(table.label, masks)
        return replace(
            table,
            X=np.concatenate([np.asarray(table.X, np.float32), *(X for X, _ in added)]),
            label=np.concatenate([table.label, *(label for _, label in added)]),
        ), np.hstack([masks, wider])

    def _added(self, table: SampleTable, mask: Bools, number: int) -> tuple[Values, Ints]:
        """Draw or make the points that a fit lacks, of its own points."""
        from imblearn.over_sampling import (  # noqa: PLC0415 - slow to import
            SMOTE,
            RandomOverSampler,
        )

        X, label = np.asarray(table.X[mask], np.float32), table.label[mask]
        check_counts(self.name, label, 1)
        # Layers are in units of their own, in which they are not to be measured against each other.
        scale = X.std(axis=0) if self.sees == "layers" else np.ones(X.shape[1], np.float32)
        scale[scale == 0] = 1
        purpose = np.random.SeedSequence([self.seed, number % self.members, *b"balance"])
        seed = int(purpose.generate_state(1)[0])
        sampler = RandomOverSampler(random_state=seed)
        if self.balance == "smote":
            scarce = int(np.bincount(label).min())
            if scarce < 2:
                raise TrainingError(
                    "SMOTE places points between two of a label",
                    found=f"{label.sum()} occurrences, {(label == 0).sum()} non-occurrences to "
                    "learn from",
                    expected="two of each at least",
                    mend='write balance = "oversample" or "weights" under [model]',
                )
            sampler = SMOTE(random_state=seed, k_neighbors=_neighbours(scarce))
        more, labels = sampler.fit_resample(X / scale, label)
        return np.asarray(more[len(X) :] * scale, np.float32), labels[len(X) :].astype(np.int64)

    def _say(self, label: Ints, masks: Bools) -> None:
        """Tell where points have fewer neighbours than SMOTE usually takes."""
        scarce = min(int(np.bincount(label[mask], minlength=2).min()) for mask in masks)
        if self.balance == "smote" and _neighbours(scarce) < _NEIGHBOURS:
            _LOGGER.info(
                f"{self.name}: a fit has {scarce} points of a label, so that new ones are placed "
                f"towards the nearest {_neighbours(scarce)}, not {_NEIGHBOURS}"
            )


def balanced(method: Method, balance: Balance) -> Method:
    """Give a method whose labels are balanced in a way; of an average, that of each part.

    Parameters
    ----------
    method : Method
        The method.
    balance : {"weights", "oversample", "smote"}
        "weights" leaves it as it is: methods weigh the labels by themselves.

    Raises
    ------
    TrainingError
        If the method tries itself on points that it keeps from a part of its fit: copies of them,
        or points made of them, would be in that part.

    Examples
    --------
    >>> balanced(SupportVectorMachine(), "smote").name
    'smote svm'
    """
    if balance == "weights":
        return method
    if isinstance(method, Average):
        return replace(method, parts=tuple(balanced(part, balance) for part in method.parts))
    trial = _trial(method)
    if trial is not None:
        what, mend = trial
        raise TrainingError(
            f"{method.name} with {what} tries itself on some of its points, of which copies would "
            "be among those that it learns from",
            found=f'balance = "{balance}"',
            mend=f'write balance = "weights" under [model], or {mend}',
        )
    return Resampled(method, balance)


def _trial(method: Method) -> tuple[str, str] | None:
    """Tell by what setting a method tries itself on its own points, and how to do without."""
    if isinstance(method, SupportVectorMachine) and len(method.grid()) > 1:
        one = 'costs = [1.0], gammas = ["scale"] and kernels = ["rbf"] under [model.baseline]'
        return "a search of its settings", one
    schedule = (
        method.training
        if isinstance(method, Transfer)
        else method.schedule
        if isinstance(method, LogisticRegression)
        else None
    )
    if schedule is not None and schedule.held_back:
        return "held_back", "leave out held_back and patience under [model.training]"
    return None


def _neighbours(scarce: int) -> int:
    """Give the neighbours of a point among so many of its label."""
    return min(_NEIGHBOURS, scarce - 1)
