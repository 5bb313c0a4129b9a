"""How one grid differs from another, in words."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from affine import Affine
from rasterio.crs import CRS

from geoprospect.grid.crs import describe_crs, same_coordinates

_TOLERANCE = 1e-3  # in cells: grids closer than this at every corner are one grid


class Lattice(Protocol):
    """What is compared: CRS, affine, shape and unit, as `Grid` has them."""

    @property
    def crs(self) -> CRS:
        """The CRS."""
        ...

    @property
    def transform(self) -> Affine:
        """From (column, row) to (easting, northing)."""
        ...

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        ...

    @property
    def unit(self) -> str:
        """The unit of easting and northing."""
        ...


def difference(first: Lattice, other: Lattice) -> str | None:
    """Say in words how another grid differs; see `Grid.difference`."""
    differences = []
    if first.shape != other.shape:
        ours, theirs = (f"{rows} x {columns}" for rows, columns in (first.shape, other.shape))
        differences.append(f"shape {ours} against {theirs} cells (rows x columns)")
    rows, columns = first.shape
    corners = ((0, 0), (columns, 0), (0, rows), (columns, rows), (columns / 2, rows / 2))
    easting, northing = np.array([first.transform * corner for corner in corners]).T
    if same_coordinates(first.crs, other.crs, easting, northing):
        differences.extend(_affine_differences(first, other))
    else:  # then the affines are not in the same units
        crs = f"CRS {describe_crs(first.crs)} against {describe_crs(other.crs)}"
        differences.insert(0, crs)
    return ", ".join(differences) or None


def _affine_differences(first: Lattice, other: Lattice) -> list[str]:
    """Say in words how corners, size and direction of cells differ, in units of the CRS."""
    rows, columns = first.shape
    corners = ((0, 0), (columns, 0), (0, rows), (columns, rows))
    shifts = [_shift(first.transform, other.transform, corner) for corner in corners]
    if max(shifts) <= _TOLERANCE:
        return []
    ours, theirs = linear(first.transform), linear(other.transform)
    words = []
    if shifts[0] > _TOLERANCE:
        words.append(f"upper left corner {_displacement(first, other)} of the first")
    if max(_shift(ours, theirs, corner) for corner in corners) > _TOLERANCE:
        if np.allclose(_cell_size(ours), _cell_size(theirs), rtol=1e-9, atol=0):
            words.append("rows and columns that run in other directions")
        else:
            sizes = ("{:.12g} x {:.12g}".format(*_cell_size(a)) for a in (ours, theirs))
            words.append(f"cell size {' against '.join(sizes)} {first.unit}")
    return words or [f"corners up to {max(shifts):.2g} of a cell apart"]


def _displacement(first: Lattice, other: Lattice) -> str:
    """Say how far and whither the upper left corner of another grid lies."""
    east = other.transform.c - first.transform.c
    north = other.transform.f - first.transform.f
    return (
        f"{abs(east):.6g} {first.unit} {'west' if east < 0 else 'east'}"
        f" and {abs(north):.6g} {first.unit} {'south' if north < 0 else 'north'}"
    )


def linear(transform: Affine) -> Affine:
    """Leave the origin out of an affine."""
    return Affine(transform.a, transform.b, 0.0, transform.d, transform.e, 0.0)


def _shift(ours: Affine, theirs: Affine, corner: tuple[int, int]) -> float:
    """How far a corner moves from one affine to another, in cells of the first."""
    column, row = corner
    east = (theirs.a - ours.a) * column + (theirs.b - ours.b) * row + (theirs.c - ours.c)
    north = (theirs.d - ours.d) * column + (theirs.e - ours.e) * row + (theirs.f - ours.f)
    back = ~linear(ours)
    return math.hypot(back.a * east + back.b * north, back.d * east + back.e * north)


def _cell_size(transform: Affine) -> tuple[float, float]:
    """Width and height of a cell, in units of the CRS."""
    return math.hypot(transform.a, transform.d), math.hypot(transform.b, transform.e)
