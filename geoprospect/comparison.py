"""The methods of a project compared under the same spatial folds, with a null beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from geoprospect.crossval import FoldScheme, HeldOutScores, coordinates_alone, cross_validate
from geoprospect.errors import ProjectError
from geoprospect.inputs import Say, TrainingInputs
from geoprospect.output import replacing
from geoprospect.plan import TransferPlan
from geoprospect.project import Project
from geoprospect.samples import Samples

Progress = Callable[[str, int, int, str], None]

# The eight methods of the published study, as the project file names them.
METHODS: dict[str, dict[str, str]] = {
    "reconstruction-linear-probing": {"pretext": "reconstruction", "strategy": "linear-probing"},
    "reconstruction-fine-tuning": {"pretext": "reconstruction", "strategy": "fine-tuning"},
    "lithology-linear-probing": {"pretext": "lithology", "strategy": "linear-probing"},
    "lithology-fine-tuning": {"pretext": "lithology", "strategy": "fine-tuning"},
    "from-scratch": {"pretext": "none", "strategy": "from-scratch"},
    "logistic-regression": {"pretext": "none", "strategy": "logistic-regression"},
    "random-forest": {"pretext": "none", "strategy": "random-forest"},
    "svm": {"pretext": "none", "strategy": "svm"},
}


@dataclass(frozen=True)
class Comparison:
    """What each method scored at points held out.

    Attributes
    ----------
    scheme : FoldScheme
        How points were held out.
    samples : Samples
        The points.
    methods : tuple of HeldOutScores
        The methods.
    null : HeldOutScores
        A forest that knows only easting and northing.
    """

    scheme: FoldScheme
    samples: Samples
    methods: tuple[HeldOutScores, ...]
    null: HeldOutScores

    def sentences(self) -> list[str]:
        """Say what must be known beside the figures."""
        lines = [
            f"{result.method} does not beat coordinates alone: it may have learned where "
            "occurrences cluster, and no geology"
            for result in self.methods
            if result.auc.mean() <= self.null.auc.mean()
        ]
        if self.scheme.kind == "random":
            lines.append(
                "random folds are for comparison only: neighbours of the points held out are "
                "learned from, which flatters every method"
            )
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Give the figures for JSON: for each method `auc` and `average_precision` by repeat."""
        return {
            "scheme": asdict(self.scheme),
            "points": self.samples.path,
            "audit": self.samples.audit.to_dict(),
            "methods": {
                result.method: {
                    "auc": result.auc.tolist(),
                    "average_precision": result.average_precision.tolist(),
                }
                for result in (*self.methods, self.null)
            },
            "remarks": self.sentences(),
        }

    def write(self, folder: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write `crossval.json` and `held_out.gpkg`, the mean score of each point held out.

        Raises
        ------
        OutputError
            If a file exists already or cannot be written.
        """
        results = (*self.methods, self.null)
        points = gpd.GeoDataFrame(
            {"row": self.samples.source, "occurrence": self.samples.label}
            | {result.method.replace(" ", "_"): result.scores.mean(axis=0) for result in results},
            geometry=gpd.points_from_xy(self.samples.easting, self.samples.northing),
            crs=self.samples.grid.crs,
        )
        with replacing(Path(folder) / "held_out.gpkg", overwrite=overwrite) as temporary:
            points.to_file(temporary, driver="GPKG")
        with replacing(Path(folder) / "crossval.json", overwrite=overwrite) as temporary:
            temporary.write_text(json.dumps(self.to_dict(), indent=1) + "\n", encoding="utf-8")


def compare_methods(
    project: Project,
    scheme: FoldScheme,
    methods: Sequence[str] = (),
    *,
    progress: Progress | None = None,
    say: Say = lambda line: None,
) -> Comparison:
    """Cross-validate methods on a project's training points, all under the same folds.

    Parameters
    ----------
    project : Project
        The project; its settings hold for each method that has them.
    scheme : FoldScheme
        How points are held out.
    methods : sequence of str
        Names among `METHODS`; by default the project's own method alone.
    progress, say : callable, optional
        As for `train_model`.

    Raises
    ------
    GeoprospectError
        If evidence, points, settings or folds do not allow it.
    """
    unknown = [name for name in methods if name not in METHODS]
    if unknown:
        raise ProjectError("no such method", found=unknown[0], expected=", ".join(METHODS))
    plans = [_with_method(project, METHODS[name]).plan() for name in methods] or [project.plan()]
    with project.open_evidence() as stack:
        read = TrainingInputs.read(project, stack, say)
        scheme.splits(read.training)  # folds that cannot be show before any training
        results = tuple(
            cross_validate(
                plan,
                read.training,
                read.P,
                scheme,
                pretext=read.pretext(plan) if isinstance(plan, TransferPlan) else None,
                progress=progress,
            )
            for plan in plans
        )
    return Comparison(scheme, read.training, results, coordinates_alone(read.training, scheme))


def _with_method(project: Project, method: dict[str, str]) -> Project:
    model = project.model.model_copy(update=method)
    return project.model_copy(update={"model": model})


def mean_and_range(values: np.ndarray) -> str:
    """Say the mean of some figures, and their range if there are several.

    Examples
    --------
    >>> mean_and_range(np.array([0.7, 0.8]))
    '0.750 (0.700–0.800)'
    """
    spread = f" ({values.min():.3f}–{values.max():.3f})" if len(values) > 1 else ""
    return f"{values.mean():.3f}{spread}"
