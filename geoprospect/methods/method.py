"""What a method of prospectivity is: how it learns from labelled points, and what it gives."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np

from geoprospect.methods.members import Member
from geoprospect.methods.options import Pretext
from geoprospect.typing import Bools, Ints, Progress, Values

Sees = Literal["layers", "standardised", "components"]

Preparation: TypeAlias = Sequence[Any]
"""What a method learned before it saw a label, one part a member (an encoder, for instance); or
one part a fit."""


@dataclass(frozen=True)
class SampleTable:
    """The labelled points that a method learns from.

    Attributes
    ----------
    X : ndarray of float32, shape (n, n_inputs)
        The points as the method sees them: layers, standardised layers or components.
    label : ndarray of int64, shape (n,)
        1 at occurrences, 0 at non-occurrences.
    names : tuple of str
        The layers, where their names matter; inputs bear them for a method that sees layers.

    Examples
    --------
    >>> table = SampleTable(np.zeros((3, 2), np.float32), np.array([1, 0, 0]))
    >>> table.masks_of_all(2).shape
    (2, 3)
    """

    X: Values
    label: Ints
    names: tuple[str, ...] = ()

    def masks_of_all(self, fits: int) -> Bools:
        """Give the masks of so many fits that learn from all points, shape (fits, n)."""
        return np.ones((fits, len(self.label)), bool)


@dataclass(frozen=True)
class PretextCells:
    """The cells that a pretext task learns from; it sees no label of an occurrence.

    Attributes
    ----------
    X : ndarray of float32, shape (n, n_inputs)
        The cells as the method sees them.
    rock_class : ndarray of int64, shape (n,), optional
        Codes 0 … k - 1 of the rock classes, for the lithology task.
    rows, columns : ndarray of int64, shape (n,), optional
        Where the cells lie on the grid of the evidence; needed where some are to be kept out.
    """

    X: Values
    rock_class: Ints | None = None
    rows: Ints | None = None
    columns: Ints | None = None

    def part(self, chosen: Bools) -> PretextCells:
        """Take some of the cells, by a mask of shape (n,)."""
        names = ("X", "rock_class", "rows", "columns")
        arrays = {name: getattr(self, name) for name in names}
        return replace(self, **{name: x[chosen] for name, x in arrays.items() if x is not None})


@dataclass(frozen=True)
class Fitted:
    """What a method's fits gave.

    Attributes
    ----------
    members : tuple of Member
        One a fit, in the order of the masks.
    lines : tuple of str
        How the fits went, in sentences for the log.
    """

    members: tuple[Member, ...]
    lines: tuple[str, ...] = ()


class Method(Protocol):
    """A method of prospectivity: a frozen value that tells all that its fits depend on.

    `str(method)` is how the log names it.

    Attributes
    ----------
    name : str
        How results name it.
    members : int
        Members of the ensemble: their scores are averaged.
    seed : int
        Seed of everything random; fit k is of member k % members.
    sees : {"layers", "standardised", "components"}
        What its inputs are: evidence in the layers' units, standardised, or rotated as well.
    pretext : {"distribution", "reconstruction", "lithology", "none"}
        What `prepare` learns: of cells of any ground, how their layers are distributed or how to
        reconstruct them; or how to tell rock classes apart.
    preparation_key : hashable
        Methods of equal keys can share what `prepare` gives; asked for only where there is a
        pretext task.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - see the class
    @property
    def members(self) -> int: ...  # noqa: D102
    @property
    def seed(self) -> int: ...  # noqa: D102
    @property
    def sees(self) -> Sees: ...  # noqa: D102
    @property
    def pretext(self) -> Pretext: ...  # noqa: D102
    @property
    def preparation_key(self) -> Hashable: ...  # noqa: D102

    def prepare(
        self, cells: PretextCells | None, n_inputs: int, *, progress: Progress | None = None
    ) -> Preparation:
        """Learn what needs no label of an occurrence, one part a member; or nothing.

        Parameters
        ----------
        cells : PretextCells or None
            The cells of the pretext task; None where there is no such task.
        n_inputs : int
            Number of inputs.
        progress : callable, optional
            Called with the stage, the steps done, the steps in all and a word on them.

        Raises
        ------
        TrainingError
            If the cells do not allow the task.
        """

    def fit(
        self,
        table: SampleTable,
        masks: Bools,
        *,
        preparation: Preparation | None = None,
        progress: Progress | None = None,
    ) -> Fitted:
        """Fit members, each on its own points.

        Parameters
        ----------
        table : SampleTable
            The points.
        masks : ndarray of bool, shape (fits, n)
            The points that each fit learns from.
        preparation : sequence, optional
            What `prepare` gave; fit k takes part k, counted round.
        progress : callable, optional
            As for `prepare`.

        Raises
        ------
        TrainingError
            If the points do not allow it, or a fit fails.
        """

    def settings(self) -> dict[str, Any]:
        """Give the method as plain values: for model.json, and the metadata of maps."""


@runtime_checkable
class ScoresApart(Protocol):
    """A method that can score rows where it fits, so that large members need not be kept."""

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
        """Give the scores of rows (n_rows, n_inputs) by each fit, shape (fits, n_rows).

        Those that are not `wanted`, of the same shape, are NaN.
        """


@runtime_checkable
class HeedsNames(Protocol):
    """A method some of whose settings name layers."""

    def told(self, layers: Sequence[str]) -> Method:
        """Give the method with the names of its inputs, of which the settings must be some.

        Raises
        ------
        LayerNameError
            If a setting names another layer.
        """

    def without(self, layers: Sequence[str]) -> Method:
        """Give the method without its settings of these layers."""


def scores_of_fits(
    method: Method,
    table: SampleTable,
    masks: Bools,
    rows: Values,
    *,
    wanted: Bools | None = None,
    preparation: Preparation | None = None,
    progress: Progress | None = None,
) -> Values:
    """Fit a method and score rows by each fit, of which no more is kept.

    Parameters
    ----------
    method : Method
        The method.
    table, masks, preparation, progress
        As for `Method.fit`.
    rows : ndarray of float32, shape (n_rows, n_inputs)
        What to score.
    wanted : ndarray of bool, shape (fits, n_rows), optional
        The rows that each fit is to score; all by default.

    Returns
    -------
    ndarray of float32, shape (fits, n_rows)
        NaN where a score is not wanted.

    Raises
    ------
    TrainingError
        If the points do not allow it, or a fit fails.

    Examples
    --------
    >>> from geoprospect.methods import method_named
    >>> table = SampleTable(np.array([[0.0], [1.0]], np.float32), np.array([0, 1]))
    >>> scores_of_fits(method_named("svm"), table, table.masks_of_all(1), table.X).shape
    (1, 2)
    """
    if isinstance(method, ScoresApart):
        return method.scores(
            table, masks, rows, wanted=wanted, preparation=preparation, progress=progress
        )
    fitted = method.fit(table, masks, preparation=preparation, progress=progress)
    chosen = np.ones((len(masks), len(rows)), bool) if wanted is None else wanted
    scores = np.full(chosen.shape, np.nan, np.float32)
    for row, mine, member in zip(scores, chosen, fitted.members, strict=True):
        row[mine] = member.predict(rows[mine])[:, 0]
    return scores
