"""`geoprospect applicability`: where the map of a finished run may be believed."""

from __future__ import annotations

import json
from typing import Any

import click

import geoprospect as gp
from geoprospect.cli.options import (
    execution_of,
    execution_options,
    json_option,
    overwrite_option,
)


@click.command("applicability")
@click.argument("folder", type=click.Path(file_okay=False))
@execution_options
@json_option
@overwrite_option
def applicability_command(folder: str, *, as_json: bool, overwrite: bool, **options: Any) -> None:
    """Map where the map of a finished run may be believed: on ground like its training cells.

    FOLDER is the output folder of `geoprospect run`. It receives applicability.tif, whose style
    veils the ground outside in grey over the map, and applicability.json.
    """
    resume = options.pop("resume")
    with gp.progress_shown() as progress:
        summary = gp.add_product(
            folder,
            "applicability",
            gp.NoSettings(),
            execution=execution_of(options),
            overwrite=overwrite,
            resume=resume,
            progress=progress,
        )
    if as_json:
        click.echo(json.dumps(summary.to_dict(), indent=1))
        return
    for sentence in summary.sentences():
        click.echo(sentence)
    click.echo(f"written: {summary.path}")
