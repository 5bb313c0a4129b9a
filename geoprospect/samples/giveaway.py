"""Layers that give away what is to be learned: the labels themselves, or where a cell lies."""

from __future__ import annotations

import logging

import numpy as np

from geoprospect.evidence import EvidenceStack
from geoprospect.evidence.nature import bands_of, doubtful
from geoprospect.grid import Grid, transformed
from geoprospect.samples.labelled import Samples
from geoprospect.typing import Floats, Ints, Values

_LOGGER = logging.getLogger(__name__)
_FEWEST = 8  # points from which anything is concluded, and
_FEWEST_A_LABEL = 3
_LABELS = 3  # values of a label raster: occurrence, non-occurrence, and neither
_MARKED = 9  # cells that a label raster marks for an occurrence: its own, and those about it
_OFF = 1e-4  # of a layer's range: less is the rounding of coordinates


def warn_of_giveaways(samples: Samples, stack: EvidenceStack) -> None:
    """Warn of layers that hold the labels of points, or coordinates.

    Parameters
    ----------
    samples : Samples
        Points of occurrences, and of non-occurrences or not.
    stack : EvidenceStack
        The evidence that they were read from.
    """
    layers = stack.bare()
    survey = layers.survey()
    for band in bands_of(layers.columns):
        if band.intended or band.name not in samples.names or len(samples) < _FEWEST:
            continue
        values = samples.X[:, samples.names.index(band.name)]
        distinct = survey.layers[band.name].distinct
        if are_coordinates(values, samples.rows, samples.columns, stack.grid):
            doubt = (
                "its values are a coordinate of the cells (easting, northing, row, column, "
                "longitude or latitude), so that a model would learn places, not geology"
            )
        elif (
            distinct is not None
            and 2 <= len(distinct) <= _LABELS
            and _tells(samples, values, layers.select([band.name]))
        ):
            doubt = "it holds the labels of the training points, which a model would learn from it"
        else:
            continue
        _LOGGER.warning(doubtful(band, doubt, "leave the layer out"))


def are_coordinates(values: Values, rows: Ints, columns: Ints, grid: Grid) -> bool:
    """Whether the values of a layer at some cells are coordinates of these, or a plane of them.

    Parameters
    ----------
    values : ndarray of float32, shape (n,)
        The values.
    rows, columns : ndarray of int64, shape (n,)
        The cells.
    grid : Grid
        The grid.

    Examples
    --------
    >>> from affine import Affine
    >>> from rasterio.crs import CRS
    >>> grid = Grid(CRS.from_epsg(32608), Affine(100, 0, 500000, 0, -100, 6700000), (9, 9))
    >>> rows, columns = np.indices((9, 9)).reshape(2, -1)
    >>> are_coordinates(6699950 - 100.0 * rows, rows, columns, grid)
    True
    >>> are_coordinates(np.hypot(rows - 4.0, columns), rows, columns, grid)
    False
    """
    if not np.ptp(values) > 0:
        return False
    if _is_plane_of(values, rows, columns):
        return True
    degrees = transformed(*grid.centres(rows, columns), grid.crs, "EPSG:4326")
    return any(_is_plane_of(values, axis) for axis in degrees)


def _is_plane_of(values: Values, *axes: Ints | Floats) -> bool:
    """Whether values change by the same step along coordinates, everywhere."""
    centred = [np.asarray(axis, np.float64) - np.mean(axis) for axis in axes]
    X = np.column_stack([np.ones(len(values)), *centred])
    y = values.astype(np.float64)
    y -= y.mean()
    if not np.isfinite(X).all():
        return False
    rest = np.abs(y - X @ np.linalg.lstsq(X, y, rcond=None)[0]).max()
    rounding = float(np.finfo(np.float32).eps) * float(np.abs(values).max())
    return bool(rest <= _OFF * np.ptp(values) + rounding < 0.01 * np.ptp(values))


def _tells(samples: Samples, values: Values, layer: EvidenceStack) -> bool:
    """Whether a layer of few values tells occurrences from the other points, or marks them."""
    at = [np.unique(values[samples.label == label]) for label in (1, 0)]
    counts = [int((samples.label == label).sum()) for label in (1, 0)]
    if at[0].size != 1 or at[1].size > 1:
        return False
    if counts[1]:
        return bool(min(counts) >= _FEWEST_A_LABEL and at[0][0] != at[1][0])
    marked = sum(int((layer.read(x).values[0] == at[0][0]).sum()) for x in layer.windows())
    return marked <= _MARKED * len(np.unique(samples.cells))
