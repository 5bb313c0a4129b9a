"""The variogram of the evidence: how far apart two cells must be to know nothing of each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoprospect.errors import EvidenceError
from geoprospect.evidence.stack import EvidenceStack
from geoprospect.grid import Grid
from geoprospect.grid.steps import size_range, step_lengths, steps
from geoprospect.typing import Floats, Ints, Values

_LAGS = 16  # classes of distance, their limits in geometric progression
_FEWEST_PAIRS = 30  # of a class (Journel & Huijbregts 1978, Mining Geostatistics, page 194)
_FEWEST_LAGS = 3  # as many as the model has parameters
_LEAST_RISE = 0.05  # of the sill
_TRIED = 200  # ranges tried for a model


@dataclass(frozen=True)
class Variogram:
    """The empirical variogram of a layer, and the spherical model fitted to it.

    Attributes
    ----------
    distance : ndarray of float64, shape (n_lags,)
        Mean distance of the pairs in each class, in metres.
    value : ndarray of float64, shape (n_lags,)
        Half the mean squared difference of a pair, in units of the layer's variance.
    pairs : ndarray of int64, shape (n_lags,)
        Pairs in each class.
    nugget, sill : float
        The model's value just above distance 0, and at the range.
    range : float
        Distance from which the model rises no more, in metres.

    Examples
    --------
    >>> variogram = Variogram.fit([1, 2, 3, 4, 5], [0.6875, 1.0, 1.0, 1.0, 1.0], [50] * 5)
    >>> round(variogram.range, 2), round(variogram.sill, 2)
    (2.0, 1.0)
    """

    distance: Floats
    value: Floats
    pairs: Ints
    nugget: float
    sill: float
    range: float

    @classmethod
    def fit(cls, distance: npt.ArrayLike, value: npt.ArrayLike, pairs: npt.ArrayLike) -> Variogram:
        """Fit the spherical model by weighted least squares.

        A class weighs as its pairs. Weights that fall with the square of the value (Cressie 1985,
        Mathematical Geology 17, 563-586) do no better on spherical fields, and give smooth ones,
        whose variogram starts flat, a range up to four times too long. For each range tried,
        nugget and rise follow by least squares of numbers from 0 up; the best one is refined.

        Parameters
        ----------
        distance, value, pairs : array_like, shape (n_lags,)
            As the attributes. The range lies between the least and the greatest distance: what
            was not observed cannot be told. It is the least where the model rises by less than a
            twentieth, which chance may do.
        """
        from scipy.optimize import minimize_scalar, nnls  # noqa: PLC0415 - slow to import

        h, gamma = np.asarray(distance, np.float64), np.asarray(value, np.float64)
        counts = np.asarray(pairs, np.int64)
        weight = np.sqrt(counts)

        def fitted(log_range: float) -> tuple[Floats, float]:
            terms = np.column_stack([np.ones_like(h), _spherical(h, np.exp(log_range))])
            part, error = nnls(terms * weight[:, None], gamma * weight)
            return part, float(error)

        def misfit(log_range: float) -> float:
            return fitted(log_range)[1]

        tried = np.linspace(np.log(h.min()), np.log(h.max()), _TRIED)
        best = int(np.argmin([misfit(x) for x in tried]))
        bounds = tried[max(best - 1, 0)], tried[min(best + 1, _TRIED - 1)]
        found = minimize_scalar(misfit, bounds=bounds, method="bounded")
        log_range = found.x if found.fun < misfit(tried[best]) else tried[best]
        nugget, rise = fitted(log_range)[0]
        if rise < _LEAST_RISE * (nugget + rise):
            nugget, rise, log_range = np.average(gamma, weights=counts), 0.0, tried[0]
        reach = float(np.exp(log_range))
        return cls(h, gamma, counts, float(nugget), float(nugget + rise), reach)


@dataclass(frozen=True)
class EvidenceRange:
    """How far the layers of a stack are correlated in space.

    Attributes
    ----------
    layers : dict of str to Variogram
        The variogram of each layer; layers of one value everywhere have none and are left out.
    constant : tuple of str
        The layers left out.

    Examples
    --------
    >>> one = Variogram.fit([1, 2, 3, 4, 5], [0.6875, 1.0, 1.0, 1.0, 1.0], [50] * 5)
    >>> round(EvidenceRange({"X1": one}).median, 2)
    2.0
    """

    layers: dict[str, Variogram]
    constant: tuple[str, ...] = ()

    @property
    def median(self) -> float:
        """Median of the layers' ranges, in metres."""
        return float(np.median([variogram.range for variogram in self.layers.values()]))

    @classmethod
    def of(cls, stack: EvidenceStack, *, n: int = 10_000, seed: int = 0) -> EvidenceRange:
        """Estimate the variograms of a stack from pairs of valid cells drawn at random.

        Pairs are drawn evenly over the logarithm of their distance, in every direction: of cells
        drawn one by one from a large raster hardly two would lie close together.

        Parameters
        ----------
        stack : EvidenceStack
            The evidence.
        n : int
            Cells drawn; each is paired with one cell in each of 16 classes of distance, from
            the size of a cell to half the diagonal of the grid.
        seed : int
            Seed of the draw.

        Returns
        -------
        EvidenceRange

        Raises
        ------
        EvidenceError
            If no layer varies, or too few pairs of cells are valid.

        Notes
        -----
        A layer's values are replaced by their normal scores, so that a few high ones do not hide
        how the others hang together (Deutsch & Journel 1998, GSLIB, chapter IV.1); then the
        estimator is Matheron's. A trend over the whole grid never reaches a sill: the range is
        then half the diagonal.
        """
        X, rows, columns = stack.draw(n, seed=seed)
        scores = [_NormalScores.of(values) for values in X.T]
        varies = np.array([one.spread > 0 for one in scores])
        if not varies.any():
            raise EvidenceError(
                "no layer varies, so there is no variogram",
                found=f"{len(X)} valid cells alike in {', '.join(stack.names)}",
                mend="check the layers; leave out those of one value",
            )
        random = np.random.default_rng([seed, 1])
        classes = [_pairs(stack, (X, rows, columns), lag, random) for lag in _limits(stack.grid)]
        enough = [found for found in classes if len(found[0]) >= _FEWEST_PAIRS]
        if len(enough) < _FEWEST_LAGS:
            raise EvidenceError(
                "too few pairs of valid cells for a variogram",
                found=f"{len(X)} cells drawn, {len(enough)} classes of distance with "
                f"{_FEWEST_PAIRS} pairs",
                expected=f"at least {_FEWEST_LAGS}",
                mend="give the distance yourself",
            )
        distance = np.array([h.mean() for h, _, _ in enough])
        pairs = np.array([len(h) for h, _, _ in enough])
        layers = {}
        for layer in np.flatnonzero(varies):
            there = scores[layer]
            value = [
                np.square(there(first[:, layer]) - there(second[:, layer])).mean() / 2
                for _, first, second in enough
            ]
            layers[stack.names[layer]] = Variogram.fit(distance, value, pairs)
        return cls(layers, tuple(name for name in stack.names if name not in layers))


def evidence_range(stack: EvidenceStack, *, n: int = 10_000, seed: int = 0) -> float:
    """Give the distance beyond which the evidence of two cells is uncorrelated.

    Parameters
    ----------
    stack : EvidenceStack
        The evidence.
    n : int
        Cells drawn.
    seed : int
        Seed of the draw.

    Returns
    -------
    float
        Median of the layers' ranges, in metres. From the size of a cell to half the diagonal of
        the grid.

    Raises
    ------
    EvidenceError
        If no layer varies, or too few pairs of cells are valid.

    Examples
    --------
    >>> import tempfile, rasterio
    >>> from affine import Affine
    >>> profile = dict(driver="GTiff", height=60, width=60, count=1, dtype="float32",
    ...                crs="EPSG:3578", transform=Affine(1200, 0, 159050, 0, -1200, 977582))
    >>> squares = np.random.default_rng(0).normal(size=(12, 12)).repeat(5, 0).repeat(5, 1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with rasterio.open(f"{folder}/X1.tif", "w", **profile) as file:
    ...         file.write(squares.astype("float32"), 1)
    ...     with EvidenceStack.open(folder) as stack:
    ...         reach = evidence_range(stack)
    >>> 5_000 < reach < 9_000
    True
    """
    return EvidenceRange.of(stack, n=n, seed=seed).median


@dataclass(frozen=True)
class _NormalScores:
    """The normal scores of a layer: quantiles of the normal law at the ranks of values drawn."""

    drawn: Values
    spread: float = 1.0

    @classmethod
    def of(cls, values: Values) -> _NormalScores:
        drawn = np.sort(values)
        return cls(drawn, float(cls(drawn)(drawn).std()))

    def __call__(self, values: Values) -> Floats:
        """Give the scores of values, of standard deviation 1 where drawn; equal values share it."""
        from scipy.special import ndtri  # noqa: PLC0415 - slow to import

        below, upto = (self.drawn.searchsorted(values, side) for side in ("left", "right"))
        n = len(self.drawn)
        share = np.clip((below + upto) / 2, 0.5, n - 0.5) / n
        return np.asarray(ndtri(share) / self.spread)


def _spherical(h: Floats, reach: float) -> Floats:
    """Rise of the spherical model, from 0 to 1."""
    part = np.minimum(h / reach, 1)
    return np.asarray(1.5 * part - 0.5 * part**3)


def _limits(grid: Grid) -> list[tuple[float, float]]:
    """Give the limits of the classes of distance."""
    least, diagonal = size_range(grid)
    edges = np.geomspace(least, max(diagonal / 2, 2 * least), _LAGS + 1)
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


def _pairs(
    stack: EvidenceStack,
    cells: tuple[Values, Ints, Ints],
    lag: tuple[float, float],
    random: np.random.Generator,
) -> tuple[Floats, Values, Values]:
    """Pair cells with others in a class of distance; gives distances and the evidence of both."""
    X, rows, columns = cells
    near, far = (float(np.log(limit)) for limit in lag)
    length = np.exp(random.uniform(near, far, len(X)))
    angle = random.uniform(0, 2 * np.pi, len(X))
    down, across = steps(stack.grid, rows, length, angle)
    other, valid = stack.sample(rows + down, columns + across)
    valid &= (across != 0) | (down != 0)
    h = step_lengths(stack.grid, rows, columns, down, across)
    return h[valid], X[valid], other[valid]
