"""`geoprospect crossval`: what methods score at points far from those they learned from."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import wrap
from typing import Any

import click

import geoprospect as gp
from geoprospect.cli.options import FiniteRange, json_option, overwrite_option, project_argument
from geoprospect.cli.tables import print_table, table_of


def _methods_begun(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Complete a method's name in a shell; the study's after "paper-" alone."""
    names = gp.method_names(paper=begun.startswith("paper-"))
    return [name for name in names if name.startswith(begun)]


@click.command("crossval")
@project_argument
@click.option(
    "--method", "methods", multiple=True, metavar="NAME", shell_complete=_methods_begun,
    help="A method by name, such as random-forest, or paper-random-forest for that of the "
    "published study; may be repeated. [default: the project's]",
)  # fmt: skip
@click.option("--all", "every", is_flag=True, help="Every method.")
@click.option(
    "--folds", "kind", default="clusters", show_default=True,
    type=click.Choice(["clusters", "blocks", "leave-one-region-out", "random"]),
    help="k-means regions, square blocks, polygons, or (for comparison only) cells at random.",
)  # fmt: skip
@click.option("--number", type=click.IntRange(min=2), metavar="FOLDS", default=5, show_default=True,
              help="Number of folds; polygons have their own.")  # fmt: skip
@click.option("--repeats", type=click.IntRange(1, 10_000), metavar="TIMES",
              default=3, show_default=True,
              help="Repeats, with other regions or shifted blocks, not of polygons.")  # fmt: skip
@click.option("--size", type=FiniteRange(min=0, min_open=True),
              metavar="METRES", help="Edge of a block [default: the range of the evidence's "
              "variogram].")  # fmt: skip
@click.option("--regions", type=click.Path(dir_okay=False),
              help="Polygons for leave-one-region-out.")  # fmt: skip
@click.option("--region-layer", metavar="NAME", help="The layer of a file with several.")
@click.option("--region-field", metavar="NAME",
              help="The field of their names [default: each polygon is a "
              "region].")  # fmt: skip
@click.option("--buffer", type=FiniteRange(min=0), default=0.0, show_default=True,
              metavar="METRES",
              help="Exclude training points within this distance of held-out points.")  # fmt: skip
@click.option("--without", "without", multiple=True, metavar="LAYERS",
              help="Score each method without these layers too, and what they add: a layer or a "
              "column by its name, or several with commas between; may be repeated.")  # fmt: skip
@click.option("--exclude-held-out", is_flag=True,
              help="Keep cells held out, and the buffer, from the pretext (pre-training) task "
              "too.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), metavar="SEED",
              default=0, show_default=True,
              help="Seed of the folds.")  # fmt: skip
@click.option("--output", type=click.Path(file_okay=False),
              help="Folder for the results [default: <folder>/crossval].")  # fmt: skip
@json_option
@overwrite_option
def crossval_command(
    project: str,
    *,
    every: bool,
    output: str | None,
    as_json: bool,
    overwrite: bool,
    **options: Any,
) -> None:
    """Cross-validate methods on the training points of the PROJECT file, in space.

    A baseline that knows location only runs under the same folds. Writes a page,
    crossval.html, with crossval.json and held_out.gpkg beside it.
    """
    scheme = _scheme(options)
    loaded = gp.Project.load(project)
    folder = Path(output) if output else loaded.folder / "crossval"
    inputs = loaded.inputs()
    if scheme.regions is not None:
        inputs.append(("regions", str(scheme.regions.path)))
    gp.check_comparison_absent(folder, overwrite=overwrite, inputs=inputs)
    with gp.progress_shown() as progress:
        comparison = gp.compare_methods(
            loaded,
            scheme,
            "all" if every else options["methods"],
            without=options["without"],
            exclude_held_out=options["exclude_held_out"],
            progress=progress,
        )
    gp.write_comparison(comparison, folder, overwrite=overwrite)
    if as_json:
        click.echo(json.dumps(comparison.to_dict(), indent=1))
        return
    _print_table(comparison)
    if comparison.gains:
        _print_gains(comparison)
    for line in [
        f"* gain in {_SHORT[comparison.headline]} over coordinates alone; below each figure its "
        "95% interval.",
        *comparison.sentences(),
    ]:
        click.echo(line)
    click.echo(f"Open {folder / 'crossval.html'} in a browser; held_out.gpkg beside it shows in")
    click.echo("QGIS where a method fails.")


def _scheme(options: dict[str, Any]) -> gp.FoldScheme:
    """Take the folds from the options; a mistake in them is one of usage."""
    kind, regions = options["kind"], options["regions"]
    if (kind == "leave-one-region-out") != (regions is not None):
        raise click.UsageError("--folds leave-one-region-out and --regions FILE go together")
    for name in ("region_layer", "region_field"):
        if options[name] is not None and regions is None:
            raise click.UsageError(f"--{name.replace('_', '-')} goes with --regions FILE")
    if options["size"] is not None and kind != "blocks":
        raise click.UsageError("--size goes with --folds blocks")
    return gp.FoldScheme(
        kind,
        options["number"],
        options["repeats"],
        options["size"],
        options["buffer"],
        options["seed"],
        None
        if regions is None
        else gp.Regions(regions, options["region_field"], options["region_layer"]),
    )


_LONGEST = 20  # letters of a method that a table of 80 columns has room for
_SHORT = {"rate_area": "rate area", "auc": "ROC area", "average_precision": "precision"}


def _print_gains(comparison: Any) -> None:
    """Print what layers add to each method, a row for both."""
    figures = comparison.figures
    table = table_of(["", *(f"adds to {_SHORT[figure]}" for figure in figures)])
    for gain in comparison.gains:
        gaps = [gain.gained[figure] for figure in figures]
        table.add_row(
            f"{gain.layers} to {gain.method}",
            *(f"{gap.value:+z.3f}\n{gap.interval:+z.3f}" for gap in gaps),
        )
    print_table(table)


def _print_table(comparison: Any) -> None:
    """Print the figures, a row a method."""
    names = comparison.figures
    table = table_of(["", *(_SHORT[name] for name in names), "gain *"])
    for result in comparison.results:
        values = [getattr(result, name).mean() for name in names]
        cells = [
            f"{value:.3f}\n{comparison.interval(result, name):.3f}"
            for value, name in zip(values, names, strict=True)
        ]
        gap = ""
        if result is not comparison.null:
            difference = comparison.difference(result, comparison.null, comparison.headline)
            gap = f"{difference.value:+z.3f}\n{difference.interval:+z.3f}"
        table.add_row(_broken(result.method), *cells, gap)
    print_table(table)


def _broken(name: str) -> str:
    """Break a long name at a hyphen; one of several words is broken at spaces, by the table.

    >>> _broken("distribution-fine-tuning").split(), _broken("average with gaussian-process")
    (['distribution-fine-', 'tuning'], 'average with gaussian-process')
    """
    return name if " " in name else "\n".join(wrap(name, _LONGEST))
