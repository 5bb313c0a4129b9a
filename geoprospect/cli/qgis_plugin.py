"""`geoprospect qgis-plugin`: the plugin for QGIS, as a zip."""

from __future__ import annotations

import click

import geoprospect as gp
from geoprospect.cli.options import overwrite_option


@click.command("qgis-plugin")
@click.argument("output", metavar="OUT.zip", type=click.Path(dir_okay=False))
@overwrite_option
def qgis_plugin_command(output: str, overwrite: bool) -> None:
    """Write the plugin for QGIS, which runs geoprospect from the Processing toolbox.

    QGIS 3.22 or later installs it under Plugins, Manage and Install Plugins, Install from ZIP.
    """
    path = gp.write_qgis_plugin(output, overwrite=overwrite)
    click.echo(f"{path}: the plugin for QGIS")
    click.echo("Next: in QGIS, Plugins, Manage and Install Plugins, Install from ZIP; then run")
    click.echo('"Install geoprospect" in the Processing toolbox')
