"""Rate curves: how many occurrences the best part of a map holds."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.errors import ScoreError
from geoprospect.scoring.counting.ranks import Ranks
from geoprospect.scoring.counting.scoremap import ScoreMap
from geoprospect.scoring.measures.uncertainty import Uncertainty
from geoprospect.typing import Floats


@dataclass(frozen=True)
class RateCurve:
    """Share of the occurrences held by the best share of the area, best cells first.

    With training occurrences it is the success-rate curve, with validation occurrences the
    prediction-rate curve [1]_. All cells of one score form one straight segment, so that no order
    among them is made up. Only valid cells count as area, each by its area on the ground.

    Attributes
    ----------
    area : ndarray of float64, shape (n_vertices,)
        Fraction of the area of the valid cells, rising from 0 to 1.
    captured : ndarray of float64, shape (n_vertices,)
        Fraction of the occurrences within that area, rising from 0 to 1.
    n_occurrences : int
        Occurrences on valid cells; those that share a cell count each.
    n_cells : int
        Valid cells of the map.
    uncertainty : Uncertainty or None
        Its band and intervals, where they were measured.

    References
    ----------
    .. [1] Chung, C.-J. F. & Fabbri, A. G. (2003). Validation of spatial prediction models for
       landslide hazard mapping. Natural Hazards 30, 451-472.

    Examples
    --------
    >>> curve = rate_curve_of([0.9, 0.8, 0.2, 0.1], at_points=[0.9, 0.2])
    >>> curve.auc, curve.captured_in(0.25), curve.area_holding(0.9)
    (0.625, 0.5, 0.7)
    """

    area: Floats
    captured: Floats
    n_occurrences: int
    n_cells: int
    uncertainty: Uncertainty | None = None

    @classmethod
    def of(cls, ranks: Ranks, at_points: npt.NDArray[Any]) -> RateCurve:
        """Draw the curve of occurrences.

        Parameters
        ----------
        ranks : Ranks
            The map's cells, counted against the scores of these occurrences or more.
        at_points : ndarray, shape (n_occurrences,)
            Scores of the occurrences, one each.

        Raises
        ------
        ScoreError
            If there is no occurrence.
        """
        area, n_captured = ranks.vertices(at_points)
        n = int(at_points.size)
        return cls(area / ranks.area, n_captured / n, n, ranks.n_cells)

    @property
    def auc(self) -> float:
        """Area under the curve: 0.5 for chance, 1 less half the occurrences' cells at best."""
        heights = (self.captured[1:] + self.captured[:-1]) / 2
        return float(np.diff(self.area) @ heights)

    def area_holding(self, fraction: float) -> float:
        """Give the smallest fraction of the area that holds a fraction of the occurrences.

        Parameters
        ----------
        fraction : float
            Fraction of the occurrences, from 0 to 1.

        Raises
        ------
        ValueError
            If `fraction` is not from 0 to 1.
        """
        _check_fraction(fraction)
        after = int(np.searchsorted(self.captured, fraction, side="left"))
        before = max(after - 1, 0)
        return _between(fraction, self.captured, self.area, (before, after))

    def captured_in(self, area: float) -> float:
        """Give the fraction of the occurrences that the best fraction of the area holds.

        Parameters
        ----------
        area : float
            Fraction of the area, from 0 to 1.

        Raises
        ------
        ValueError
            If `area` is not from 0 to 1.
        """
        _check_fraction(area)
        after = min(int(np.searchsorted(self.area, area, side="right")), self.area.size - 1)
        return _between(area, self.area, self.captured, (after - 1, after))


def rate_curve_of(values: npt.ArrayLike, at_points: npt.ArrayLike) -> RateCurve:
    """Draw the rate curve of scores that lie in memory.

    Parameters
    ----------
    values : array_like, any shape
        Score of each cell, greater is better. Masked and non-finite cells are not valid.
    at_points : array_like, shape (n_occurrences,)
        Score at each occurrence, compared in the dtype of `values`.

    Returns
    -------
    RateCurve

    Raises
    ------
    ScoreError
        If there is no valid cell, no occurrence, or an occurrence without a score.

    Examples
    --------
    A map that says the same everywhere tells nothing:

    >>> rate_curve_of([[0.3, 0.3], [0.3, float("nan")]], at_points=[0.3]).auc
    0.5
    """
    cells: npt.NDArray[Any] = np.ma.asanyarray(values)
    points = np.asarray(at_points, dtype=cells.dtype)
    if not np.isfinite(points).all():
        raise ScoreError("an occurrence has no finite score", mend="leave it out and say so")
    valid = ~np.ma.getmaskarray(cells) & np.isfinite(np.ma.getdata(cells))
    return RateCurve.of(Ranks.count([np.ma.getdata(cells)[valid]], points), points)


def rate_curve(
    map_file: str | PathLike[str],
    rows: npt.ArrayLike,
    columns: npt.ArrayLike,
    *,
    window: tuple[int, int] | None = None,
) -> RateCurve:
    """Draw the rate curve of a map, read part by part: memory does not grow with the map.

    Parameters
    ----------
    map_file : path-like
        The map; band 1 holds the scores, greater is better.
    rows, columns : array_like of int, shape (n_occurrences,)
        The cell of each occurrence; cells may repeat.
    window : (int, int), optional
        Rows and columns read at a time; the curve does not depend on it.

    Returns
    -------
    RateCurve

    Raises
    ------
    ScoreError
        If the map cannot be read or has no valid cell, if there is no occurrence, or if one lies
        outside the map or on a cell that is not valid.

    Examples
    --------
    >>> import tempfile, rasterio
    >>> with tempfile.NamedTemporaryFile(suffix=".tif") as file:
    ...     with rasterio.open(file.name, "w", driver="GTiff", height=1, width=4, count=1,
    ...                        dtype="float32", crs="EPSG:3578",
    ...                        transform=rasterio.Affine(1200, 0, 0, 0, -1200, 0)) as dataset:
    ...         dataset.write(np.array([[[0.9, 0.8, 0.2, 0.1]]], np.float32))
    ...     rate_curve(file.name, rows=[0, 0], columns=[0, 2]).auc
    0.625
    """
    with ScoreMap.open(map_file) as scores:
        points = scores.at(rows, columns)
        invalid = np.isnan(points)
        if invalid.any():
            raise ScoreError(
                "occurrences lie on cells without a score",
                path=map_file,
                found=f"{int(invalid.sum())} of {points.size}",
                mend="leave them out and say so",
            )
        return RateCurve.of(Ranks.count(scores.parts(window), points), points)


def _check_fraction(fraction: float) -> None:
    if not 0 <= fraction <= 1:
        raise ValueError(f"a fraction lies from 0 to 1, not at {fraction}")


def _between(x: float, xs: Floats, ys: Floats, segment: tuple[int, int]) -> float:
    """Interpolate on the segment between two vertices."""
    start, end = segment
    span = xs[end] - xs[start]
    part = (x - xs[start]) / span if span > 0 else 0.0
    return float(ys[start] + part * (ys[end] - ys[start]))
