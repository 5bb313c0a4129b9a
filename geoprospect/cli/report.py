"""`geoprospect report`: a run on one page, or its figures for papers."""

from __future__ import annotations

import click

import geoprospect as gp
from geoprospect.cli.options import overwrite_option


@click.command("report")
@click.argument("folder", type=click.Path(file_okay=False))
@click.option("--figures", type=click.Path(file_okay=False), metavar="DIR",
              help="Draw the figures for papers there instead: PDF, and PNG of 300 dots an inch, "
              "84 or 174 mm wide.")  # fmt: skip
@overwrite_option
def report_command(folder: str, figures: str | None, overwrite: bool) -> None:
    """Write the page of a finished run again, with all that lies in its FOLDER.

    Every run leaves that page, report.html. It needs nothing beside it, and loads nothing.
    """
    if figures is not None:
        for path in gp.write_figures(folder, figures, overwrite=overwrite):
            click.echo(path)
        return
    click.echo(f"Open {gp.write_report(folder, overwrite=overwrite)} in a browser.")
