"""The made-up geology: belts of country rock, intruded by batholiths and stocks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from geoprospect.synthetic.fields import gaussian_field

Bytes = npt.NDArray[np.uint8]

ROCK_CLASSES = (
    "plutonic",
    "sedimentary/volcanic",
    "volcanic",
    "sedimentary",
    "metamorphic",
)

_PLUTONIC_SHARE = 0.24
_SMALLEST_STOCK = 12  # cells
_BELTS = (4, 3, 1, 2)  # rock classes across the belts
_BELT_SHARES = (0.28, 0.24, 0.22, 0.26)
_STRIKE = 35.0  # degrees clockwise from east: belts run from north-west to south-east
_HALO = 2.5  # km: how far a contact is felt


def geological_map(random: np.random.Generator, shape: tuple[int, int]) -> Bytes:
    """Draw a geological map.

    Parameters
    ----------
    random : numpy.random.Generator
        Where the map comes from.
    shape : tuple of int
        (rows, columns).

    Returns
    -------
    ndarray of uint8, shape (rows, columns)
        Codes of `ROCK_CLASSES`.

    Examples
    --------
    >>> rocks = geological_map(np.random.default_rng(1), (110, 118))
    >>> np.unique(rocks).tolist()
    [0, 1, 2, 3, 4]
    """
    folded = gaussian_field(random, shape, scale=11, smoothness=2, stretch=2.5, strike=_STRIKE)
    ragged = gaussian_field(random, shape, scale=4, smoothness=1, stretch=2, strike=_STRIKE)
    belts = folded + 0.15 * ragged
    bounds = np.quantile(belts, np.cumsum(_BELT_SHARES)[:-1])
    rocks = np.array(_BELTS, dtype=np.uint8)[np.digitize(belts, bounds)]

    depth = gaussian_field(random, shape, scale=5, smoothness=2, stretch=1.5, strike=_STRIKE)
    plutonic = depth > np.quantile(depth, 1 - _PLUTONIC_SHARE)
    bodies, _ = ndimage.label(plutonic)
    large = np.bincount(bodies.ravel()) >= _SMALLEST_STOCK
    rocks[plutonic & large[bodies]] = 0
    return np.asarray(rocks, dtype=np.uint8)


def contact_nearness(rocks: Bytes, *, cell: float) -> npt.NDArray[np.float64]:
    """Say how near each cell is to the contact of a plutonic body.

    Parameters
    ----------
    rocks : ndarray of uint8, shape (rows, columns)
        Codes of `ROCK_CLASSES`.
    cell : float
        Size of a cell in metres.

    Returns
    -------
    ndarray of float64, shape (rows, columns)
        exp(-distance / 2.5 km): 1 on a contact, towards 0 far away on either side.

    Examples
    --------
    >>> rocks = np.array([[0, 0, 1, 1]], dtype=np.uint8)
    >>> (-2.5 * np.log(contact_nearness(rocks, cell=1000))).round(6).tolist()
    [[1.5, 0.5, 0.5, 1.5]]
    """
    plutonic = rocks == 0
    steps = ndimage.distance_transform_edt(plutonic) + ndimage.distance_transform_edt(~plutonic)
    return np.asarray(np.exp(-(steps - 0.5) * cell / 1000 / _HALO))
