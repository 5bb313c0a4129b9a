"""`geoprospect sample`: write a project to try things on."""

from __future__ import annotations

import click

import geoprospect as gp
from geoprospect.cli.options import overwrite_option


@click.command("sample")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False))
@overwrite_option
def sample_command(folder: str, overwrite: bool) -> None:
    """Write a sample project into DIR: a made-up province whose truth is known."""
    path = gp.sample_project(folder, overwrite=overwrite)
    click.echo(f"{path.parent / 'sample_rasters'}: seven evidence layers, X1.tif to X7.tif")
    click.echo(f"{path.parent / 'data'}: training, validation and lithology points,")
    click.echo("  the geological map, and the truth that the occurrences were drawn from")
    click.echo(f"{path}: the project file")
    click.echo(f"Next: geoprospect run {path}")
