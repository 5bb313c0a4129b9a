"""The maps of the study over its rebuilt layers, each with its rate curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from geoprospect.errors import StudyError
from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import write_map
from geoprospect.methods import Member
from geoprospect.model.model import ProspectivityModel
from geoprospect.output import checksum
from geoprospect.published.audit import located, recovered_components
from geoprospect.published.figures import MethodResult
from geoprospect.published.tables import LAYERS, Study
from geoprospect.published.weights import read_published
from geoprospect.scoring import PointsSource, Score, score_map
from geoprospect.typing import Progress

_VALIDATION = "validation_points.shp"


@dataclass(frozen=True)
class StudyMap:
    """A map over the rebuilt layers.

    Attributes
    ----------
    name : str
        The method, or the name of the published weights.
    published : bool
        Whether it is of published weights.
    path : str
        The GeoTIFF.
    success : Score
        At the training points that have coordinates.
    prediction : Score or None
        At the validation points, where `validation_points.shp` lies beside the layers.
    """

    name: str
    published: bool
    path: str
    success: Score
    prediction: Score | None

    @property
    def file_name(self) -> str:
        """Name of the GeoTIFF."""
        return Path(self.path).name


def map_study(
    study: Study,
    results: Sequence[MethodResult],
    folder: str | PathLike[str],
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> tuple[StudyMap, ...]:
    """Map every published weight file and every method over the study's rebuilt layers.

    Parameters
    ----------
    study : Study
        The study; its folder must hold the layers under `evidence/`.
    results : sequence of MethodResult
        Those with members are mapped, all seeds as one ensemble.
    folder : path-like
        Where the GeoTIFFs go.
    overwrite : bool
        Whether existing maps are replaced.
    progress : callable, optional
        Called with the stage, the maps done, the maps in all and the name of the last.

    Returns
    -------
    tuple of StudyMap
        First those of published weights, then those of the methods.

    Raises
    ------
    StudyError
        If the study has no layers.
    EvidenceError
        If a layer cannot be read.
    OutputError
        If a map exists already or cannot be written.
    """
    rasters = rasters_of(study)
    members = list(_members(study, results))
    maps = []
    with EvidenceStack.open({name: rasters / f"{name}.tif" for name in LAYERS}) as stack:
        rows, columns, inside = stack.grid.cells(study.easting, study.northing)
        inside = inside & located(study)
        cells = np.unique(np.column_stack([rows, columns])[inside], axis=0)
        crs = stack.grid.crs.to_string()
        training = PointsSource(study.raw_path, label="DEP", crs=crs, x="ESTE", y="NORTE")
        for number, (name, published, networks) in enumerate(members, start=1):
            model = _model(study, networks, {"name": name, "published": published})
            stem = name if published else f"ours-{name.replace(' ', '-').lower()}"
            path = Path(folder) / f"{stem}.tif"
            write_map(model, stack, path, overwrite=overwrite)
            prediction = None
            if (rasters / _VALIDATION).is_file():
                points = PointsSource(rasters / _VALIDATION, label="DEP")
                prediction = score_map(path, points, kind="prediction-rate", training=cells)
            success = score_map(path, training, kind="success-rate")
            maps.append(StudyMap(name, published, str(path), success, prediction))
            if progress is not None:
                progress("maps", number, len(members), name)
    return tuple(maps)


def rasters_of(study: Study) -> Path:
    """Give the folder of the study's layers.

    Raises
    ------
    StudyError
        If the study has none.
    """
    if study.rasters is None:
        raise StudyError(
            "there are no layers to map",
            path=Path(study.folder) / "evidence",
            expected=", ".join(f"{name}.tif" for name in LAYERS),
            mend="leave --map out, or put the layers there",
        )
    return Path(study.rasters)


def _members(
    study: Study, results: Sequence[MethodResult]
) -> Iterator[tuple[str, bool, tuple[Member, ...]]]:
    """Give name, whether published, and members of each map to make."""
    for name, network in read_published(study).items():
        yield name, True, (network.network,)
    for result in results:
        if result.members:
            yield result.method, False, result.members


def _model(
    study: Study, members: tuple[Member, ...], settings: dict[str, Any]
) -> ProspectivityModel:
    """Make a model of members that take the study's components."""
    tables = {"raw": study.raw_path, "components": study.training.path}
    return ProspectivityModel(
        recovered_components(study),
        members,
        np.stack([study.evidence.min(axis=0), study.evidence.max(axis=0)], 1).astype(np.float32),
        settings,
        {name: checksum(path) for name, path in tables.items()},
    )
