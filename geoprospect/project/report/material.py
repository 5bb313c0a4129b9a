"""What lies in the folder of a finished run, read for its report."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from geoprospect.errors import GeoprospectError, ProjectError
from geoprospect.evidence.features.points import coordinates
from geoprospect.grid import Grid
from geoprospect.project import results
from geoprospect.project.file import Project
from geoprospect.project.finished import manifest_of, project_of_run
from geoprospect.samples import PointsSource
from geoprospect.typing import Floats, StrPath

_PLAIN_NAMES = {"out", "output", "results"}
TARGETS = ("targets.gpkg", "targets.geojson")


@dataclass(frozen=True)
class RunPoints:
    """Labelled points of a run, in the CRS of its map.

    Attributes
    ----------
    easting, northing : ndarray of float64, shape (n,)
        Where they lie; NaN where one has no place.
    occurrence : ndarray of bool, shape (n,)
        Which of them are occurrences.
    """

    easting: Floats
    northing: Floats
    occurrence: Any

    @classmethod
    def read(cls, source: PointsSource, grid: Grid) -> RunPoints:
        """Read the points of a file.

        Raises
        ------
        SamplesError
            If they cannot be read.
        """
        points = source.read()
        labels = source.labels(points)
        easting, northing = coordinates(points, grid)
        known = np.isfinite(easting) & np.isfinite(northing)
        return cls(easting[known], northing[known], labels.codes[known] == 1)


@dataclass(frozen=True)
class Material:
    """What a report is made from.

    Attributes
    ----------
    folder : Path
        The folder of the run.
    manifest, scores, settings : dict
        The manifest, the scores, and the settings that the model keeps.
    log : tuple of str
        The lines of the log.
    points : dict of str to RunPoints
        Training and validation points, by role.
    missing : tuple of str
        What the report has to do without, and why, in sentences.
    """

    folder: Path
    manifest: dict[str, Any]
    scores: dict[str, Any]
    settings: dict[str, Any]
    log: tuple[str, ...]
    points: dict[str, RunPoints]
    missing: tuple[str, ...]

    @classmethod
    def read(cls, folder: StrPath, grid: Grid, project: Project | None = None) -> Material:
        """Read the folder of a run.

        Parameters
        ----------
        folder : path-like
            The output folder of `geoprospect run`.
        grid : Grid
            That of its map.
        project : Project, optional
            The project; that which the manifest names, if it is still there.

        Raises
        ------
        ProjectError
            If a file of the run is missing or damaged.
        """
        folder = Path(folder)
        manifest = manifest_of(folder)
        points: dict[str, RunPoints] = {}
        missing: list[str] = []
        try:
            project = project or project_of_run(folder)
            for role in ("training", "validation"):
                source = getattr(project.points, role)
                if source is not None:
                    points[role] = RunPoints.read(source, grid)
        except GeoprospectError as error:
            missing.append(f"The map does not show all points that it was made from: {error}.")
        model = json_of(results.MODEL.path(folder) / "model.json")
        log = results.LOG.path(folder)
        lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
        return cls(
            folder,
            manifest,
            json_of(results.SCORES.path(folder)),
            model.get("settings", {}),
            tuple(lines),
            points,
            tuple(missing),
        )

    @property
    def name(self) -> str:
        """What a reader may call the run: its folder, or the one that this lies in."""
        folder = Path(self.manifest["project"]["folder"])
        return folder.parent.name if folder.name.lower() in _PLAIN_NAMES else folder.name

    @property
    def roles(self) -> dict[str, dict[str, Any]]:
        """The scores by the points they were taken at, the points held apart first."""
        return {
            role: self.scores[role] for role in ("validation", "training") if role in self.scores
        }

    @property
    def choice(self) -> dict[str, Any] | None:
        """How the method was chosen; None where it was named."""
        choice: dict[str, Any] | None = self.scores.get("choice")
        return choice

    def found(self, file: str) -> Path | None:
        """Give the path of an optional product, if it is there."""
        path = self.folder / file
        return path if path.is_file() else None

    @property
    def use(self) -> dict[str, Any] | None:
        """What the model uses, where that was found out."""
        path = self.found("importance.json")
        return None if path is None else json_of(path)

    def targets(self, grid: Grid) -> gpd.GeoDataFrame | None:
        """Read the targets, in the CRS of the map, if there are any.

        Raises
        ------
        ProjectError
            If they cannot be read.
        """
        path = next((path for file in TARGETS if (path := self.found(file))), None)
        if path is None:
            return None
        try:
            layer = path.stem if path.suffix == ".gpkg" else None  # its style is another one
            targets = gpd.read_file(path, layer=layer)
        except Exception as error:  # of several libraries
            raise ProjectError(
                "the targets cannot be read", path=path, found=str(error), mend="make them again"
            ) from error
        return targets.to_crs(grid.crs.to_wkt()) if targets.crs is not None else targets


def json_of(path: Path) -> dict[str, Any]:
    """Read a JSON file of a run.

    Raises
    ------
    ProjectError
        If it is missing or damaged.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError("no object")
    except (OSError, ValueError, RecursionError) as error:
        raise ProjectError(
            "a file of the run is missing or damaged",
            path=path,
            found=str(error),
            mend="run the project again with --overwrite",
        ) from error
    return content
