"""The fit of a model: evidence, labelled points and a method in, a `ProspectivityModel` out."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np

from geoprospect.errors import EvidenceError, TrainingError
from geoprospect.evidence import EvidenceStack, evidence_range
from geoprospect.evidence.ranges import EvidenceRange
from geoprospect.methods import (
    Method,
    MethodOptions,
    PretextCells,
    SampleTable,
    method_named,
)
from geoprospect.model.components import Components
from geoprospect.model.model import ProspectivityModel
from geoprospect.samples import DistinctCells, DrawnSamples, Samples
from geoprospect.typing import Ints, Progress

_LOGGER = logging.getLogger(__name__)
_FIT_CELLS = 1_000_000  # a larger stack has its components fitted on so many cells drawn from it


def fit(
    stack: EvidenceStack,
    samples: Samples | DrawnSamples,
    method: Method | str,
    *,
    components: Components | None = None,
    rocks: Samples | None = None,
    pretext_cells: int = 4_000,
    progress: Progress | None = None,
) -> ProspectivityModel:
    """Fit a model of prospectivity.

    Points that share a cell count once: as an occurrence if one of them is.

    Parameters
    ----------
    stack : EvidenceStack
        The evidence.
    samples : Samples or DrawnSamples
        Occurrences and non-occurrences; or occurrences with several draws of non-occurrences.
        Then each draw has a member of its own, or several.
    method : Method or str
        The method, or the name of one, such as "random-forest", with its recommended settings.
    components : Components, optional
        What turns evidence into what the method sees; by default fitted on the stack.
    rocks : Samples, optional
        Points of rock classes, for the lithology pretext task.
    pretext_cells : int
        Number of valid cells drawn for a pretext task on unlabelled cells.
    progress : callable, optional
        Called with the stage, the steps done, the steps in all and a word on them.

    Returns
    -------
    ProspectivityModel
        It carries the points' range in each layer and their cells, the grid, the range of the
        evidence and the checksums of its files.

    Raises
    ------
    TrainingError
        If the points do not allow the method, or a fit fails.
    ComponentsError, EvidenceError
        If the evidence allows no components, or cannot be read.

    Examples
    --------
    >>> import geopandas as gpd, rasterio, tempfile
    >>> from affine import Affine
    >>> from geoprospect.samples import read_samples
    >>> profile = dict(driver="GTiff", height=20, width=20, count=1, dtype="float32",
    ...                crs="EPSG:3578", transform=Affine(100, 0, 0, 0, -100, 2000))
    >>> rows, columns = np.indices((20, 20), np.float32)
    >>> places = gpd.points_from_xy(np.arange(50, 2000, 100), np.full(20, 1050))
    >>> points = gpd.GeoDataFrame({"DEP": [0] * 10 + [1] * 10}, geometry=places, crs="EPSG:3578")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, values in (("X1", rows), ("X2", columns)):
    ...         with rasterio.open(f"{folder}/{name}.tif", "w", **profile) as file:
    ...             file.write(values, 1)
    ...     with EvidenceStack.open(folder) as stack:
    ...         samples = read_samples(points, stack)
    ...         model = fit(stack, samples, "random-forest")
    >>> mean, spread = model.forward_pass().predict([[10.0, 2.0], [10.0, 18.0]])
    >>> bool(mean[0] < 0.5 < mean[1])
    True
    """
    method = method_for(method, samples, rocks)
    points = samples.samples if isinstance(samples, DrawnSamples) else samples
    if components is None:
        components = fit_components(stack, seed=method.seed).seen_as(method.sees)
    rotation = "" if components.rotated else ", on the layers as they are, not rotated"
    distinct = DistinctCells.of(points)
    shared, points = distinct.sentence(), distinct.samples
    if shared is not None:
        _LOGGER.info(f"model: {shared}")
    table = SampleTable(components.transform(points.X), points.label, points.names)
    masks = table.masks_of_all(method.members)
    if isinstance(samples, DrawnSamples):
        masks = samples.masks_for(method.members)[:, distinct.representatives]
    _LOGGER.info(f"model: {method}, {len(masks)} members{rotation}")
    cells = cells_of_pretext(method, stack, components, rocks=rocks, number=pretext_cells)
    preparation = method.prepare(cells, table.X.shape[1], progress=progress)
    fitted = method.fit(table, masks, preparation=preparation, progress=progress)
    for line in fitted.lines:
        _LOGGER.info(line)
    return ProspectivityModel(
        components,
        fitted.members,
        np.stack([points.X.min(axis=0), points.X.max(axis=0)], axis=1),
        method.settings() | _range_of(stack),
        {f"evidence {name}": digest for name, digest in stack.checksums().items()},
        tuple(sorted(zip(points.rows.tolist(), points.columns.tolist(), strict=True))),
        grid=stack.grid,
        context=stack.neighbourhood,
        preparation=stack.preparation,
    )


def method_for(
    method: Method | str, samples: Samples | DrawnSamples, rocks: Samples | None = None
) -> Method:
    """Give a method, or the one of a name, with a member at least for each draw.

    Raises
    ------
    ProjectError
        If there is no such method.
    """
    if not isinstance(method, str):
        return method
    options = MethodOptions(rock_classes=rocks is not None)
    made = method_named(method, options)
    if isinstance(samples, DrawnSamples) and len(samples.masks) > made.members:
        return method_named(method, replace(options, members=len(samples.masks)))
    return made


def fit_components(stack: EvidenceStack, *, seed: int = 0) -> Components:
    """Fit the components of a stack: on all its valid cells or, if it is large, on some drawn.

    Parameters
    ----------
    stack : EvidenceStack
        The evidence.
    seed : int
        Seed of the draw.

    Raises
    ------
    ComponentsError
        If there are fewer valid cells than layers, or a layer is constant.
    """
    draw = _n_drawn(stack)
    components = Components.fit(stack, draw=draw, seed=seed)
    shares = components.variances / components.variances.sum()
    words = ", ".join(f"PC{k} {share:.0%}" for k, share in enumerate(shares, start=1))
    _LOGGER.info(
        f"components: fitted on {'drawn' if draw else 'all valid'} cells; variance: {words}"
    )
    return components


def cells_of_fit(
    stack: EvidenceStack, method: Method, *, components: bool = True, pretext_cells: int = 4_000
) -> list[tuple[Ints, Ints]]:
    """Give the cells that `fit` reads besides those of points, to preload them with others.

    Parameters
    ----------
    stack : EvidenceStack
        The evidence.
    method : Method
        The method.
    components : bool
        Whether components are fitted.
    pretext_cells : int
        As for `fit`.

    Returns
    -------
    list of (ndarray of int64, ndarray of int64)
        Rows and columns, some of them off the grid; see `EvidenceStack.preload`.
    """
    cells = [EvidenceRange.cells(stack)]
    if method.pretext in ("distribution", "reconstruction"):
        cells.append(stack.draw_cells(pretext_cells, seed=method.seed))
    n_drawn = _n_drawn(stack)
    if components and n_drawn is not None:
        cells.append(stack.draw_cells(n_drawn, seed=method.seed))
    return cells


def cells_of_pretext(
    method: Method,
    stack: EvidenceStack,
    components: Components,
    *,
    rocks: Samples | None = None,
    number: int = 4_000,
) -> PretextCells | None:
    """Give the cells that a method's pretext task learns from, as the method sees them.

    Parameters
    ----------
    method : Method
        The method.
    stack : EvidenceStack
        The evidence.
    components : Components
        What turns evidence into what the method sees.
    rocks : Samples, optional
        Points of rock classes, for the lithology task.
    number : int
        Number of valid cells drawn, for a task on unlabelled cells.

    Returns
    -------
    PretextCells or None
        With their places; None where the method has no such task.

    Raises
    ------
    TrainingError
        If the lithology task lacks its points.
    """
    if method.pretext == "none":
        return None
    if method.pretext != "lithology":
        X, rows, columns = stack.draw(number, seed=method.seed)
        return PretextCells(components.transform(X), None, rows, columns)
    if rocks is None:
        raise TrainingError(
            "the lithology pretext task needs rock-class points",
            mend="give them as `rocks`, or choose another pretext task",
        )
    return PretextCells(components.transform(rocks.X), rocks.label, rocks.rows, rocks.columns)


def _n_drawn(stack: EvidenceStack) -> int | None:
    """Give how many cells components are fitted on; None for all of a stack."""
    return _FIT_CELLS if stack.grid.n_cells > _FIT_CELLS else None


def _range_of(stack: EvidenceStack) -> dict[str, float]:
    """Give the range of the evidence's variogram, or nothing where too few cells tell it."""
    try:
        return {"evidence_range": evidence_range(stack)}
    except EvidenceError as error:
        _LOGGER.warning(f"evidence: its range is not known: {error}")
        return {}
