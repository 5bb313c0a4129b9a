"""`geoprospect map`: a model and evidence in, a prospectivity GeoTIFF out."""

from __future__ import annotations

import json
import os
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

import geoprospect as gp
from geoprospect.cli.options import json_option, overwrite_option


@click.command("map")
@click.argument("model", type=click.Path(file_okay=False))
@click.argument("evidence", type=click.Path(), metavar="PROJECT|FOLDER")
@click.option(
    "--output",
    type=click.Path(),
    metavar="FILE",
    default="prospectivity.tif",
    show_default=True,
    help="The GeoTIFF to write, or a .vrt over its parts; a QGIS style goes beside it.",
)
@click.option("--resume", is_flag=True, help="Go on with a map that was stopped.")
@click.option(
    "--memory",
    type=click.IntRange(min=1),
    metavar="MIB",
    help="Memory to stay below; of each worker, if there are any.",
)
@click.option(
    "--workers", type=click.IntRange(1, 10_000), metavar="N", help="Map in so many processes."
)
@click.option("--cluster", metavar="ADDRESS", help="Map on the workers of a dask scheduler.")
@json_option
@overwrite_option
def map_command(
    model: str,
    evidence: str,
    *,
    output: str,
    resume: bool,
    as_json: bool,
    overwrite: bool,
    **execution: Any,
) -> None:
    """Map the evidence of a PROJECT file, or of a FOLDER of rasters, with the MODEL folder."""
    gp.check_absent(output, overwrite=overwrite)
    if os.path.isdir(evidence):  # all its rasters are read, and a map in it would be one of them
        gp.check_apart([output], [("evidence", evidence)])
    chosen = {name: value for name, value in execution.items() if value is not None}
    loaded = gp.load_model(model)
    if Path(evidence).suffix == ".toml":
        stack = gp.Project.load(evidence).open_evidence(loaded.preparation)
    else:
        stack = gp.open_evidence(evidence)
    with closing(stack), gp.progress_shown() as progress:
        summary = gp.write_map(
            loaded,
            stack,
            output,
            execution=gp.Execution(**chosen),
            overwrite=overwrite,
            resume=resume,
            progress=lambda done, total: progress("map", done, total, "cells"),
        )
    if as_json:
        click.echo(json.dumps(asdict(summary), indent=1))
    else:
        click.echo(
            f"{summary.path}: {summary.n_valid} cells scored from {summary.minimum:.3f} to "
            f"{summary.maximum:.3f}, mean {summary.mean:.3f}; "
            f"{summary.n_cells - summary.n_valid} cells are not valid in every layer"
        )
