"""`geoprospect check`: what is wrong with a project, without running it."""

from __future__ import annotations

import json
import logging

import click

import geoprospect as gp
from geoprospect.cli.layers import print_layers
from geoprospect.cli.options import json_option, project_argument


@click.command("check")
@project_argument
@json_option
def check_command(project: str, as_json: bool) -> None:
    """Report what is wrong with the PROJECT file's evidence, points and settings.

    The exit status is 1 if anything found would stop `geoprospect run`.
    """
    with gp.progress_shown(logging.CRITICAL) as progress:  # what is logged is among the findings
        findings = gp.check(project, progress=progress)
    errors = sum(finding.level == "error" for finding in findings)
    if as_json:
        click.echo(json.dumps(findings.to_dict(), indent=1))
    else:
        for finding in findings:
            click.echo(f"{finding.level:>7}  {finding.text}")
        if findings.layers is not None:
            print_layers(findings.layers)
        click.echo(
            f"{errors} errors: `geoprospect run {project}` would stop"
            if errors
            else f"no error: go on with `geoprospect run {project}`"
        )
    if errors:
        raise click.exceptions.Exit(1)
