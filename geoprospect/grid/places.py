"""Places on the ground, between which distances are in metres whatever the CRS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from rasterio.crs import CRS

from geoprospect.grid.crs import metres_per_unit, pyproj_crs
from geoprospect.typing import Bools, Floats, Ints


@dataclass(frozen=True)
class Places:
    """Points on the ground.

    In a projected CRS distances are those of its plane; degrees are never taken for a plane, so
    that in a geographic CRS distances are those on the ellipsoid.

    Attributes
    ----------
    easting, northing : ndarray of float64, shape (n,)
        Coordinates in the CRS, finite; longitude and latitude where it is geographic.
    crs : rasterio.crs.CRS
        The CRS.

    Examples
    --------
    >>> camps = Places(np.array([-133.0, -133.0]), np.array([60.0, 61.0]), CRS.from_epsg(4326))
    >>> town = Places(np.array([-134.0]), np.array([60.0]), camps.crs)
    >>> camps.nearest(town).round().tolist()
    [55799.0, 124233.0]
    """

    easting: Floats
    northing: Floats
    crs: CRS

    def __len__(self) -> int:
        return len(self.easting)

    def __getitem__(self, chosen: Ints | Bools | slice) -> Places:
        return Places(self.easting[chosen], self.northing[chosen], self.crs)

    @cached_property
    def straight(self) -> Floats:
        """Coordinates in metres, between which straight distances can be taken.

        Shape (n, 2); (n, 3) in a geographic CRS, from the middle of the Earth: straight lines
        through it are less than a thousandth short of the way over ground up to 900 km.
        """
        if not self.crs.is_geographic:
            return np.column_stack([self.easting, self.northing]) * metres_per_unit(self.crs)
        longitude, latitude = self._radians()
        across, polar = ellipsoid_axes(self.crs)
        flattened = (polar / across) ** 2
        to_axis = across / np.sqrt(1 - (1 - flattened) * np.sin(latitude) ** 2)
        from_axis = to_axis * np.cos(latitude)
        return np.column_stack(
            [
                from_axis * np.cos(longitude),
                from_axis * np.sin(longitude),
                flattened * to_axis * np.sin(latitude),
            ]
        )

    def plane(self) -> Floats:
        """Give coordinates in metres on a plane, for squares and means.

        Returns
        -------
        ndarray of float64, shape (n, 2)
            Easting and northing; in a geographic CRS those of the azimuthal equal-area
            projection (Lambert's) about the middle of the places, whose distances are within
            0.4% of those on the ground up to 1000 km from there.
        """
        if not self.crs.is_geographic:
            return self.straight
        from pyproj import Proj  # noqa: PLC0415 - slow to import, and most grids are projected

        middle = self.straight.mean(axis=0)
        across, polar = ellipsoid_axes(self.crs)
        onto = Proj(
            proj="laea",
            a=across,
            b=polar,
            lat_0=np.degrees(np.arctan2(middle[2], np.hypot(middle[0], middle[1]))),
            lon_0=np.degrees(np.arctan2(middle[1], middle[0])),
        )
        return np.column_stack(onto(*np.degrees(self._radians())))

    def nearest(self, others: Places, k: int = 1) -> Floats:
        """Give the distance from each place to the nearest of others.

        Parameters
        ----------
        others : Places
            The others, in the same CRS.
        k : int
            Which of the others: 1 is the nearest, 2 the one after that.

        Returns
        -------
        ndarray of float64, shape (n,)
            In metres; infinite where there are fewer than k others.
        """
        from scipy.spatial import cKDTree  # noqa: PLC0415 - slow to import, and maps need it not

        distance, _ = cKDTree(others.straight).query(self.straight, k=[k])
        return self._over_ground(distance[:, 0])

    def apart(self, others: Places) -> Floats:
        """Give the distance from each place to the other of the same number, in metres."""
        return self._over_ground(np.linalg.norm(self.straight - others.straight, axis=1))

    def _over_ground(self, straight: npt.ArrayLike) -> Floats:
        """Turn straight distances into those over ground: arcs where the CRS is geographic."""
        if not self.crs.is_geographic:
            return np.asarray(straight, dtype=np.float64)
        across, polar = ellipsoid_axes(self.crs)
        width = 2 * (2 * across + polar) / 3
        shares = np.asarray(straight, dtype=np.float64) / width
        return np.where(np.isinf(shares), np.inf, width * np.arcsin(np.minimum(shares, 1.0)))

    def _radians(self) -> Floats:
        """Longitude and latitude; the CRS may count in degrees or in gradians."""
        return np.stack([self.easting, self.northing]) * float(self.crs.units_factor[1])


def ellipsoid_axes(crs: CRS) -> tuple[float, float]:
    """Give the half axes of a CRS's ellipsoid, the equator's first, in metres.

    Examples
    --------
    >>> ellipsoid_axes(CRS.from_epsg(4326))
    (6378137.0, 6356752.314245179)
    """
    ellipsoid = pyproj_crs(crs).ellipsoid
    if ellipsoid is None:  # then it is as good as any
        return 6_378_137.0, 6_356_752.314245179
    return float(ellipsoid.semi_major_metre), float(ellipsoid.semi_minor_metre)
