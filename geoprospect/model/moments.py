"""Means of layers, and the products of their deviations, summed in one pass over cells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from geoprospect.typing import Floats, Values


@dataclass(frozen=True)
class Moments:
    """What is known of cells without keeping them.

    Attributes
    ----------
    n : int
        Cells.
    mean : ndarray of float64, shape (n_layers,)
        Mean of each layer.
    products : ndarray of float64, shape (n_layers, n_layers)
        Sums over the cells of the products of two layers' deviations from their means.

    Examples
    --------
    >>> moments = Moments.of([np.array([[0.0], [2.0]]), np.array([[4.0]])], 1)
    >>> moments.n, moments.mean.tolist(), moments.products.tolist()
    (3, [2.0], [[8.0]])
    """

    n: int
    mean: Floats
    products: Floats

    @classmethod
    def of(cls, batches: Iterable[Values | Floats], n_layers: int) -> Moments:
        """Sum over batches of cells, each of shape (n, n_layers)."""
        moments = cls(0, np.zeros(n_layers), np.zeros((n_layers, n_layers)))
        for batch in batches:
            if len(batch):
                moments = moments.joined(cls._of_batch(np.asarray(batch, np.float64)))
        return moments

    @classmethod
    def _of_batch(cls, cells: Floats) -> Moments:
        """Sum over cells at hand, as deviations from their own mean."""
        mean = cells.mean(axis=0)
        deviations = cells - mean
        return cls(len(cells), mean, deviations.T @ deviations)

    def joined(self, other: Moments) -> Moments:
        """Give the moments of both sets of cells together."""
        n = self.n + other.n
        apart = other.mean - self.mean
        shift = np.outer(apart, apart) * (self.n * other.n / n)
        return Moments(n, self.mean + apart * (other.n / n), self.products + other.products + shift)

    @property
    def variance(self) -> Floats:
        """Variance of each layer over the cells."""
        return np.asarray(np.diag(self.products) / self.n)


def principal_axes(products: Floats) -> tuple[Floats, Floats]:
    """Give eigenvalues, greatest first, and eigenvectors, the greatest loading of each positive.

    Parameters
    ----------
    products : ndarray of float64, shape (n, n)
        Correlations of layers, or a multiple of them.

    Examples
    --------
    >>> values, vectors = principal_axes(np.array([[1.0, -0.5], [-0.5, 1.0]]))
    >>> values.tolist(), np.sign(vectors[:, 1]).tolist()
    ([1.5, 0.5], [1.0, 1.0])
    """
    values, vectors = np.linalg.eigh(products)
    values, vectors = values[::-1], vectors[:, ::-1]
    greatest = np.abs(vectors).round(9).argmax(axis=0)  # of two layers, both are: the first
    vectors = vectors * np.sign(vectors[greatest, np.arange(len(values))])
    return np.maximum(values, 0), np.ascontiguousarray(vectors)
