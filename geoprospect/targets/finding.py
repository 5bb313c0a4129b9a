"""Finding targets: from a map to ranked targets with outlines, in bounded memory."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from geoprospect.errors import TargetsError
from geoprospect.grid import Places, transformed
from geoprospect.targets.cut import Cut, cut
from geoprospect.targets.deposits import deposits_in
from geoprospect.targets.nearness import LabelledPoints, Nearness, known_occurrences
from geoprospect.targets.outlines import Outlines, Shapes, simplified
from geoprospect.targets.patches import Patches, labelled
from geoprospect.targets.settings import TargetSettings
from geoprospect.targets.shortlist import default_apart, spread_out
from geoprospect.targets.surface import Layers, Surface
from geoprospect.targets.target import Target, Targets
from geoprospect.typing import Bools, Floats, Ints, StageProgress
from geoprospect.wording import counted

_LOGGER = logging.getLogger(__name__)
_MOST = 10_000  # targets that are outlined
_EXPLAINED = 100  # targets, the first in rank, whose reasons are told beside the shortlist's
_LEAST_PART = 1 / 100  # of the ground taken, for a target
_SAMPLED = 16  # cells of a target that reasons are told of
_MIXER = np.uint64(0x9E3779B97F4A7C15)  # spreads the numbers of cells over all whole numbers

Reasons: TypeAlias = Callable[[Ints, Ints, Ints], "list[str]"]
"""Gives the leading layers of targets in words: of the rows, columns and targets of some cells,
in the order of the targets, a text a target."""


@dataclass(frozen=True)
class TargetKnowledge:
    """What is known besides the map.

    Attributes
    ----------
    occurrences : tuple of LabelledPoints
        Files of known occurrences.
    crossing : float, optional
        The score at which the prediction-area curves cross.
    reasons : callable, optional
        Gives the leading layers of targets in words.
    """

    occurrences: tuple[LabelledPoints, ...] = ()
    crossing: float | None = None
    reasons: Reasons | None = None


def find_targets(
    layers: Layers,
    settings: TargetSettings | None = None,
    knowledge: TargetKnowledge | None = None,
    *,
    progress: StageProgress | None = None,
    window: tuple[int, int] | None = None,
) -> Targets:
    """Find where to go first: patches of the best cells, ranked, with what is known of each.

    The map is read up to four times in windows: for the threshold, for the patches, and for the
    outlines of those that are kept, 10,000 at most.

    Parameters
    ----------
    layers : dict of str to path-like or RasterBand
        The map as `score`; and where they are known on its grid the `probability` of a deposit in
        a cell, the `uncertainty` of the score, and `inside`, 1 in the area of applicability.
    settings : TargetSettings, optional
        Which cells are taken, and how.
    knowledge : TargetKnowledge, optional
        What is known besides.
    progress : callable, optional
        Called with the cells read and the cells to read, now and then.
    window : tuple of int, optional
        Rows and columns that are read at a time; the targets do not depend on it.

    Raises
    ------
    TargetsError
        If no cell has a score or reaches the threshold, or what a setting needs is not known.
    EvidenceError
        If a raster cannot be read, or lies on another grid than the map.
    SamplesError
        If occurrences, roads or claims cannot be read.

    Examples
    --------
    >>> import rasterio, tempfile
    >>> profile = dict(driver="GTiff", height=2, width=4, count=1, dtype="float32",
    ...                crs="EPSG:3578", transform=rasterio.Affine(1000, 0, 0, 0, -1000, 0))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with rasterio.open(f"{folder}/map.tif", "w", **profile) as file:
    ...         file.write(np.array([[[0.9, 0.1, 0.1, 0.7], [0.1, 0.8, 0.1, 0.1]]], np.float32))
    ...     found = find_targets({"score": f"{folder}/map.tif"}, TargetSettings(threshold=0.5))
    >>> [(one.rank, one.area_km2, round(one.max_score, 3)) for one in found.targets]
    [(1, 2.0, 0.9), (2, 1.0, 0.7)]
    """
    settings, knowledge = settings or TargetSettings(), knowledge or TargetKnowledge()
    staged = _Passes(progress)
    with Surface.open(layers, smooth=settings.smooth, progress=staged, size=window) as surface:
        known = known_occurrences(knowledge.occurrences, surface.grid)
        taken = cut(surface, settings, knowledge.crossing)
        staged.to(2)
        patches = Patches.of_surface(surface, taken.threshold)
        chosen, left_out = _chosen(patches, surface, taken, settings)
        staged.to(3)
        nearness = Nearness.of(surface.grid, known, settings.neighbours(), len(chosen))
        outlines, cells = _outlined(surface, patches, chosen, nearness)
        found = _told(surface, patches, chosen, nearness, taken)
        area = patches.valid_units * surface.unit_area
        apart = settings.apart
        if apart is None:
            apart = default_apart(area, settings.number)
        easting, northing = (np.array([getattr(t, x) for t in found]) for x in _PLACE)
        peaks = Places(easting, northing, surface.grid.crs)
        listed = spread_out(peaks, settings.number, apart)
        if knowledge.reasons is not None:
            found = _explained(found, listed, cells, knowledge.reasons)
        numbers = np.cumsum(listed)
        found = [
            replace(t, shortlist=int(k)) if on else t
            for t, k, on in zip(found, numbers, listed, strict=True)
        ]
        if listed.sum() < min(settings.number, len(found)):
            _LOGGER.info(
                f"targets: the shortlist holds {listed.sum()}, for no more lie {apart:.3g} km "
                "apart; a lower threshold gives more targets, a smaller `apart` lets them crowd"
            )
        return Targets(
            surface.path,
            taken,
            tuple(found),
            area,
            left_out,
            apart,
            tuple(patches.squares[chosen].tolist()),
            surface.grid,
            simplified(outlines, settings.simplify),
        )


_PLACE = ("easting", "northing")


class _Passes:
    """Progress over several readings of one map, told as one."""

    def __init__(self, progress: StageProgress | None) -> None:
        self._progress, self._before = progress, 0

    def to(self, before: int) -> None:
        """Begin the reading after so many others."""
        self._before = before

    def __call__(self, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(min(self._before * total + done, 4 * total), 4 * total)


def _chosen(
    patches: Patches, surface: Surface, taken: Cut, settings: TargetSettings
) -> tuple[Ints, int]:
    """Give the patches that become targets, in the order of rank, and how many do not."""
    ground = patches.units.astype(np.float64) * surface.unit_area
    smallest = settings.smallest
    if smallest is None:
        smallest = _worth_a_visit(ground, settings.number)
    gain = _gain(patches, surface, taken)
    large = np.flatnonzero(ground >= smallest * (1 - 1e-9))
    if not len(large):
        raise TargetsError(
            f"no target takes as much as {smallest:g} km² of ground",
            path=surface.path,
            found=f"{counted(len(patches), 'target')} of {ground.max():.4g} km² at most",
            mend=f"write smallest = {np.floor(ground.max() * 1e3) / 1e3:g}, or less",
        )
    if len(large) < len(patches):
        n = len(patches) - len(large)
        _LOGGER.info(
            f"targets: {counted(n, 'patch').replace('patchs', 'patches')} of less than "
            f"{smallest:.3g} km² left out"
        )
    order = np.lexsort((patches.peak[large], -ground[large], -gain[large]))
    return large[order[:_MOST]], max(0, len(large) - _MOST)


def _worth_a_visit(ground: Floats, number: int) -> float:
    """Give the ground that a target takes at least, where none is asked for, in km².

    Gain by area would put single good cells first: they are too little for a campaign.
    """
    enough = np.sort(ground)[-min(number, len(ground))]
    return float(min(ground.sum() * _LEAST_PART, enough))


def _gain(patches: Patches, surface: Surface, taken: Cut) -> Floats:
    """Give what is gained by area: expected deposits, or else what scores exceed."""
    if surface.calibrated:
        return patches.deposits / (patches.units * surface.unit_area)
    return patches.score / patches.cells - taken.threshold


def _outlined(
    surface: Surface, patches: Patches, chosen: Ints, nearness: Nearness
) -> tuple[Shapes, tuple[Ints, Ints, Ints]]:
    """Read the windows with targets again: their outlines, what is near, and some cells of each."""
    rank = np.full(len(patches) + 1, -1, np.int64)  # the last is of the cells of no patch
    rank[chosen] = np.arange(len(chosen))
    outlines, sample = Outlines(len(chosen)), np.empty((3, 0), np.int64)
    for number, window in enumerate(surface.windows()):
        first, last = patches.first[number : number + 2]
        if not (rank[patches.of[first:last]] >= 0).any():
            continue
        labels, _ = labelled(surface.read(window).taken(patches.threshold))
        which = rank[patches.number(number, labels)]
        outlines.add(which, window)
        nearness.add(which, window)
        rows, columns = np.nonzero(which >= 0)
        here = np.stack([rows + window.row_off, columns + window.col_off, which[rows, columns]])
        sample = _sampled(np.concatenate([sample, here.astype(np.int64)], axis=1), surface)
        if surface.progress is not None:
            done = int((window.row_off + window.height) * surface.grid.shape[1])
            surface.progress(done, surface.grid.n_cells)
    return outlines.joined(), (sample[0], sample[1], sample[2])


def _explained(
    found: list[Target], listed: Bools, cells: tuple[Ints, Ints, Ints], reasons: Reasons
) -> list[Target]:
    """Tell the reasons of the first targets, and of those on the shortlist."""
    told = np.flatnonzero(listed | (np.arange(len(found)) < _EXPLAINED))
    rows, columns, of = (axis[np.isin(cells[2], told)] for axis in cells)
    explained = list(found)
    for number, text in zip(told, reasons(rows, columns, np.searchsorted(told, of)), strict=True):
        explained[number] = replace(found[number], reasons=text)
    return explained


def _sampled(cells: Ints, surface: Surface) -> Ints:
    """Keep some cells of each target, the same however the map is read."""
    numbers = (cells[0] * surface.grid.shape[1] + cells[1]).astype(np.uint64)
    order = np.lexsort((numbers * _MIXER, cells[2]))
    ordered = cells[2][order]
    place = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return np.asarray(cells[:, order[place < _SAMPLED]])


def _told(
    surface: Surface, patches: Patches, chosen: Ints, nearness: Nearness, taken: Cut
) -> list[Target]:
    """Tell what is known of each target."""
    grid = surface.grid
    easting, northing = grid.centres(*np.divmod(patches.peak[chosen], grid.shape[1]))
    longitude, latitude = transformed(easting, northing, grid.crs, "EPSG:4326")
    longitude = (longitude + 180) % 360 - 180
    expected = deposits_in(patches.deposits[chosen], patches.squares[chosen])
    gain = _gain(patches, surface, taken)[chosen]

    def known(values: Floats | None, k: int, unit: float = 1.0) -> float | None:
        return None if values is None or not np.isfinite(values[k]) else float(values[k] * unit)

    calibrated, near = surface.calibrated, nearness.distances
    return [
        Target(
            rank=k + 1,
            shortlist=None,
            ground="known" if nearness.n_known[k] else "new",
            area_km2=float(patches.units[patch] * surface.unit_area),
            cells=int(patches.cells[patch]),
            max_score=float(patches.greatest[patch]),
            mean_score=float(patches.score[patch] / patches.cells[patch]),
            gain=float(gain[k]),
            deposits=known(expected.expected, k) if calibrated else None,
            dep_low=known(expected.low, k) if calibrated else None,
            dep_high=known(expected.high, k) if calibrated else None,
            uncertain=known(patches.uncertainty, patch),
            inside_aoa=known(patches.inside, patch),
            n_known=int(nearness.n_known[k]),
            km_known=known(near.get("known"), k, 1e-3),
            km_roads=known(near.get("roads"), k, 1e-3),
            km_claims=known(near.get("claims"), k, 1e-3),
            easting=float(easting[k]),
            northing=float(northing[k]),
            longitude=float(longitude[k]),
            latitude=float(latitude[k]),
        )
        for k, patch in enumerate(chosen.tolist())
    ]
