"""`geoprospect check`: what is wrong with a project, without running it."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import click

import geoprospect as gp
from geoprospect.cli.layers import print_layers
from geoprospect.cli.options import json_option, overwrite_option, project_argument


@click.command("check")
@project_argument
@click.option("--pictures", type=click.Path(dir_okay=False), metavar="FILE.html",
              help="Write a page with a small map and a histogram of each layer.")  # fmt: skip
@json_option
@overwrite_option
def check_command(project: str, pictures: str | None, as_json: bool, overwrite: bool) -> None:
    """Report what is wrong with the PROJECT file's evidence, points and settings.

    The layers are listed with their ranges, what is odd about them, and how far they tell the
    same. The exit status is 1 if anything found would stop `geoprospect run`.
    """
    if pictures is not None and Path(pictures).suffix.lower() not in (".html", ".htm"):
        raise click.UsageError("--pictures writes a page: give it a name that ends in .html")
    with gp.progress_shown(logging.CRITICAL) as progress:  # what is logged is among the findings
        checked = gp.check(project, pictures=pictures, overwrite=overwrite, progress=progress)
    errors = sum(finding.level == "error" for finding in checked)
    if as_json:
        click.echo(json.dumps(checked.to_dict(), indent=1))
    else:
        for finding in checked:
            click.echo(f"{finding.level:>7}  {finding.text}")
        if checked.layers is not None:
            print_layers(checked.layers)
        click.echo(
            f"{errors} error{'' if errors == 1 else 's'}: `geoprospect run {project}` would stop"
            if errors
            else f"no error: go on with `geoprospect run {project}`"
        )
    if errors:
        raise click.exceptions.Exit(1)
