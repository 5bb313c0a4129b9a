"""Ways to grid: from the values of stations about a cell to its own.

A cell's value depends on the stations nearest to it alone, so that any window gives the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from geoprospect.errors import SamplesError
from geoprospect.evidence.stations.neighbours import Stations3D, lengths, products
from geoprospect.typing import Floats

_FITTED = 2_000  # stations, of more, that the variogram is fitted on
_FEWEST = 10  # stations that tell a variogram
_LAGS = 100  # with PyKrige's 6, what is alike over a tenth of the ground passes for nugget
_UNLIKE = 0.9  # of sill and nugget: where neighbours differ by more, they tell little
_FLAT = 1e-12  # of the greatest spread of stations: with less across, they lie on a line


class Gridding(Protocol):
    """A way to grid."""

    def at(self, places: Floats) -> Floats:
        """Give values at places of shape (n, 3), shape (n_bands, n)."""
        ...

    def sentence(self) -> str:
        """Say what was fitted."""
        ...


@dataclass(frozen=True)
class Nearest:
    """The value of the nearest station."""

    stations: Stations3D

    def at(self, places: Floats) -> Floats:
        """Give the values."""
        _, which = self.stations.nearest(places, 1)
        return self.stations.values[which[:, 0]][None]

    def sentence(self) -> str:
        """Say whose value it is."""
        return "each cell has the value of the nearest"


@dataclass(frozen=True)
class InverseDistance:
    """The mean of the nearest stations, weighted by one over the squared distance (Shepard 1968).

    Attributes
    ----------
    stations : Stations3D
        The stations.
    k : int
        How many of them.
    """

    stations: Stations3D
    k: int

    def at(self, places: Floats) -> Floats:
        """Give the values."""
        distance, which = self.stations.nearest(places, self.k)
        values = self.stations.values[which]
        at_station = distance[:, 0] == 0
        weight = 1 / np.where(at_station[:, None], 1.0, distance) ** 2
        mean = products(weight, values) / products(weight, np.ones_like(weight))
        return np.where(at_station, values[:, 0], mean)[None]

    def sentence(self) -> str:
        """Say how many are averaged."""
        return f"the nearest {self.k} are weighted by one over the squared distance"


@dataclass(frozen=True)
class Kriging:
    """Ordinary kriging from the nearest stations (Matheron 1963), with its variance if asked for.

    Attributes
    ----------
    stations : Stations3D
        The stations.
    k : int
        How many of them.
    model : callable
        The semivariance at a distance.
    sill, reach, nugget : float
        What was fitted: partial sill, range in metres and nugget of a spherical variogram.
    variance : bool
        Whether the kriging variance is a second band.

    Notes
    -----
    The variogram is fitted by PyKrige. Its own kriging from nearest stations holds a matrix of all
    pairs of stations; here the stations nearest to a cell make a system of their own, with the
    same result.
    """

    stations: Stations3D
    k: int
    model: Callable[[Floats], Floats]
    sill: float
    reach: float
    nugget: float
    variance: bool = False

    @classmethod
    def fitted(cls, stations: Stations3D, k: int, path: str, *, variance: bool) -> Kriging:
        """Fit the variogram of stations: of more than 2,000, some that are always the same.

        Raises
        ------
        SamplesError
            If PyKrige is not installed, or there are fewer than ten stations, or all alike.
        """
        try:
            from pykrige.ok import OrdinaryKriging  # noqa: PLC0415 - an optional library
            from pykrige.ok3d import OrdinaryKriging3D  # noqa: PLC0415 - as above
        except ImportError as error:
            raise SamplesError(
                "kriging needs PyKrige, which is not installed",
                mend='install it with pip install "geoprospect[gridding]", or write '
                'method = "inverse-distance"',
            ) from error
        n, values = len(stations.values), stations.values
        if n < _FEWEST or np.ptp(values) == 0:
            raise SamplesError(
                "the stations tell no variogram",
                path=path,
                found=f"{n} places" if n < _FEWEST else f"the value {values[0]:g} at all stations",
                expected=f"at least {_FEWEST}, with different values",
                mend='write method = "inverse-distance", or leave the layer out',
            )
        chosen = np.arange(n)
        if n > _FITTED:
            chosen = np.sort(np.random.default_rng(0).choice(n, _FITTED, replace=False))
        x, y, z = stations.space[chosen].T
        how: dict[str, Any] = {"variogram_model": "spherical", "nlags": _LAGS, "weight": True}
        fit = (
            OrdinaryKriging3D(x, y, z, values[chosen], **how)
            if z.any()
            else OrdinaryKriging(x, y, values[chosen], **how)
        )
        sill, reach, nugget = (float(x) for x in fit.variogram_model_parameters)
        return cls(
            stations,
            k,
            lambda h: np.asarray(fit.variogram_function([sill, reach, nugget], h), np.float64),
            sill,
            reach,
            nugget,
            variance,
        )

    @property
    def is_flat(self) -> bool:
        """Whether neighbours are hardly more alike than stations far apart."""
        distance, _ = self.stations.nearest(self.stations.space, 2)
        differ = float(self.model(np.median(distance[:, 1:], axis=0))[0])
        return differ > _UNLIKE * (self.sill + self.nugget)

    def at(self, places: Floats) -> Floats:
        """Give the values and, where asked for, their variances."""
        found = np.empty((1 + self.variance, len(places)))
        k, unit = self.k, self.sill + self.nugget  # of semivariances, for the sake of digits
        for members, chosen, which in self.stations.sets(places, k):
            space = self.stations.space[members]
            system = np.ones((len(members), k + 1, k + 1))
            system[:, :k, :k] = -self.model(lengths(space[:, :, None], space[:, None])) / unit
            system[:, np.arange(k + 1), np.arange(k + 1)] = 0
            wanted = np.zeros((len(members), k + 1))
            wanted[:, :k] = self.stations.values[members]
            distance = lengths(places[chosen, None], space[which])
            side = np.ones((len(chosen), k + 1))
            side[:, :k] = np.where(distance > 0, -self.model(distance) / unit, 0)
            weights = _solved(system, wanted)
            found[0, chosen] = products(weights[which], side)
            if self.variance:
                inverse = np.linalg.inv(system)
                rows = (products(inverse[which, row], side) for row in range(k + 1))
                found[1, chosen] = -unit * products(np.stack([*rows], axis=1), side)
        if self.variance:
            found[1] = np.maximum(found[1], 0)
        return found

    def sentence(self) -> str:
        """Say what was fitted."""
        return (
            f"kriged from the nearest {self.k} by a spherical variogram of range {self.reach:.4g} "
            f"m, partial sill {self.sill:.4g} and nugget {self.nugget:.4g}"
        )


@dataclass(frozen=True)
class Spline:
    """The thin-plate spline through the nearest stations (Duchon 1977).

    Attributes
    ----------
    stations : Stations3D
        The stations.
    k : int
        How many of them.

    Notes
    -----
    That of scipy's `RBFInterpolator`, whose systems are singular where the nearest stations lie on
    a line, as along a traverse: there the plane that the spline rests on does not tilt across it.
    """

    stations: Stations3D
    k: int

    def at(self, places: Floats) -> Floats:
        """Give the values."""
        found, k = np.empty((1, len(places))), self.k
        for members, chosen, which in self.stations.sets(places, k):
            space = self.stations.space[members]
            middle = space.mean(axis=1, keepdims=True)
            spread = np.einsum("ski,skj->sij", space - middle, space - middle)
            axes = np.linalg.eigh(spread)
            scale = np.sqrt(np.maximum(axes.eigenvalues[:, -1], 1e-6))[:, None, None]
            plane = axes.eigenvectors[:, :, :0:-1]  # the two along which stations spread most
            level = _along((space - middle) / scale, plane)
            flat = axes.eigenvalues[:, 1] <= _FLAT * axes.eigenvalues[:, 2]
            level[flat, :, 1] = 0
            system = np.zeros((len(members), k + 3, k + 3))
            system[:, :k, :k] = _bent(lengths(space[:, :, None], space[:, None]) / scale)
            system[:, :k, k] = system[:, k, :k] = 1
            system[:, :k, k + 1 :] = level
            system[:, k + 1 :, :k] = np.swapaxes(level, 1, 2)
            system[flat, k + 2, k + 2] = 1
            wanted = np.zeros((len(members), k + 3))
            wanted[:, :k] = self.stations.values[members]
            weights = _solved(system, wanted)
            side = np.ones((len(chosen), k + 3))
            distance = lengths(places[chosen, None], space[which])
            side[:, :k] = _bent(distance / scale[which, 0])
            off = (places[chosen, None] - middle[which]) / scale[which]
            side[:, k + 1 :] = _along(off, plane[which])[:, 0]
            found[0, chosen] = products(weights[which], side)
        return found

    def sentence(self) -> str:
        """Say how many it goes through."""
        return f"a thin-plate spline goes through the nearest {self.k}"


def _solved(systems: Floats, wanted: Floats) -> Floats:
    """Solve systems (n, m, m), each for what it wants (n, m)."""
    return np.asarray(np.linalg.solve(systems, wanted[:, :, None])[:, :, 0], np.float64)


def _along(steps: Floats, axes: Floats) -> Floats:
    """Give how far steps (n, k, 3) lead along axes (n, 3, m), shape (n, k, m)."""
    parts = [products(steps, axes[:, None, :, axis]) for axis in range(axes.shape[2])]
    return np.stack(parts, axis=-1)


def _bent(distance: Floats) -> Floats:
    """Give r² log r, how a thin plate bends about a station."""
    apart = np.where(distance > 0, distance, 1.0)
    return apart**2 * np.log(apart) * (distance > 0)
