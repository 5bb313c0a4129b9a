"""A run that is finished: its model, and the project that it was made with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geoprospect.errors import ProjectError
from geoprospect.model.model import ProspectivityModel
from geoprospect.output import replacing
from geoprospect.project import results
from geoprospect.project.file import Project
from geoprospect.typing import StrPath

_MEND = "name the project file or the folder of rasters yourself: --project PROJECT"


def model_of_run(folder: StrPath) -> ProspectivityModel:
    """Load the model of a run's output folder, or of a model folder.

    Raises
    ------
    ModelError
        If there is none, or it is damaged.
    """
    inside = results.MODEL.path(Path(folder))
    return ProspectivityModel.load(inside if inside.is_dir() else folder)


def manifest_of(folder: Path) -> dict[str, Any]:
    """Read the manifest of a run's output folder.

    Raises
    ------
    ProjectError
        If there is none, or it is damaged.
    """
    path = results.MANIFEST.path(folder)
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        _ = Path(manifest["project"]["path"])
        _ = {**manifest["outputs"], **manifest.get("added", {})}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProjectError(
            "the manifest of a run, which tells the project, is missing or damaged",
            path=path,
            expected="the output folder of `geoprospect run`",
            mend=_MEND,
        ) from error
    return manifest  # type: ignore[no-any-return]


def write_manifest(folder: Path, manifest: Mapping[str, Any], outputs: Mapping[str, str]) -> None:
    """Write the manifest of a run's output folder anew, with the checksums of its outputs.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    content = {**manifest, "outputs": dict(sorted(outputs.items()))}
    with replacing(results.MANIFEST.path(folder), overwrite=True) as temporary:
        temporary.write_text(json.dumps(content, indent=1, default=str) + "\n", encoding="utf-8")


def project_of_run(folder: StrPath) -> Project:
    """Load the project that an output folder was made with, as its manifest tells it.

    Raises
    ------
    ProjectError
        If the folder has no manifest, or the project file is no longer there or writes elsewhere.
    """
    folder = Path(folder)
    told = Path(manifest_of(folder)["project"]["path"])
    # A path that was relative may lead to another project from here.
    for path in dict.fromkeys((told, folder.resolve().parent / told.name)):
        if path.is_file():
            project = Project.load(path)
            if project.folder.resolve() == folder.resolve():
                return project
    raise ProjectError(
        "the project file that the folder was made with is not found",
        path=folder,
        found=f"{told}, which the manifest tells, is gone or writes elsewhere",
        mend=_MEND,
    )
