"""Fitted scikit-learn estimators as members: they score like networks, and are kept safely.

Their files hold no pickles, and are checked before anything is built from them.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from geoprospect.errors import ModelError
from geoprospect.methods.members import register_member_format
from geoprospect.methods.sidebyside import processors
from geoprospect.output import replacing
from geoprospect.typing import Floats, StrPath, Values

_ROWS = 2048  # of one prediction, what threads share out: each is held against all points
_ROWS_OF_TREES = 65_536  # trees hold no points, and each prediction begins anew at every tree
_SCHEMA = "schema.json"  # of a `.skops` file: what its parts are
_PLAIN = {("builtins", name) for name in ("dict", "list", "tuple", "str", "int", "float", "bool")}
_ARRAYS = {("numpy", name) for name in ("ndarray", "int32", "int64", "float32", "float64", "dtype")}


class QuickScores(Protocol):
    """A quicker way to an estimator's scores than its own.

    Attributes
    ----------
    rows_at_once : int
        Rows that a thread scores at a time.
    """

    @property
    def rows_at_once(self) -> int: ...  # noqa: D102 - see the class

    def worth_compiling(self, n_rows: int) -> bool:
        """Tell whether it is quicker for so many rows."""

    def of(self, X: Values) -> Floats:
        """Score rows, shape (n, n_inputs)."""


@dataclass(frozen=True)
class EstimatorKind:
    """A kind of estimator that may be read from a file.

    Attributes
    ----------
    title : str
        What an error calls it: "a forest".
    classes : callable
        Gives its classes; scikit-learn is slow to import.
    parts : callable
        Gives the classes of its parts that skops knows to be safe.
    checked : callable
        Gives those that skops does not know, and that `check` makes safe to use.
    check : callable
        Raises ValueError for an estimator whose parts do not fit one another, so that
        scikit-learn's compiled code would read beyond them.
    quick : callable, optional
        Gives a quicker way to the same scores, or None for an estimator that has none.
    """

    title: str
    classes: Callable[[], tuple[type, ...]]
    parts: Callable[[], tuple[type, ...]]
    checked: Callable[[], tuple[type, ...]]
    check: Callable[[Any], None]
    quick: Callable[[Any], QuickScores | None] | None = None


_KINDS: list[EstimatorKind] = []


def register_estimator(kind: EstimatorKind) -> None:
    """Make a kind of estimator known, so that members of it can be read from files."""
    _KINDS.append(kind)


@dataclass(frozen=True)
class FittedEstimator:
    """A fitted scikit-learn classifier, which scores like a `Network`.

    Attributes
    ----------
    estimator : sklearn estimator
        Fitted on the labels 0 and 1.

    Notes
    -----
    The score is the probability that the estimator gives an occurrence. One that gives none, a
    support vector machine, scores 1 / (1 + exp(-d)) of its decision function d: it ranks cells as
    d does and calls an occurrence from 0.5 on where d does from 0 on. No score is calibrated: all
    depend on the share of occurrences among the training points.

    Examples
    --------
    >>> from geoprospect.methods import SampleTable, method_named
    >>> table = SampleTable(np.array([[0.0], [0.1], [0.9], [1.0]]), np.array([0, 0, 1, 1]))
    >>> svm = method_named("svm").fit(table, table.masks_of_all(1)).members[0]
    >>> (svm.predict(table.X)[:, 0] > 0.5).tolist()
    [False, False, True, True]
    """

    estimator: Any
    suffix: ClassVar[str] = ".skops"

    @property
    def n_inputs(self) -> int:
        """Number of inputs."""
        return int(self.estimator.n_features_in_)

    @property
    def n_outputs(self) -> int:
        """Number of outputs: one score."""
        return 1

    def predict(self, X: npt.ArrayLike) -> Values:
        """Score X of shape (n, n_inputs); gives float32 of shape (n, 1) in [0, 1].

        A row's score does not depend on the other rows or on the number of threads; that of a
        Gaussian process, a product of matrices, may by a rounding of the last digit.
        """
        rows = np.asarray(X, dtype=np.float32)
        size = _ROWS
        score: Callable[[Values], Floats] = self._score
        quick = self.quick
        if quick is not None and quick.worth_compiling(len(rows)):
            size, score = quick.rows_at_once, quick.of
        elif quick is not None:
            size = _ROWS_OF_TREES
        parts = [rows[start : start + size] for start in range(0, len(rows), size)]
        if len(parts) < 2:  # a window of a map, which has threads of its own
            scores = list(map(score, parts))
        else:
            with ThreadPoolExecutor(processors()) as pool:
                scores = list(pool.map(score, parts))
        return np.concatenate([np.empty(0), *scores]).astype(np.float32)[:, None]

    @cached_property
    def quick(self) -> QuickScores | None:
        """A quicker way to its scores: of trees to the bit, of a kernel to rounding."""
        for kind in _KINDS:
            if kind.quick is not None and type(self.estimator) in kind.classes():
                return kind.quick(self.estimator)
        return None

    def _score(self, rows: Values) -> Floats:
        """Score some rows in one thread."""
        exact = rows.astype(np.float64)  # a kernel's distances are taken in the type they come in
        if hasattr(self.estimator, "predict_proba"):
            if isinstance(trees := getattr(self.estimator, "estimators_", None), list):
                return _mean_of(trees, rows)
            scores = np.asarray(self.estimator.predict_proba(exact), np.float64)[:, 1]
            return np.clip(scores, 0, 1)  # a Gaussian process sums error functions: to rounding
        decision = np.asarray(self.estimator.decision_function(exact), np.float64)
        return 1 / (1 + np.exp(-np.clip(decision, -700, 700)))

    def save(self, path: StrPath, *, overwrite: bool = False) -> None:
        """Write the estimator as a `.skops` file, which holds no pickle.

        The same estimator gives the same bytes.

        Raises
        ------
        OutputError
            If the file exists already or cannot be written.
        """
        import skops.io  # noqa: PLC0415 - slow to import

        with replacing(path, overwrite=overwrite) as temporary:
            temporary.write_bytes(_renumbered(skops.io.dumps(self.estimator)))

    @classmethod
    def read(cls, path: StrPath) -> FittedEstimator:
        """Read an estimator from a `.skops` file; its types are checked before it is built.

        Raises
        ------
        ModelError
            If the file is missing or damaged, or names a type other than the estimators that
            methods fit, their parts, arrays and plain values; nothing is built from such a file.
        """
        try:
            return cls(_read(path))
        except ModelError:
            raise
        except Exception as error:  # a damaged archive may fail anywhere in the reader
            reason = str(error).partition("\n")[0] or type(error)
            titles = [kind.title for kind in _KINDS]
            raise ModelError(
                f"cannot be read as an estimator: {reason}",
                path=path,
                expected=f"the whole `.skops` file of {', '.join(titles[:-1])} or {titles[-1]}",
                mend="train the model again, or copy it again from where it was made",
            ) from error


def _renumbered(dumped: bytes) -> bytes:
    """Give the parts of a dumped estimator numbers in their order; skops names them by addresses.

    Nor does the hour of writing stay.
    """
    numbers: dict[bytes, bytes] = {}

    def number(match: re.Match[bytes]) -> bytes:
        return match[1] + numbers.setdefault(match[2], b"%d" % len(numbers))

    with zipfile.ZipFile(io.BytesIO(dumped)) as archive:
        schema = re.sub(rb'("__id__": )(\d+)', number, archive.read(_SCHEMA))
        schema = re.sub(rb'(")(\d+)(?=\.\w+")', number, schema)
        parts = {
            f"{numbers[stem.encode()].decode()}.{suffix}": archive.read(f"{stem}.{suffix}")
            for stem, _, suffix in (name.partition(".") for name in archive.namelist())
            if stem.encode() in numbers
        }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in sorted(parts):
            archive.writestr(zipfile.ZipInfo(name), parts[name], zipfile.ZIP_DEFLATED, 1)
        archive.writestr(zipfile.ZipInfo(_SCHEMA), schema, zipfile.ZIP_DEFLATED, 1)
    return made.getvalue()


def _read(path: StrPath) -> Any:
    """Read and check an estimator."""
    import skops.io  # noqa: PLC0415 - slow to import

    checked = {named for kind in _KINDS for named in _names(kind.checked())}
    safe = {named for kind in _KINDS for named in _names(kind.classes() + kind.parts())}
    with zipfile.ZipFile(path) as archive:
        types = set(_types(json.loads(archive.read(_SCHEMA))))
    foreign = sorted(".".join(named) for named in types - _PLAIN - _ARRAYS - safe - checked)
    if foreign:
        raise ModelError(
            f"holds a type that no fitted method needs: {foreign[0]}",
            path=path,
            mend="use only models that `geoprospect` wrote",
        )
    estimator = skops.io.load(path, trusted=sorted(".".join(named) for named in checked))
    for kind in _KINDS:
        if type(estimator) in kind.classes():
            kind.check(estimator)
            return estimator
    raise ValueError(f"holds a {type(estimator).__name__}")


def _names(types: tuple[type, ...]) -> Iterator[tuple[str, str]]:
    """Give module and name of classes, as a schema names them."""
    return ((kind.__module__, kind.__qualname__) for kind in types)


def _types(content: Any) -> Iterator[tuple[str, str]]:
    """Give module and name of every type that a schema names."""
    if isinstance(content, dict):
        if "__class__" in content:
            yield str(content.get("__module__")), str(content["__class__"])
        content = list(content.values())
    if isinstance(content, list):
        for part in content:
            yield from _types(part)


register_member_format(FittedEstimator.suffix, FittedEstimator.read)


def _mean_of(trees: Sequence[Any], rows: Values) -> Floats:
    """Give the mean of what trees score, as a forest does, to the bit.

    A forest's own `predict_proba` sets Python's filters of warnings anew for each tree, which
    other threads see, so that warnings that nobody asked for are printed by the thousand.
    """
    total = np.zeros(len(rows))
    for tree in trees:
        total += tree.predict_proba(rows, check_input=False)[:, 1]
    return total / len(trees)
