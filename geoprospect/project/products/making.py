"""Optional products made: at the end of a run, or for the folder of one that is finished."""

from __future__ import annotations

import logging
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from geoprospect.errors import GeoprospectError, ProjectError
from geoprospect.mapping import Execution
from geoprospect.output import check_absent
from geoprospect.project import results
from geoprospect.project.finished import (
    manifest_of,
    model_of_run,
    project_of_run,
    write_manifest,
)
from geoprospect.project.inputs import Inputs
from geoprospect.project.outputfolder import added_to
from geoprospect.project.products.product import MadeRun, OptionalProduct
from geoprospect.project.products.registry import OPTIONAL
from geoprospect.project.qgisproject.refreshing import refresh
from geoprospect.typing import Progress, StrPath

_LOGGER = logging.getLogger(__name__)


def asked_for(inputs: Inputs) -> dict[str, Any]:
    """Give the settings of the optional products that a project asks for, in order of making."""
    settings = vars(inputs.project.products)
    return {name: settings[name] for name in OPTIONAL if settings.get(name) is not None}


def check_asked(inputs: Inputs) -> None:
    """Refuse what would stop the making of an optional product after the map is made.

    Raises
    ------
    GeoprospectError
        As the products say.
    """
    for name, settings in asked_for(inputs).items():
        OPTIONAL[name].check(inputs, settings)


def make_asked(made: MadeRun) -> dict[str, object]:
    """Make the optional products that a project asks for; give what each tells, by name.

    One that cannot be made is told of and left out: the map, which may have taken hours, is kept.
    """
    told: dict[str, object] = {}
    for name, settings in asked_for(made.inputs).items():
        try:
            told[name] = OPTIONAL[name].make(made, settings)
        except GeoprospectError as error:
            for file in OPTIONAL[name].files:
                for path in file.places(made.folder):
                    path.unlink(missing_ok=True)  # half of a product is none
            _LOGGER.warning(f"{name}: not made, and the map is kept: {error}")
    return told


def add_product(
    folder: StrPath,
    name: str,
    settings: object,
    *,
    execution: Execution | None = None,
    overwrite: bool = False,
    resume: bool = False,
    progress: Progress | None = None,
) -> Any:
    """Make an optional product in the output folder of a finished run, and add it to its manifest.

    Parameters
    ----------
    folder : path-like
        The output folder of `geoprospect.run`.
    name : str
        The product, as the setting under [products] names it.
    settings : object
        Its settings, of the type that `ProductSettings` gives the field.
    execution : Execution, optional
        On which processors its rasters are written, in how much memory.
    overwrite : bool
        Whether it is replaced where a run, or this, made it before.
    resume : bool
        Whether an unfinished raster of it is gone on with.
    progress : callable, optional
        As for `geoprospect.run`.

    Returns
    -------
    object
        What the product tells of itself.

    Raises
    ------
    ProjectError
        If the folder is none of a run, its project file is not found, or its points have changed.
    OutputError
        If a file is there already and not to be replaced, or cannot be written.
    GeoprospectError
        As the product says.
    """
    folder, product = Path(folder), OPTIONAL[name]
    manifest, project = manifest_of(folder), project_of_run(folder)
    model = model_of_run(folder)
    _check_absent(folder, product, overwrite=overwrite)
    with (
        added_to(folder, product.files),
        Inputs(project, progress, preparation=model.preparation) as inputs,
    ):
        product.check(inputs, settings)
        made = MadeRun(
            inputs=inputs,
            model=model,
            folder=folder,
            execution=execution or Execution(),
            overwrite=overwrite,
            resume=resume,
            progress=progress,
        )
        _check_unchanged(made)
        told = product.make(made, settings)
        shown = refresh(made, manifest, product.files)
        added = manifest.get("added", {}) | {name: asdict(settings)}  # type: ignore[call-overload]
        places = {path.name for file in product.files for path in file.places(folder)}
        others = {name: sum_ for name, sum_ in manifest["outputs"].items() if name not in places}
        outputs = others | results.checksums(folder, (*product.files, *shown))
        write_manifest(folder, manifest | {"added": added}, outputs)
        if os.path.lexists(results.REPORT.path(folder)):
            from geoprospect.project.report.page import leave_report  # noqa: PLC0415 - it draws

            leave_report(folder, project)  # it shows the product too
    return told


def _check_absent(folder: Path, product: OptionalProduct, *, overwrite: bool) -> None:
    """Refuse to replace files, without being asked to."""
    for file in product.files:
        check_absent(file.path(folder), overwrite=overwrite)


def _check_unchanged(made: MadeRun) -> None:
    """Refuse points that are others by now than those that the model was fitted on."""
    now = made.inputs.checksums(made.method)
    changed = [what for what, sum_ in now.items() if made.model.inputs.get(what, sum_) != sum_]
    if changed:
        raise ProjectError(
            f"what the map was made from has changed since: {', '.join(changed)}",
            path=made.project.path,
            mend=f"run it again: geoprospect run {made.project.path} --overwrite",
        )
