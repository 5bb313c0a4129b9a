"""Why a cell scores as it does: its layers' contributions, ranked, and a sentence of them."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.errors import EvidenceError
from geoprospect.evidence import EvidenceStack
from geoprospect.evidence.features.points import coordinates
from geoprospect.grid import Grid, describe_crs
from geoprospect.model.contributions import Contributions
from geoprospect.model.model import ProspectivityModel
from geoprospect.model.reasonwords import Words
from geoprospect.samples import PointsSource
from geoprospect.wording import listed

_LOGGER = logging.getLogger(__name__)
_MOST = 4  # layers that a sentence names for the score, and against it
_LEAST = 0.05  # contributions below it round to 0.0


@dataclass(frozen=True)
class Reason:
    """What one layer contributes to a score.

    Attributes
    ----------
    layer : str
        The layer's name under [evidence].
    contribution : float
        To the log-odds of the score; above 0 it speaks for an occurrence.
    error : float or None
        Its standard error, where orders of layers were drawn; None where it is exact.
    words : str
        What the layer is there: high or low against the background, or the class.
    values : dict of str to float
        What the layer's evidence is there, by name.
    background : dict of str to float
        What it is held against.
    units : dict of str to str
        Their units, where files or kinds tell them.
    """

    layer: str
    contribution: float
    error: float | None
    words: str
    values: Mapping[str, float]
    background: Mapping[str, float]
    units: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.words} ({self.contribution:+.1f})".replace("-", "−")

    def there(self) -> tuple[str, str]:
        """Word what the layer is there, and what it is held against: its mean, or a class's share.

        Examples
        --------
        >>> Reason("rock", 0.2, None, "rock a", {"rock=a": 1, "rock=b": 0},
        ...        {"rock=a": 0.25, "rock=b": 0.75}).there()
        ('a', '25% of cells')
        """
        for name, value in self.values.items():
            if value == 1 and name.startswith(f"{self.layer}="):
                return name.removeprefix(f"{self.layer}="), f"{self.background[name]:.0%} of cells"
        if self.values.get(f"{self.layer} missing") == 1:
            return "no value", ""
        name = self.layer if self.layer in self.values else next(iter(self.values))
        if name != self.layer and len(self.values) > 1:
            return f"{len(self.values)} columns", ""
        unit = f" {self.units[name]}" if name in self.units else ""
        return f"{self.values[name]:.4g}{unit}", f"{self.background[name]:.4g}{unit}"


@dataclass(frozen=True)
class Explanation:
    """Why a cell scores as it does.

    Attributes
    ----------
    easting, northing : float
        The place asked for, in the CRS of the evidence.
    row, column : int
        Its cell.
    score, background_score : float
        Mean score of the members there, and where all evidence is the background.
    reasons : tuple of Reason
        What each layer contributes, that which contributes most first; the contributions sum to
        the log-odds of the score less those of the background's score.
    """

    easting: float
    northing: float
    row: int
    column: int
    score: float
    background_score: float
    reasons: tuple[Reason, ...]

    def sentence(self) -> str:
        """Say why: what speaks for the score's side of the background, and what against."""
        up = self.score >= self.background_score
        told = [x for x in self.reasons if abs(x.contribution) >= _LEAST]
        sides = {True: list[str](), False: list[str]()}
        for reason in told:
            sides[(reason.contribution > 0) == up].append(str(reason))
        because = ", ".join(sides[True][:_MOST]) or "no layer tells it from the mean cell"
        against = ", ".join(sides[False][:_MOST])
        return f"{self.score:.2f} because: {because}" + (f"; against: {against}" if against else "")

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain values, for JSON."""
        return asdict(self) | {"sentence": self.sentence()}


def explain(
    model: ProspectivityModel,
    stack: EvidenceStack,
    easting: npt.ArrayLike,
    northing: npt.ArrayLike,
) -> tuple[Explanation, ...]:
    """Tell why the cells at some places score as they do.

    Parameters
    ----------
    model : ProspectivityModel
        A fitted model; its layers are found in the stack by name.
    stack : EvidenceStack
        The evidence.
    easting, northing : float or array_like, shape (n,)
        Places in the CRS of the evidence.

    Returns
    -------
    tuple of Explanation
        One a place that has a score; of the others the log tells. Contributions are those of
        `geoprospect.model.contributions.Contributions`.

    Raises
    ------
    EvidenceError
        If none of the places has a score: they lie off the grid, or a layer has no value there.
    LayerNameError
        If the stack lacks a layer of the model.

    Examples
    --------
    >>> import rasterio, tempfile
    >>> from geoprospect.model import Components
    >>> from geoprospect.network import Dense, Network
    >>> components = Components.fit([[0], [2], [4]], names=("X1",))
    >>> head = Network((Dense(np.ones((1, 1), np.float32), np.zeros(1, np.float32), "sigmoid"),))
    >>> model = ProspectivityModel(components, (head,), np.array([[0, 4]], np.float32))
    >>> profile = dict(driver="GTiff", height=1, width=3, count=1, dtype="int16",
    ...                crs="EPSG:3578", transform=rasterio.Affine(1200, 0, 0, 0, -1200, 0))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with rasterio.open(f"{folder}/X1.tif", "w", **profile) as file:
    ...         file.write(np.array([[0, 2, 4]], "int16"), 1)
    ...     with EvidenceStack.open(f"{folder}/X1.tif") as stack:
    ...         [explanation] = explain(model, stack, 3000, -600)
    >>> explanation.sentence()
    '0.77 because: X1 high (+1.2)'
    """
    evidence = model.select(stack)
    eastings, northings = np.atleast_1d(
        np.asarray(easting, np.float64), np.asarray(northing, np.float64)
    )
    rows, columns, inside = evidence.grid.cells(eastings, northings)
    X, valid = evidence.sample(rows, columns)
    kept = np.flatnonzero(valid)
    _check(evidence, eastings, northings, inside, X)
    contributions = Contributions.of(model, evidence)
    shares = contributions.shares(X[kept])
    scores = contributions.score(X[kept].T)
    background = contributions.background
    at_background = float(contributions.score(background[:, None])[0])
    words = Words.of(evidence, contributions.layers)
    there = [dict(zip(model.names, row.tolist(), strict=True)) for row in X[kept]]
    mean = dict(zip(model.names, background.tolist(), strict=True))
    return tuple(
        Explanation(
            float(eastings[place]),
            float(northings[place]),
            int(rows[place]),
            int(columns[place]),
            float(scores[number]),
            at_background,
            _ranked(
                Reason(
                    layer,
                    float(shares.values[k, number]),
                    None if shares.errors is None else float(shares.errors[k, number]),
                    words.of_layer(layer, there[number], mean),
                    {name: there[number][name] for name in names},
                    {name: mean[name] for name in names},
                    {name: words.units[name] for name in names if name in words.units},
                )
                for k, (layer, names) in enumerate(contributions.layers.items())
            ),
        )
        for number, place in enumerate(kept.tolist())
    )


def explain_points(
    model: ProspectivityModel, stack: EvidenceStack, points: PointsSource
) -> tuple[Explanation, ...]:
    """Tell why the cells of the points of a file score as they do; see `explain`.

    Raises
    ------
    SamplesError
        If the points cannot be read.
    EvidenceError
        If none of them has a score.
    """
    return explain(model, stack, *coordinates(points.read(), stack.grid))


def _ranked(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Put those that contribute most first."""
    return tuple(sorted(reasons, key=lambda reason: -abs(reason.contribution)))


def _check(
    evidence: EvidenceStack,
    eastings: npt.NDArray[np.float64],
    northings: npt.NDArray[np.float64],
    inside: npt.NDArray[np.bool_],
    X: npt.NDArray[np.float32],
) -> None:
    """Warn of places without a score, or refuse them where there are no others."""
    lacking = ~np.isfinite(X)
    without = np.flatnonzero(lacking.any(axis=1))
    if not len(without):
        return
    if len(without) < len(X):
        _LOGGER.warning(
            f"{len(without)} of {len(X)} points have no score, off the grid or where a layer has "
            f"no value, and are left out: {listed([str(k + 1) for k in without])}, counted from 1"
        )
        return
    first = without[0]
    grid, found = evidence.grid, f"{eastings[first]:.12g}, {northings[first]:.12g}"
    if not inside[first]:
        raise EvidenceError(
            "the place lies outside the grid of the map",
            found=found,
            expected=_extent(grid),
            mend=f"give easting and northing in the CRS of the map, {describe_crs(grid.crs)}",
        )
    names = [x for x, lacks in zip(evidence.names, lacking[first], strict=True) if lacks]
    all_of_them = len(names) == len(evidence.names)
    raise EvidenceError(
        "the map has no score there: "
        + ("no layer has a value" if all_of_them else f"no value in {listed(names)}"),
        found=found,
        mend="give a place that is coloured on the map",
    )


def _extent(grid: Grid) -> str:
    """Write the bounds of a grid."""
    rows, columns = grid.shape
    corners = [grid.transform @ (x, y) for x in (0, columns) for y in (0, rows)]
    x, y = ([corner[axis] for corner in corners] for axis in (0, 1))
    digits = max(3, math.ceil(math.log10(max(map(abs, [*x, *y, 1])))) + 1)
    low, high = (f"{value:.{digits}g}" for value in (min(x), max(x)))
    south, north = (f"{value:.{digits}g}" for value in (min(y), max(y)))
    return f"easting {low} to {high}, northing {south} to {north}"
