"""The prospectivity map: a model as a kernel, and its raster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from geoprospect.evidence import Block, EvidenceStack
from geoprospect.evidence.column import path_of
from geoprospect.evidence.computed.imputed import IMPUTED, ImputedCount, imputed_count
from geoprospect.evidence.doubts.fills import fills_of, is_mark, warn_of_fills
from geoprospect.mapping.execution import Execution
from geoprospect.mapping.kernel import NODATA, Band, Kernel, KernelResult, Words
from geoprospect.mapping.travelling import check_travels, described, model_of
from geoprospect.mapping.writing import write_raster
from geoprospect.model.model import ProspectivityModel
from geoprospect.qgis.steps import AreaShares
from geoprospect.qgis.style import MAGMA, Ramp
from geoprospect.typing import StageProgress, StrPath

Engine = Literal["compiled", "numpy"]

WORTH_COMPILING = 2**22
"""Cells times members from which a compiled loop saves more than it costs to load."""

_HOLDS = " holds "  # between layer and value where a kernel counts fill values
_BANDS = (
    Band("prospectivity", style=AreaShares()),
    Band("standard deviation of the members", style=Ramp(MAGMA, low=0.0)),
)
_FILLED = Band(IMPUTED)


class ScoreKernel(Kernel):
    """Scores cells with all members of a model: their mean and, of several, their spread.

    It counts as "beyond" the scored cells where some layer leaves the range it has at the
    training points.

    Parameters
    ----------
    model : ProspectivityModel
        The model; evidence comes in the order of its layers, as `ProspectivityModel.select` gives.
    engine : {"compiled", "numpy"}
        The compiled loop, for chains of dense layers alone, or NumPy, for all members. Their
        scores differ by rounding (1e-7), so one map is made by one of them.
    imputed : bool
        Whether the evidence ends with the count of layers that were filled in, which becomes a
        band of its own.
    """

    def __init__(self, model: ProspectivityModel, engine: Engine, *, imputed: bool = False) -> None:
        self._model, self._engine, self._imputed = model, engine, imputed
        self._forward = model.forward_pass()
        self._compiled = None
        if engine == "compiled":
            self._compiled = self._forward.compiled(model.ranges)
        layers = model.names if model.context is None else model.context.layers(model.names)
        self._layers = {name: model.names.index(name) for name in layers if name in model.names}
        self._learned_fills = any(is_mark(end) for end in model.ranges.ravel().tolist())

    @staticmethod
    def choose(model: ProspectivityModel, n_cells: int) -> Engine:
        """Choose the engine for a grid of so many cells, by what is faster."""
        large = n_cells * len(model.members) >= WORTH_COMPILING
        return "compiled" if large and model.forward_pass().compilable else "numpy"

    @property
    def bands(self) -> tuple[Band, ...]:
        """Prospectivity; of an ensemble, the members' standard deviation; layers filled in."""
        scores = _BANDS[: len(self._model.members)]
        return (*scores, _FILLED) if self._imputed else scores

    @property
    def words(self) -> Words:
        """What the score is and is not."""
        return Words(
            "Prospectivity",
            "Band 1: the score from 0 to 1. It ranks ground by how much its evidence is like that "
            "at known occurrences; it is no probability of a deposit, and says nothing of grade or "
            "tonnage. Band 2, of several members: the standard deviation of their scores.",
        )

    def bytes_a_cell(self) -> int:
        """Give the memory of the valid cells' evidence, components and scores."""
        if self._compiled is not None:
            return 0
        return 4 * (4 * len(self._model.names) + 3 * len(self._model.members))

    def tags(self) -> dict[str, str]:
        """Give what the map's metadata say of the model."""
        return self._model.tags()

    def description(self) -> dict[str, Any] | None:
        """Give the model's folder and identity; a model in no folder cannot be known again."""
        model = described(self._model)
        return model and model | {"engine": self._engine, "imputed": self._imputed}

    @classmethod
    def of(cls, description: Mapping[str, Any]) -> ScoreKernel:
        """Load the model of a description.

        Raises
        ------
        ModelError
            If it cannot be read, or is another one by now.
        """
        model = model_of(description)
        return cls(model, description["engine"], imputed=description["imputed"])

    def __call__(self, block: Block) -> KernelResult:
        """Score a window."""
        if self._imputed:
            scored = self._scored(replace(block, values=block.values[:-1]))
            filled = np.where(scored.bands[0] == NODATA, NODATA, block.values[-1])
            bands = np.concatenate([scored.bands, filled[None]], dtype=np.float32)
            return KernelResult(bands, scored.counts)
        return self._scored(block)

    def _scored(self, block: Block) -> KernelResult:
        """Score the evidence alone."""
        n_bands = len(_BANDS[: len(self._model.members)])
        bands = np.empty((n_bands, *block.values.shape[1:]), np.float32)
        if self._compiled is not None:
            values = block.values.reshape(len(block.values), -1)
            beyond = self._compiled.score(values, bands.reshape(len(bands), -1), nodata=NODATA)
            return KernelResult(bands, {"beyond": beyond} | self._fills(block, beyond))
        bands.fill(NODATA)
        for band, scores in zip(bands, self._forward.predict(block.X), strict=False):
            band[block.valid] = scores
        beyond = int(self._model.beyond_training(block.X).sum())
        return KernelResult(bands, {"beyond": beyond} | self._fills(block, beyond))

    def _fills(self, block: Block, beyond: int) -> dict[str, int]:
        """Count what looks like fill values, which lie beyond what the model learned from."""
        if not beyond and not self._learned_fills:
            return {}
        counts = fills_of(block.values, self._model.ranges, self._layers)
        return {f"{name}{_HOLDS}{value!r}": n for (name, value), n in counts.items()}


@dataclass(frozen=True)
class MapSummary:
    """What was written.

    Attributes
    ----------
    path : str
        The map.
    n_cells, n_valid : int
        Cells of the grid, and those with a score.
    n_beyond : int
        Scored cells where some layer leaves the range it has at the training points.
    minimum, maximum, mean, std : float
        Statistics of the scores over the valid cells.
    """

    path: str
    n_cells: int
    n_valid: int
    n_beyond: int
    minimum: float
    maximum: float
    mean: float
    std: float


def write_map(
    model: ProspectivityModel,
    stack: EvidenceStack,
    path: StrPath,
    *,
    execution: Execution | None = None,
    overwrite: bool = False,
    resume: bool = False,
    progress: StageProgress | None = None,
) -> MapSummary:
    """Write the prospectivity map of a stack, with a QGIS style.

    Parameters
    ----------
    model : ProspectivityModel
        A fitted model; its layers are found in the stack by name.
    stack : EvidenceStack
        The evidence; its grid and CRS become the map's.
    path : path-like
        Where to, as for `write_raster`. Band 1 is the prospectivity in [0, 1], band 2 (of an
        ensemble) the standard deviation over the members. Where layers are filled in, the last
        band counts those that were in a cell.
    execution, overwrite, resume, progress
        As for `write_raster`.

    Raises
    ------
    LayerNameError
        If the stack lacks a layer of the model.
    EvidenceError
        If a layer cannot be read, or no cell is valid in every layer.
    OutputError
        If the map exists already or cannot be written, or the unfinished one was begun with
        another model or other evidence; or if a model in no folder is to travel.

    Examples
    --------
    >>> import rasterio, tempfile
    >>> from geoprospect.model import Components
    >>> from geoprospect.network import Dense, Network
    >>> components = Components.fit([[0], [2], [4]], names=("X1",))
    >>> head = Network((Dense(np.ones((1, 1), np.float32), np.zeros(1, np.float32), "sigmoid"),))
    >>> model = ProspectivityModel(components, (head,), np.array([[0, 4]], np.float32))
    >>> profile = dict(driver="GTiff", height=1, width=3, count=1, dtype="int16",
    ...                crs="EPSG:3578", transform=rasterio.Affine(1200, 0, 0, 0, -1200, 0))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with rasterio.open(f"{folder}/X1.tif", "w", **profile) as file:
    ...         file.write(np.array([[0, 2, 4]], "int16"), 1)
    ...     with EvidenceStack.open(f"{folder}/X1.tif") as stack:
    ...         summary = write_map(model, stack, f"{folder}/map.tif")
    >>> summary.n_valid, round(summary.mean, 3)
    (3, 0.5)
    """
    execution = execution or Execution()
    check_travels(model, execution)
    evidence = model.select(stack)
    count = imputed_count(evidence.columns, evidence.names)
    engine = ScoreKernel.choose(model, evidence.grid.n_cells)
    with _counted(evidence, count) as counted:
        raster = write_raster(
            counted,
            ScoreKernel(model, engine, imputed=count is not None),
            path,
            execution=execution,
            overwrite=overwrite,
            resume=resume,
            progress=progress,
        )
    _warn_of_fills(evidence, raster.counts)
    scores = raster.statistics[0]
    return MapSummary(
        raster.path,
        raster.n_cells,
        scores.n,
        raster.counts["beyond"],
        scores.minimum,
        scores.maximum,
        scores.mean,
        scores.std,
    )


@contextmanager
def _counted(evidence: EvidenceStack, count: ImputedCount | None) -> Iterator[EvidenceStack]:
    """Give the evidence with a count of the layers that are filled in, if any are."""
    if count is None:
        yield evidence
        return
    names = (*evidence.names, *count.names)
    with EvidenceStack.open((*evidence.columns, count), names=names, grid=evidence.grid) as counted:
        yield counted


def _warn_of_fills(evidence: EvidenceStack, counts: Mapping[str, int]) -> None:
    """Warn of the fill values among what a kernel counted."""
    fills: dict[tuple[str, float], int] = {}
    for key, n in counts.items():
        name, holds, value = key.rpartition(_HOLDS)
        if holds:
            fills[name, float(value)] = n
    paths = {name: path_of(column) for column in evidence.bare().columns for name in column.names}
    warn_of_fills(fills, paths, evidence.once)
