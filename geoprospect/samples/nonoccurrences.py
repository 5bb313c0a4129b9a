"""Non-occurrences: cells drawn to stand for barren ground where only occurrences are known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from os import fspath
from pathlib import Path

import geopandas as gpd
import numpy as np

from geoprospect.errors import SamplesError, without_secrets
from geoprospect.evidence import EvidenceStack
from geoprospect.grid import vector_crs
from geoprospect.samples.drawingrule import DrawingRule
from geoprospect.samples.labelled import Samples
from geoprospect.samples.targetgroup import search_effort
from geoprospect.typing import Bools, Floats, Ints, Values

_SEARCHED = 2**18  # valid cells looked at; of a larger stack, so many drawn at random


@dataclass(frozen=True, repr=False)
class DrawnSamples:
    """Occurrences with several draws of non-occurrences, for members of an ensemble.

    Attributes
    ----------
    samples : Samples
        The occurrences, then every cell of any draw, row by row, at its centre; `source` is -1
        for these.
    masks : ndarray of bool, shape (draws, n)
        The samples of each draw: all occurrences, and the cells drawn.
    rule : DrawingRule
        The rule, with the number and the distance that were used.
    n_allowed, n_searched : int
        Valid cells that the rule allows, and those looked at.
    """

    samples: Samples
    masks: Bools
    rule: DrawingRule
    n_allowed: int
    n_searched: int

    def __repr__(self) -> str:
        return f"<DrawnSamples: {self.sentence()}>"

    def sentence(self) -> str:
        """Say what was drawn."""
        rule = self.rule
        how = {
            "random": "at random",
            "dissimilar": "unlike the occurrences by preference",
            "background": "as background",
        }[rule.method]
        if rule.target_group is not None:
            group = Path(without_secrets(fspath(rule.target_group.path)))
            how += f", where points of {group.name} lie around"
        times = "once"
        if len(self.masks) > 1:
            times = f"{len(self.masks)} times, each draw for members of its own"
        where = f" and in {rule.within}" if rule.within is not None else ""
        return (
            f"{rule.number} cells drawn {how}, {times}, from the {self.n_allowed} of "
            f"{self.n_searched} valid cells at least {rule.distance:.6g} m from "
            f"occurrences{where}"
        )

    def masks_for(self, members: int) -> Bools:
        """Give the samples that each of so many members, one a draw at least, learns from.

        Returns
        -------
        ndarray of bool, shape (max(members, draws), n)
            Member k learns from draw k, counted round.
        """
        return self.masks[np.arange(max(members, len(self.masks))) % len(self.masks)]

    def points(self, out_of_bag: Floats | None = None) -> gpd.GeoDataFrame:
        """Give the cells drawn as points, with the draw that each is of.

        Parameters
        ----------
        out_of_bag : ndarray of float64, shape (n,), optional
            The score of each sample by the members that did not learn from it, or NaN.

        Returns
        -------
        geopandas.GeoDataFrame
            `draw`, counted from 1; `occurrence`, 0; `out_of_bag` if given; and the centre of
            the cell.
        """
        draw, sample = np.nonzero(self.masks & (self.samples.label == 0))
        places = gpd.points_from_xy(self.samples.easting[sample], self.samples.northing[sample])
        crs = self.samples.grid.crs
        drawn: dict[str, object] = {"draw": draw + 1, "occurrence": 0}
        if out_of_bag is not None:
            drawn["out_of_bag"] = out_of_bag[sample]
        return gpd.GeoDataFrame(drawn, geometry=places, crs=crs.to_wkt()).to_crs(vector_crs(crs))


def spacing(samples: Samples) -> float:
    """Give the median distance from a cell with an occurrence to the next such cell.

    Parameters
    ----------
    samples : Samples
        Occurrences, with or without non-occurrences.

    Returns
    -------
    float
        In metres; 0 where one cell holds all occurrences.
    """
    occurrences = samples.label == 1
    _, first = np.unique(samples.cells[occurrences], return_index=True)
    if len(first) < 2:
        return 0.0
    places = samples.places[occurrences][first]
    return float(np.median(places.nearest(places, k=2)))


def searched_cells(stack: EvidenceStack, *, seed: int = 0) -> tuple[Ints, Ints]:
    """Give the rows and columns of the valid cells that non-occurrences are drawn from."""
    return stack.draw_cells(_SEARCHED, seed=seed)


def draw_non_occurrences(
    occurrences: Samples,
    stack: EvidenceStack,
    rule: DrawingRule | None = None,
    *,
    seed: int = 0,
) -> DrawnSamples:
    """Draw non-occurrences among valid cells, several times, for the members of an ensemble.

    A cell that holds an occurrence is never drawn, and a cell at most once in a draw. A draw
    depends on the seed and its number, not on how many there are or how files are blocked.
    Memory does not grow with the stack.

    Parameters
    ----------
    occurrences : Samples
        The occurrences.
    stack : EvidenceStack
        The evidence they were read with.
    rule : DrawingRule, optional
        Which cells, how many, and how often.
    seed : int
        Seed of the draws.

    Returns
    -------
    DrawnSamples

    Raises
    ------
    SamplesError
        If the rule leaves too few cells, or its area cannot be read.

    Examples
    --------
    >>> import tempfile, rasterio
    >>> from geoprospect.samples.reading import read_samples
    >>> from affine import Affine
    >>> profile = dict(driver="GTiff", height=1, width=9, count=1, dtype="float32",
    ...                crs="EPSG:3578", transform=Affine(1200, 0, 159050, 0, -1200, 977582))
    >>> deposit = gpd.GeoDataFrame({"DEP": [1]}, crs="EPSG:3578",
    ...                            geometry=gpd.points_from_xy([159650], [976982]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with rasterio.open(f"{folder}/X1.tif", "w", **profile) as file:
    ...         file.write(np.arange(9, dtype="float32")[None], 1)
    ...     with EvidenceStack.open(folder) as stack:
    ...         known = read_samples(deposit, stack)
    ...         rule = DrawingRule(draws=1, number=2, distance=8000)
    ...         drawn = draw_non_occurrences(known, stack, rule)
    >>> drawn.samples.columns.tolist(), drawn.samples.label.tolist()
    ([0, 7, 8], [1, 0, 0])
    """
    grid = stack.grid
    rule = rule or DrawingRule()
    rows, columns = searched_cells(stack, seed=seed)
    X, _ = stack.sample(rows, columns)
    easting, northing = grid.centres(rows, columns)
    nearest = grid.places(rows, columns).nearest(occurrences.places)
    allowed = ~np.isin(rows * grid.shape[1] + columns, occurrences.cells)
    if rule.within is not None:
        allowed[allowed] = rule.within.holds(easting[allowed], northing[allowed], grid)
    rule = rule.settled(
        cells=len(np.unique(occurrences.cells)),
        distance=min(spacing(occurrences), float(np.median(nearest))),
        allowed=int(allowed.sum()),
    )
    allowed &= nearest >= (rule.distance or 0.0)
    _check_enough(rule, allowed, occurrences)
    chosen = np.flatnonzero(allowed)
    weight = np.ones(len(chosen))
    if rule.method == "dissimilar":
        weight = _dissimilarity(X, occurrences.X)[chosen]
    if rule.target_group is not None:
        places = grid.places(rows[chosen], columns[chosen])
        weight = weight * search_effort(rule.target_group, places, grid)
    drawn = np.zeros((rule.draws, len(X)), dtype=bool)
    for draw in range(rule.draws):
        random = np.random.default_rng([seed, draw])
        # Drawn without replacement in proportion to weight (Efraimidis & Spirakis 2006).
        with np.errstate(divide="ignore"):
            wait = random.exponential(size=len(chosen)) / weight
        drawn[draw, chosen[np.argsort(wait, kind="stable")[: rule.number]]] = True
    used = drawn.any(axis=0)
    samples = _with_cells(occurrences, X[used], rows[used], columns[used])
    known = np.ones((rule.draws, len(occurrences)), dtype=bool)
    return DrawnSamples(
        samples, np.hstack([known, drawn[:, used]]), rule, len(chosen), len(allowed)
    )


def _dissimilarity(X: Values, known: Values) -> Floats:
    """Give each cell's distance from the occurrence most like it, in standardised evidence.

    It is the same in principal components, which are standardised evidence rotated.
    """
    centre, scale = X.mean(axis=0, dtype=np.float64), X.std(axis=0, dtype=np.float64)
    scale[scale == 0] = 1.0  # a layer of one value tells no cell from another
    from scipy.spatial import cKDTree  # noqa: PLC0415 - slow to import

    distance, _ = cKDTree((known - centre) / scale).query((X - centre) / scale)
    return np.asarray(distance, dtype=np.float64)


def _check_enough(rule: DrawingRule, allowed: Bools, occurrences: Samples) -> None:
    """Refuse a rule that leaves fewer cells than are to be drawn."""
    if rule.number is None or allowed.sum() >= rule.number:
        return
    where = f" and in {rule.within}" if rule.within is not None else ""
    raise SamplesError(
        "too few valid cells to draw non-occurrences from",
        path=occurrences.path,
        found=f"{allowed.sum()} of {allowed.size} valid cells at least {rule.distance:.6g} m "
        f"from occurrences{where}",
        expected=f"at least {rule.number}",
        mend="lower the distance or the number"
        f"{', or widen the area,' if where else ''} under [points.non_occurrences]",
    )


def _with_cells(occurrences: Samples, X: Values, rows: Ints, columns: Ints) -> Samples:
    """Put cells after the occurrences, as non-occurrences at the centres of the cells."""
    easting, northing = occurrences.grid.centres(rows, columns)
    zeros = np.zeros(len(rows), dtype=np.int64)
    return replace(
        occurrences,
        rows=np.append(occurrences.rows, rows),
        columns=np.append(occurrences.columns, columns),
        easting=np.append(occurrences.easting, easting),
        northing=np.append(occurrences.northing, northing),
        X=np.vstack([occurrences.X, X]),
        label=np.append(occurrences.label, zeros),
        source=np.append(occurrences.source, zeros - 1),
    )
