"""`geoprospect importance`: which layers a finished map rests on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

import geoprospect as gp
from geoprospect.cli.options import FiniteRange, json_option, overwrite_option
from geoprospect.cli.tables import print_table, table_of

_PAIRS = 5  # printed


@click.command("importance")
@click.argument("folder", type=click.Path(file_okay=False))
@click.option("--folds", type=click.IntRange(2, 1000), metavar="FOLDS",
              default=5, show_default=True,
              help="Regions that are held out in turn.")  # fmt: skip
@click.option("--repeats", type=click.IntRange(1, 1000), metavar="TIMES",
              default=3, show_default=True,
              help="How often, with other regions.")  # fmt: skip
@click.option("--buffer", type=FiniteRange(min=0), default=0.0, show_default=True,
              metavar="METRES",
              help="Exclude training points within this distance of held-out points.")  # fmt: skip
@click.option("--permutations", type=click.IntRange(2, 1000), metavar="TIMES",
              default=5, show_default=True,
              help="How often each layer is shuffled in each fold.")  # fmt: skip
@click.option("--correlated", type=FiniteRange(min=0, min_open=True, max=1), metavar="R",
              default=0.7,
              show_default=True,
              help="Rank correlation from which on layers are a group.")  # fmt: skip
@click.option("--cells", type=click.IntRange(20, 100_000), metavar="CELLS",
              default=500, show_default=True,
              help="Cells drawn, over which effects of layers are taken.")  # fmt: skip
@json_option
@overwrite_option
def importance_command(folder: str, *, as_json: bool, overwrite: bool, **settings: Any) -> None:
    """Tell which layers the map in FOLDER rests on.

    FOLDER is the output folder of `geoprospect run`. What a layer is worth is how far the figure
    of the map's method drops, at points held out in space, when its values are shuffled among
    them. Writes a page, importance.html, with the effect of each layer on the score and how
    strongly layers act together, and importance.json.
    """
    with gp.progress_shown() as progress:
        use = gp.add_product(
            folder,
            "importance",
            gp.ImportanceSettings(**settings),
            overwrite=overwrite,
            progress=progress,
        )
    if as_json:
        click.echo(json.dumps(use.to_dict(), indent=1))
        return
    _print_worths(use.importance)
    _print_pairs(use.interactions[:_PAIRS])
    for line in use.sentences():
        click.echo(line)
    click.echo(
        f"Open {Path(folder) / 'importance.html'} in a browser: it shows how the score changes"
    )
    click.echo("with each layer.")


def _print_worths(importance: Any) -> None:
    """Print what layers and groups are worth, a row each."""
    shown = table_of(["", "drop", "95% interval", "left"], numbers=["drop", "left"])
    for drop in (*importance.single, *importance.groups):
        worth = drop.worth
        shown.add_row(
            " + ".join(drop.layers),
            f"{worth.value:+z.3f}",
            f"{worth.interval:+z.3f}",
            f"{importance.value - worth.value:.3f}",
        )
    print_table(shown)
    click.echo(
        f"\ndrop: how far the {importance.figure_name}, {importance.value:.3f},\nfalls where a "
        "layer's values are shuffled; left: what it is then.\n"
    )


def _print_pairs(pairs: Any) -> None:
    """Print which layers act together most."""
    if not pairs:
        return
    shown = table_of(["", "size", "H"], numbers=["size", "H"])
    for pair in pairs:
        size, strength = pair.size["log-odds"], pair.strength["log-odds"]
        shown.add_row(" and ".join(pair.layers), f"{size:.2f}", f"{strength:.2f}")
    print_table(shown)
    click.echo(
        "\nsize: how far two layers together do more or less than the sum of what each\ndoes "
        "alone, in log-odds; H: the share of that in all they do, 0 where they add up.\n"
    )
