"""The QGIS project of a finished run, written anew for what lies in its folder by now."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from geoprospect.errors import GeoprospectError
from geoprospect.output import checksum
from geoprospect.project import results
from geoprospect.project.finished import (
    manifest_of,
    model_of_run,
    project_of_run,
    write_manifest,
)
from geoprospect.project.inputs import Inputs
from geoprospect.project.outputfolder import added_to
from geoprospect.project.products.product import MadeRun
from geoprospect.project.qgisproject.writing import (
    HELD_OUT,
    write_project,
    write_qgis_files,
    write_words,
)
from geoprospect.typing import StrPath

_LOGGER = logging.getLogger(__name__)


def write_qgis_project(folder: StrPath) -> Path:
    """Write the QGIS project of a finished run, of what lies in its folder by now.

    A run writes it by itself, and so does each command that adds to the folder; this is for a
    folder that has changed otherwise, or a project that QGIS has saved since.

    Parameters
    ----------
    folder : path-like
        The output folder of `geoprospect.run`.

    Returns
    -------
    Path
        The project, `prospectivity.qgz`; `points.gpkg` is written anew with it.

    Raises
    ------
    ProjectError
        If the folder is none of a run, or its project file is not found.
    OutputError
        If the project cannot be written.
    GeoprospectError
        If evidence or points cannot be read.
    """
    folder = Path(folder)
    manifest, project, model = manifest_of(folder), project_of_run(folder), model_of_run(folder)
    written = tuple(x for x in results.PRODUCTS if x.file in manifest["outputs"] and x.described)
    written = (results.QGIS_PROJECT, results.POINTS, *written)
    with (
        added_to(folder, written),
        Inputs(project, preparation=model.preparation) as inputs,
    ):
        write_qgis_files(MadeRun(inputs, model, folder))
        write_manifest(folder, manifest, manifest["outputs"] | results.checksums(folder, written))
    return results.QGIS_PROJECT.path(folder)


def show_held_out(comparison: Path) -> None:
    """Write the project of a finished run anew after methods were compared in its folder.

    Parameters
    ----------
    comparison : Path
        Where the points held out lie; in a folder of no run, or under another name, nothing is
        done. Where the project cannot be written, as of a run whose files were moved, a warning
        says so: the comparison is none the worse.
    """
    folder, points = comparison.parent, comparison / Path(HELD_OUT).name
    is_run = results.MANIFEST.path(folder).is_file() and results.QGIS_PROJECT.path(folder).is_file()
    if not is_run or points != folder / HELD_OUT:
        return
    try:
        manifest, model = manifest_of(folder), model_of_run(folder)
        with (
            added_to(folder, (results.QGIS_PROJECT,)),
            Inputs(project_of_run(folder), preparation=model.preparation) as inputs,
        ):
            written = refresh(MadeRun(inputs, model, folder), manifest, ())
            outputs = manifest["outputs"] | results.checksums(folder, written)
            write_manifest(folder, manifest, outputs)
    except GeoprospectError as error:
        path = results.QGIS_PROJECT.path(folder)
        _LOGGER.warning(f"{path} does not show the points held out: {error}")


def refresh(
    made: MadeRun, manifest: Mapping[str, Any], products: Sequence[results.Product]
) -> tuple[results.Product, ...]:
    """Write the project anew after products were added, and the words beside these.

    A project that QGIS has saved since stays: it may hold someone's work.

    Returns
    -------
    tuple of results.Product
        The project, if it was written.
    """
    for product in products:
        write_words(made, product)
    path = results.QGIS_PROJECT.path(made.folder)
    if path.is_file() and checksum(path) != manifest["outputs"].get(path.name):
        _LOGGER.info(f"{path} was saved by QGIS since and stays as it is; drag what is new into it")
        return ()
    write_project(made)
    return (results.QGIS_PROJECT,)
