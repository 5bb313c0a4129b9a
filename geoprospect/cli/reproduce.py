"""`geoprospect reproduce`: the published study, audited and run again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

import geoprospect as gp
from geoprospect.cli.options import FiniteRange, json_option, overwrite_option


@click.command("reproduce")
@click.argument("study", type=click.Path(file_okay=False))
@click.option(
    "--seeds",
    type=click.IntRange(1, 10_000),
    metavar="NETWORKS",
    default=10,
    show_default=True,
    help="Networks to train for each method.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    metavar="SEED",
    default=0,
    show_default=True,
    help="Seed of the seeds.",
)
@click.option(
    "--effort",
    type=FiniteRange(min=0, max=1, min_open=True),
    metavar="SHARE",
    default=1.0,
    show_default=True,
    help="Fraction of the study's epochs and trees; below 1 for a trial run.",
)
@click.option(
    "--map",
    "with_maps",
    is_flag=True,
    help="Map the layers under STUDY/evidence with every method and weight file.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False),
    default="reproduction",
    show_default=True,
    help="Folder for JSON, CSV, HTML and maps.",
)
@json_option
@overwrite_option
def reproduce_command(
    study: str,
    *,
    with_maps: bool,
    output: str,
    as_json: bool,
    overwrite: bool,
    **options: Any,
) -> None:
    """Audit the published STUDY folder and run its three experiments again.

    STUDY is a clone of the published repository, or a folder of its tables and weights.
    """
    gp.check_reproduction_writable(output, overwrite=overwrite)
    with gp.progress_shown() as progress:
        reproduction = gp.reproduce(
            study,
            **options,
            maps=Path(output) / "maps" if with_maps else None,
            overwrite=overwrite,
            progress=progress,
        )
    files = gp.write_reproduction(reproduction, output, overwrite=overwrite)
    if as_json:
        click.echo(json.dumps(reproduction.to_dict(), indent=1))
        return
    click.echo("\n".join([*reproduction.audit.lines(), ""]))
    _print_tables(reproduction)
    click.echo("* outside our range\n")
    click.echo("\n".join(reproduction.remarks()))
    if reproduction.maps:
        click.echo()
        _print_maps(reproduction)
    click.echo(f"\nOpen {files[2]}; the figures are in {files[0]} and {files[1]} too.")


def _print_tables(reproduction: gp.Reproduction) -> None:
    """Print a table for each experiment, with the figures of each method."""
    from rich import box  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    console = Console()
    titles = {"I": "Experiment I", "II": "Experiment II", "III": "Experiment III", "tried": "Tried"}
    for name, title in titles.items():
        results = reproduction.of(name)
        if not results:
            continue
        table = Table(
            "",
            "",
            *reproduction.point_sets,
            box=box.SIMPLE_HEAD,
            show_edge=False,
            collapse_padding=True,
            pad_edge=False,
        )
        table.title = f"{title}: areas under the ROC curve, {reproduction.seeds} seeds"
        table.title_justify = "left"
        for column in table.columns[2:]:
            column.justify = "right"
        for result in results:
            for row in result.rows():
                table.add_row(*row)
        console.print(table)
        click.echo()


def _print_maps(reproduction: gp.Reproduction) -> None:
    """Print the areas under the rate curves of the study's maps."""
    from rich import box  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table("", "success rate", "prediction rate", "in best 10%", box=box.SIMPLE_HEAD)
    for column in table.columns[1:]:
        column.justify = "right"
    table.title = "Maps over the rebuilt layers: areas under the rate curves"
    for study_map in reproduction.maps:
        rates = ["–", "–"]
        if study_map.prediction is not None:
            captured = study_map.prediction.curve.captured_in(0.1)
            rates = [f"{study_map.prediction.auc:.4f}", f"{captured:.0%}"]
        name = f"{study_map.name} ({'study' if study_map.published else 'ours'})"
        table.add_row(name, f"{study_map.success.auc:.4f}", *rates)
    Console().print(table)
