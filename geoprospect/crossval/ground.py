"""The ground held out: valid cells that occurrences are ranked against, with no label pretended."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from rasterio.windows import Window

from geoprospect.crossval.folds import FoldScheme
from geoprospect.evidence import EvidenceStack
from geoprospect.grid import area_units
from geoprospect.samples import Area, Samples
from geoprospect.typing import Floats, Ints
from geoprospect.wording import counted

_SEARCHED = 2**16  # valid cells that those inside an area are found among
_MOST = 10_000  # cells; with 2,000 a fold, their chance moves an area by some 0.003


@dataclass(frozen=True)
class Ground:
    """Valid cells, each as likely as any other, and the fold that each is held out with.

    Attributes
    ----------
    cells : Samples
        All valid cells or, of a larger stack, 10,000 drawn at random; without labels (all 0).
        Where non-occurrences are drawn within an area, those inside it.
    folds : ndarray of int64, shape (repeats, n_cells)
        The fold of the point nearest to the cell; of polygons, the one it lies in, and -1 outside
        all.
    """

    cells: Samples
    folds: Ints

    @classmethod
    def of(
        cls,
        stack: EvidenceStack,
        samples: Samples,
        scheme: FoldScheme,
        folds: Ints,
        *,
        within: Area | None = None,
    ) -> Ground:
        """Draw cells, and share them out to the folds of points.

        Parameters
        ----------
        stack : EvidenceStack
            The evidence, its layers as those of the samples.
        samples : Samples
            The points.
        scheme : FoldScheme
            How they are held out; its seed is that of the cells too.
        folds : ndarray of int64, shape (repeats, n)
            The fold of each point; see `FoldScheme.splits`.
        within : Area, optional
            The study area.

        Raises
        ------
        SamplesError
            If the study area, or the regions, cannot be read.
        """
        grid = stack.grid
        rows, columns = stack.draw_cells(_SEARCHED, seed=scheme.seed)
        easting, northing = grid.centres(rows, columns)
        kept = np.ones(len(rows), bool) if within is None else within.holds(easting, northing, grid)
        random = np.random.default_rng([scheme.seed, 1])
        area = area_units(grid, Window(0, 0, 1, grid.shape[0]))
        if area is not None:  # a cell is kept in proportion to its area on the ground
            kept &= random.random(len(rows)) * area.max() < area[rows, 0]
        chosen = np.sort(random.permutation(np.flatnonzero(kept))[:_MOST])
        rows, columns, easting, northing = (
            part[chosen] for part in (rows, columns, easting, northing)
        )
        X, _ = stack.sample(rows, columns)
        zeros = np.zeros(len(rows), np.int64)
        cells = replace(
            samples,
            rows=rows,
            columns=columns,
            easting=easting,
            northing=northing,
            X=X,
            label=zeros,
            source=zeros - 1,
        )
        return cls(cells, _folds_of(cells, samples, scheme, folds))

    def sentence(self) -> str:
        """Say which cells there are."""
        chosen = "drawn at random" if len(self.cells) >= _MOST else "all there are"
        return (
            f"areas under the prediction-rate curve rank each occurrence against the "
            f"{counted(len(self.cells), 'valid cell')} ({chosen}) that were held out with it, "
            "scored by the same model; no cell is taken for barren."
        )


def share_below(scores: Floats, others: Floats) -> Floats:
    """Give the share of others that score below each score; a tie counts half.

    Its mean over occurrences is the area under the rate curve of the others' ground; where there
    are no others, it is 0.5.

    Examples
    --------
    >>> share_below(np.array([0.9, 0.2]), np.array([0.1, 0.2, 0.8, 0.9])).tolist()
    [0.875, 0.375]
    """
    if not len(others):
        return np.full(len(scores), 0.5)
    ordered = np.sort(others)
    below, upto = (ordered.searchsorted(scores, side) for side in ("left", "right"))
    return np.asarray((below + upto) / 2 / len(ordered), np.float64)


def _folds_of(cells: Samples, samples: Samples, scheme: FoldScheme, folds: Ints) -> Ints:
    """Give the fold that each cell is held out with, for each repeat."""
    if scheme.regions is not None:
        _, names = scheme.regions.of(samples)
        number, found = scheme.regions.of(cells)
        code = {name: fold for fold, name in enumerate(names)}
        fold_of = np.array([*(code.get(name, -1) for name in found), -1])
        return np.asarray(fold_of[number][None], np.int64)
    from scipy.spatial import cKDTree  # noqa: PLC0415 - slow to import

    points = samples.grid.places(samples.rows, samples.columns).straight
    _, nearest = cKDTree(points).query(
        cells.grid.places(cells.rows, cells.columns).straight, workers=-1
    )
    return np.asarray(folds[:, nearest], np.int64)
