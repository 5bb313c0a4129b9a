"""The synthetic province: its evidence, its geology, and how likely an occurrence is where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from affine import Affine
from rasterio.crs import CRS
from scipy import ndimage

from geoprospect.grid import Grid
from geoprospect.synthetic.fields import decorrelated, gaussian_field, standardised
from geoprospect.synthetic.geology import Bytes, contact_nearness, geological_map
from geoprospect.synthetic.statistics import published_components

_SEED = 0
_CELL = 1200.0  # m
_SHAPE = (110, 118)  # rows, columns
_DECIMALS = 5  # kept of evidence and intensity, so that they are the same on every machine


@dataclass(frozen=True)
class Province:
    """A made-up province of which everything is known.

    Attributes
    ----------
    grid : Grid
        The published study's: 110 rows and 118 columns of 1200 m, EPSG:3578.
    names : tuple of str
        The evidence layers, X1 … X7.
    evidence : ndarray of float32, shape (n_layers, rows, columns)
        The layers, NaN where the cell is not valid.
    valid : ndarray of bool, shape (rows, columns)
        Cells with a value in every layer: all but an edge in the east and one hole.
    geology : ndarray of uint8, shape (rows, columns)
        Rock classes, codes of `ROCK_CLASSES`.
    intensity : ndarray of float32, shape (rows, columns)
        Expected occurrences in a cell relative to the mean of the valid cells; NaN where the
        cell is not valid.

    Examples
    --------
    >>> truth = province()
    >>> truth.evidence.shape, round(float(np.nanmean(truth.intensity)), 4)
    ((7, 110, 118), 1.0)
    >>> rows, columns = truth.draw_occurrences(2000, seed=0)
    >>> bool(truth.intensity[rows, columns].mean() > 2)
    True
    """

    grid: Grid
    names: tuple[str, ...]
    evidence: npt.NDArray[np.float32]
    valid: npt.NDArray[np.bool_]
    geology: Bytes
    intensity: npt.NDArray[np.float32]

    def draw_occurrences(
        self, n: int, seed: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Draw fresh occurrences; a cell comes up in proportion to its intensity.

        Parameters
        ----------
        n : int
            Number of occurrences; several may lie in one cell.
        seed : int
            Seed of the draw.

        Returns
        -------
        rows, columns : ndarray of int64, shape (n,)
            Their cells.
        """
        return self._draw(self.intensity[self.valid].astype(np.float64), n, seed)

    def draw_cells(self, n: int, seed: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Draw valid cells, each as likely as any other.

        Parameters
        ----------
        n : int
            Number of cells; a cell may come up again.
        seed : int
            Seed of the draw; the chances are not those of `draw_occurrences` at this seed.

        Returns
        -------
        rows, columns : ndarray of int64, shape (n,)
            The cells.
        """
        return self._draw(np.ones(int(self.valid.sum())), n, seed, stream=1)

    def _draw(
        self, weight: npt.NDArray[np.float64], n: int, seed: int, stream: int = 0
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Draw valid cells in proportion to weight; streams of one seed differ."""
        cumulated = np.cumsum(weight)
        chance = np.random.default_rng([stream, seed]).random(n) * cumulated[-1]
        rows, columns = np.nonzero(self.valid)
        chosen = np.searchsorted(cumulated, chance, side="right")
        return rows[chosen], columns[chosen]


def province() -> Province:
    """Make the province, the same every time.

    Returns
    -------
    Province

    Notes
    -----
    Seven fields, one a component, are made of Gaussian fields, of the rock classes and of halos
    around plutonic contacts. Decorrelated over the valid cells and scaled to the published
    variances, they are turned into layers by the published loadings, scales and means. So means,
    standard deviations and principal components of the layers are the published ones, while
    their values are made up.

    Occurrences like a middling first component (a bump), more of the second up to a point (a
    step), and contacts of plutonic bodies, as porphyries do:

        log intensity = 7.5 exp(-(f1 - 0.5)² / 0.72) + 2.2 / (1 + exp(-(f2 + 0.2) / 0.25))
                        + 0.4 nearness + constant

    with f1 and f2 the first two components over their standard deviations, and nearness as
    `contact_nearness` gives it.
    """
    random = np.random.default_rng(_SEED)
    grid = Grid(CRS.from_epsg(3578), Affine(_CELL, 0, 159050, 0, -_CELL, 977582), _SHAPE)
    rocks = geological_map(random, _SHAPE)
    nearness = contact_nearness(rocks, cell=_CELL)
    valid = _valid_cells(random)
    fields = decorrelated(
        np.stack([field[valid] for field in _component_fields(random, rocks, nearness)], axis=1)
    )
    published = published_components()
    values = fields * np.sqrt(published.variances) @ published.rotation.T
    evidence = np.full((len(published.names), *_SHAPE), np.nan, dtype=np.float32)
    evidence[:, valid] = (values * published.scale + published.mean).T.round(_DECIMALS)
    intensity = np.full(_SHAPE, np.nan, dtype=np.float32)
    intensity[valid] = _intensity(fields, nearness[valid]).round(_DECIMALS)
    return Province(grid, published.names, evidence, valid, rocks, intensity)


def _valid_cells(random: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Cut a ragged edge off the east, and a hole such as a gap in the flight lines leaves."""
    rows, columns = np.indices(_SHAPE)
    edge = 5 + 2 * gaussian_field(random, _SHAPE, scale=8)[:, :1]
    hole = ((rows - 78) / 5) ** 2 + ((columns - 30) / 4) ** 2 <= 1
    return np.asarray((columns < _SHAPE[1] - np.maximum(edge, 1)) & ~hole)


def _component_fields(
    random: np.random.Generator, rocks: Bytes, nearness: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], ...]:
    """Give a field for each component, before they are decorrelated."""

    def field(scale: float, smoothness: float = 1.0) -> npt.NDArray[np.float64]:
        """Draw a field as large as the province."""
        return gaussian_field(random, _SHAPE, scale=scale, smoothness=smoothness)

    def rock(*levels: float) -> npt.NDArray[np.float64]:
        """Levels by rock class, blurred as potential fields are."""
        return standardised(ndimage.gaussian_filter(np.array(levels)[rocks], 0.8))

    halo = standardised(nearness)
    patchy = standardised(nearness / (1 + np.exp(-1.5 * field(5))))
    contrast = standardised(0.65 * patchy + 0.60 * field(5) + 0.30 * field(1.5))
    return (
        0.55 * rock(1.2, 0.2, -0.3, 0.1, -0.8) + 0.80 * field(8, 1.5) + 0.25 * field(2),
        np.exp(0.4 * contrast),  # skewed, as magnetic anomalies are
        0.60 * rock(-0.5, 0.4, 1.0, 0.0, -0.4) + 0.75 * field(5) + 0.30 * field(1.5),
        0.55 * rock(0.0, 0.5, -0.5, 1.0, -1.0) - 0.35 * halo + 0.70 * field(4),
        0.25 * halo + 0.90 * field(2.5),
        0.40 * rock(0.5, -1.0, 0.0, 1.0, -0.5) + 0.85 * field(3),
        0.90 * field(1.5) + 0.30 * field(4),
    )


def _intensity(
    fields: npt.NDArray[np.float64], nearness: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Give the intensity that `province` describes, relative to its mean."""
    bump = np.exp(-0.5 * ((fields[:, 0] - 0.5) / 0.6) ** 2)
    step = 1 / (1 + np.exp(-(fields[:, 1] + 0.2) / 0.25))
    intensity = np.exp(7.5 * bump + 2.2 * step + 0.4 * nearness)
    return np.asarray(intensity / intensity.mean())
