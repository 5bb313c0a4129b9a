"""Layers that give away what is to be learned: the labels themselves, or where a cell lies."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import numpy as np

from geoprospect.errors import without_secrets
from geoprospect.evidence import EvidenceStack
from geoprospect.evidence.doubts.nature import bands_of, doubtful, doubtful_of
from geoprospect.evidence.features.ground import cell_side
from geoprospect.evidence.features.vectorlayer import VectorLayer
from geoprospect.grid import Grid, transformed
from geoprospect.samples.labelled import Samples
from geoprospect.typing import Bools, Floats, Ints, Values

if TYPE_CHECKING:  # slow to import, and most projects have no vectors
    from geoprospect.evidence.features.tracing import TracedFeatures

_LOGGER = logging.getLogger(__name__)
_MOST = 0.5  # share of occurrences that lie at features which are theirs, and
_BY_CHANCE = 0.2  # of that share, the most among other cells
_LOOKS = 2000  # other cells
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
    vectors = [layer for layer in doubtful_of(stack.columns) if isinstance(layer, VectorLayer)]
    for layer in vectors:
        if not layer.intended and len(samples) >= _FEWEST and marks(samples, layer, stack):
            same = os.path.abspath(layer.path) == os.path.abspath(samples.path)
            where = "are the training points" if same else "lie where the training points do"
            _LOGGER.warning(
                f"{without_secrets(layer.path)}: layer {layer.name}: its features {where}, so that "
                "it tells the labels, which a model would learn from it, and cross-validation too. "
                "To mend it: leave the layer out, or give features of another kind; or, if it is "
                "meant, write intended = true for the layer under [evidence]"
            )


def marks(samples: Samples, layer: VectorLayer, stack: EvidenceStack) -> bool:
    """Whether the points or polygons that a layer is computed from are the occurrences.

    Parameters
    ----------
    samples : Samples
        Points of occurrences, and of non-occurrences or not.
    layer : VectorLayer
        The layer.
    stack : EvidenceStack
        The evidence.

    Returns
    -------
    bool
        Whether most occurrences lie at such a feature, each at another, and few other cells do.
    """
    traced, grid = layer.open(stack.grid).traced, stack.grid
    if (traced.dimensions == 1).all():
        return False  # deposits may well lie on a line
    found = samples.label == 1
    coincide, features = _at(traced, samples.easting[found], samples.northing[found])
    by_chance, _ = _at(traced, *grid.centres(*stack.draw_cells(_LOOKS, seed=0)))
    share = float(coincide.mean())
    distinct = len(np.unique(samples.cells[found]))
    return bool(
        share >= _MOST
        and by_chance.mean() <= _BY_CHANCE * share
        and len(np.unique(features[coincide])) >= distinct / 2
    )


def _at(traced: TracedFeatures, easting: Floats, northing: Floats) -> tuple[Bools, Ints]:
    """Tell which places lie at a point or in a polygon, and of which feature."""
    import shapely  # noqa: PLC0415 - slow to import, and most projects have no vectors

    distance, which = traced.distances(np.column_stack([easting, northing]))
    features = traced.tree.feature[which].copy()
    at = (distance <= cell_side(traced.grid) / 2) & (traced.dimensions[features] == 0)
    areas = np.flatnonzero(traced.dimensions == 2)
    places = transformed(easting, northing, traced.grid.crs, traced.fields.crs)
    which, held = shapely.STRtree(traced.shapes[areas]).query(
        shapely.points(*places), predicate="within"
    )
    at[which], features[which] = True, areas[held]
    return at, features


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
