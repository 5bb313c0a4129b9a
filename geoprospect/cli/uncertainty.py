"""`geoprospect uncertainty`: how sure each cell of a finished run's map is."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

import geoprospect as gp
from geoprospect.cli.options import (
    FiniteRange,
    execution_of,
    execution_options,
    json_option,
    overwrite_option,
)

_SHOWN = 5


@click.command("uncertainty")
@click.argument("folder", type=click.Path(file_okay=False))
@click.option("--refits", type=click.IntRange(5, 1000), metavar="TIMES",
              default=30, show_default=True,
              help="Times that the method is fitted again on resampled points.")  # fmt: skip
@click.option("--members", type=click.IntRange(1, 100), metavar="MEMBERS",
              default=2, show_default=True,
              help="Members of each; of one, the part of the seeds is not told.")  # fmt: skip
@click.option("--threshold", type=FiniteRange(0, 1), metavar="SCORE",
              default=0.5, show_default=True,
              help="Map the probability that the score is above this.")  # fmt: skip
@execution_options
@json_option
@overwrite_option
def uncertainty_command(
    folder: str,
    *,
    as_json: bool,
    overwrite: bool,
    resume: bool,
    **options: Any,
) -> None:
    """Tell how sure the map in FOLDER is, the output folder of `geoprospect run`.

    The run's method is fitted again on resamples of its points, cluster by cluster, with other
    seeds: how far the score of a cell varies is its uncertainty, due to few data and due to seeds.
    It also tells where a further sample or survey would tell most.
    """
    execution = execution_of(options)
    with gp.progress_shown() as progress:
        sure = gp.add_product(
            folder,
            "uncertainty",
            gp.UncertaintySettings(**options),
            execution=execution,
            overwrite=overwrite,
            resume=resume,
            progress=progress,
        )
    if as_json:
        click.echo(json.dumps(asdict(sure), indent=1))
        return
    click.echo(f"{sure.uncertainty.path}: {sure.uncertainty.sentence()}")
    click.echo(
        f"\nTo measure next, {len(sure.next_cells)} cells at least {sure.apart / 1000:.3g} km "
        "apart, where it is most open what is best; the first of them:"
    )
    for cell in sure.next_cells[:_SHOWN]:
        click.echo(f"  {cell.easting:.12g}, {cell.northing:.12g}: {cell.sentence()}")
