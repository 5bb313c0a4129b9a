"""The QGIS project of a finished run, written anew for what lies in its folder by now."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from geoprospect.output import checksum, replacing
from geoprospect.project import results
from geoprospect.project.finished import manifest_of, model_of_run, project_of_run
from geoprospect.project.inputs import Inputs
from geoprospect.project.outputfolder import added_to
from geoprospect.project.products.product import MadeRun
from geoprospect.project.qgisproject.writing import write_project, write_qgis_files, write_words
from geoprospect.typing import StrPath

_LOGGER = logging.getLogger(__name__)


def write_qgis_project(folder: StrPath) -> Path:
    """Write the QGIS project of a finished run, of what lies in its folder by now.

    A run writes it by itself, and so does each command that adds a product to the folder; this is
    for a folder that has changed otherwise, or a project that QGIS has saved since.

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
        outputs = manifest["outputs"] | results.checksums(folder, written)
        with replacing(results.MANIFEST.path(folder), overwrite=True) as temporary:
            content = manifest | {"outputs": dict(sorted(outputs.items()))}
            text = json.dumps(content, indent=1) + "\n"
            temporary.write_text(text, encoding="utf-8")
    return results.QGIS_PROJECT.path(folder)


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
