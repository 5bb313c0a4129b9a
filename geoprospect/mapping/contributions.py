"""The map of reasons: what each layer contributes to the score of each cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from geoprospect.evidence import Block, EvidenceStack
from geoprospect.mapping.execution import Execution
from geoprospect.mapping.kernel import NODATA, Band, Kernel, KernelResult, Words
from geoprospect.mapping.leading import CONTRIBUTION_OF
from geoprospect.mapping.score import WORTH_COMPILING, Engine, ScoreKernel
from geoprospect.mapping.travelling import check_travels, described, model_of
from geoprospect.mapping.writing import RasterSummary, write_raster
from geoprospect.model.contributions import CLIPPED, Contributions
from geoprospect.model.model import ProspectivityModel
from geoprospect.model.shapley import Shares
from geoprospect.qgis.diverging import diverging
from geoprospect.typing import StageProgress, StrPath, Values


class ContributionKernel(Kernel):
    """What each layer contributes to a cell's score.

    Parameters
    ----------
    contributions : Contributions
        The model with its layers and the background; evidence comes in the order of the model.
    engine : {"compiled", "numpy"}
        Compiled loops over all coalitions of layers; or a prediction of each, which of more than
        twelve layers is all there is, for members that are no networks. They differ by rounding.
    """

    def __init__(self, contributions: Contributions, engine: Engine) -> None:
        self._contributions, self._engine = contributions, engine
        self._model = contributions.model
        self._compiled = None
        if engine == "compiled":
            if contributions.exact:
                contributions.prepare_for_many()
            else:
                self._compiled = self._model.forward_pass().compiled(self._model.ranges)

    @staticmethod
    def choose(contributions: Contributions, n_cells: int) -> Engine:
        """Choose the engine for a grid of so many cells, by what is faster."""
        n_scores = n_cells * contributions.n_evaluations
        if contributions.exact:
            large = n_scores * len(contributions.model.members) >= WORTH_COMPILING
            return "compiled" if large else "numpy"
        return ScoreKernel.choose(contributions.model, n_scores)

    @property
    def bands(self) -> tuple[Band, ...]:
        """A band a layer; of drawn orders, the largest of their standard errors."""
        shares = tuple(
            Band(f"{CONTRIBUTION_OF}{name}", "logit", style=diverging)
            for name in self._contributions.layers
        )
        error = Band("largest standard error of the contributions", "logit", style=None)
        return shares if self._contributions.exact else (*shares, error)

    @property
    def words(self) -> Words:
        """What a contribution is."""
        return Words(
            "Contributions of the layers",
            "What each layer, a band each, contributes to a cell's score, on the log-odds: above 0 "
            "it raises the score, below 0 it lowers it, against a cell that has the mean of each.",
        )

    def bytes_a_cell(self) -> int:
        """Give the memory of the valid cells' evidence, twice, and of what is shared out."""
        n_layers = len(self._contributions.layers)
        return (
            4 * 2 * len(self._model.names) + 8 * (2 if self._contributions.exact else 4) * n_layers
        )

    def tags(self) -> dict[str, str]:
        """Give what the metadata say of the model, and of what contributions are held against."""
        background = self._contributions.background[:, None]
        score = float(self._contributions.score(background)[0])
        return self._model.tags() | {
            "GEOPROSPECT_BACKGROUND": ", ".join(
                f"{name}={value:.9g}"
                for name, value in zip(self._model.names, background[:, 0], strict=True)
            ),
            "GEOPROSPECT_BACKGROUND_SCORE": f"{score:.9g}",
            "GEOPROSPECT_SCORES_HELD_FROM_0_AND_1": f"{CLIPPED:g}",
        }

    def description(self) -> dict[str, Any] | None:
        """Give the model's folder and identity, layers and background; None without a folder."""
        model = described(self._model)
        return model and model | {
            "engine": self._engine,
            "layers": {name: list(names) for name, names in self._contributions.layers.items()},
            "background": self._contributions.background.tolist(),
        }

    @classmethod
    def of(cls, description: Mapping[str, Any]) -> ContributionKernel:
        """Load the model of a description.

        Raises
        ------
        ModelError
            If it cannot be read, or is another one by now.
        """
        model = model_of(description)
        layers = {name: tuple(names) for name, names in description["layers"].items()}
        background = np.array(description["background"], np.float32)
        return cls(Contributions(model, layers, background), description["engine"])

    def __call__(self, block: Block) -> KernelResult:
        """Share out the scores of a window."""
        bands = np.full((len(self.bands), *block.valid.shape), NODATA, np.float32)
        if block.valid.any():
            shares = self._shares(block.X)
            n_layers = len(shares.values)
            bands[:n_layers, block.valid] = shares.values
            if shares.errors is not None:
                bands[n_layers, block.valid] = shares.errors.max(axis=0)
        return KernelResult(bands)

    def _shares(self, X: Values) -> Shares:
        """Share out the scores of evidence of shape (n, n_names)."""
        if self._engine == "numpy":
            return self._contributions.shares(X)
        if self._compiled is None:
            return self._contributions.shares_of_many(X)
        compiled = self._compiled

        def score(X: Values) -> Values:
            scores: Values = np.empty((1, X.shape[1]), np.float32)
            compiled.score(X, scores, nodata=NODATA)
            only: Values = scores[0]
            return only

        return self._contributions.shares(X, score)


def write_contributions(
    model: ProspectivityModel,
    stack: EvidenceStack,
    path: StrPath,
    *,
    execution: Execution | None = None,
    overwrite: bool = False,
    resume: bool = False,
    progress: StageProgress | None = None,
) -> RasterSummary:
    """Write what each layer contributes to the scores of a map, with a QGIS style.

    Parameters
    ----------
    model : ProspectivityModel
        A fitted model; its layers are found in the stack by name.
    stack : EvidenceStack
        The evidence; its grid and CRS become the raster's.
    path : path-like
        Where to, as for `write_raster`. A band a layer holds its contribution to the log-odds of
        the score, see `geoprospect.model.contributions.Contributions`; of more than twelve layers,
        a further band holds the largest of their standard errors. The style shows the first band,
        blue below zero and red above.
    execution, overwrite, resume, progress
        As for `write_raster`.

    Raises
    ------
    LayerNameError
        If the stack lacks a layer of the model.
    EvidenceError
        If a layer cannot be read, or no cell is valid in every layer.
    OutputError
        As `write_raster` says; or if a model in no folder is to travel.

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
    ...         _ = write_contributions(model, stack, f"{folder}/why.tif")
    ...     with rasterio.open(f"{folder}/why.tif") as file:
    ...         file.read(1).astype(float).round(3).tolist()
    [[-1.225, 0.0, 1.225]]
    """
    execution = execution or Execution()
    check_travels(model, execution)
    evidence = model.select(stack)
    contributions = Contributions.of(model, evidence)
    engine = ContributionKernel.choose(contributions, evidence.grid.n_cells)
    return write_raster(
        evidence,
        ContributionKernel(contributions, engine),
        path,
        execution=execution,
        overwrite=overwrite,
        resume=resume,
        progress=progress,
    )
