"""Simulated provinces of several kinds: what is known of each, and the truth everywhere."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from affine import Affine
from rasterio.crs import CRS
from scipy import ndimage
from smallproject import write_raster

from geoprospect.grid import Grid
from geoprospect.synthetic.fields import gaussian_field
from geoprospect.synthetic.province import province as sample_province

CELL = 500.0
SHAPE = (90, 90)
TRANSFORM = Affine(CELL, 0, 500_000, 0, -CELL, 7_000_000)
KINDS = (
    "sample",
    "rare and clustered",
    "few and scattered",
    "searched near roads",
    "a survey's many layers",
)


@dataclass(frozen=True)
class Simulated:
    """A province: its layers, how likely an occurrence is where, and what is known of it.

    `occurrences` and `others` are cells, counted row by row; the others are known points of other
    commodities, found where people looked.
    """

    grid: Grid
    layers: np.ndarray
    intensity: np.ndarray
    occurrences: np.ndarray
    others: np.ndarray

    def points(self, cells):
        """Give points at the centres of cells."""
        rows, columns = np.divmod(cells, self.grid.shape[1])
        places = gpd.points_from_xy(*self.grid.centres(rows, columns))
        return gpd.GeoDataFrame({"row": rows}, geometry=places, crs=self.grid.crs.to_wkt())

    def write(self, folder):
        """Write the layers as rasters."""
        for number, layer in enumerate(self.layers, start=1):
            filled = np.where(np.isnan(layer), -9999, layer).astype(np.float32)
            path = folder / f"L{number}.tif"
            crs = self.grid.crs.to_wkt()
            write_raster(path, filled, crs=crs, transform=self.grid.transform)
        return folder

    def skill_of_valid(self, scores):
        """Give `skill` of a map whose scores are those of the valid cells alone."""
        whole = np.full(self.intensity.shape, np.nan)
        whole[~np.isnan(self.intensity)] = scores
        return self.skill(whole)

    def skill(self, scores):
        """Give the area under the rate curve of a map for fresh occurrences of the truth.

        Each cell of `scores` counts as many occurrences as its true intensity; ties count half.
        """
        valid = ~np.isnan(self.intensity)
        values, weight = scores[valid], self.intensity[valid]
        _, rank, count = np.unique(values, return_inverse=True, return_counts=True)
        below = (np.cumsum(count) - count / 2) / len(values)
        return float((weight * below[rank]).sum() / weight.sum())


def simulate(kind, seed):
    """Simulate a province of a kind; layers, truth and what is known hang on the seed.

    The sample's layers and truth are always the same; its occurrences hang on the seed.
    """
    random = np.random.default_rng([KINDS.index(kind), seed])
    if kind == "sample":
        truth = sample_province()
        weight = np.where(truth.valid, truth.intensity, 0.0).ravel()
        known, others = draw(random, weight, 95), draw(random, truth.valid.ravel() * 1.0, 300)
        return Simulated(truth.grid, truth.evidence, truth.intensity, known, others)
    if kind == "a survey's many layers":
        return survey(random)
    scales = (3, 5, 8, 4, 6, 10)
    fields = [gaussian_field(random, SHAPE, scale=scale) for scale in scales]
    bump = np.exp(-0.5 * ((fields[0] - 0.5) / 0.6) ** 2)
    step = 1 / (1 + np.exp(-3 * (fields[1] - 0.3)))
    intensity = np.exp(4.5 * bump * step + 0.5 * fields[2])
    layers = [field + 0.3 * random.normal(size=SHAPE) for field in fields]
    looked = np.ones(SHAPE)
    if kind == "searched near roads":
        # Roads follow valleys, and a layer tells the height.
        road = np.abs(fields[5]) < 0.08
        looked = np.exp(-ndimage.distance_transform_edt(~road) / 2.5)
        layers.append(np.abs(fields[5]) + 0.1 * random.normal(size=SHAPE))
    weight = (intensity * looked).ravel()
    if kind == "rare and clustered":
        parents = draw(random, intensity.ravel() ** 1.2, 6)
        near = np.ones(SHAPE)
        near.ravel()[parents] = 0
        distance = ndimage.distance_transform_edt(near)
        known = draw(random, weight * np.exp(-0.5 * (distance / 2.0) ** 2).ravel(), 24)
    else:
        known = draw(random, weight, 15 if kind == "few and scattered" else 60)
    other = np.exp(1.5 * fields[3] + 0.8 * fields[4])
    others = draw(random, (other * looked).ravel(), 300)
    grid = Grid(CRS.from_epsg(32608), TRANSFORM, SHAPE)
    return Simulated(grid, np.stack(layers), intensity, known, others)


def survey(random):
    """Simulate many layers as surveys have them: skewed, in steps, as distances, most of no use.

    Occurrences lie where one field is high and another middling, and near a contact.
    """
    scales = random.uniform(2, 12, 9)
    fields = [gaussian_field(random, SHAPE, scale=scale) for scale in scales]
    lines = [ndimage.distance_transform_edt(np.abs(field) > 0.05) for field in fields]
    high, middling = 1 / (1 + np.exp(-4 * (fields[0] - 0.5))), np.exp(-2 * (fields[1] - 0.3) ** 2)
    intensity = np.exp(3.5 * high * middling + 1.5 * np.exp(-lines[2] / 3) + 0.5 * fields[3])
    noisy = [field + 0.4 * random.normal(size=SHAPE) for field in fields]
    skewed = [np.exp(1.5 * field) for field in noisy]
    stepped = [np.digitize(field, np.sort(random.normal(size=3))) * 1.0 for field in fields[:4]]
    known = draw(random, intensity.ravel(), 30)
    others = draw(random, np.exp(noisy[4] + noisy[5]).ravel(), 300)
    grid = Grid(CRS.from_epsg(32608), TRANSFORM, SHAPE)
    return Simulated(grid, np.stack(noisy + skewed + stepped + lines), intensity, known, others)


def draw(random, weight, number):
    """Draw distinct cells in proportion to weight (Efraimidis & Spirakis 2006)."""
    with np.errstate(divide="ignore", over="ignore"):
        wait = random.exponential(size=len(weight)) / weight
    return np.argsort(wait, kind="stable")[:number]
