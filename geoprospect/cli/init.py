"""`geoprospect init`: a project file drafted from a folder of survey files."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

import geoprospect as gp
from geoprospect.cli.options import json_option, overwrite_option


@click.command("init")
@click.argument("folder", metavar="FOLDER", type=click.Path(file_okay=False))
@click.option(
    "--output",
    type=click.Path(dir_okay=False),
    help="The project file to write; by default FOLDER/project.toml.",
)
@json_option
@overwrite_option
def init_command(folder: str, output: str | None, as_json: bool, overwrite: bool) -> None:
    """Look through a FOLDER of rasters, vector files and tables, and draft a project file.

    What is unsure is marked in the file by "# ?", and listed.
    """
    draft = gp.draft_project(folder, output, overwrite=overwrite)
    if as_json:
        click.echo(json.dumps(asdict(draft), indent=1))
        return
    click.echo(f"{draft.path}: {len(draft.layers)} layers: {', '.join(draft.layers)}")
    for word, lines in (("look at", draft.asked), ("left out", draft.left_out)):
        for line in lines:
            click.echo(f"  {word}: {line}")
    click.echo(f"Next: geoprospect check {draft.path}")
