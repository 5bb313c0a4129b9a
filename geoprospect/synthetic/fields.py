"""Random fields: continuous in space, with ranges one chooses."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_PERIOD = 256  # cells: fields repeat after so many, beyond the province's edge


def gaussian_field(
    random: np.random.Generator,
    shape: tuple[int, int],
    *,
    scale: float,
    smoothness: float = 1.0,
    stretch: float = 1.0,
    strike: float = 0.0,
) -> npt.NDArray[np.float64]:
    """Draw a stationary Gaussian field of the Matérn family.

    White noise is filtered in the wavenumber domain by the square root of the Matérn spectrum
    (Lindgren, Rue & Lindström 2011, An explicit link between Gaussian fields and Gaussian Markov
    random fields).

    Parameters
    ----------
    random : numpy.random.Generator
        Where the noise comes from.
    shape : tuple of int
        (rows, columns), at most 256 each.
    scale : float
        Length scale across strike, in cells.
    smoothness : float
        Matérn smoothness: 0.5 is the exponential covariance, larger is smoother.
    stretch : float
        Length scale along strike over that across.
    strike : float
        Direction of the longest continuity, in degrees clockwise from east.

    Returns
    -------
    ndarray of float64, shape (rows, columns)
        Values of mean 0 and standard deviation 1.

    Examples
    --------
    >>> field = gaussian_field(np.random.default_rng(0), (40, 50), scale=5)
    >>> field.shape, bool(np.corrcoef(field[:, 1:].ravel(), field[:, :-1].ravel())[0, 1] > 0.9)
    ((40, 50), True)
    """
    noise = np.fft.rfft2(random.standard_normal((_PERIOD, _PERIOD)))
    south = 2 * np.pi * np.fft.fftfreq(_PERIOD)[:, None]
    east = 2 * np.pi * np.fft.rfftfreq(_PERIOD)[None, :]
    angle = np.deg2rad(strike)
    along = stretch * (east * np.cos(angle) + south * np.sin(angle))
    across = south * np.cos(angle) - east * np.sin(angle)
    amplitude = (1 + scale**2 * (along**2 + across**2)) ** (-(smoothness + 1) / 2)
    field = np.fft.irfft2(noise * amplitude, s=(_PERIOD, _PERIOD))[: shape[0], : shape[1]]
    return standardised(field)


def standardised(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Shift and scale values to mean 0 and standard deviation 1.

    Examples
    --------
    >>> standardised(np.array([1.0, 3.0])).tolist()
    [-1.0, 1.0]
    """
    return np.asarray((values - values.mean()) / values.std())


def decorrelated(fields: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Turn columns into uncorrelated ones of mean 0 and variance 1, each as near as can be.

    The transform is the symmetric one (zero-phase whitening: Kessy, Lewin & Strimmer 2018,
    Optimal whitening and decorrelation).

    Parameters
    ----------
    fields : ndarray of float64, shape (n, n_fields)
        Linearly independent columns.

    Examples
    --------
    >>> columns = decorrelated(np.random.default_rng(0).normal(size=(50, 3)))
    >>> np.allclose(columns.T @ columns / 50, np.eye(3))
    True
    """
    columns = (fields - fields.mean(axis=0)) / fields.std(axis=0)
    values, vectors = np.linalg.eigh(columns.T @ columns / len(columns))
    return np.asarray(columns @ (vectors / np.sqrt(values)) @ vectors.T)
