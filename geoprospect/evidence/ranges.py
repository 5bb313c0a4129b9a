"""The range of the evidence: how far apart two cells must be to know nothing of each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoprospect.errors import EvidenceError
from geoprospect.evidence.stack import EvidenceStack
from geoprospect.evidence.variogram import Variogram
from geoprospect.grid import Grid
from geoprospect.grid.steps import size_range, step_lengths, steps
from geoprospect.typing import Bools, Floats, Ints, Values

_LAGS = 16  # classes of distance, their limits in geometric progression
_FEWEST_PAIRS = 30  # of a class (Journel & Huijbregts 1978, Mining Geostatistics, page 194)
_FEWEST_LAGS = 3  # as many as the model has parameters


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
    >>> variogram = Variogram.fit([1, 2, 3, 4, 5], [0.6875, 1.0, 1.0, 1.0, 1.0], [50] * 5)
    >>> round(EvidenceRange({"X1": variogram}).median, 2)
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
        """Estimate the variograms of a stack's layers from pairs of valid cells drawn at random.

        What is computed from the layers, as their surroundings are, has no part in it.

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
        stack = stack.bare()
        pairs = _Pairs.draw(stack, n=n, seed=seed)
        X, others, valid = pairs.evidence(stack)
        scores = [_NormalScores.of(values) for values in X.T]
        varies = np.array([layer.spread > 0 for layer in scores])
        if not varies.any():
            raise EvidenceError(
                "no layer varies, so there is no variogram",
                found=f"{len(X)} valid cells alike in {', '.join(stack.names)}",
                mend="check the layers; leave out those of one value",
            )
        lags = np.flatnonzero(valid.sum(axis=1) >= _FEWEST_PAIRS)
        if len(lags) < _FEWEST_LAGS:
            raise EvidenceError(
                "too few pairs of valid cells for a variogram",
                found=f"{len(X)} cells drawn, {len(lags)} classes of distance with "
                f"{_FEWEST_PAIRS} pairs",
                expected=f"at least {_FEWEST_LAGS}",
                mend="give the distance yourself",
            )
        lengths = pairs.lengths(stack.grid)
        distance = np.array([lengths[lag][valid[lag]].mean() for lag in lags])
        layers = {}
        for layer in np.flatnonzero(varies):
            score = scores[layer]
            value = [
                np.square(
                    score(X[valid[lag], layer]) - score(others[lag, valid[lag], layer])
                ).mean()
                / 2
                for lag in lags
            ]
            variogram = Variogram.fit(distance, value, valid[lags].sum(axis=1))
            layers[stack.names[layer]] = variogram
        return cls(layers, tuple(name for name in stack.names if name not in layers))

    @staticmethod
    def cells(stack: EvidenceStack, *, n: int = 10_000, seed: int = 0) -> tuple[Ints, Ints]:
        """Give the rows and columns of the cells that `of` reads, to preload them with others.

        Some of them lie off the grid.
        """
        pairs = _Pairs.draw(stack.bare(), n=n, seed=seed)
        rows = np.concatenate([pairs.rows, (pairs.rows + pairs.down).ravel()])
        return rows, np.concatenate([pairs.columns, (pairs.columns + pairs.across).ravel()])


def evidence_range(stack: EvidenceStack, *, n: int = 10_000, seed: int = 0) -> float:
    """Give the distance beyond which the evidence of two cells is uncorrelated.

    It is that of the layers themselves, without surroundings, and kept with the stack.

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
    key = ("range", frozenset(stack.bare().names), n, seed)
    return stack.once(key, lambda: EvidenceRange.of(stack, n=n, seed=seed).median)


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


def _limits(grid: Grid) -> list[tuple[float, float]]:
    """Give the limits of the classes of distance."""
    least, diagonal = size_range(grid)
    edges = np.geomspace(least, max(diagonal / 2, 2 * least), _LAGS + 1)
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


@dataclass(frozen=True)
class _Pairs:
    """Cells, each with one other in every class of distance.

    `rows` and `columns` have shape (n,), the steps `down` and `across` shape (n_lags, n).
    """

    rows: Ints
    columns: Ints
    down: Ints
    across: Ints

    @classmethod
    def draw(cls, stack: EvidenceStack, *, n: int, seed: int) -> _Pairs:
        """Draw valid cells, and steps of every length and direction from them."""
        rows, columns = stack.draw_cells(n, seed=seed)
        random = np.random.default_rng([seed, 1])
        drawn = []
        for limits in _limits(stack.grid):
            near, far = (float(np.log(limit)) for limit in limits)
            length = np.exp(random.uniform(near, far, len(rows)))
            angle = random.uniform(0, 2 * np.pi, len(rows))
            drawn.append(steps(stack.grid, rows, length, angle))
        down, across = (np.array(part) for part in zip(*drawn, strict=True))
        return cls(rows, columns, down, across)

    def evidence(self, stack: EvidenceStack) -> tuple[Values, Values, Bools]:
        """Read the evidence of the cells, (n, n_layers), and of the others, (n_lags, n, n_layers).

        With it comes which pairs are two valid cells, shape (n_lags, n).
        """
        down, across = self.rows + self.down, self.columns + self.across
        rows = np.concatenate([self.rows, down.ravel()])
        X, valid = stack.sample(rows, np.concatenate([self.columns, across.ravel()]))
        n, shape = len(self.rows), self.down.shape
        others = X[n:].reshape(*shape, -1)
        return X[:n], others, valid[n:].reshape(shape) & ((self.across != 0) | (self.down != 0))

    def lengths(self, grid: Grid) -> list[Floats]:
        """Give the distance between the cells of each pair, in metres, for each class."""
        return [
            step_lengths(grid, self.rows, self.columns, *step)
            for step in zip(self.down, self.across, strict=True)
        ]
