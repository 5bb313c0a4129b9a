"""`geoprospect crossval`: what methods score at points far from those they learned from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from geoprospect.cli.options import json_option, overwrite_option, project_argument
from geoprospect.cli.progress import progress_shown


@click.command("crossval")
@project_argument
@click.option(
    "--method", "methods", multiple=True,
    help="A method by name, such as random-forest; may be repeated. [default: the project's]",
)  # fmt: skip
@click.option("--all", "every", is_flag=True, help="The eight methods of the published study.")
@click.option(
    "--folds", "kind", type=click.Choice(["clusters", "blocks", "random"]), default="clusters",
    show_default=True, help="k-means regions, square blocks, or cells at random.",
)  # fmt: skip
@click.option("--number", type=click.IntRange(min=2), default=5, show_default=True,
              help="Number of folds.")  # fmt: skip
@click.option("--repeats", type=click.IntRange(min=1), default=3, show_default=True,
              help="Repeats, with other regions or shifted blocks.")  # fmt: skip
@click.option("--size", type=click.FloatRange(min=0, min_open=True), default=20_000.0,
              show_default=True, help="Edge of a block, in units of the CRS.")  # fmt: skip
@click.option("--buffer", type=click.FloatRange(min=0), default=0.0, show_default=True,
              help="Leave out points this near to those held out.")  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True,
              help="Seed of the folds.")  # fmt: skip
@click.option("--output", type=click.Path(file_okay=False),
              help="Folder for the results [default: <folder>/crossval].")  # fmt: skip
@json_option
@overwrite_option
def crossval_command(
    project: str,
    *,
    methods: tuple[str, ...],
    every: bool,
    number: int,
    output: str | None,
    as_json: bool,
    overwrite: bool,
    **scheme: Any,
) -> None:
    """Cross-validate methods on the training points of the PROJECT file, in space.

    A null that knows only easting and northing runs under the same folds.
    """
    from geoprospect.comparison import METHODS, compare_methods  # noqa: PLC0415
    from geoprospect.crossval import FoldScheme  # noqa: PLC0415
    from geoprospect.output import check_absent  # noqa: PLC0415
    from geoprospect.project import Project  # noqa: PLC0415

    loaded = Project.load(project)
    folder = Path(output) if output else loaded.folder / "crossval"
    for name in ("crossval.json", "held_out.gpkg"):
        check_absent(folder / name, overwrite=overwrite)
    with progress_shown() as progress:
        comparison = compare_methods(
            loaded,
            FoldScheme(folds=number, **scheme),
            tuple(METHODS) if every else methods,
            progress=progress,
            say=lambda line: click.echo(line, err=True),
        )
    comparison.write(folder, overwrite=overwrite)
    if as_json:
        click.echo(json.dumps(comparison.to_dict(), indent=1))
        return
    _print_table(comparison)
    for line in comparison.sentences():
        click.echo(line)
    click.echo(f"Open {folder / 'held_out.gpkg'} in QGIS to see where a method fails.")


def _print_table(comparison: Any) -> None:
    """Print the figures, a row a method."""
    from rich import box  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from geoprospect.comparison import mean_and_range  # noqa: PLC0415

    table = Table("", "area under ROC", "average precision", box=box.SIMPLE_HEAD, show_edge=False)
    for result in (*comparison.methods, comparison.null):
        table.add_row(
            result.method, mean_and_range(result.auc), mean_and_range(result.average_precision)
        )
    Console().print(table)
