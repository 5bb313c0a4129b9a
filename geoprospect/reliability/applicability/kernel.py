"""The map of where a model may be believed: a kernel over the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from geoprospect.evidence import Block
from geoprospect.grid import Grid, area_units, describe_grid, read_grid
from geoprospect.mapping import NODATA, Band, Kernel, KernelResult, Overviews, Veil, Words
from geoprospect.reliability.applicability.dissimilarity import Applicability
from geoprospect.reliability.applicability.nearest import Nearest
from geoprospect.reliability.applicability.space import PredictorSpace
from geoprospect.typing import Values

_BEYOND = "beyond: "  # before the layer where a kernel counts


@dataclass(frozen=True, eq=False)
class ApplicabilityKernel(Kernel):
    """How unlike the training cells each cell is, and whether a model may be believed there.

    It counts the ground that is valid, that lies inside, and that lies beyond the training range
    in each layer, and the training cells near: by cells or, in a geographic CRS, units of area.

    Attributes
    ----------
    nearest : Nearest
        The training cells, with the threshold.
    layers : dict of str to tuple of int
        The places of each layer's evidence among the names.
    ranges : ndarray of float32, shape (n_names, 2)
        The smallest and largest value of each at the training points.
    grid : Grid
        The grid of the map.
    """

    nearest: Nearest
    layers: Mapping[str, tuple[int, ...]]
    ranges: Values
    grid: Grid

    @classmethod
    def made(
        cls,
        applicability: Applicability,
        layers: Mapping[str, tuple[int, ...]],
        ranges: Values,
        grid: Grid,
    ) -> ApplicabilityKernel:
        """Make the kernel of an area of applicability, in the precision of rasters."""
        nearest = Nearest(
            applicability.space,
            applicability.X.astype(np.float32),
            applicability.mean_distance,
            applicability.threshold,
        )
        return cls(nearest, layers, ranges, grid)

    @property
    def bands(self) -> tuple[Band, ...]:
        """The index, whether inside, the density, and the layers beyond the training range."""
        veil = Veil("outside: unlike all training cells", "inside the area of applicability")
        return (
            Band("dissimilarity index", style=None),
            Band("inside the area of applicability", style=veil),
            Band("local point density", "training cells", style=None),
            Band("layers beyond the training range", "layers", style=None),
        )

    @property
    def overviews(self) -> Overviews:
        """One of the cells, for two bands hold whether and how many."""
        return "nearest"

    @property
    def words(self) -> Words:
        """What the bands tell."""
        return Words(
            "Area of applicability",
            "Where the map may be believed. Band 1: how unlike the training cells a cell is; "
            "band 2: 1 inside the area of applicability, 0 outside; band 3: training cells that "
            "are like it; band 4: layers in which it leaves their range.",
        )

    def bytes_a_cell(self) -> int:
        """Give the memory of what is found of a cell, and of layers held against their range."""
        return 4 * 8

    def tags(self) -> dict[str, str]:
        """Tell the threshold, and what distances are divided by."""
        return {
            "GEOPROSPECT_THRESHOLD": f"{self.nearest.radius:.9g}",
            "GEOPROSPECT_MEAN_DISTANCE": f"{self.nearest.unit:.9g}",
        }

    def description(self) -> dict[str, Any]:
        """Give training cells, space, ranges and grid as plain values."""
        space = self.nearest.space
        return {
            "names": list(space.names),
            "axes": list(space.axes),
            "centre": space.centre.tolist(),
            "matrix": space.matrix.tolist(),
            "weights": space.weights.tolist(),
            "training": self.nearest.X.tolist(),
            "mean_distance": self.nearest.unit,
            "threshold": self.nearest.radius,
            "layers": {name: list(places) for name, places in self.layers.items()},
            "ranges": self.ranges.tolist(),
            "grid": describe_grid(self.grid),
        }

    @classmethod
    def of(cls, description: Mapping[str, Any]) -> ApplicabilityKernel:
        """Make the kernel of a description."""
        space = PredictorSpace(
            tuple(description["names"]),
            tuple(description["axes"]),
            *(np.array(description[name], np.float64) for name in ("centre", "matrix", "weights")),
        )
        training = np.array(description["training"], np.float32)
        nearest = Nearest(space, training, description["mean_distance"], description["threshold"])
        layers = {name: tuple(places) for name, places in description["layers"].items()}
        ranges = np.array(description["ranges"], np.float32)
        return cls(nearest, layers, ranges, read_grid(description["grid"]))

    def __call__(self, block: Block) -> KernelResult:
        """Find how unlike the training cells the cells of a window are."""
        valid = block.valid
        bands = np.full((4, *valid.shape), NODATA, np.float32)
        index, density = self.nearest.to(block.values)
        inside = index <= np.float32(self.nearest.radius)
        units = area_units(self.grid, block.window)

        def ground(cells: Any) -> int:
            return int(cells.sum() if units is None else (units * cells).sum())

        near = np.where(valid, density, 0).astype(np.int64)
        counts = {"valid": ground(valid), "inside": ground(inside & valid), "near": ground(near)}
        beyond = np.zeros(valid.shape, np.float32)
        for name, places in self.layers.items():
            out = np.zeros(valid.shape, bool)
            for place in places:
                low, high = self.ranges[place]
                out |= (block.values[place] < low) | (block.values[place] > high)
            out &= valid
            beyond += out
            counts[_BEYOND + name] = ground(out)
        for band, found in zip(bands, (index, inside, density, beyond), strict=True):
            np.copyto(band, found, where=valid)
        return KernelResult(bands, counts)

    def shares(self, counts: Mapping[str, int]) -> tuple[float, float, dict[str, float]]:
        """Take from what was counted what it tells of the ground.

        Returns
        -------
        inside : float
            The share inside the area of applicability.
        density : float
            The mean local point density.
        beyond : dict of str to float
            The share beyond the training range in each layer.
        """
        valid = counts["valid"]
        beyond = {name: counts[_BEYOND + name] / valid for name in self.layers}
        return counts["inside"] / valid, counts["near"] / valid, beyond
