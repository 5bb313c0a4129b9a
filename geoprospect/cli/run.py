"""`geoprospect run`: the whole job, from the project file to map and scores."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from shlex import quote

import click

import geoprospect as gp
from geoprospect.cli.options import json_option, overwrite_option, project_argument, quick_option


@click.command("run")
@project_argument
@quick_option
@json_option
@overwrite_option
def run_command(project: str, quick: bool, as_json: bool, overwrite: bool) -> None:
    """Train, map and score the PROJECT file; leave a folder with all of it."""
    loaded = gp.Project.load(project)
    with gp.progress_shown() as progress:
        summary = gp.run(loaded.quick if quick else loaded, overwrite=overwrite, progress=progress)
    if as_json:
        scores = {role: score.to_dict() for role, score in summary.scores.items()}
        content = {"folder": summary.folder, "map": asdict(summary.map), "scores": scores}
        click.echo(json.dumps(content, indent=1))
        return
    for score in summary.scores.values():
        click.echo(score.sentence())
    click.echo(
        "The success rate tells how well the map fits the points that it was made from, not how "
        "well it finds others; for a figure of points held out, run "
        f"`geoprospect crossval {quote(project)}`."
    )
    probability = summary.probability
    click.echo(
        f"Open {Path(summary.folder) / 'report.html'} in a browser and "
        f"{Path(summary.folder) / 'prospectivity.qgz'} in QGIS; the map is {summary.map.path}"
        + ("" if probability is None else f", the probability of a deposit {probability.path}")
        + f"; all results are in {summary.folder}."
    )
