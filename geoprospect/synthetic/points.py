"""The sample's points: occurrences, non-occurrences and mapped rocks, drawn from the truth."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from geoprospect.synthetic.geology import ROCK_CLASSES
from geoprospect.synthetic.province import Province

_SEED = 0
_TRAINING = {1: 95, 0: 218}  # points by label, as many as the published study has
_VALIDATION = {1: 20, 0: 20}
_LITHOLOGY = (150, 100, 100, 100, 100)  # points by rock class, likewise
_JITTER = 0.45  # of a cell: points lie off the centre, but never on an edge


@dataclass(frozen=True)
class SamplePoints:
    """The points of the sample project.

    Attributes
    ----------
    training, validation : geopandas.GeoDataFrame
        Points with the field `occurrence`: 1 at occurrences, 0 at non-occurrences.
    lithology : geopandas.GeoDataFrame
        Points with the fields `rock_class` (code) and `rock` (its name).
    """

    training: gpd.GeoDataFrame
    validation: gpd.GeoDataFrame
    lithology: gpd.GeoDataFrame


def sample_points(truth: Province) -> SamplePoints:
    """Draw the points of the sample project, the same every time.

    Occurrences lie in distinct cells, drawn in proportion to intensity. Non-occurrences lie in
    distinct cells without an occurrence, drawn in proportion to 1 / (1 + intensity), as a
    geologist prefers, but cannot be sure of, barren ground. Which of them are for training and
    which for validation is a matter of chance, so that no cell holds points of both.

    Parameters
    ----------
    truth : Province
        What the points are drawn from.

    Examples
    --------
    >>> from geoprospect.synthetic.province import province
    >>> points = sample_points(province())
    >>> points.training["occurrence"].value_counts().to_dict()
    {0: 218, 1: 95}
    """
    random = np.random.default_rng(_SEED)
    cells = np.flatnonzero(truth.valid)
    intensity = truth.intensity.ravel()[cells].astype(np.float64)
    n_occurrences, n_barren = (_TRAINING[label] + _VALIDATION[label] for label in (1, 0))
    occurrences = _distinct(random, intensity, n_occurrences)
    barrenness = 1 / (1 + intensity)
    barrenness[occurrences] = 0
    barren = _distinct(random, barrenness, n_barren)

    def points_at(
        some_occurrences: npt.NDArray[np.int64], some_barren: npt.NDArray[np.int64]
    ) -> gpd.GeoDataFrame:
        """Put a point with its label into each of these cells."""
        label = np.repeat([1, 0], [len(some_occurrences), len(some_barren)])
        places = _places(random, truth, cells[np.append(some_occurrences, some_barren)])
        return gpd.GeoDataFrame({"occurrence": label}, geometry=places, crs=truth.grid.crs)

    training = points_at(occurrences[: _TRAINING[1]], barren[: _TRAINING[0]])
    validation = points_at(occurrences[_TRAINING[1] :], barren[_TRAINING[0] :])

    rocks = truth.geology.ravel()[cells]
    mapped = [
        _distinct(random, (rocks == code).astype(np.float64), n)
        for code, n in enumerate(_LITHOLOGY)
    ]
    codes = np.repeat(np.arange(len(_LITHOLOGY)), _LITHOLOGY)
    lithology = gpd.GeoDataFrame(
        {"rock_class": codes, "rock": [ROCK_CLASSES[code] for code in codes]},
        geometry=_places(random, truth, cells[np.concatenate(mapped)]),
        crs=truth.grid.crs,
    )
    return SamplePoints(training, validation, lithology)


def _distinct(
    random: np.random.Generator, weight: npt.NDArray[np.float64], n: int
) -> npt.NDArray[np.int64]:
    """Draw n distinct indices in proportion to weight (Efraimidis & Spirakis 2006)."""
    chance = np.log(random.random(len(weight)))
    wait = np.full(len(weight), np.inf)
    np.divide(-chance, weight, out=wait, where=weight > 0)
    return np.argsort(wait, kind="stable")[:n]


def _places(
    random: np.random.Generator, truth: Province, cells: npt.NDArray[np.int64]
) -> gpd.array.GeometryArray:
    """Put points into cells, off their centres, at coordinates of whole centimetres."""
    rows, columns = np.divmod(cells, truth.grid.shape[1])
    east, south = random.uniform(-_JITTER, _JITTER, size=(2, len(cells)))
    easting, northing = truth.grid.centres(rows, columns)
    affine = truth.grid.transform
    return gpd.points_from_xy(
        np.round(easting + east * affine.a, 2), np.round(northing + south * affine.e, 2)
    )
